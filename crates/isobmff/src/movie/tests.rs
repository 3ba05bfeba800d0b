#![allow(clippy::unwrap_used)]
use super::*;
use crate::craft::{
    Trak, avc1, boxed, full, moov, mvhd, parse, parse_trak, stsd, table, tkhd_fields, words,
};
use crate::{Error, Result};

const FILE: u64 = 1 << 20;

fn error(trak: &Trak) -> String {
    parse_trak(trak).unwrap_err().to_string()
}

#[test]
fn a_plain_movie_is_read() {
    let bytes = moov(&[Trak::default()]);
    let movie = parse(bytes.clone(), FILE).unwrap();
    assert_eq!(
        (movie.timescale, movie.duration, movie.file_len),
        (1000, 40, FILE)
    );
    assert_eq!(movie.moov, bytes);
    let track = &movie.tracks[0];
    assert_eq!(
        (track.track_id, track.handler, track.enabled),
        (1, Handler::Video, true)
    );
    assert_eq!((track.timescale, track.duration), (1000, 40));
    assert_eq!(
        (track.presentation_width, track.presentation_height),
        (320, 240)
    );
    assert_eq!(
        track.matrix,
        [0x1_0000, 0, 0, 0, 0x1_0000, 0, 0, 0, 0x4000_0000]
    );
    assert_eq!(track.language, "en");
    assert!(track.edits.is_empty());
    assert_eq!(track.samples.len(), 1);
    assert_eq!(track.sample_entries[0].format, FourCc(*b"avc1"));
    assert_eq!(track.sample_entries[0].raw, avc1());
}

#[test]
fn version_1_headers_have_64_bit_times() {
    let long = |value: u64| value.to_be_bytes();
    let mvhd = full(
        b"mvhd",
        1,
        0,
        &[&[0; 16][..], &words(&[90_000]), &long(1 << 33)].concat(),
    );
    let mdhd = full(
        b"mdhd",
        1,
        0,
        &[
            &[0; 16][..],
            &words(&[48_000]),
            &long(1 << 34),
            &words(&[0x15c7_0000]),
        ]
        .concat(),
    );
    let rest = words(&tkhd_fields(7)[5..]);
    let tkhd = full(
        b"tkhd",
        1,
        6,
        &[&[0; 16][..], &words(&[7, 0]), &long(1 << 33), &rest].concat(),
    );
    let trak = Trak {
        mdhd,
        tkhd,
        ..Trak::default()
    };
    let movie = parse(boxed(b"moov", &[mvhd, trak.boxed()].concat()), FILE).unwrap();
    assert_eq!((movie.timescale, movie.duration), (90_000, 1 << 33));
    let track = &movie.tracks[0];
    assert_eq!(
        (track.timescale, track.duration, track.language.as_str()),
        (48_000, 1 << 34, "en")
    );
    assert_eq!((track.track_id, track.enabled), (7, false));
    assert_eq!(
        (track.presentation_width, track.presentation_height),
        (320, 240)
    );
}

#[test]
fn a_duration_left_open_is_that_of_the_samples() {
    for (version, head, open) in [(0, 8, vec![0xff; 4]), (1, 16, vec![0xff; 8])] {
        let mvhd = full(
            b"mvhd",
            version,
            0,
            &[&vec![0; head][..], &words(&[600]), &open].concat(),
        );
        let mdhd = full(
            b"mdhd",
            version,
            0,
            &[&vec![0; head][..], &words(&[1000]), &open, &[0; 4]].concat(),
        );
        let trak = Trak {
            mdhd,
            ..Trak::default()
        };
        let movie = parse(boxed(b"moov", &[mvhd, trak.boxed()].concat()), FILE).unwrap();
        assert_eq!(movie.tracks[0].duration, 40);
        assert_eq!(movie.duration, 24);
    }
}

#[test]
fn edits_are_read_in_both_versions() {
    let edts = |elst: Vec<u8>| Trak {
        edts: boxed(b"edts", &elst),
        ..Trak::default()
    };
    let rate = 0x1_0000;
    let short = full(
        b"elst",
        0,
        0,
        &words(&[2, 100, u32::MAX, rate, 2000, 1024, rate]),
    );
    let long = [
        &words(&[1])[..],
        &(1_u64 << 33).to_be_bytes(),
        &(1_i64 << 34).to_be_bytes(),
        &words(&[rate]),
    ]
    .concat();
    let edit = |segment_duration, media_time| Edit {
        segment_duration,
        media_time,
        media_rate: 0x1_0000,
    };
    assert_eq!(
        parse_trak(&edts(short)).unwrap().edits,
        [edit(100, -1), edit(2000, 1024)]
    );
    assert_eq!(
        parse_trak(&edts(full(b"elst", 1, 0, &long))).unwrap().edits,
        [edit(1 << 33, 1 << 34)]
    );
    assert!(parse_trak(&edts(Vec::new())).unwrap().edits.is_empty());
    for (elst, reason) in [
        (full(b"elst", 0, 0, &words(&[1, 100, 0])), "too short"),
        (full(b"elst", 2, 0, &words(&[0])), "version 2"),
        (
            full(b"elst", 0, 0, &words(&[1, 1, u32::MAX - 1, rate])),
            "media time -2",
        ),
        (
            full(b"elst", 0, 0, &words(&[u32::MAX])),
            "more than 4096 edits",
        ),
    ] {
        let error = error(&edts(elst));
        assert!(
            error.starts_with("moov/trak[0]/edts/elst at ") && error.contains(reason),
            "{error}"
        );
    }
}

#[test]
fn handlers_tell_the_kind_of_media() {
    for (code, handler) in [
        (b"vide", Handler::Video),
        (b"soun", Handler::Audio),
        (b"text", Handler::Text),
        (b"subt", Handler::Text),
        (b"sbtl", Handler::Text),
        (b"tmcd", Handler::Other(FourCc(*b"tmcd"))),
    ] {
        let trak = Trak::with_entry(code, boxed(b"none", &[0; 8]));
        assert_eq!(parse_trak(&trak).unwrap().handler, handler);
    }
}

#[test]
fn a_well_formed_extended_language_wins() {
    let language = |elng: &[u8]| {
        let trak = Trak {
            elng: full(b"elng", 0, 0, elng),
            ..Trak::default()
        };
        parse_trak(&trak).unwrap().language
    };
    assert_eq!(language(b"en-GB\0"), "en-GB");
    assert_eq!(language(b"<b>\0"), "en");
}

#[test]
fn media_in_another_file_is_refused() {
    let with = |reference: Vec<u8>| {
        let dref = full(b"dref", 0, 0, &[words(&[1]), reference].concat());
        parse_trak(&Trak {
            dinf: boxed(b"dinf", &dref),
            ..Trak::default()
        })
    };
    assert!(with(full(b"url ", 0, 1, b"")).is_ok());
    assert!(with(full(b"alis", 0, 0, b"")).is_ok());
    let error = with(full(b"url ", 0, 0, b"file:///other.mp4\0")).unwrap_err();
    assert!(
        matches!(
            error,
            Error::Unsupported {
                what: "media data in another file",
                ..
            }
        ),
        "{error}"
    );
}

#[test]
fn several_sample_entries_are_kept_in_order() {
    let entries = [avc1(), crate::craft::visual_entry(b"vp09", b"")];
    let track = parse_trak(&Trak {
        stsd: stsd(&entries),
        ..Trak::default()
    })
    .unwrap();
    let raw: Vec<_> = track
        .sample_entries
        .iter()
        .map(|entry| entry.raw.to_vec())
        .collect();
    assert_eq!(raw, entries);
}

#[test]
fn sample_entries_are_counted() {
    for (count, reason) in [
        (2, "2 sample entries announced, 1 there"),
        (300, "more than 256 sample entries"),
        (0, "no sample entry"),
    ] {
        let stsd = full(b"stsd", 0, 0, &[words(&[count]), avc1()].concat());
        let error = error(&Trak {
            stsd,
            ..Trak::default()
        });
        assert!(
            error.starts_with("moov/trak[0]/mdia/minf/stbl/stsd at ") && error.contains(reason),
            "{error}"
        );
    }
}

#[test]
fn faults_of_headers_are_named() {
    let cases: [(Trak, &str); 8] = [
        (
            Trak {
                tkhd: Vec::new(),
                ..Trak::default()
            },
            "moov/trak[0] at 36: has no tkhd box",
        ),
        (
            Trak {
                tkhd: full(b"tkhd", 2, 0, &[0; 96]),
                ..Trak::default()
            },
            "trak[0]/tkhd at 44: version 2",
        ),
        (
            Trak {
                tkhd: full(b"tkhd", 0, 0, &words(&tkhd_fields(0))),
                ..Trak::default()
            },
            "the track id is 0",
        ),
        (
            Trak {
                tkhd: full(b"tkhd", 0, 0, &[0; 20]),
                ..Trak::default()
            },
            "the track id is 0",
        ),
        (
            Trak {
                mdhd: Vec::new(),
                ..Trak::default()
            },
            "moov/trak[0]/mdia at 136: has no mdhd box",
        ),
        (
            Trak {
                mdhd: full(b"mdhd", 0, 0, &words(&[0, 0, 0, 0, 0])),
                ..Trak::default()
            },
            "mdhd at 144: the timescale is 0",
        ),
        (
            Trak {
                mdhd: full(b"mdhd", 0, 0, &words(&[0, 0, 1, 1])),
                ..Trak::default()
            },
            "the box is too short",
        ),
        (
            Trak {
                stsd: Vec::new(),
                ..Trak::default()
            },
            "stbl at 217: has no stsd box",
        ),
    ];
    for (trak, message) in cases {
        let error = error(&trak);
        assert!(error.contains(message), "{error} / {message}");
    }
}

#[test]
fn faults_of_the_movie_are_named() {
    let parse =
        |content: &[Vec<u8>]| -> Result<Movie> { parse(boxed(b"moov", &content.concat()), FILE) };
    let trak = Trak::default().boxed();
    assert!(
        parse(std::slice::from_ref(&trak))
            .unwrap_err()
            .to_string()
            .contains("moov at 0: has no mvhd box")
    );
    assert!(
        parse(&[mvhd(), mvhd()])
            .unwrap_err()
            .to_string()
            .contains("a second box")
    );
    assert!(
        parse(&[mvhd(), trak.clone(), trak])
            .unwrap_err()
            .to_string()
            .contains("moov/trak[1] at")
    );
    assert!(
        parse(&[boxed(b"cmov", b"")])
            .unwrap_err()
            .to_string()
            .contains("a compressed movie header")
    );
    assert!(parse(&[mvhd()]).unwrap().tracks.is_empty());
}

#[test]
fn boxes_of_quicktime_and_boxes_that_nobody_needs_are_passed() {
    let terminated = boxed(b"udta", &[boxed(b"\xa9nam", b"title"), vec![0; 4]].concat());
    let clip = boxed(b"clip", &boxed(b"crgn", &[0; 10]));
    let cslg = full(b"cslg", 0, 0, &words(&[7, 7, 7, 7, 7]));
    let mut trak = Trak {
        edts: [
            clip.clone(),
            boxed(b"load", &[0; 16]),
            boxed(b"tref", b""),
            terminated.clone(),
        ]
        .concat(),
        elng: boxed(b"free", b""),
        ..Trak::default()
    };
    trak.tables
        .extend([cslg, boxed(b"sdtp", &[0; 5]), boxed(b"cslg", b"")].concat());
    let content = [
        boxed(b"wide", b""),
        mvhd(),
        boxed(b"iods", &[0; 9]),
        clip,
        trak.boxed(),
        terminated,
        // QuickTime ends a list of boxes with four zeros.
        vec![0; 4],
    ];
    let movie = parse(boxed(b"moov", &content.concat()), FILE).unwrap();
    assert_eq!(movie.tracks[0].samples.len(), 1);
}

#[test]
fn edit_lists_are_read_and_not_judged() {
    for edits in [
        &[][..],
        &[[0, 0, 0]],
        &[[40, u32::MAX, 0x1_0000], [40, u32::MAX, 0x1_0000]],
        &[[40, 7, 0x8000], [0, 0, 0x1_0000], [40, u32::MAX, 0x1_0000]],
        &[[u32::MAX, i32::MAX.cast_unsigned(), 0]],
    ] {
        let trak = Trak {
            edts: boxed(b"edts", &table(b"elst", edits.len(), edits.as_flattened())),
            ..Trak::default()
        };
        let read = parse_trak(&trak).unwrap().edits;
        let read: Vec<_> = read
            .iter()
            .map(|edit| (edit.segment_duration, edit.media_time, edit.media_rate))
            .collect();
        let written = edits.iter().map(|[duration, time, rate]| {
            (
                u64::from(*duration),
                i64::from(time.cast_signed()),
                rate.cast_signed(),
            )
        });
        assert_eq!(read, written.collect::<Vec<_>>());
    }
}

#[test]
fn the_second_track_is_numbered_in_messages() {
    let broken = Trak {
        tables: table(b"stts", 0, &[]),
        ..Trak::with_id(2)
    };
    let error = parse(moov(&[Trak::default(), broken]), FILE)
        .unwrap_err()
        .to_string();
    assert!(
        error.starts_with("moov/trak[1]/mdia/minf/stbl at "),
        "{error}"
    );
}
