//! What transport streams and packed audio take, foreseen from samples and their bytes.
use edgepack_packager::{Kind, Rendition, Segment};

use super::Rates;

/// Bytes of a packet, and what remains of them beside its header.
const PACKET: u64 = 188;
const PACKET_ROOM: u64 = 184;
/// Of a PES packet's last transport packet half is stuffing, and a little more where chance is unkind.
const STUFFING: u64 = 100;
/// A picture: program clock, PES header with two timestamps, access unit delimiter.
const PICTURE: u64 = 8 + 19 + 6;
/// A PES packet of audio: its header with one timestamp. There is one every 200 ms.
const SOUND: u64 = 14;
const SOUNDS_PER_SECOND: u64 = 5;
/// ADTS header of a frame.
const FRAME: u64 = 7;
/// Parameter sets of a segment.
const PARAMETER_SETS: u64 = 200;
/// PAT and PMT; each stream is filled up to a multiple of 16 packets.
const TABLES: u64 = 2;
const FILL: u64 = 15;
/// The ID3 tag of a packed segment.
const TAG: u64 = 73;

/// In a transport stream. `padding`: bytes that encryption adds to a segment at most.
pub(super) fn muxed(rendition: &Rendition, padding: u64) -> Rates {
    let seconds = |segment: &Segment| segment.duration / u64::from(rendition.timescale.max(1));
    of_segments(rendition, |segment| {
        let samples = u64::from(segment.sample_count);
        let (payload, tables) = if rendition.kind() == Kind::Audio {
            let packets = seconds(segment) * SOUNDS_PER_SECOND + SOUNDS_PER_SECOND;
            (samples * FRAME + packets * (SOUND + STUFFING), 0)
        } else {
            (samples * (PICTURE + STUFFING) + PARAMETER_SETS, TABLES)
        };
        ((segment.bytes + payload).div_ceil(PACKET_ROOM) + FILL + tables) * PACKET + padding
    })
}

/// By itself (RFC 8216, 3.4).
pub(super) fn packed(rendition: &Rendition, padding: u64) -> Rates {
    of_segments(rendition, |segment| {
        segment.bytes + u64::from(segment.sample_count) * FRAME + TAG + padding
    })
}

/// The average, and the peak over segments at least half as long as the longest (8216bis, 4.4.6.2: a shorter one counts
/// with its neighbours only).
fn of_segments(rendition: &Rendition, bytes: impl Fn(&Segment) -> u64) -> Rates {
    let rate = |bytes: u64, duration: u64| {
        let bits = u128::from(bytes) * 8 * u128::from(rendition.timescale);
        u64::try_from(bits.div_ceil(u128::from(duration.max(1)))).unwrap_or(u64::MAX)
    };
    let segments = &rendition.segments;
    let longest = segments.iter().map(|segment| segment.duration).max();
    let (mut total, mut peak) = (0, 0);
    for segment in segments {
        let bytes = bytes(segment);
        total += bytes;
        if segment.duration * 2 >= longest.unwrap_or(0) {
            peak = peak.max(rate(bytes, segment.duration));
        }
    }
    let average = rate(total, rendition.duration());
    Rates {
        average,
        peak: peak.max(average),
    }
}
