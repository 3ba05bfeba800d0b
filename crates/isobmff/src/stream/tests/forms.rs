//! What a body may look like.
use super::*;

#[test]
fn a_header_and_chunks_of_two_tracks_come_as_they_were_sent() {
    let first = [Traf::new(1, 1000, &[5, 6, 7]), Traf::new(2, 70, &[3])];
    let second = [Traf::new(1, 1030, &[4])];
    let head = header(2);
    let body = [head.clone(), chunk(8, &first), chunk(9, &second)].concat();
    let items = items(&body);
    let [Item::Header { header, repeated }, rest @ ..] = &items[..] else {
        panic!("{items:?}");
    };
    assert!(!repeated);
    assert_eq!(header.bytes(), head);
    assert_eq!(header.movie.major_brand, FourCc(*b"cmf2"));
    assert_eq!(header.movie.file_len, head.len() as u64);
    assert_eq!(header.movie.tracks[1].track_id, 2);
    assert!(header.movie.fragmented);

    let chunks = only_chunks(rest.to_vec());
    let [one, two] = &chunks[..] else {
        panic!("{chunks:?}");
    };
    assert_eq!(one.offset, head.len() as u64);
    assert_eq!((one.sequence, two.sequence), (Some(8), Some(9)));
    assert_eq!(one.moof, moof(8, &first, 8));
    assert!(!one.last && !one.filler);
    assert_eq!(one.prelude, Prelude::default());
    let sample = |size, is_sync| Sample {
        size,
        duration: 10,
        composition_offset: 0,
        is_sync,
    };
    let media = data(8, 21);
    let [picture, sound] = &one.fragments[..] else {
        panic!("{one:?}");
    };
    assert_eq!((picture.track, picture.track_id), (0, 1));
    assert_eq!((picture.decode_time, picture.description), (1000, 0));
    assert_eq!(picture.duration(), 30);
    let expected = [sample(5, true), sample(6, false), sample(7, false)];
    assert_eq!(picture.samples, expected);
    assert_eq!(picture.data, media[..18]);
    assert_eq!((sound.track, sound.track_id), (1, 2));
    assert_eq!(sound.samples, [sample(3, true)]);
    assert_eq!(sound.data, media[18..]);
    assert_eq!(two.fragments.len(), 1);
    assert_eq!(two.fragments[0].data, data(9, 4));
}

#[test]
fn what_a_fragment_does_not_say_is_as_the_header_has_it() {
    let fields = words(&[1]);
    let tfhd = full(b"tfhd", 0, 0x2_0000, &fields);
    let tfdt = full(b"tfdt", 0, 0, &words(&[7]));
    let write = |offset| {
        let trun = full(b"trun", 0, 0x1, &words(&[2, offset]));
        let traf = boxed(b"traf", &[&tfhd[..], &tfdt, &trun].concat());
        boxed(b"moof", &traf)
    };
    let len = u32::try_from(write(0).len()).unwrap();
    let body = [write(len + 8), boxed(b"mdat", &[1; 154])].concat();
    let chunks = chunks(1, &body);
    assert_eq!(chunks[0].sequence, None);
    let fragment = &chunks[0].fragments[0];
    // Those of the `trex` that the header is written with.
    let expected = Sample {
        size: 77,
        duration: 2,
        composition_offset: 0,
        is_sync: false,
    };
    assert_eq!(fragment.samples, [expected; 2]);
    assert_eq!(fragment.data.len(), 154);
}

#[test]
fn a_header_sent_again_is_told_as_the_same_and_another_one_is_not() {
    let media = chunk(1, &[Traf::new(1, 0, &[5])]);
    let body = [header(1), media.clone(), header(1), media, header(2)].concat();
    let told: Vec<_> = items(&body)
        .iter()
        .map(|item| match item {
            Item::Header { repeated, header } => Some((*repeated, header.movie.tracks.len())),
            _ => None,
        })
        .collect();
    assert_eq!(
        told,
        [
            Some((false, 1)),
            None,
            Some((true, 1)),
            None,
            Some((false, 2))
        ]
    );
    let (items, _) = read_all(with_header(1), &header(1));
    assert!(matches!(items[..], [Item::Header { repeated: true, .. }]));
}

#[test]
fn a_header_is_read_by_itself_and_a_moov_alone_does() {
    let limits = StreamLimits::default();
    let moov = header(1)[ftyp().len()..].to_vec();
    let header = Header::parse(Bytes::from(moov.clone()), &limits).unwrap();
    assert_eq!((header.ftyp.clone(), header.bytes()), (None, moov.into()));
    assert_eq!(header.movie.major_brand, FourCc(*b"mp41"));
    let error = Header::parse(Bytes::from(ftyp()), &limits).unwrap_err();
    assert_eq!(error, StreamError::NoHeader { offset: 20 });
}

#[test]
fn media_that_came_before_their_header_are_read_when_it_is_there() {
    let mut reader = reader();
    let body = Bytes::from(chunk(1, &[Traf::new(1, 0, &[50])]));
    let (first, rest) = (body.slice(..body.len() / 2), body.slice(body.len() / 2..));
    reader.push(first);
    for _ in 0..2 {
        let error = reader.next().unwrap_err();
        assert_eq!(error, StreamError::NoHeader { offset: 0 });
    }
    let header = Header::parse(Bytes::from(header(1)), &StreamLimits::default()).unwrap();
    reader.adopt(header);
    assert!(reader.next().unwrap().is_none());
    reader.push(rest);
    let item = reader.next().unwrap();
    assert!(matches!(item, Some(Item::Chunk(_))), "{item:?}");
}

#[test]
fn offsets_that_count_in_another_file_are_read_from_the_moof() {
    for base in [Base::None, Base::Absolute(123_456), Base::Absolute(0)] {
        let traf = |track_id| Traf {
            base,
            ..Traf::new(track_id, 0, &[50, 60])
        };
        // Both count from the `moof`: a stale base, or a writer older than the flag.
        let trafs = [traf(1), traf(2)];
        let body = [chunk(1, &trafs), chunk(2, &trafs)].concat();
        for (sequence, chunk) in (1..).zip(chunks(2, &body)) {
            let media = data(sequence, 220);
            assert_eq!(chunk.fragments[0].data, media[..110], "{base:?}");
            assert_eq!(chunk.fragments[1].data, media[110..], "{base:?}");
        }
    }
}

#[test]
fn the_sizes_of_an_mdat_may_take_64_bits_or_be_open() {
    let trafs = [Traf::new(1, 0, &[100])];
    let media = data(3, 100);
    let size = (100_u64 + 16).to_be_bytes();
    let large = [&[0, 0, 0, 1], &b"mdat"[..], &size, &media].concat();
    let open = [&[0; 4], &b"mdat"[..], &media].concat();
    let body = [moof(3, &trafs, 16), large, moof(3, &trafs, 8), open].concat();
    let chunks = chunks(1, &body);
    assert_eq!(chunks.len(), 2);
    for chunk in chunks {
        assert_eq!(chunk.fragments[0].data, media);
    }
}

#[test]
fn several_mdats_may_hold_a_fragment_and_others_nothing() {
    let mut trafs = [Traf::new(1, 0, &[100]), Traf::new(2, 0, &[40])];
    trafs[1].gap = 8;
    let media = data(1, 140);
    let body = [
        moof(1, &trafs, 8),
        boxed(b"mdat", &media[..100]),
        boxed(b"mdat", &media[100..]),
        boxed(b"mdat", b"nothing refers to this"),
        chunk(2, &[Traf::new(1, 10, &[9])]),
    ]
    .concat();
    let chunks = chunks(2, &body);
    assert_eq!(chunks.len(), 2);
    assert_eq!(chunks[0].fragments[0].data, media[..100]);
    assert_eq!(chunks[0].fragments[1].data, media[100..]);
    assert_eq!(chunks[1].fragments[0].data, data(2, 9));
}

#[test]
fn a_chunk_comes_with_the_last_byte_of_its_media_and_not_later() {
    let body = chunk(1, &[Traf::new(1, 0, &[100])]);
    let (last, before) = body.split_last().unwrap();
    let mut reader = with_header(1);
    reader.push(Bytes::copy_from_slice(before));
    assert!(reader.next().unwrap().is_none());
    assert_eq!(reader.held(), 99);
    reader.push(Bytes::copy_from_slice(&[*last]));
    assert!(matches!(reader.next(), Ok(Some(Item::Chunk(_)))));
    assert_eq!(reader.held(), 0);
}

#[test]
fn a_moof_without_samples_needs_no_media() {
    let mut empty = Traf::new(1, 0, &[]);
    empty.decode_time = None;
    let body = [moof(1, &[empty], 8), chunk(2, &[Traf::new(1, 0, &[5])])].concat();
    let chunks = chunks(1, &body);
    assert_eq!(chunks[0].fragments, []);
    assert_eq!(chunks[1].fragments.len(), 1);
}

#[test]
fn the_end_is_an_mfra_or_that_of_a_body_with_the_last_segment() {
    let media = chunk(1, &[Traf::new(1, 0, &[5])]);
    let ends = |body: &[u8]| {
        let (items, error) = read_all(with_header(1), body);
        assert_eq!(error, None);
        let ends = items.iter().filter(|item| matches!(item, Item::End));
        (items.len(), ends.count())
    };
    let mfra = boxed(b"mfra", b"");
    let last = boxed(b"styp", b"msdh\0\0\0\0msdhlmsg");
    let other = boxed(b"styp", b"msdh\0\0\0\0msdh");
    assert_eq!(ends(&media), (1, 0));
    assert_eq!(ends(&mfra), (1, 1));
    assert_eq!(ends(&[&media[..], &mfra].concat()), (2, 1));
    assert_eq!(ends(&[&last[..], &media, &media].concat()), (3, 1));
    assert_eq!(ends(&[&last[..], &media, &mfra].concat()), (2, 1));
    assert_eq!(ends(&last), (1, 1));
    assert_eq!(ends(&[&last[..], &media, &other, &media].concat()), (2, 0));
    // The track begins again.
    let again = [&last[..], &media, &mfra, &header(1), &media].concat();
    assert_eq!(ends(&again), (4, 1));
    assert_eq!(ends(b""), (0, 0));
}
