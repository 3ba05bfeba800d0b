//! Continuity counters that go on from segment to segment, whoever made the one before.
//!
//! Counters have four bits and count packets with payload (ISO/IEC 13818-1, 2.4.3.3). Where a segment has a multiple of
//! 16 of them, each segment begins with 0 and ends with 15, and any segment follows any other. What is missing to the
//! multiple is made by spreading bytes that are there over more packets, whose rest is stuffing.
use super::pes::Pes;

const COUNTERS: usize = 16;

/// Makes the packets of one stream a multiple of 16, from the last PES packet back.
pub(super) fn pad(stream: &mut [Pes]) {
    let total: usize = stream.iter().map(|pes| pes.packets).sum();
    let mut missing = total.next_multiple_of(COUNTERS) - total;
    // Every packet has a byte at least; a PES header stays in one piece.
    for pes in stream.iter_mut().rev() {
        missing -= spread(pes, missing, 1 + pes.payload_len);
    }
    // Segments of a few bytes: the header goes over several packets, and at last it gets longer.
    for pes in stream.iter_mut().rev() {
        missing -= spread(pes, missing, pes.len());
    }
    if let (Some(last), Ok(stuffing)) = (stream.last_mut(), u8::try_from(missing)) {
        last.stuffing = stuffing;
        spread(last, missing, last.len());
    }
}

/// Gives a PES packet up to `missing` transport packets more. Returns how many.
fn spread(pes: &mut Pes, missing: usize, most: usize) -> usize {
    let more = missing.min(most.saturating_sub(pes.packets));
    pes.packets += more;
    pes.is_spread |= more > 0;
    more
}
