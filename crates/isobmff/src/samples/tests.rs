#![allow(clippy::unwrap_used)]
use proptest::prelude::*;

use super::*;
use crate::craft::model::model;
use crate::craft::{Trak, avc1, full, parse_trak, stsd, table, words};
use crate::{Error, Result};

fn build(tables: Vec<u8>) -> Result<SampleTable> {
    let trak = Trak {
        tables,
        stsd: stsd(&[avc1(), avc1()]),
        ..Trak::default()
    };
    parse_trak(&trak).map(|track| track.samples)
}

fn error(tables: Vec<u8>) -> String {
    build(tables).unwrap_err().to_string()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_view_gives_back_what_the_tables_were_made_from(model in model()) {
        let table = build(model.tables()).unwrap();
        prop_assert_eq!(table.iter_from(0).collect::<Vec<_>>(), &model.samples[..]);
        prop_assert_eq!(table.len() as usize, model.samples.len());
        prop_assert_eq!(table.total_duration(), model.samples.iter().map(|s| u64::from(s.duration)).sum::<u64>());
        prop_assert_eq!(table.max_sample_size(), model.samples.iter().map(|s| s.size).max().unwrap());
        let sync: Vec<u32> = model.samples.iter().filter(|s| s.is_sync).map(|s| s.index).collect();
        prop_assert_eq!(table.all_sync(), sync.len() == model.samples.len());
        prop_assert_eq!(table.sync_samples().len(), sync.len());
        prop_assert_eq!(table.sync_samples().collect::<Vec<_>>(), sync);
    }

    #[test]
    fn a_walk_may_start_anywhere(model in model(), picks in prop::collection::vec(any::<prop::sample::Index>(), 12)) {
        let table = build(model.tables()).unwrap();
        for pick in picks {
            let at = pick.index(model.samples.len());
            let index = u32::try_from(at).unwrap();
            let walk = table.iter_from(index);
            prop_assert_eq!(walk.len(), model.samples.len() - at);
            prop_assert_eq!(walk.collect::<Vec<_>>(), &model.samples[at..]);
            prop_assert_eq!(table.sample(index), Some(model.samples[at]));
            let sync: Vec<u32> = table.sync_samples_from(index).take(3).collect();
            let expected = model.samples[at..].iter().filter(|s| s.is_sync).map(|s| s.index).take(3);
            prop_assert_eq!(sync, expected.collect::<Vec<_>>());
            let bytes: u64 = model.samples[at..].iter().take(100).map(|s| u64::from(s.size)).sum();
            prop_assert_eq!(table.bytes_in(index..index + 100), bytes);
        }
    }

    #[test]
    fn a_span_says_what_its_samples_have_in_common(model in model(), from in any::<prop::sample::Index>(), most in 1..400_u32) {
        let table = build(model.tables()).unwrap();
        let at = from.index(model.samples.len());
        let mut walk = table.iter_from(u32::try_from(at).unwrap());
        for samples in model.samples[at..].chunks(most as usize) {
            let span = walk.next_span(most).unwrap();
            prop_assert_eq!(span.first, samples[0]);
            prop_assert_eq!(span.count as usize, samples.len());
            prop_assert_eq!(span.bytes, samples.iter().map(|s| u64::from(s.size)).sum::<u64>());
            prop_assert_eq!(span.sync_count as usize, samples.iter().filter(|s| s.is_sync).count());
            prop_assert_eq!(span.sizes, ends(samples, |s| s.size));
            prop_assert_eq!(span.durations, ends(samples, |s| s.duration));
            prop_assert_eq!(span.composition_offsets, ends(samples, |s| s.composition_offset));
            prop_assert_eq!(span.descriptions, ends(samples, |s| s.description));
        }
        prop_assert_eq!(walk.next_span(most), None);
    }

    #[test]
    fn a_walk_goes_on_at_a_later_sample(model in model(), picks in prop::collection::vec(any::<prop::sample::Index>(), 12)) {
        let table = build(model.tables()).unwrap();
        let mut picks: Vec<usize> = picks.iter().map(|pick| pick.index(model.samples.len())).collect();
        picks.sort_unstable();
        picks.dedup();
        let mut walk = table.iter_from(0);
        for at in picks {
            walk.advance_to(u32::try_from(at).unwrap());
            prop_assert_eq!(walk.next(), Some(model.samples[at]));
        }
        walk.advance_to(table.len());
        prop_assert_eq!(walk.next(), None);
    }

    #[test]
    fn times_and_descriptions_are_those_of_the_samples(model in model(), from in any::<prop::sample::Index>(), most in 1..400_u32) {
        let table = build(model.tables()).unwrap();
        let at = from.index(model.samples.len());
        let mut walk = table.timings_from(u32::try_from(at).unwrap());
        let mut samples = model.samples[at..].iter();
        while let Some(run) = walk.next_run(most) {
            prop_assert!((1..=most).contains(&run.count));
            for index in 0..run.count {
                let sample = samples.next().unwrap();
                prop_assert_eq!(run.first + index, sample.index);
                let decode_time = run.decode_time + u64::from(index) * u64::from(run.duration);
                prop_assert_eq!(decode_time, sample.decode_time);
                prop_assert_eq!(run.duration, sample.duration);
                prop_assert_eq!(run.composition_offset, sample.composition_offset);
            }
        }
        prop_assert_eq!(samples.next(), None);
        let (mut by_run, mut together) = (table.timings_from(0), table.timings_from(0));
        for _ in (0..table.len()).step_by(most as usize) {
            let (mut left, mut found) = (most, Vec::new());
            together.each_run(most, |run| found.push(*run));
            for run in found {
                prop_assert_eq!(by_run.next_run(left), Some(run));
                left -= run.count;
            }
        }
        prop_assert_eq!(by_run.next_run(1), None);
        let mut last = None;
        let changes = model.samples.iter().filter(|s| last.replace(s.description) != Some(s.description));
        let changes: Vec<_> = changes.map(|s| (s.index, s.description)).collect();
        prop_assert_eq!(table.descriptions().collect::<Vec<_>>(), changes);
    }

    #[test]
    fn a_time_finds_the_sample_that_decodes_then(model in model(), ahead in 0..3000_u64) {
        let table = build(model.tables()).unwrap();
        for time in [0, ahead, ahead / 2, table.total_duration(), u64::MAX] {
            let expected = model.samples.iter().rfind(|s| s.decode_time <= time).map(|s| s.index);
            prop_assert_eq!(table.index_at(time), expected, "at {}", time);
        }
    }
}

/// Smallest and largest.
fn ends<T: Ord>(samples: &[Sample], of: impl Fn(&Sample) -> T) -> (T, T) {
    let (least, most) = (samples.iter().map(&of).min(), samples.iter().map(&of).max());
    (least.unwrap(), most.unwrap())
}

/// stts, stsc, stsz, stco of `count` samples in one chunk at 0.
fn plain(count: u32) -> [Vec<u8>; 4] {
    [
        table(b"stts", 1, &[count, 40]),
        table(b"stsc", 1, &[1, count, 1]),
        full(b"stsz", 0, 0, &words(&[10, count])),
        table(b"stco", 1, &[0]),
    ]
}

#[test]
fn an_empty_table_is_empty() {
    let empty = [
        table(b"stts", 0, &[]),
        table(b"stsc", 0, &[]),
        full(b"stsz", 0, 0, &words(&[0, 0])),
        table(b"stco", 0, &[]),
    ];
    let table = build(empty.concat()).unwrap();
    assert!(table.is_empty());
    assert_eq!((table.total_duration(), table.max_sample_size()), (0, 0));
    assert_eq!(table.iter_from(0).next(), None);
    assert_eq!(table.sync_samples().next(), None);
    assert_eq!(table.index_at(0), None);
}

#[test]
fn past_the_end_there_is_nothing() {
    let table = build(plain(3).concat()).unwrap();
    assert_eq!(table.iter_from(2).count(), 1);
    for index in [3, 4, u32::MAX] {
        assert_eq!(table.iter_from(index).len(), 0);
        assert_eq!(table.sample(index), None);
        assert_eq!(table.sync_samples_from(index).next(), None);
    }
    assert_eq!(table.bytes_in(1..99), 20);
    assert_eq!(table.bytes_in(5..9), 0);
}

#[test]
fn a_composition_offset_is_signed_in_version_0_and_1() {
    for version in [0, 1] {
        let ctts = full(
            b"ctts",
            version,
            0,
            &words(&[2, 1, 80, 2, (-40_i32).cast_unsigned()]),
        );
        let table = build([plain(3).concat(), ctts].concat()).unwrap();
        let offsets: Vec<i32> = table
            .iter_from(0)
            .map(|sample| sample.composition_offset)
            .collect();
        assert_eq!(offsets, [80, -40, -40]);
    }
}

#[test]
fn empty_runs_and_empty_chunks_are_passed() {
    let [_, _, stsz, _] = plain(2);
    let tables = [
        table(b"stts", 4, &[0, 9, 1, 10, 0, 7, 1, 20]),
        table(b"stsc", 2, &[1, 0, 1, 2, 1, 1]),
        stsz,
        table(b"stco", 3, &[500, 600, 700]),
    ];
    let samples: Vec<_> = build(tables.concat()).unwrap().iter_from(0).collect();
    let seen: Vec<_> = samples
        .iter()
        .map(|s| (s.offset, s.decode_time, s.duration))
        .collect();
    assert_eq!(seen, [(600, 0, 10), (700, 10, 20)]);
}

#[test]
fn chunks_beyond_the_last_sample_do_no_harm() {
    let [stts, _, stsz, _] = plain(3);
    let tables = [
        stts,
        table(b"stsc", 1, &[1, 2, 1]),
        stsz,
        table(b"stco", 3, &[0, 100, 200]),
    ];
    let offsets: Vec<u64> = build(tables.concat())
        .unwrap()
        .iter_from(0)
        .map(|s| s.offset)
        .collect();
    assert_eq!(offsets, [0, 10, 100]);
}

#[test]
fn entries_of_stsc_beyond_the_last_chunk_do_no_harm() {
    let [stts, _, stsz, stco] = plain(3);
    let tables = [
        stts,
        table(b"stsc", 3, &[1, 3, 1, 2, 9, 1, 700, 1, 1]),
        stsz,
        stco,
    ];
    assert_eq!(build(tables.concat()).unwrap().iter_from(0).count(), 3);
}

#[test]
fn an_empty_stss_means_no_sync_sample_and_none_means_all() {
    let empty = build([plain(3).concat(), table(b"stss", 0, &[])].concat()).unwrap();
    assert_eq!(empty.sync_samples().next(), None);
    assert!(!empty.all_sync());
    assert!(empty.iter_from(0).all(|sample| !sample.is_sync));
    assert!(build(plain(3).concat()).unwrap().all_sync());
}

#[test]
fn samples_may_last_no_time() {
    let [_, stsc, stsz, stco] = plain(4);
    let tables = [table(b"stts", 3, &[1, 0, 2, 40, 1, 0]), stsc, stsz, stco];
    let table = build(tables.concat()).unwrap();
    let times: Vec<u64> = table
        .iter_from(0)
        .map(|sample| sample.decode_time)
        .collect();
    assert_eq!(times, [0, 0, 40, 80]);
    assert_eq!(table.index_at(0), Some(1));
    assert_eq!(table.index_at(80), Some(3));
}

#[test]
fn tables_that_disagree_are_named() {
    let [stts, stsc, stsz, stco] = plain(3);
    let with = |a: &[u8], b: &[u8], c: &[u8], d: &[u8]| error([a, b, c, d].concat());
    for (error, box_name, reason) in [
        (
            with(&table(b"stts", 1, &[2, 40]), &stsc, &stsz, &stco),
            "stts",
            "durations for 2 samples, sizes for 3",
        ),
        (
            with(&table(b"stts", 2, &[3, 1, 1, 1]), &stsc, &stsz, &stco),
            "stts",
            "durations for 4 samples",
        ),
        (
            with(&stts, &table(b"stsc", 1, &[1, 2, 1]), &stsz, &stco),
            "stco",
            "cover 2 samples of 3",
        ),
        (
            with(&stts, &table(b"stsc", 0, &[]), &stsz, &stco),
            "stco",
            "cover 0 samples of 3",
        ),
        (
            with(&stts, &table(b"stsc", 1, &[2, 3, 1]), &stsz, &stco),
            "stsc",
            "begins at chunk 2",
        ),
        (
            with(&stts, &table(b"stsc", 2, &[1, 3, 1, 1, 3, 1]), &stsz, &stco),
            "stsc",
            "entry 1 begins at chunk 1",
        ),
        (
            with(&stts, &table(b"stsc", 1, &[1, 3, 3]), &stsz, &stco),
            "stsc",
            "names sample entry 3 of 2",
        ),
        (
            with(&stts, &table(b"stsc", 1, &[1, 3, 0]), &stsz, &stco),
            "stsc",
            "names sample entry 0 of 2",
        ),
        (
            with(&stts, &stsc, &full(b"stz2", 0, 0, &words(&[7, 3])), &stco),
            "stz2",
            "field size 7",
        ),
        (
            with(
                &stts,
                &stsc,
                &full(b"stsz", 0, 0, &words(&[0, 3, 1])),
                &stco,
            ),
            "stsz",
            "too short",
        ),
        (
            with(&stts, &stsc, &stsz, &table(b"stco", 9, &[0])),
            "stco",
            "too short",
        ),
        (
            with(&stts, &stsc, &stsz, &table(b"free", 0, &[])),
            "stbl",
            "has no stco box",
        ),
        (
            with(&stts, &stsc, &stsz, &[stco.clone(), stco.clone()].concat()),
            "stco",
            "a second box",
        ),
    ] {
        assert!(
            error.contains(&format!("/{box_name} at ")) && error.contains(reason),
            "{error}"
        );
    }
    let ctts = |entries: &[u32]| {
        error(
            [
                plain(3).concat(),
                table(b"ctts", entries.len() / 2, entries),
            ]
            .concat(),
        )
    };
    assert!(ctts(&[2, 5]).contains("ctts cover 2 samples of 3"));
    let stss = |entries: &[u32]| {
        error([plain(3).concat(), table(b"stss", entries.len(), entries)].concat())
    };
    for wrong in [&[0][..], &[4], &[2, 2], &[3, 1]] {
        assert!(
            stss(wrong).contains("does not name a later one of the 3 samples"),
            "{wrong:?}"
        );
    }
}

#[test]
fn the_sample_that_reaches_past_the_file_is_named() {
    let [stts, stsc, _, _] = plain(3);
    let co64 = |offset: u64| {
        full(
            b"co64",
            0,
            0,
            &[words(&[1]), offset.to_be_bytes().to_vec()].concat(),
        )
    };
    let end = 1_u64 << 40;
    for stsz in [
        full(b"stsz", 0, 0, &words(&[10, 3])),
        full(b"stsz", 0, 0, &words(&[0, 3, 10, 10, 10])),
    ] {
        let with = |offset| build([&stts[..], &stsc, &stsz, &co64(offset)].concat());
        assert!(with(end - 30).is_ok());
        for (offset, sample) in [
            (end - 29, 2),
            (end - 19, 1),
            (end + 5, 0),
            (u64::MAX - 15, 0),
            (u64::MAX, 0),
        ] {
            let Err(Error::Truncated { reason, .. }) = with(offset) else {
                unreachable!()
            };
            let at = offset.saturating_add(10 * sample);
            assert_eq!(
                reason,
                format!("sample {sample} has 10 bytes at {at}, the file has {end}")
            );
        }
    }
}

#[test]
fn a_count_that_no_table_backs_costs_nothing() {
    let endless = [
        table(b"stts", 1, &[u32::MAX, 1]),
        table(b"stsc", 1, &[1, u32::MAX, 1]),
        full(b"stsz", 0, 0, &words(&[1, u32::MAX])),
        table(b"stco", 1, &[0]),
    ]
    .concat();
    assert!(error(endless.clone()).contains("stbl/stsz at 531: more than 20000000 samples"));
    // Raw audio: nobody packages it, and nothing is held for its samples.
    let raw = Trak {
        tables: endless,
        ..Trak::with_entry(b"soun", crate::craft::audio_entry(b"sowt", b""))
    };
    let table = parse_trak(&raw).unwrap().samples;
    assert_eq!(table.len(), u32::MAX);
    assert_eq!(table.checkpoints.len(), 1);
    let last = table.sample(u32::MAX - 1).unwrap();
    assert_eq!(
        (last.offset, last.decode_time),
        (u64::from(u32::MAX) - 1, u64::from(u32::MAX) - 1)
    );
}

#[test]
fn checkpoints_stay_few_beside_the_tables() {
    let count = 500_000;
    let sizes: Vec<u32> = (0..count).map(|size| size % 1000).collect();
    let offsets: Vec<[u32; 2]> = (0..count).map(|index| [1, index % 3]).collect();
    let [stts, stsc, _, stco] = plain(count);
    let stsz = full(b"stsz", 0, 0, &[words(&[0, count]), words(&sizes)].concat());
    let tables = [
        stts,
        stsc,
        stsz,
        stco,
        table(b"ctts", offsets.len(), offsets.as_flattened()),
    ]
    .concat();
    let len = tables.len();
    let table = build(tables).unwrap();
    let held = table.checkpoints.len() * size_of::<Position>();
    assert!(held * 20 < len, "{held} bytes beside {len}");
}

#[test]
fn runs_are_the_samples_in_as_few_steps_as_the_tables_have() {
    let sizes: Vec<u32> = (0..900).map(|index| 3 + index % 7).collect();
    let tables = [
        table(b"stts", 2, &[600, 10, 300, 20]),
        table(b"stsc", 2, &[1, 500, 1, 2, 400, 1]),
        full(b"stsz", 0, 0, &[words(&[0, 900]), words(&sizes)].concat()),
        table(b"stco", 2, &[0, 4000]),
        table(b"ctts", 2, &[100, 5, 800, 0]),
        table(b"stss", 2, &[1, 701]),
    ];
    let table = build(tables.concat()).unwrap();
    for (from, most) in [(0, u32::MAX), (0, 3), (99, 64), (650, u32::MAX), (899, 9)] {
        let mut walk = table.iter_from(from);
        let mut samples = Vec::new();
        let mut runs = 0;
        while let Some(run) = walk.next_run(most) {
            runs += 1;
            assert!((1..=most).contains(&run.count));
            let before = samples.len();
            let mut sample = run.first;
            run.each_size(|size| {
                sample.size = size;
                samples.push(sample);
                sample.index += 1;
                sample.offset += u64::from(size);
                sample.decode_time += u64::from(sample.duration);
            });
            let bytes = samples[before..]
                .iter()
                .map(|sample| u64::from(sample.size));
            assert_eq!(bytes.sum::<u64>(), run.bytes);
        }
        assert_eq!(
            samples,
            table.iter_from(from).collect::<Vec<_>>(),
            "from {from}"
        );
        if (from, most) == (0, u32::MAX) {
            // At 1 and 700 by sync samples, 100 by offsets, 356 by the most of one move, 500 by chunks, 600 by durations.
            assert!(runs <= 9, "{runs} runs");
        }
    }
}
