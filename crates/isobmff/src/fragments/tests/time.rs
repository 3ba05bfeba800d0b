//! The time line: `tfdt`, gaps, overlaps, late starts, edit lists.
use super::*;

const RATE: i32 = 1 << 16;

fn edit(segment_duration: u64, media_time: i64) -> Edit {
    Edit {
        segment_duration,
        media_time,
        media_rate: RATE,
    }
}

fn with_edits(trak: Trak, edits: &[(u32, i32)]) -> Trak {
    let entries = edits
        .iter()
        .flat_map(|(duration, time)| [*duration, time.cast_unsigned(), 1 << 16]);
    let entries: Vec<u32> = entries.collect();
    let count = u32::try_from(edits.len()).unwrap();
    let elst = full(b"elst", 0, 0, &words(&[&[count], &entries[..]].concat()));
    Trak {
        edts: boxed(b"edts", &elst),
        ..trak
    }
}

/// One track of three samples a fragment, 1000 ticks each; the fragments begin at these times.
fn fragments_at(times: &[Option<u64>]) -> Sparse {
    let mut file = file_of(&[trak(1, TIMESCALE)]);
    for (sequence, decode_time) in (1..).zip(times) {
        let samples = samples(3, 1000, 10);
        let traf = Traf {
            decode_time: *decode_time,
            ..Traf::new(1, 0, &samples)
        };
        append(&mut file, sequence, &[traf], 0);
    }
    file
}

fn durations(movie: &Movie) -> Vec<u32> {
    movie.tracks[0]
        .samples
        .iter_from(0)
        .map(|sample| sample.duration)
        .collect()
}

#[test]
fn without_a_time_a_fragment_begins_where_the_one_before_ends() {
    let movie = read(&fragments_at(&[None, None])).unwrap();
    assert_eq!(durations(&movie), [1000; 6]);
    assert_eq!(movie.tracks[0].duration, 6000);
}

#[test]
fn a_gap_lengthens_the_sample_before_it() {
    let movie = read(&fragments_at(&[Some(0), Some(3000 + 4800)])).unwrap();
    assert_eq!(durations(&movie), [1000, 1000, 5800, 1000, 1000, 1000]);
    assert_eq!(movie.notes, [""; 0], "a tenth of a second is no news");
    let movie = read(&fragments_at(&[
        Some(0),
        Some(3000),
        Some(6000 + 48_000),
        None,
    ]))
    .unwrap();
    assert_eq!(durations(&movie)[5], 49_000);
    let [note] = &movie.notes[..] else { panic!() };
    assert!(
        note.starts_with(
            "track 1: 1 jumps in decode time between fragments, the longest of 1000 ms"
        ),
        "{note}"
    );
}

#[test]
fn an_overlap_shortens_the_sample_before_it() {
    for (start, last) in [(2999, 999), (2001, 1), (2000, 0)] {
        let movie = read(&fragments_at(&[Some(0), Some(start)])).unwrap();
        assert_eq!(durations(&movie)[2], last);
        assert_eq!(
            movie.tracks[0].samples.sample(3).unwrap().decode_time,
            start
        );
    }
}

#[test]
fn a_rounding_error_of_two_ticks_is_absorbed() {
    let movie = read(&fragments_at(&[Some(0), Some(1998), Some(5000)])).unwrap();
    assert_eq!(
        durations(&movie),
        [1000, 1000, 0, 1000, 1000, 1000, 1000, 1000, 1000]
    );
}

#[test]
fn a_jump_back_is_an_error_that_names_the_fragment() {
    let file = fragments_at(&[Some(0), Some(3000), Some(4997)]);
    let error = read(&file).unwrap_err().to_string();
    assert!(error.starts_with("moof[2] at "), "{error}");
    assert!(
        error.ends_with(
            "track 1: the decode time 4997 lies before that of the sample before it, 5000"
        ),
        "{error}"
    );
}

#[test]
fn a_gap_too_long_for_one_sample_is_an_error() {
    let error = read(&fragments_at(&[Some(0), Some(1 << 33)]))
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("too many for one sample's duration"),
        "{error}"
    );
}

#[test]
fn an_interval_without_samples_takes_its_time() {
    let empty = full(b"tfhd", 0, 0x1_0008, &words(&[1, 500]));
    let moof = boxed(b"moof", &boxed(b"traf", &empty));
    let mut file = fragments_at(&[Some(0)]);
    file.append(&moof);
    let samples = samples(3, 1000, 10);
    let traf = Traf {
        decode_time: None,
        ..Traf::new(1, 0, &samples)
    };
    append(&mut file, 3, &[traf], 0);
    assert_eq!(
        durations(&read(&file).unwrap()),
        [1000, 1000, 1500, 1000, 1000, 1000]
    );
}

#[test]
fn a_late_start_becomes_an_empty_edit_exact_to_the_tick() {
    // A movie timescale of 1000 has no name for any of these times.
    let rates = [44_100, 90_000, 30_000, 10_000_000];
    let late = [1_000_001_u64, 5, 1001, 16_000_000_000_000_001];
    let traks: Vec<Trak> = (1..).zip(rates).map(|(id, rate)| trak(id, rate)).collect();
    let mut file = file_of(&traks);
    let samples = samples(3, 1000, 10);
    let trafs: Vec<Traf<'_>> = (1..)
        .zip(late)
        .map(|(id, late)| Traf::new(id, late, &samples))
        .collect();
    append(&mut file, 1, &trafs, 0);
    let movie = read(&file).unwrap();
    assert_eq!(movie.timescale % 1000, 0);
    for (track, late) in movie.tracks.iter().zip(late) {
        let [delay, shown] = track.edits[..] else {
            panic!()
        };
        assert_eq!((delay.media_time, shown), (-1, edit(0, 0)));
        let (from, to) = (u128::from(movie.timescale), u128::from(track.timescale));
        assert_eq!(
            (u128::from(delay.segment_duration) * to + from / 2) / from,
            u128::from(late)
        );
        assert_eq!(track.samples.sample(0).unwrap().decode_time, 0);
    }
}

#[test]
fn tracks_stay_where_they_are_beside_a_late_one() {
    let mut file = file_of(&[
        trak(1, TIMESCALE),
        trak(2, TIMESCALE),
        with_edits(trak(3, TIMESCALE), &[(7, -1), (2000, 1024)]),
    ]);
    let samples = samples(100, 1000, 10);
    let trafs = [
        Traf::new(1, 480, &samples),
        Traf::new(2, 0, &samples),
        Traf::new(3, 0, &samples),
    ];
    append(&mut file, 1, &trafs, 0);
    let movie = read(&file).unwrap();
    let edits: Vec<_> = movie
        .tracks
        .iter()
        .map(|track| track.edits.clone())
        .collect();
    assert_eq!(movie.timescale, 48_000);
    assert_eq!(edits[0], [edit(480, -1), edit(0, 0)]);
    assert_eq!(edits[1], [edit(0, 0)]);
    assert_eq!(edits[2], [edit(7 * 48, -1), edit(2000 * 48, 1024)]);
}

#[test]
fn edit_lists_stay_and_a_track_without_one_is_moved_by_nothing() {
    let mut file = file_of(&[
        trak(1, TIMESCALE),
        with_edits(trak(2, TIMESCALE), &[(0, 1024)]),
        with_edits(trak(3, TIMESCALE), &[(5, -1), (60, 1024)]),
    ]);
    let samples = samples(3, 1000, 10);
    let trafs: Vec<Traf<'_>> = (1..=3).map(|id| Traf::new(id, 0, &samples)).collect();
    append(&mut file, 1, &trafs, 0);
    let movie = read(&file).unwrap();
    let edits: Vec<_> = movie
        .tracks
        .iter()
        .map(|track| track.edits.clone())
        .collect();
    assert_eq!(movie.timescale, 1000);
    assert_eq!(
        edits,
        [
            vec![edit(0, 0)],
            vec![edit(0, 1024)],
            vec![edit(5, -1), edit(60, 1024)]
        ]
    );
}

#[test]
fn an_edit_that_ends_with_the_samples_of_the_header_goes_on() {
    // One sample of 40 ticks of 1000 in the moov.
    for (duration, kept) in [(40, 0), (41, 0), (39, 0), (42, 42), (3040, 3040)] {
        let mut file = file_of(&[with_edits(Trak::default(), &[(duration, 0)])]);
        append(&mut file, 1, &[Traf::new(1, 40, &samples(3, 1000, 10))], 0);
        assert_eq!(
            read(&file).unwrap().tracks[0].edits,
            [edit(kept, 0)],
            "{duration}"
        );
    }
}
