//! Forms of fragments, and what is wrong with some.
use super::*;
use crate::craft::fragments::{NON_SYNC, SYNC, TREX_SIZE};
use crate::craft::{audio_entry, esds, mvhd};

fn tfhd(flags: u32, fields: &[u32]) -> Vec<u8> {
    full(b"tfhd", 0, flags, &words(fields))
}

fn trun(flags: u32, fields: &[u32]) -> Vec<u8> {
    full(b"trun", 0, flags, &words(fields))
}

fn moof(trafs: &[&[Vec<u8>]]) -> Vec<u8> {
    let trafs: Vec<u8> = trafs
        .iter()
        .flat_map(|content| boxed(b"traf", &content.concat()))
        .collect();
    boxed(b"moof", &trafs)
}

/// Fields of a `tfhd` that counts from the `moof`.
const FROM_MOOF: u32 = 0x2_0000;

fn one_track_with(boxes: &[Vec<u8>]) -> Sparse {
    let mut file = file_of(&[trak(1, TIMESCALE)]);
    boxes.iter().for_each(|bytes| file.append(bytes));
    file.append_media(1000, false);
    file
}

fn plain_fragments(file: &mut Sparse, fragments: u32, samples: &[Sample]) {
    let duration: u64 = samples
        .iter()
        .map(|sample| u64::from(sample.duration))
        .sum();
    for sequence in 0..fragments {
        append(
            file,
            sequence,
            &[Traf::new(1, u64::from(sequence) * duration, samples)],
            0,
        );
    }
}

fn offsets(movie: &Movie) -> Vec<u64> {
    movie.tracks[0]
        .samples
        .iter_from(0)
        .map(|sample| sample.offset)
        .collect()
}

fn error(file: &Sparse) -> String {
    read(file).unwrap_err().to_string()
}

#[test]
fn media_between_fragments_is_not_read() {
    let mut file = file_of(&[trak(1, TIMESCALE)]);
    plain_fragments(&mut file, 100, &samples(100, 1000, 60_000));
    let (movie, asked) = file.movie(Limits::default());
    assert_eq!(movie.unwrap().tracks[0].samples.len(), 10_000);
    assert!(asked.len() <= 102, "{}", asked.len());
    let bytes: u64 = asked.iter().map(|range| range.len).sum();
    assert!(bytes < 100 * 4096 + (3 << 16), "{bytes} of {}", file.len());
}

#[test]
fn small_fragments_share_a_read() {
    for size in [200, 6000] {
        let mut file = file_of(&[trak(1, TIMESCALE)]);
        plain_fragments(&mut file, 1000, &samples(1, 1000, size));
        let (movie, asked) = file.movie(Limits::default());
        assert_eq!(movie.unwrap().tracks[0].samples.len(), 1000);
        let windows = file.len().div_ceil(55 << 10);
        assert!(
            asked.len() as u64 <= windows,
            "{} for {windows}",
            asked.len()
        );
    }
}

#[test]
fn media_beyond_4_gib_are_found() {
    let mut file = file_of(&[trak(1, TIMESCALE)]);
    file.append_media(5 << 32, true);
    let offsets = append(&mut file, 1, &[Traf::new(1, 0, &samples(3, 1000, 10))], 0);
    let movie = read(&file).unwrap();
    assert_eq!(
        movie.tracks[0].samples.sample(2).unwrap().offset,
        offsets[0][0] + 20
    );
    assert!(offsets[0][0] > 5 << 32);
}

#[test]
fn a_fragment_larger_than_a_window_is_asked_for_whole() {
    let mut file = file_of(&[trak(1, TIMESCALE)]);
    let mut many = samples(20_000, 1000, 7);
    many[9].size = 8;
    plain_fragments(&mut file, 1, &many);
    let (movie, asked) = file.movie(Limits::default());
    assert_eq!(movie.unwrap().tracks[0].samples.len(), 20_000);
    assert!(asked.len() <= 4, "{asked:?}");
}

#[test]
fn a_recording_cut_anywhere_keeps_its_whole_fragments() {
    let mut file = file_of(&[trak(1, TIMESCALE)]);
    plain_fragments(&mut file, 1, &samples(10, 1000, 5000));
    let first = file.len();
    append(
        &mut file,
        2,
        &[Traf::new(1, 10_000, &samples(10, 1000, 5000))],
        0,
    );
    let whole = file.len();
    assert_eq!(read(&file).unwrap().notes, [""; 0]);
    for cut in
        (first + 1..whole)
            .step_by(97)
            .chain([first + 4, whole - 50_008, whole - 50_000, whole - 1])
    {
        file.cut(cut);
        let movie = read(&file).unwrap();
        assert_eq!(movie.tracks[0].samples.len(), 10, "cut at {cut}");
        let [note] = &movie.notes[..] else {
            panic!("{:?}", movie.notes)
        };
        assert!(note.starts_with("the file is truncated: "), "{note}");
        assert!(
            note.ends_with("; 1 whole fragments before that are used"),
            "{note}"
        );
    }
    for cut in [first - 1, first - 49_999] {
        file.cut(cut);
        assert!(
            matches!(read(&file), Err(Error::Truncated { .. })),
            "cut at {cut}"
        );
    }
}

#[test]
fn samples_past_the_end_of_the_file_are_no_cut_where_fragments_follow() {
    let mut file = one_track_with(&[moof(&[&[tfhd(FROM_MOOF, &[1]), trun(1, &[1, 1 << 30])]])]);
    plain_fragments(&mut file, 1, &samples(10, 1000, 10));
    assert!(
        error(&file).starts_with("the file is truncated: moof[0] at "),
        "{}",
        error(&file)
    );
}

#[test]
fn runs_and_tracks_without_an_offset_follow_each_other() {
    let bare = |id| [tfhd(0x8, &[id, 10]), trun(0, &[2])];
    let told = [tfhd(0x8, &[1, 10]), trun(1, &[2, 500]), trun(0, &[1])];
    let mut file = file_of(&[trak(1, TIMESCALE), trak(2, TIMESCALE)]);
    let start = file.len();
    file.append(&moof(&[&told, &bare(2)]));
    file.append_media(4096, false);
    let movie = read(&file).unwrap();
    let size = u64::from(TREX_SIZE);
    let expected = [500, 500 + size, 500 + 2 * size].map(|offset| start + offset);
    assert_eq!(offsets(&movie), expected);
    let second = movie.tracks[1].samples.sample(0).unwrap();
    assert_eq!(second.offset, start + 500 + 3 * size);
}

#[test]
fn data_counted_from_the_moof_without_the_flag_are_found_and_told() {
    let mut file = file_of(&[trak(1, TIMESCALE), trak(2, TIMESCALE)]);
    let trafs = |at: [u32; 2]| {
        let traf = |id: u32, at| [tfhd(0, &[id]), trun(1, &[2, at])];
        moof(&[&traf(1, at[0]), &traf(2, at[1])])
    };
    let data = u32::try_from(trafs([0, 0]).len()).unwrap() + 8;
    let start = file.len();
    file.append(&trafs([data, data + 2 * TREX_SIZE]));
    file.append_media(u64::from(4 * TREX_SIZE), false);
    let movie = read(&file).unwrap();
    let second = movie.tracks[1].samples.sample(0).unwrap().offset;
    assert_eq!(second, start + u64::from(data + 2 * TREX_SIZE));
    assert!(
        movie.notes[0].starts_with("1 fragments say where their data are"),
        "{:?}",
        movie.notes
    );
}

#[test]
fn the_description_may_change_from_fragment_to_fragment() {
    let fragment =
        |description| moof(&[&[tfhd(FROM_MOOF | 2, &[1, description]), trun(1, &[1, 8])]]);
    let movie = read(&one_track_with(&[fragment(2), fragment(1), fragment(2)])).unwrap();
    let descriptions = movie.tracks[0]
        .samples
        .iter_from(0)
        .map(|sample| sample.description);
    assert_eq!(descriptions.collect::<Vec<_>>(), [1, 0, 1]);
    for (wrong, message) in [
        (0, "sample description 0 of 2"),
        (3, "sample description 3 of 2"),
    ] {
        assert!(error(&one_track_with(&[fragment(wrong)])).ends_with(message));
    }
}

#[test]
fn sync_samples_are_those_that_neither_say_no_nor_depend_on_others() {
    let fragment = |flags: &[u32]| {
        let count = u32::try_from(flags.len()).unwrap();
        moof(&[&[
            tfhd(FROM_MOOF, &[1]),
            trun(0x401, &[&[count, 8], flags].concat()),
        ]])
    };
    let depends = 0x0100_0000;
    let movie = read(&one_track_with(&[fragment(&[
        SYNC,
        NON_SYNC,
        0,
        depends,
        0x1_0000,
        SYNC | 0x1_0000,
    ])]))
    .unwrap();
    assert_eq!(
        movie.tracks[0].samples.sync_samples().collect::<Vec<_>>(),
        [0, 2]
    );
    let first = moof(&[&[tfhd(FROM_MOOF, &[1]), trun(5, &[3, 8, SYNC])]]);
    let movie = read(&one_track_with(&[first.clone(), first])).unwrap();
    assert_eq!(
        movie.tracks[0].samples.sync_samples().collect::<Vec<_>>(),
        [0, 3]
    );
}

#[test]
fn sound_without_any_sync_sample_is_all_sync() {
    let sound = Trak {
        handler: *b"soun",
        stsd: stsd(&[audio_entry(b"mp4a", &esds(0x40, &[0x12, 0x10]))]),
        ..trak(1, TIMESCALE)
    };
    let mut file = file_of(&[sound]);
    file.append(&moof(&[&[tfhd(FROM_MOOF, &[1]), trun(1, &[3, 8])]]));
    file.append_media(1000, false);
    assert!(read(&file).unwrap().tracks[0].samples.all_sync());
}

#[test]
fn a_movie_that_only_announces_fragments_is_progressive() {
    let movie = read(&file_of(&[trak(1, TIMESCALE)])).unwrap();
    assert!(!movie.fragmented && movie.tracks[0].samples.is_empty());
    let movie = read(&file_of(&[Trak::default()])).unwrap();
    assert_eq!(
        (movie.fragmented, movie.tracks[0].samples.len()),
        (false, 1)
    );
}

#[test]
fn a_repeated_header_is_passed_and_another_one_is_not() {
    let mut file = file_of(&[trak(1, TIMESCALE)]);
    plain_fragments(&mut file, 1, &samples(10, 1000, 10));
    file.append(&fragmented_moov(&[trak(1, TIMESCALE)]));
    append(
        &mut file,
        2,
        &[Traf::new(1, 10_000, &samples(10, 1000, 10))],
        0,
    );
    assert_eq!(read(&file).unwrap().tracks[0].samples.len(), 20);
    let at = file.len();
    file.append(&fragmented_moov(&[trak(1, 600)]));
    assert_eq!(
        error(&file),
        format!("moov at {at}: a second moov that differs from the first is not supported")
    );
}

#[test]
fn boxes_that_tell_nothing_of_samples_are_kept() {
    let udta = boxed(b"udta", &boxed(b"name", b"title"));
    let mvex = boxed(b"mvex", &full(b"trex", 0, 0, &words(&[1, 1, 2, 77, 0])));
    let mut file = Sparse::default();
    file.append(&boxed(
        b"moov",
        &[mvhd(), trak(1, TIMESCALE).boxed(), udta.clone(), mvex].concat(),
    ));
    file.append(&moof(&[&[tfhd(FROM_MOOF, &[1]), trun(1, &[3, 8])]]));
    file.append_media(1000, false);
    let movie = read(&file).unwrap();
    let holds = |part: &[u8]| movie.moov.windows(part.len()).any(|window| window == part);
    assert!(holds(&udta) && holds(&stsd(&[avc1(), avc1()])) && !holds(b"mvex"));
    assert_eq!(movie.duration, 1, "of 6 ticks, rounded up to a millisecond");
}

#[test]
fn faults_of_fragments_are_named() {
    let traf = |boxes: &[Vec<u8>]| one_track_with(&[moof(&[boxes])]);
    let cases = [
        (traf(&[]), "moof[0]/traf[0] at 615: has no tfhd box"),
        (
            traf(&[tfhd(0, &[9])]),
            "moof[0]/traf[0]/tfhd at 623: the moov has no track 9",
        ),
        (traf(&[tfhd(0, &[1]), tfhd(0, &[1])]), "a second box"),
        (
            traf(&[tfhd(0, &[1]), full(b"tfdt", 2, 0, &[0; 8])]),
            "tfdt at 639: version 2",
        ),
        (
            traf(&[tfhd(0, &[1]), full(b"trun", 2, 0, &[0; 8])]),
            "trun at 639: version 2",
        ),
        (
            traf(&[tfhd(0x1, &[1])]),
            "tfhd at 623: the box is too short",
        ),
        (
            traf(&[tfhd(0, &[1]), trun(0x200, &[9])]),
            "trun at 639: the box is too short: 36 bytes",
        ),
    ];
    for (file, message) in cases {
        let error = error(&file);
        assert!(error.contains(message), "{error} / {message}");
    }
}

#[test]
fn limits_hold_for_fragments() {
    let mut file = file_of(&[trak(1, TIMESCALE)]);
    plain_fragments(&mut file, 5, &samples(10, 1000, 10));
    let all = Limits::default();
    let limited = |limits| {
        file.movie(limits)
            .0
            .map(|_| ())
            .map_err(|error| error.to_string())
    };
    for (limits, message) in [
        (
            Limits {
                max_fragments: 4,
                ..all
            },
            "moof[4] at 1855: more than 4 fragments",
        ),
        (
            Limits {
                max_fragment_bytes: 100,
                ..all
            },
            "moof at 607: more than 100 bytes",
        ),
        (
            Limits {
                max_samples_per_track: 49,
                ..all
            },
            "moof[4] at 1855: more than 49 samples in a track",
        ),
        (
            Limits {
                max_index_bytes: 100,
                ..all
            },
            "moof[4] at 1855: more than 100 bytes of sample tables",
        ),
    ] {
        assert_eq!(limited(limits).unwrap_err(), message);
    }
    let enough = Limits {
        max_fragments: 5,
        max_samples_per_track: 50,
        max_fragment_bytes: 300,
        max_index_bytes: 300,
        ..all
    };
    assert_eq!(limited(enough), Ok(()));
}

#[test]
fn boxes_beside_fragments_are_counted() {
    let mut file = file_of(&[trak(1, TIMESCALE)]);
    for _ in 0..30 {
        file.append(&boxed(b"emsg", b""));
    }
    let limits = Limits {
        max_top_level_boxes: 20,
        ..Limits::default()
    };
    let error = file.movie(limits).0.unwrap_err().to_string();
    assert!(
        error.ends_with("more than 20 boxes beside the fragments"),
        "{error}"
    );
}

#[test]
fn a_count_that_nothing_backs_costs_nothing() {
    let endless = |size: u32| {
        one_track_with(&[moof(&[&[
            tfhd(FROM_MOOF | 0x10, &[1, size]),
            trun(1, &[u32::MAX, 8]),
        ]])])
    };
    assert!(error(&endless(1)).starts_with("the file is truncated: moof[0]"));
    assert!(error(&endless(0)).ends_with("more than 20000000 samples in a track"));
    // A codec that nobody packages: raw sound has a sample for every few bytes.
    let raw = Trak {
        stsd: stsd(&[audio_entry(b"sowt", b"")]),
        handler: *b"soun",
        ..trak(1, TIMESCALE)
    };
    let mut file = file_of(&[raw]);
    file.append(&moof(&[&[
        tfhd(FROM_MOOF | 0x10, &[1, 4]),
        trun(1, &[1 << 26, 200]),
    ]]));
    file.append_media(1 << 29, true);
    let movie = read(&file).unwrap();
    assert_eq!(movie.tracks[0].samples.len(), 1 << 26);
    assert!(movie.moov.len() < 2000);
}
