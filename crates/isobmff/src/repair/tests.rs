#![allow(clippy::unwrap_used)]
use crate::craft::sparse::Sparse;
use crate::craft::{Trak, audio_entry, boxed, full, moov, stsd, table, words};
use crate::{Error, Limits, Movie, Result};

/// `count` samples of `size` bytes and 40 ms, each a chunk of its own, from `offset` on.
fn trak(track_id: u32, count: u32, size: u32, offset: u32) -> Trak {
    let offsets: Vec<u32> = (0..count).map(|index| offset + index * size).collect();
    Trak {
        tables: [
            table(b"stts", 1, &[count, 40]),
            table(b"stsc", 1, &[1, 1, 1]),
            full(b"stsz", 0, 0, &words(&[size, count])),
            table(b"stco", offsets.len(), &offsets),
        ]
        .concat(),
        ..Trak::with_id(track_id)
    }
}

/// The media first, 200 samples of 50 bytes, from 16 bytes on.
fn file(offset: u32) -> Sparse {
    let mut file = Sparse::default();
    file.append(&boxed(b"free", b""));
    file.append_media(200 * 50, false);
    file.append(&moov(&[
        trak(1, 150, 50, offset),
        trak(2, 50, 50, offset + 150 * 50),
    ]));
    file
}

fn read(file: &Sparse) -> Result<Movie> {
    file.movie(Limits::default()).0
}

/// The same in front of the media, which end `missing` bytes early.
fn cut(missing: u64, traks: &[Trak]) -> Sparse {
    let mut file = Sparse::default();
    file.append(&moov(traks));
    let space = usize::try_from(30_000 - file.len() - 8 - 8).unwrap();
    file.append(&boxed(b"free", &vec![0; space]));
    file.append_media(10_000, false);
    assert_eq!(file.len(), 40_000);
    file.cut(file.len() - missing);
    file
}

#[test]
fn samples_that_all_lead_too_far_are_moved_back() {
    let whole = read(&file(16)).unwrap();
    assert_eq!(whole.notes, [""; 0]);
    let past = u32::try_from(file(0).len()).unwrap();
    let displaced = read(&file(16 + past)).unwrap();
    assert!(displaced.notes[0].starts_with(&format!("all samples lead {past} bytes past")));
    for (track, whole) in displaced.tracks.iter().zip(&whole.tracks) {
        assert!(track.samples.iter_from(0).eq(whole.samples.iter_from(0)));
        assert_eq!(track.duration, whole.samples.total_duration());
    }
}

#[test]
fn samples_that_do_not_fill_the_media_are_not_moved() {
    let past = u32::try_from(file(16).len()).unwrap();
    let mut other = Sparse::default();
    other.append_media(200 * 50 + 1, false);
    other.append(&moov(&[trak(1, 200, 50, past + 16)]));
    assert!(matches!(read(&other), Err(Error::Truncated { .. })));
}

#[test]
fn a_few_samples_at_the_end_are_left_out() {
    let traks = [trak(1, 100, 50, 30_000), trak(2, 100, 50, 35_000)];
    let movie = read(&cut(101, &traks)).unwrap();
    let lens: Vec<u32> = movie
        .tracks
        .iter()
        .map(|track| track.samples.len())
        .collect();
    assert_eq!(lens, [100, 97]);
    assert_eq!(
        movie.notes,
        ["track 2: the file ends before the last 3 samples, 120 ms, which are left out"]
    );
    let again = Movie::from_index(movie.index(), movie.file_len, &Limits::default()).unwrap();
    assert_eq!(again.index(), movie.index());
}

#[test]
fn samples_of_one_size_are_left_out_alike() {
    let sound = Trak {
        handler: *b"soun",
        stsd: stsd(&[audio_entry(b"sowt", b"")]),
        tables: [
            table(b"stts", 1, &[5000, 1]),
            table(b"stsc", 1, &[1, 5000, 1]),
            full(b"stsz", 0, 0, &words(&[2, 5000])),
            table(b"stco", 1, &[30_000]),
        ]
        .concat(),
        ..Trak::default()
    };
    let movie = read(&cut(203, &[sound])).unwrap();
    assert_eq!(movie.tracks[0].samples.len(), 4898);
}

#[test]
fn more_than_a_twentieth_or_a_second_is_not_left_out() {
    let with = |missing| {
        read(&cut(missing, &[trak(1, 200, 50, 30_000)])).map(|movie| movie.tracks[0].samples.len())
    };
    assert_eq!(with(500), Ok(190));
    assert!(matches!(with(501), Err(Error::Truncated { .. })));
    let many = |missing| {
        read(&cut(missing, &[trak(1, 1000, 10, 30_000)])).map(|movie| movie.tracks[0].samples.len())
    };
    assert_eq!(many(250), Ok(975));
    assert!(matches!(many(251), Err(Error::Truncated { .. })));
}

#[test]
fn a_gap_in_the_middle_is_not_repaired() {
    let mut broken = trak(1, 200, 50, 30_000);
    let at = broken.tables.len() - 4 * 5;
    broken.tables[at..at + 4].copy_from_slice(&u32::MAX.to_be_bytes());
    assert!(matches!(
        read(&cut(0, &[broken])),
        Err(Error::Truncated { .. })
    ));
}

#[test]
fn a_count_that_nothing_backs_costs_nothing() {
    let raw = Trak {
        handler: *b"soun",
        stsd: stsd(&[audio_entry(b"sowt", b"")]),
        tables: [
            table(b"stts", 1, &[u32::MAX, 1]),
            table(b"stsc", 1, &[1, u32::MAX, 1]),
            full(b"stsz", 0, 0, &words(&[1, u32::MAX])),
            table(b"stco", 1, &[30_000]),
        ]
        .concat(),
        ..Trak::default()
    };
    assert!(matches!(
        read(&cut(0, &[raw])),
        Err(Error::Truncated { .. })
    ));
}
