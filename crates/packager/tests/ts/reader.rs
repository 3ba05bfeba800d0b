//! A strict reader of transport streams, written from ISO/IEC 13818-1 alone. It fails at the first fault.
use std::collections::BTreeMap;

pub(crate) const PACKET: usize = 188;

/// One PES packet, header taken off.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Pes {
    pub(crate) stream_id: u8,
    pub(crate) pts: u64,
    pub(crate) dts: u64,
    pub(crate) random_access: bool,
    pub(crate) data: Vec<u8>,
    /// Number of its first and last packet.
    pub(crate) packets: (usize, usize),
}

/// A program clock reference: number of its packet, and 27 MHz.
pub(crate) type Clock = (usize, u64);

#[derive(Debug, Default)]
pub(crate) struct Read {
    /// PID → stream type and registration.
    pub(crate) streams: BTreeMap<u16, (u8, Option<[u8; 4]>)>,
    /// PID → descriptors, of the last map.
    pub(crate) descriptors: BTreeMap<u16, Vec<(u8, Vec<u8>)>>,
    pub(crate) clock_pid: u16,
    pub(crate) pes: BTreeMap<u16, Vec<Pes>>,
    pub(crate) clocks: Vec<Clock>,
    /// PID → packets with payload.
    pub(crate) counted: BTreeMap<u16, usize>,
    pub(crate) packets: usize,
    pub(crate) stuffing: usize,
}

#[derive(Debug, Default)]
struct Pid {
    counter: Option<u8>,
    open: Option<Open>,
}

#[derive(Debug)]
struct Open {
    bytes: Vec<u8>,
    random_access: bool,
    packets: (usize, usize),
}

/// Reads segments as one stream.
pub(crate) fn read(stream: &[u8]) -> Read {
    assert!(
        !stream.is_empty() && stream.len().is_multiple_of(PACKET),
        "{} bytes",
        stream.len()
    );
    let mut read = Read::default();
    let mut pids: BTreeMap<u16, Pid> = BTreeMap::new();
    let mut map_pid = None;
    for (number, packet) in stream.chunks(PACKET).enumerate() {
        read.packets += 1;
        assert_eq!(packet[0], 0x47, "packet {number}: sync byte");
        assert_eq!(packet[1] & 0x80, 0, "packet {number}: transport error");
        assert_eq!(packet[3] & 0xc0, 0, "packet {number}: scrambled");
        let is_start = packet[1] & 0x40 != 0;
        let pid = u16::from_be_bytes([packet[1] & 0x1f, packet[2]]);
        let (has_field, has_payload) = (packet[3] & 0x20 != 0, packet[3] & 0x10 != 0);
        let counter = packet[3] & 15;
        let field = if has_field {
            &packet[4..5 + usize::from(packet[4])]
        } else {
            &[]
        };
        let mut flags = 0;
        if has_field {
            let len = field.len() - 1;
            assert!(
                if has_payload { len <= 182 } else { len == 183 },
                "packet {number}"
            );
            if len > 0 {
                flags = field[1];
                assert_eq!(flags & 0x2f, 0, "packet {number}: parts that nobody needs");
                let mut rest = &field[2..];
                if flags & 0x10 != 0 {
                    let base = rest[..4]
                        .iter()
                        .fold(0, |base, byte| base << 8 | u64::from(*byte));
                    let base = base << 1 | u64::from(rest[4] >> 7);
                    assert_eq!(rest[4] & 0x7e, 0x7e, "packet {number}: reserved bits");
                    let extension = u64::from(rest[4] & 1) << 8 | u64::from(rest[5]);
                    assert!(extension < 300);
                    assert_eq!(
                        pid, read.clock_pid,
                        "packet {number}: a clock on another PID"
                    );
                    read.clocks.push((number, base * 300 + extension));
                    rest = &rest[6..];
                }
                assert!(
                    rest.iter().all(|byte| *byte == 0xff),
                    "packet {number}: stuffing"
                );
                read.stuffing += rest.len();
            }
        }
        let state = pids.entry(pid).or_default();
        let is_discontinuous = flags & 0x80 != 0;
        match state.counter {
            Some(last) if !is_discontinuous => {
                let expected = if has_payload { (last + 1) & 15 } else { last };
                assert_eq!(
                    counter, expected,
                    "packet {number}: continuity counter of PID {pid:#x}"
                );
            }
            _ => {}
        }
        state.counter = Some(counter);
        if !has_payload {
            assert!(!is_start);
            continue;
        }
        *read.counted.entry(pid).or_default() += 1;
        let payload = &packet[if has_field { 4 + field.len() } else { 4 }..];
        assert!(!payload.is_empty());
        if pid == 0 || Some(pid) == map_pid {
            assert!(is_start, "packet {number}: a section of several packets");
            let section = section(payload);
            if pid == 0 {
                assert_eq!(section[0], 0);
                assert_eq!(section[8..].len(), 4, "one program");
                assert_ne!(u16::from_be_bytes([section[8], section[9]]), 0);
                map_pid = Some(u16::from_be_bytes([section[10] & 0x1f, section[11]]));
            } else {
                map(section, &mut read);
            }
            continue;
        }
        assert!(
            read.streams.contains_key(&pid),
            "packet {number}: PID {pid:#x} is in no map"
        );
        if is_start {
            if let Some(open) = state.open.take() {
                read.pes.entry(pid).or_default().push(pes(open));
            }
            state.open = Some(Open {
                bytes: payload.to_vec(),
                random_access: flags & 0x40 != 0,
                packets: (number, number),
            });
        } else {
            assert_eq!(
                flags & 0x40,
                0,
                "packet {number}: random access within a PES packet"
            );
            let open = state.open.as_mut().expect("a PES packet has begun");
            open.bytes.extend_from_slice(payload);
            open.packets.1 = number;
        }
    }
    for (pid, state) in pids {
        if let Some(open) = state.open {
            read.pes.entry(pid).or_default().push(pes(open));
        }
    }
    read
}

/// A whole section with a right CRC, without it.
fn section(payload: &[u8]) -> &[u8] {
    let section = &payload[1 + usize::from(payload[0])..];
    assert_eq!(section[1] & 0xf0, 0xb0);
    let len = 3 + usize::from(u16::from_be_bytes([section[1] & 0x0f, section[2]]));
    assert!(
        section[len..].iter().all(|byte| *byte == 0xff),
        "after the section"
    );
    let section = &section[..len];
    let mut crc = u32::MAX;
    for byte in section {
        for bit in (0..8).rev() {
            let carry = crc >> 31 != u32::from(byte >> bit & 1);
            crc = crc << 1 ^ if carry { 0x04c1_1db7 } else { 0 };
        }
    }
    assert_eq!(crc, 0, "CRC of a section");
    assert_eq!(
        (section[5], section[6], section[7]),
        (0xc1, 0, 0),
        "version and numbers"
    );
    &section[..len - 4]
}

fn map(section: &[u8], read: &mut Read) {
    assert_eq!(section[0], 2);
    let clock_pid = u16::from_be_bytes([section[8] & 0x1f, section[9]]);
    assert_eq!(u16::from_be_bytes([section[10] & 0x0f, section[11]]), 0);
    let mut streams = BTreeMap::new();
    let mut rest = &section[12..];
    while !rest.is_empty() {
        let pid = u16::from_be_bytes([rest[1] & 0x1f, rest[2]]);
        let len = usize::from(u16::from_be_bytes([rest[3] & 0x0f, rest[4]]));
        let mut descriptors = &rest[5..5 + len];
        let mut registration = None;
        let mut listed = Vec::new();
        while !descriptors.is_empty() {
            let content = &descriptors[2..2 + usize::from(descriptors[1])];
            if descriptors[0] == 5 {
                registration = Some(content[..4].try_into().expect("an identifier"));
            }
            listed.push((descriptors[0], content.to_vec()));
            descriptors = &descriptors[2 + content.len()..];
        }
        assert_eq!(streams.insert(pid, (rest[0], registration)), None);
        read.descriptors.insert(pid, listed);
        rest = &rest[5 + len..];
    }
    if !read.streams.is_empty() {
        assert_eq!(
            (&streams, clock_pid),
            (&read.streams, read.clock_pid),
            "another program map"
        );
    }
    assert!(streams.contains_key(&clock_pid));
    (read.streams, read.clock_pid) = (streams, clock_pid);
}

fn pes(open: Open) -> Pes {
    let bytes = &open.bytes;
    assert_eq!(bytes[..3], [0, 0, 1], "start code of a PES packet");
    let stream_id = bytes[3];
    let len = usize::from(u16::from_be_bytes([bytes[4], bytes[5]]));
    let is_video = stream_id & 0xf0 == 0xe0;
    assert!(
        len == bytes.len() - 6 || (len == 0 && is_video),
        "PES_packet_length {len}"
    );
    assert_eq!(bytes[6], 0x84, "flags");
    let header = usize::from(bytes[8]);
    let fields = &bytes[9..9 + header];
    let (pts, dts, used) = match bytes[7] {
        0x80 => (timestamp(2, &fields[..5]), timestamp(2, &fields[..5]), 5),
        0xc0 => (timestamp(3, &fields[..5]), timestamp(1, &fields[5..10]), 10),
        flags => panic!("timestamp flags {flags:#x}"),
    };
    assert!(fields[used..].iter().all(|byte| *byte == 0xff) && header - used <= 32);
    Pes {
        stream_id,
        pts,
        dts,
        random_access: open.random_access,
        data: bytes[9 + header..].to_vec(),
        packets: open.packets,
    }
}

fn timestamp(kind: u8, bytes: &[u8]) -> u64 {
    assert_eq!(bytes[0] >> 4, kind);
    assert!(
        [0, 2, 4].iter().all(|at| bytes[*at] & 1 == 1),
        "marker bits"
    );
    let part = |at: usize, mask: u8| u64::from(bytes[at] & mask);
    part(0, 0x0e) << 29
        | part(1, 0xff) << 22
        | part(2, 0xfe) << 14
        | part(3, 0xff) << 7
        | part(4, 0xfe) >> 1
}

impl Read {
    pub(crate) fn of(&self, pid: u16) -> &[Pes] {
        self.pes.get(&pid).map_or(&[], Vec::as_slice)
    }

    /// What a decoder's buffer model asks of times: the clock goes on, is seen often enough, and is behind all decode
    /// times when the bytes arrive. Of streams that do not wrap.
    pub(crate) fn check_times(&self) {
        const TICK: u64 = 300;
        for pair in self.clocks.windows(2) {
            let step = pair[1]
                .1
                .checked_sub(pair[0].1)
                .expect("a clock that does not go back");
            assert!(
                step > 0 && step <= 27_000_000 / 10,
                "{step} of 27 MHz between clocks"
            );
        }
        let clock_at = |packet: usize| {
            let after = self.clocks.partition_point(|(number, _)| *number <= packet);
            self.clocks[after
                .checked_sub(1)
                .expect("a clock before all PES packets")]
            .1
        };
        for (pid, list) in &self.pes {
            for pes in list {
                assert!(
                    pes.dts <= pes.pts,
                    "PID {pid:#x}: decoded after it is shown"
                );
                // The clock at the last byte is the last reference at most 100 ms ago.
                let arrived = clock_at(pes.packets.1) + 27_000_000 / 10;
                assert!(
                    arrived <= pes.dts * TICK,
                    "PID {pid:#x}: arrives after {}",
                    pes.dts
                );
                let wait = pes.dts * TICK - clock_at(pes.packets.0);
                assert!(
                    wait <= 27_000_000,
                    "PID {pid:#x}: waits for {wait} of 27 MHz"
                );
            }
            for pair in list.windows(2) {
                assert!(
                    pair[0].dts < pair[1].dts,
                    "PID {pid:#x}: {} after it",
                    pair[1].dts
                );
            }
        }
    }
}

/// NAL units of a byte stream (H.264, annex B), each behind a start code of four bytes.
pub(crate) fn nal_units(stream: &[u8]) -> Vec<&[u8]> {
    assert_eq!(stream[..4], [0, 0, 0, 1], "a start code");
    let starts: Vec<usize> = (0..stream.len() - 2)
        .filter(|at| stream[*at..*at + 3] == [0, 0, 1])
        .collect();
    let ends = starts
        .iter()
        .skip(1)
        .map(|start| start - 1)
        .chain([stream.len()]);
    starts
        .iter()
        .zip(ends)
        .map(|(start, end)| &stream[start + 3..end])
        .collect()
}

/// Raw data blocks of ADTS frames, with their headers.
pub(crate) fn adts_frames(mut stream: &[u8]) -> Vec<([u8; 7], &[u8])> {
    let mut frames = Vec::new();
    while !stream.is_empty() {
        let header: [u8; 7] = stream[..7].try_into().unwrap();
        assert_eq!(
            (header[0], header[1] & 0xf7),
            (0xff, 0xf1),
            "sync word, layer, no CRC"
        );
        let len = usize::from(header[3] & 3) << 11
            | usize::from(header[4]) << 3
            | usize::from(header[5] >> 5);
        assert_eq!(
            (header[5] & 0x1f, header[6]),
            (0x1f, 0xfc),
            "fullness and one block"
        );
        frames.push((header, &stream[7..len]));
        stream = &stream[len..];
    }
    frames
}
