//! What is wrong with a body is told, and where.
use super::*;
use crate::Error;
use crate::craft::moov;

fn error_of(reader: StreamReader, body: &[u8]) -> StreamError {
    let (_, error) = read_all(reader, body);
    error.expect("an error")
}

fn media() -> Vec<u8> {
    chunk(1, &[Traf::new(1, 0, &[50])])
}

#[test]
fn another_kind_of_file_is_no_stream() {
    let ts = [0x47; 188];
    for body in [
        &b"#EXTM3U\n#EXT-X-VERSION:7\n"[..],
        b"<?xml version=\"1.0\"?>",
        b"WEBVTT\n\n00:00",
        &ts,
        b"\x1a\x45\xdf\xa3\x01\0\0\0webm",
    ] {
        let error = error_of(with_header(1), body);
        assert!(matches!(error, StreamError::NotMp4 { .. }), "{error}");
    }
}

#[test]
fn a_progressive_movie_is_no_stream() {
    let body = [ftyp(), boxed(b"mdat", &[0; 100])].concat();
    let error = error_of(reader(), &body);
    assert_eq!(error, StreamError::NoFragment { offset: 20 });
    // The header of one that has its `moov` in front.
    let error = error_of(reader(), &[ftyp(), moov(&[Trak::default()])].concat());
    assert!(error.to_string().contains("no mvex"), "{error}");
}

#[test]
fn a_fragment_needs_the_header_of_its_track() {
    let error = error_of(reader(), &media());
    assert_eq!(error, StreamError::NoHeader { offset: 0 });
    let body = [media(), chunk(2, &[Traf::new(7, 0, &[5])])].concat();
    let offset = media().len() as u64;
    let error = error_of(with_header(1), &body);
    let StreamError::UnknownTrack {
        path,
        offset: at,
        track_id,
    } = error
    else {
        panic!("{error}");
    };
    assert_eq!((path.as_str(), track_id), ("moof[1]/traf[0]/tfhd", 7));
    assert!(at > offset);
}

#[test]
fn a_header_that_is_none_is_told_as_one() {
    let with_samples = fragmented_moov(&[Trak::default()]);
    let mut broken = header(1);
    // The timescale of `mvhd`.
    let at = ftyp().len() + 8 + 8 + 12;
    broken[at..at + 4].fill(0);
    for (body, reason) in [
        (with_samples, "has samples of its own"),
        (fragmented_moov(&[]), "has no track"),
        (broken, "moov/mvhd at 28: the timescale is 0"),
        (boxed(b"moov", b""), "has no mvhd"),
        (boxed(b"ftyp", b"cm"), "too short"),
    ] {
        let error = error_of(reader(), &body);
        assert!(matches!(error, StreamError::BadHeader(_)), "{error}");
        assert!(error.to_string().contains(reason), "{error}");
    }
}

#[test]
fn bytes_that_are_no_box_are_told_where_they_stand() {
    let body = [&media()[..], &[0, 0, 0, 40, 0xff, 1, 2, 3], &[0; 40]].concat();
    let error = error_of(with_header(1), &body);
    let offset = media().len() as u64;
    let kind = FourCc([0xff, 1, 2, 3]);
    assert_eq!(error, StreamError::Garbage { offset, kind });
    let error = error_of(with_header(1), &[&media()[..], b"\0\0\0\x04moof"].concat());
    assert!(error.to_string().contains("less than its own header"));
}

#[test]
fn a_moof_without_its_mdat_is_told_with_what_follows() {
    let alone = moof(1, &[Traf::new(1, 0, &[50])], 8);
    for (follows, kind) in [
        (media(), Some(b"moof")),
        (header(1), Some(b"ftyp")),
        (boxed(b"mfra", b""), Some(b"mfra")),
        (boxed(b"free", b""), None),
        (vec![], None),
    ] {
        let error = error_of(with_header(1), &[alone.clone(), follows].concat());
        let expected = StreamError::NoMedia {
            path: "moof[0]".to_owned(),
            offset: 0,
            found: kind.map(|kind| FourCc(*kind)),
        };
        assert_eq!(error, expected);
    }
}

#[test]
fn samples_that_reach_out_of_the_mdat_are_told() {
    let short = boxed(b"mdat", &[0; 49]);
    let alone = moof(1, &[Traf::new(1, 0, &[50])], 8);
    // Before the data, too: there is the header of the `mdat`.
    let early = moof(1, &[Traf::new(1, 0, &[50])], 4);
    for (moof, mdat) in [(&alone, short), (&early, boxed(b"mdat", &[0; 50]))] {
        for follows in [media(), vec![]] {
            let body = [moof.clone(), mdat.clone(), follows].concat();
            let error = error_of(with_header(1), &body);
            assert!(matches!(error, StreamError::OutsideMedia { .. }), "{error}");
        }
    }
}

#[test]
fn samples_that_do_not_follow_each_other_in_one_mdat_are_told() {
    let mut apart = Traf::new(1, 0, &[10]);
    apart.runs.push(vec![20]);
    apart.gap = 1;
    let error = error_of(with_header(1), &chunk(1, &[apart.clone()]));
    assert!(error.to_string().contains("other data between"), "{error}");
    let across = [
        moof(1, &[Traf::new(1, 0, &[10, 28])], 8),
        boxed(b"mdat", &[0; 10]),
        boxed(b"mdat", &[0; 20]),
    ];
    let error = error_of(with_header(1), &across.concat());
    assert!(matches!(&error, StreamError::Scattered { path, .. } if path == "moof[0]/traf[0]"));
    apart.gap = 0;
    assert_eq!(
        chunks(1, &chunk(1, &[apart]))[0].fragments[0].data.len(),
        30
    );
}

#[test]
fn fragments_that_contradict_the_standard_are_malformed() {
    let mut untimed = Traf::new(1, 0, &[5]);
    untimed.decode_time = None;
    let late = Traf::new(1, u64::MAX - 5, &[5]);
    for (traf, reason) in [(untimed, "has no tfdt"), (late, "beyond 64 bits")] {
        let error = error_of(with_header(1), &chunk(1, &[traf]));
        assert!(matches!(error, StreamError::Malformed { .. }), "{error}");
        assert!(error.to_string().contains(reason), "{error}");
    }
}

#[test]
fn every_bound_is_kept() {
    let limits = StreamLimits {
        max_header_bytes: 2000,
        max_tracks: 2,
        max_prelude_bytes: 1000,
        max_prelude_boxes: 5,
        max_chunk_bytes: 2000,
        max_chunk_samples: 10,
    };
    let free = |len: usize| boxed(b"free", &vec![0; len]);
    let large = |kind: &[u8; 4], size: u32| [&size.to_be_bytes()[..], kind].concat();
    let two_halves = [
        moof(1, &[Traf::new(1, 0, &[2500])], 8),
        boxed(b"mdat", &[0; 1500]),
        large(b"mdat", 1508),
    ];
    // A sample without an entry of its own costs nothing to claim.
    let claim = full(b"trun", 0, 0, &words(&[11]));
    let claim = [
        full(b"tfhd", 0, 0x2_0000, &words(&[1])),
        full(b"tfdt", 0, 0, &words(&[0])),
        claim,
    ];
    let claim = boxed(b"moof", &boxed(b"traf", &claim.concat()));
    for (body, what) in [
        (large(b"moov", 2001), "2000 bytes of a header"),
        (header(3), "2 tracks"),
        ([media(), free(1).repeat(6)].concat(), "5 boxes before"),
        (
            [media(), free(700).repeat(2)].concat(),
            "1000 bytes of boxes",
        ),
        (large(b"moof", 1001), "1000 bytes of boxes"),
        (large(b"emsg", 1001), "1000 bytes of boxes"),
        (
            [media(), large(b"abcd", 1 << 30)].concat(),
            "1000 bytes of boxes",
        ),
        (
            [
                moof(1, &[Traf::new(1, 0, &[5])], 8),
                large(b"mdat", 1 << 30),
            ]
            .concat(),
            "2000 bytes of media",
        ),
        (two_halves.concat(), "2000 bytes of media"),
        (
            [
                moof(1, &[Traf::new(1, 0, &[50])], 8),
                boxed(b"mdat", b"").repeat(6),
            ]
            .concat(),
            "5 mdat boxes",
        ),
        (
            [media(), boxed(b"mdat", b"").repeat(6)].concat(),
            "5 boxes before",
        ),
        (chunk(1, &[Traf::new(1, 0, &[1; 11])]), "10 samples"),
        (claim, "10 samples"),
    ] {
        let reader = StreamReader {
            limits,
            ..with_header(1)
        };
        let error = error_of(reader, &body);
        assert!(
            matches!(error, StreamError::LimitExceeded { .. }),
            "{error}"
        );
        assert!(error.to_string().contains(what), "{error}, not {what}");
    }
    // Of what is open, the bound counts what came.
    let open = [
        moof(1, &[Traf::new(1, 0, &[5])], 8),
        large(b"mdat", 0),
        vec![0; 2001],
    ];
    let reader = StreamReader {
        limits,
        ..with_header(1)
    };
    assert!(
        error_of(reader, &open.concat())
            .to_string()
            .contains("2000 bytes of media")
    );
}

#[test]
fn what_is_within_every_bound_may_go_on_for_ever() {
    let limits = StreamLimits {
        max_prelude_boxes: 2,
        max_prelude_bytes: 300,
        ..StreamLimits::default()
    };
    let reader = StreamReader {
        limits,
        ..with_header(1)
    };
    let styp = boxed(b"styp", b"msdh\0\0\0\0msdh");
    let body = [&styp[..], &media()].concat().repeat(100);
    let (items, error) = read_all(reader, &body);
    assert_eq!((items.len(), error), (100, None));
}

#[test]
fn a_body_that_ends_inside_a_box_is_truncated_wherever_that_is() {
    let styp = boxed(b"styp", b"msdh\0\0\0\0msdh");
    let boxes = [
        ftyp(),
        header(1)[ftyp().len()..].to_vec(),
        styp,
        boxed(b"free", &[0; 30]),
        moof(1, &[Traf::new(1, 0, &[50])], 8),
        boxed(b"mdat", &[0; 50]),
        boxed(b"mfra", &[0; 9]),
    ];
    let mut start = 0;
    let body = boxes.concat();
    for part in &boxes {
        for end in start + 1..start + part.len() {
            let error = error_of(reader(), &body[..end]);
            let StreamError::Truncated { path, offset, .. } = &error else {
                panic!("{error}");
            };
            let named = if end - start < 8 {
                &b"a box header"[..]
            } else {
                &part[4..8]
            };
            assert_eq!((path.as_bytes(), *offset), (named, start as u64));
        }
        start += part.len();
    }
    let (_, error) = read_all(reader(), &body);
    assert_eq!(error, None);
}

#[test]
fn an_error_is_told_again_and_nothing_is_held() {
    let mut reader = with_header(1);
    reader.push(Bytes::from(chunk(1, &[Traf::new(7, 0, &[5])])));
    let error = reader.next().unwrap_err();
    assert_eq!(reader.held(), 0);
    reader.push(Bytes::from(header(1)));
    assert_eq!(reader.next().unwrap_err(), error);
}

#[test]
fn what_is_wrong_is_said_in_a_sentence() {
    for (error, sentence) in [
        (
            StreamError::NoMedia {
                path: "moof[2]".to_owned(),
                offset: 77,
                found: Some(FourCc(*b"moof")),
            },
            "moof[2] at 77 has no mdat: a moof follows",
        ),
        (
            StreamError::BadHeader(Error::Malformed {
                path: "moov".to_owned(),
                offset: 24,
                reason: "has no track".to_owned(),
            }),
            "the header: moov at 24: has no track",
        ),
    ] {
        assert_eq!(error.to_string(), sentence);
    }
}
