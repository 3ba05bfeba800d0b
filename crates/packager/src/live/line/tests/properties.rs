//! What holds for every stream, however it is sent.
use proptest::prelude::*;

use super::*;

/// Any samples, from a sync sample on.
pub(super) fn samples(most: usize) -> impl Strategy<Value = Vec<Sample>> {
    let sample = (0u32..40, 1u32..80, -50i32..50, prop::bool::weighted(0.08));
    prop::collection::vec(sample, 1..most).prop_map(|samples| {
        let made = samples.into_iter().enumerate();
        let made = made.map(|(at, (size, duration, composition_offset, sync))| Sample {
            size,
            duration,
            composition_offset,
            is_sync: at == 0 || sync,
        });
        made.collect()
    })
}

/// The same samples, in chunks that end where `cuts` say (in thousandths of the whole).
fn chunked(samples: &[Sample], cuts: &[usize]) -> Vec<Chunk> {
    let mut ends: Vec<usize> = cuts.iter().map(|cut| samples.len() * cut / 1000).collect();
    ends.push(samples.len());
    ends.sort_unstable();
    ends.dedup();
    cut_at(samples, ends)
}

pub(super) fn cut_at(samples: &[Sample], ends: impl IntoIterator<Item = usize>) -> Vec<Chunk> {
    let mut time = 90_000;
    let (mut chunks, mut from, mut number) = (Vec::new(), 0, 0u32);
    for end in ends {
        let run = &samples[from..end];
        from = end;
        if run.is_empty() {
            continue;
        }
        let mut media = Vec::new();
        for sample in run {
            number += 1;
            media.extend((0..sample.size).map(|at| (number * 7 + at) as u8));
        }
        let chunk = Chunk {
            base_media_decode_time: time,
            samples: run.to_vec(),
            media: media.into(),
            prefix: Bytes::new(),
        };
        time += chunk.duration();
        chunks.push(chunk);
    }
    chunks
}

pub(super) fn all_kept(all_sync: bool) -> LineOptions {
    LineOptions {
        window_ms: 10_000_000,
        max_segment_ms: 10_000_000,
        all_sync,
        ..options()
    }
}

pub(super) const CLOCK: Option<Clock> = Some(Clock {
    zero_us: ZERO_MS * 1000 + 777_000,
});

fn arrives(chunk: &Chunk, encoder: u64) -> Arrival {
    Arrival {
        clock: CLOCK,
        ..arrival(chunk, encoder)
    }
}

fn cut(chunks: &[Chunk], all_sync: bool) -> Vec<Shown> {
    let mut line = Fed::new(all_kept(all_sync));
    for chunk in chunks {
        line.0.push(chunk.clone(), arrives(chunk, A)).unwrap();
    }
    line.0.finish();
    line.segments()
}

proptest! {
    #[test]
    fn chunks_change_nothing(
        samples in samples(400),
        cuts in prop::collection::vec(0usize..1000, 0..60),
        all_sync: bool,
    ) {
        prop_assert_eq!(
            cut(&chunked(&samples, &cuts), all_sync),
            cut(&chunked(&samples, &[]), all_sync)
        );
    }

    #[test]
    fn a_second_encoder_changes_nothing_whichever_dies(
        samples in samples(300),
        cuts in prop::collection::vec(0usize..1000, 1..40),
        first_to_come in prop::collection::vec(any::<bool>(), 41),
        death in 0usize..42,
        all_sync: bool,
    ) {
        let chunks = chunked(&samples, &cuts);
        let mut line = Fed::new(all_kept(all_sync));
        for (index, chunk) in chunks.iter().enumerate() {
            let order = if first_to_come[index] { [A, B] } else { [B, A] };
            for encoder in order {
                // The one that comes first at the beginning dies.
                let dead = index >= death && encoder == if first_to_come[0] { A } else { B };
                if !dead {
                    line.0.push(chunk.clone(), arrives(chunk, encoder)).unwrap();
                }
            }
        }
        line.0.finish();
        prop_assert_eq!(line.segments(), cut(&chunks, all_sync));
    }

    #[test]
    fn no_sample_is_lost_or_doubled_and_numbers_rise_by_one(
        samples in samples(400),
        cuts in prop::collection::vec(0usize..1000, 0..60),
        all_sync: bool,
    ) {
        let chunks = chunked(&samples, &cuts);
        let segments = cut(&chunks, all_sync);
        let (mut got, mut media, mut at) = (Vec::new(), Vec::new(), 90_000);
        for (index, segment) in segments.iter().enumerate() {
            prop_assert_eq!(segment.0, segments[0].0 + index as u64);
            prop_assert_eq!(segment.1, at);
            prop_assert_eq!(segment.4, [false, false, true]);
            let of_parts: u64 = segment.6.iter().map(|part| part.1).sum();
            prop_assert_eq!(segment.2, of_parts);
            for part in &segment.6 {
                prop_assert_eq!((part.0, part.3), (at, got.len() as u64));
                prop_assert_eq!(part.2, part.4[0].is_sync);
                at += part.1;
                got.extend_from_slice(&part.4);
                media.extend_from_slice(&part.5);
            }
            prop_assert!(segment.6[0].2, "begins with a sync sample");
        }
        let expected: Vec<u8> = chunks.iter().flat_map(|chunk| chunk.media.to_vec()).collect();
        let sent = samples.iter().map(|s| Sample { is_sync: all_sync || s.is_sync, ..*s });
        prop_assert_eq!(got, sent.collect::<Vec<_>>());
        prop_assert_eq!(media, expected);
    }

    #[test]
    fn parts_are_as_long_as_playlists_promise(
        frame in 10u32..=75,
        gop in 5u64..60,
        count in 100usize..400,
        cuts in prop::collection::vec(0usize..1000, 0..60),
        all_sync: bool,
    ) {
        let sample = |at: usize| Sample {
            size: 1,
            duration: frame,
            composition_offset: 0,
            is_sync: (at as u64).is_multiple_of(gop),
        };
        let samples: Vec<Sample> = (0..count).map(sample).collect();
        for segment in cut(&chunked(&samples, &cuts), all_sync) {
            let (_last, others) = segment.6.split_last().unwrap();
            prop_assert!(segment.6.iter().all(|part| part.1 <= 500));
            let short = others.iter().filter(|part| part.1 < 425).count();
            // One, where segments were as long as the target and one then is not.
            prop_assert!(short <= 1, "{short} short parts of {}", segment.6.len());
            if all_sync || (u64::from(frame) * gop) % 2000 == 0 {
                prop_assert_eq!(short, 0);
            }
        }
    }

    #[test]
    fn the_window_keeps_its_promise(
        samples in samples(600),
        cuts in prop::collection::vec(0usize..1000, 0..200),
        window_ms in 6000u64..20_000,
        all_sync: bool,
    ) {
        let options = LineOptions { window_ms, ..all_kept(all_sync) };
        let mut line = Fed::new(options);
        let mut first = None;
        for chunk in chunked(&samples, &cuts) {
            let arrival = arrives(&chunk, A);
            line.0.push(chunk, arrival).unwrap();
            let window = line.0.window();
            let total: u64 = window.segments.iter().map(|s| s.duration).sum();
            let Some(front) = window.segments.first() else { continue };
            let began = *first.get_or_insert(front.number);
            prop_assert!(front.number == began || total >= window_ms, "{total} ms are left");
            prop_assert!(
                window.segments.len() == 1 || total - front.duration < window_ms,
                "{total} ms are kept"
            );
            for number in front.number..front.number + window.segments.len() as u64 {
                prop_assert_eq!(line.0.find(number).unwrap().number, number);
            }
        }
    }

    #[test]
    fn whatever_comes_numbers_rise_by_one_and_times_do_not_overlap(
        chunks in prop::collection::vec((0u64..200_000, 1usize..60, 0u64..3, 0i64..5000), 1..60),
        all_sync: bool,
    ) {
        let mut line = Fed::new(LineOptions { all_sync, max_bytes: 20_000, ..options() });
        let mut at_ms = ZERO_MS;
        for (start, count, encoder, later) in chunks {
            at_ms += later;
            let start = start / 40 * 40;
            let chunk = frames(start, start + 40 * count as u64, 12);
            _ = line.0.push(chunk, Arrival { at_ms, steady_ms: at_ms, encoder, clock: None });
            let window = line.0.window();
            for pair in window.segments.windows(2) {
                prop_assert_eq!(pair[1].number, pair[0].number + 1);
                let wall_end = pair[0].wall_clock_ms + pair[0].duration as i64;
                prop_assert!(pair[1].wall_clock_ms >= wall_end);
                prop_assert!(pair[1].discontinuity || pair[1].start >= pair[0].start + pair[0].duration);
                prop_assert!(pair[0].complete);
                prop_assert!(pair[1].gap == pair[1].parts.is_empty());
            }
            prop_assert!(line.0.bytes() <= 20_000 || window.segments.len() == 1);
        }
        line.0.finish();
    }
}
