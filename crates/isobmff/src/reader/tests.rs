#![allow(clippy::unwrap_used, clippy::panic)]
use proptest::prelude::*;

use super::walk::WINDOW;
use super::*;
use crate::craft::{Trak, boxed, moov};

/// Reads a whole file; every range asked for, too.
fn read_with(file: &[u8], limits: Limits) -> (Result<Movie>, Vec<ByteRange>) {
    let file = Bytes::copy_from_slice(file);
    let mut reader = MovieReader::new(file.len() as u64, limits);
    let mut asked = Vec::new();
    loop {
        match reader.step() {
            Ok(Step::Need(range)) => {
                asked.push(range);
                let start = usize::try_from(range.offset).unwrap();
                let end = start + usize::try_from(range.len).unwrap();
                assert!(range.len > 0 && end <= file.len());
                reader.supply(range, file.slice(start..end)).unwrap();
            }
            Ok(Step::Done(movie)) => return (Ok(*movie), asked),
            Err(error) => return (Err(error), asked),
        }
    }
}

fn read(file: &[u8]) -> Result<Movie> {
    read_with(file, Limits::default()).0
}

fn error(file: &[u8]) -> String {
    read(file).unwrap_err().to_string()
}

fn ftyp() -> Vec<u8> {
    boxed(b"ftyp", b"iso6\0\0\0\0isom")
}

fn movie() -> Vec<u8> {
    moov(&[Trak::default()])
}

fn large(kind: &[u8; 4], content: &[u8]) -> Vec<u8> {
    let size = content.len() as u64 + 16;
    [&[0, 0, 0, 1], &kind[..], &size.to_be_bytes(), content].concat()
}

#[test]
fn a_movie_in_front_takes_one_read() {
    let file = [ftyp(), movie(), boxed(b"mdat", &[0; 100_000])].concat();
    let (movie, asked) = read_with(&file, Limits::default());
    let movie = movie.unwrap();
    assert_eq!(
        asked,
        [ByteRange {
            offset: 0,
            len: WINDOW
        }]
    );
    assert_eq!(movie.major_brand, FourCc(*b"iso6"));
    assert_eq!(movie.moov, self::movie());
    assert_eq!(movie.file_len, file.len() as u64);
    assert_eq!(movie.tracks.len(), 1);
}

#[test]
fn a_movie_behind_its_media_takes_two_reads() {
    let ahead = [ftyp(), large(b"mdat", &[0; 300_000])].concat();
    let (movie, asked) = read_with(&[ahead.clone(), movie()].concat(), Limits::default());
    assert_eq!(movie.unwrap().tracks.len(), 1);
    let last = ByteRange {
        offset: ahead.len() as u64,
        len: self::movie().len() as u64,
    };
    assert_eq!(
        asked,
        [
            ByteRange {
                offset: 0,
                len: WINDOW
            },
            last
        ]
    );
}

#[test]
fn a_movie_larger_than_a_window_is_asked_for_whole() {
    let traks: Vec<_> = (1..=200).map(Trak::with_id).collect();
    let moov = moov(&traks);
    assert!(moov.len() as u64 > WINDOW);
    let (movie, asked) = read_with(&[ftyp(), moov.clone()].concat(), Limits::default());
    assert_eq!(movie.unwrap().tracks.len(), 200);
    let whole = ByteRange {
        offset: ftyp().len() as u64,
        len: moov.len() as u64,
    };
    assert_eq!(
        asked,
        [
            ByteRange {
                offset: 0,
                len: WINDOW
            },
            whole
        ]
    );
}

#[test]
fn any_boxes_may_stand_before_the_movie() {
    let file = [
        ftyp(),
        boxed(b"wide", b""),
        boxed(b"mdat", b"0123456789"),
        boxed(b"uuid", &[7; 20]),
        large(b"mdat", b"abc"),
        boxed(b"free", &[0; 70_000]),
        boxed(b"skip", b""),
        boxed(b"udta", b"xyz"),
        movie(),
        boxed(b"free", b""),
    ];
    assert_eq!(read(&file.concat()).unwrap().tracks.len(), 1);
}

#[test]
fn a_last_box_of_size_0_reaches_to_the_end() {
    let mut open = movie();
    open[..4].copy_from_slice(&[0; 4]);
    assert_eq!(read(&[ftyp(), open].concat()).unwrap().tracks.len(), 1);
    assert_eq!(
        error(&[ftyp(), b"\0\0\0\0mdat".to_vec(), movie()].concat()),
        Error::NoMovie.to_string()
    );
}

#[test]
fn a_movie_with_a_64_bit_size_is_read() {
    let file = [ftyp(), large(b"moov", &movie()[8..])].concat();
    assert_eq!(read(&file).unwrap().tracks.len(), 1);
}

#[test]
fn a_file_without_a_brand_counts_as_mp41() {
    let file = [movie(), ftyp()].concat();
    assert_eq!(read(&file).unwrap().major_brand, FourCc(*b"mp41"));
}

#[test]
fn what_is_no_mp4_is_said_to_be_none() {
    for file in [
        &b""[..],
        b"short",
        b"<!DOCTYPE html><html></html>",
        b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR",
        b"\x1aE\xdf\xa3\x9fB\x86\x81\x01B\xf7\x81\x01",
        b"\0\0\0\x04ftypisom\0\0\0\0",
    ] {
        let error = error(file);
        assert!(error.starts_with("not an MP4 file: "), "{error}");
    }
}

#[test]
fn a_file_without_a_movie_says_so() {
    let file = [ftyp(), boxed(b"mdat", b"media")].concat();
    assert_eq!(read(&file).unwrap_err(), Error::NoMovie);
}

#[test]
fn a_box_that_the_file_cuts_off_is_named() {
    let file = [ftyp(), boxed(b"mdat", &[0; 1000])].concat();
    assert_eq!(
        error(&file[..500]),
        "the file is truncated: mdat at 20: the box has 1008 bytes, the file has 480 from there"
    );
    let file = [ftyp(), movie()].concat();
    assert!(error(&file[..file.len() - 1]).starts_with("the file is truncated: moov at 20: "));
    assert!(error(&file[..25]).starts_with("the file is truncated: (top level) at 20: 5 bytes"));
}

#[test]
fn samples_that_the_file_cuts_off_make_it_truncated() {
    let mut trak = Trak::default();
    let at = trak.tables.len() - 4;
    let offset = u32::try_from(ftyp().len() + moov(&[trak.clone()]).len() + 8).unwrap();
    trak.tables[at..].copy_from_slice(&offset.to_be_bytes());
    let file = [ftyp(), moov(&[trak]), boxed(b"mdat", &[0; 10])].concat();
    assert!(read(&file).is_ok());
    let mut open = file;
    let mdat = usize::try_from(offset).unwrap() - 8;
    open[mdat..mdat + 4].copy_from_slice(&[0; 4]);
    let error = error(&open[..open.len() - 1]);
    assert!(
        error.contains("truncated: moov/trak[0]/mdia/minf/stbl/stco at"),
        "{error}"
    );
    assert!(
        error.contains(&format!("sample 0 has 10 bytes at {offset}")),
        "{error}"
    );
}

#[test]
fn fragments_without_a_header_are_said_to_be_a_segment() {
    assert_eq!(
        read(&[boxed(b"styp", b""), boxed(b"moof", b"")].concat()).unwrap_err(),
        Error::NoHeader { offset: 8 }
    );
}

#[test]
fn limits_hold() {
    let file = [ftyp(), boxed(b"free", b""), movie()].concat();
    let limited = |limits| read_with(&file, limits).0.unwrap_err().to_string();
    let all = Limits::default();
    let len = movie().len() as u64;
    assert!(
        limited(Limits {
            max_moov_bytes: len - 1,
            ..all
        })
        .ends_with(&format!("more than {} bytes", len - 1))
    );
    assert!(
        read_with(
            &file,
            Limits {
                max_moov_bytes: len,
                ..all
            }
        )
        .0
        .is_ok()
    );
    assert!(
        limited(Limits {
            max_top_level_boxes: 2,
            ..all
        })
        .contains("more than 2 boxes before the moov")
    );
    assert!(
        limited(Limits {
            max_tracks: 0,
            ..all
        })
        .contains("moov/trak at 64: more than 0 tracks")
    );
    assert!(
        limited(Limits {
            max_samples_per_track: 0,
            ..all
        })
        .contains("stsz at")
    );
}

#[test]
fn a_long_row_of_boxes_costs_small_reads() {
    let row: Vec<u8> = (0..500)
        .flat_map(|_| boxed(b"mdat", &[0; 70_000]))
        .collect();
    let (movie, asked) = read_with(&[ftyp(), row, movie()].concat(), Limits::default());
    assert!(movie.is_ok());
    let bytes: u64 = asked.iter().map(|range| range.len).sum();
    assert!(bytes < 2 << 20, "{bytes}");
}

#[test]
fn other_bytes_than_those_asked_for_are_refused() {
    let mut reader = MovieReader::new(1000, Limits::default());
    let Ok(Step::Need(range)) = reader.step() else {
        panic!()
    };
    let short = reader.supply(range, Bytes::from_static(b"ab"));
    assert_eq!(
        short.unwrap_err(),
        Error::WrongBytes {
            asked_offset: 0,
            asked: 1000,
            got_offset: 0,
            got: 2
        }
    );
    let elsewhere = ByteRange {
        offset: 4,
        len: 1000,
    };
    assert!(
        reader
            .supply(elsewhere, Bytes::from(vec![0; 1000]))
            .is_err()
    );
    assert!(reader.supply(range, Bytes::from(vec![0; 1000])).is_ok());
    assert!(reader.supply(range, Bytes::from(vec![0; 1000])).is_err());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        let _ = read(&bytes);
        let _ = read(&[ftyp(), bytes].concat());
    }

    #[test]
    fn no_damage_to_a_movie_makes_it_panic(
        damage in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
        cut in any::<prop::sample::Index>(),
    ) {
        let mut audio = Trak::with_entry(
            b"soun",
            crate::craft::audio_entry(b"mp4a", &crate::craft::esds(0x40, &[0x12, 0x10])),
        );
        audio.tkhd = Trak::with_id(2).tkhd;
        let mut file = [ftyp(), moov(&[Trak::default(), audio]), boxed(b"mdat", &[0; 64])].concat();
        prop_assert_eq!(read(&file).unwrap().tracks.len(), 2);
        for (at, value) in damage {
            let at = at.index(file.len());
            file[at] = value;
        }
        for file in [&file[..], &file[..cut.index(file.len())]] {
            if let Ok(movie) = read(file) {
                for track in &movie.tracks {
                    for sample in track.samples.iter_from(0).take(1000) {
                        prop_assert!(sample.offset + u64::from(sample.size) <= file.len() as u64);
                    }
                }
            }
        }
    }
}
