//! Transport packets (ISO/IEC 13818-1, 2.4.3.2) into memory of their exact length.
use super::pes::{PACKET, PACKET_ROOM, Pes};

const SYNC_BYTE: u8 = 0x47;
const PAYLOAD_UNIT_START: u8 = 0x40;

/// Flags of an adaptation field (2.4.3.4).
const DISCONTINUITY: u8 = 0x80;
const RANDOM_ACCESS: u8 = 0x40;
const HAS_CLOCK: u8 = 0x10;

/// A packet identifier and its counter.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pid {
    pub(super) pid: u16,
    /// Of the next packet with payload.
    pub(super) counter: u8,
    /// The next packet says that nothing goes before it.
    pub(super) starts_over: bool,
}

/// What an adaptation field says beside stuffing.
#[derive(Debug, Clone, Copy, Default)]
struct Adaptation {
    flags: u8,
    clock: Option<[u8; 6]>,
}

#[derive(Debug)]
pub(super) struct PacketWriter<'o> {
    out: &'o mut [u8],
    at: usize,
}

impl<'o> PacketWriter<'o> {
    pub(super) fn new(out: &'o mut [u8]) -> Self {
        Self { out, at: 0 }
    }

    /// A section in a packet of its own (2.4.4.1).
    pub(super) fn section(&mut self, pid: &mut Pid, section: &[u8]) {
        let adaptation = Adaptation {
            flags: discontinuity(pid),
            clock: None,
        };
        let room = if pid.starts_over {
            PACKET_ROOM - 2
        } else {
            PACKET_ROOM
        };
        let end = self.at + PACKET;
        self.begin(pid, true, adaptation, room);
        // pointer_field
        self.payload(&[0]);
        self.payload(section);
        self.out[self.at..end].fill(0xff);
        self.at = end;
    }

    /// A packet without payload, which is not counted.
    pub(super) fn clock(&mut self, pid: &mut Pid, clock: [u8; 6]) {
        let flags = discontinuity(pid) | HAS_CLOCK;
        self.begin(
            pid,
            false,
            Adaptation {
                flags,
                clock: Some(clock),
            },
            0,
        );
    }

    /// A PES packet, whose header and payload `write` puts out: as many bytes as it was planned with.
    pub(super) fn pes(
        &mut self,
        pid: &mut Pid,
        pes: &Pes,
        clock: Option<[u8; 6]>,
        write: impl FnOnce(&mut dyn FnMut(&[u8])),
    ) {
        let mut flags = if pes.adaptation_len() > 0 {
            discontinuity(pid)
        } else {
            0
        };
        if pes.is_random_access {
            flags |= RANDOM_ACCESS;
        }
        if clock.is_some() {
            flags |= HAS_CLOCK;
        }
        let mut first = Some(Adaptation { flags, clock });
        let (mut bytes_left, mut packets_left) = (pes.len(), pes.packets);
        let mut room = 0;
        write(&mut |mut bytes: &[u8]| {
            while !bytes.is_empty() {
                if room == 0 {
                    packets_left = packets_left.saturating_sub(1);
                    room = match &first {
                        // One byte at least stays for each packet after it.
                        Some(_) => (PACKET_ROOM - pes.adaptation_len())
                            .min(bytes_left.saturating_sub(packets_left)),
                        None if pes.is_spread => bytes_left.div_ceil(packets_left + 1),
                        None => PACKET_ROOM.min(bytes_left),
                    };
                    room = room.max(1);
                    bytes_left = bytes_left.saturating_sub(room);
                    let is_start = first.is_some();
                    self.begin(pid, is_start, first.take().unwrap_or_default(), room);
                }
                let (part, rest) = bytes.split_at(room.min(bytes.len()));
                self.payload(part);
                room -= part.len();
                bytes = rest;
            }
        });
    }

    fn payload(&mut self, bytes: &[u8]) {
        self.out[self.at..self.at + bytes.len()].copy_from_slice(bytes);
        self.at += bytes.len();
    }

    /// Header and adaptation field of a packet with `room` bytes of payload, at which the writer then stands.
    fn begin(&mut self, pid: &mut Pid, is_start: bool, adaptation: Adaptation, room: usize) {
        let packet = &mut self.out[self.at..self.at + PACKET];
        let field = PACKET_ROOM - room;
        let control = u8::from(field > 0) << 1 | u8::from(room > 0);
        let counter = if room > 0 {
            let counter = pid.counter;
            pid.counter = (counter + 1) & 15;
            counter
        } else {
            // That of the packet before.
            pid.counter.wrapping_sub(1) & 15
        };
        let [high, low] = pid.pid.to_be_bytes();
        packet[0] = SYNC_BYTE;
        packet[1] = if is_start {
            PAYLOAD_UNIT_START | high
        } else {
            high
        };
        packet[2] = low;
        packet[3] = control << 4 | counter;
        if field > 0 {
            packet[4] = (field - 1).to_le_bytes()[0];
        }
        if field > 1 {
            packet[5] = adaptation.flags;
            let stuffing = match adaptation.clock {
                Some(clock) => {
                    packet[6..12].copy_from_slice(&clock);
                    12
                }
                None => 6,
            };
            packet[stuffing..4 + field].fill(0xff);
        }
        if adaptation.flags & DISCONTINUITY != 0 {
            pid.starts_over = false;
        }
        self.at += PACKET - room;
    }
}

fn discontinuity(pid: &Pid) -> u8 {
    if pid.starts_over { DISCONTINUITY } else { 0 }
}
