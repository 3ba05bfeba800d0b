//! What holds for every two encoders of one time line, whatever their bits and chunks and whichever dies.
use proptest::prelude::*;

use super::properties::{CLOCK, all_kept, cut_at, samples};
use super::*;

/// Of an encoder: each byte of its media says which it is. `counts`: of samples in a chunk, in turn.
fn marked(samples: &[Sample], counts: &[usize], mark: u8) -> Vec<Chunk> {
    let ends = counts.iter().cycle().scan(0, |end, count| {
        *end += count;
        (*end < samples.len()).then_some(*end)
    });
    let mut chunks = cut_at(samples, ends.chain([samples.len()]));
    for chunk in &mut chunks {
        chunk.media = vec![mark; chunk.media.len()].into();
    }
    chunks
}

/// Each chunk so much later than its last sample. Up to `death` (milliseconds of arrival), exclusive.
fn arrivals(chunks: Vec<Chunk>, encoder: u64, later: i64, death: i64) -> Vec<(Chunk, Arrival)> {
    let arrive = |chunk: Chunk| {
        let at_ms = arrival(&chunk, encoder).at_ms + later;
        let clock = CLOCK;
        let arrival = Arrival {
            at_ms,
            steady_ms: at_ms,
            encoder,
            clock,
        };
        (chunk, arrival)
    };
    let arrivals = chunks.into_iter().map(arrive);
    arrivals
        .filter(|(_, arrival)| arrival.at_ms < death)
        .collect()
}

proptest! {
    #[test]
    fn nothing_is_missing_and_encoders_change_where_segments_begin(
        samples in samples(300).prop_map(|mut samples| {
            samples.iter_mut().for_each(|sample| sample.size = sample.size.max(1));
            samples
        }),
        // Less than takeover takes.
        counts in prop::array::uniform2(prop::collection::vec(1usize..=12, 1..40)),
        later in prop::array::uniform2(0i64..800),
        death in 0u64..14_000,
        hangs_up: bool,
        all_sync: bool,
    ) {
        let death = ZERO_MS + 90_000 + i64::try_from(death).unwrap();
        let [first, second] = [A, B].map(|encoder| {
            let at = usize::from(encoder == B);
            let until = if encoder == A { death } else { i64::MAX };
            let chunks = marked(&samples, &counts[at], at as u8);
            arrivals(chunks, encoder, later[at], until)
        });
        let dies = first.len();
        let mut all = [first, second].concat();
        all.sort_by_key(|(_, arrival)| arrival.at_ms);
        let (mut line, mut seen) = (Fed::new(all_kept(all_sync)), 0);
        for (chunk, arrival) in all {
            seen += usize::from(arrival.encoder == A);
            let at_ms = arrival.at_ms;
            let outcome = line.0.push(chunk, arrival).unwrap();
            prop_assert_eq!((outcome.gaps, outcome.discontinuities, outcome.misaligned), (0, 0, 0));
            if hangs_up && seen == dies {
                line.0.encoder_gone(A, at_ms);
                seen += 1;
            }
        }
        line.0.finish();
        let (mut at, mut mixed) = (90_000, 0);
        let mut got = Vec::new();
        for segment in line.segments() {
            let media: Vec<u8> = segment.6.iter().flat_map(|part| part.5.clone()).collect();
            mixed += usize::from(media.windows(2).any(|pair| pair[0] != pair[1]));
            for part in segment.6 {
                prop_assert_eq!(part.0, at);
                at += part.1;
                got.extend(part.4);
            }
        }
        let sent = samples.iter().map(|s| Sample { is_sync: all_sync || s.is_sync, ..*s });
        prop_assert_eq!(got, sent.collect::<Vec<_>>());
        prop_assert!(mixed <= 1, "{mixed} segments of two encoders' samples, and one died");
    }
}
