//! Whatever goes into the multiplexer, of any size and at any time: what the standard demands holds, and the bytes come
//! out again.
use edgepack_isobmff::CodecConfig;
use edgepack_packager::ts::{Muxer, Place, Sample, timestamp};
use proptest::collection::vec;
use proptest::prelude::*;

use crate::codecs::{AVC_PPS, AVC_SPS, LC_48_STEREO, LC_48_STEREO_HEADER, aac, avc};
use crate::reader::{self, Read, adts_frames};

const VIDEO: u16 = 0x100;
const AUDIO: u16 = 0x101;
const FRAME: i64 = 3600;
const SOUND: i64 = 1920;

/// A picture: NAL units, and by how many frames it is shown later than decoded.
#[derive(Debug, Clone)]
struct Picture {
    units: Vec<Vec<u8>>,
    delay: i64,
}

#[derive(Debug, Clone)]
struct Segment {
    pictures: Vec<Picture>,
    sounds: Vec<Vec<u8>>,
}

fn unit() -> impl Strategy<Value = Vec<u8>> {
    let types = prop_oneof![
        Just(0x41u8),
        Just(0x65),
        Just(0x06),
        Just(0x09),
        Just(0x67),
        Just(0x68)
    ];
    // No start codes within: encoders prevent them.
    let size = prop_oneof![0..40usize, 150..200usize, 300..3000usize];
    (types, size, 1..=255u8).prop_map(|(header, size, byte)| {
        let mut unit = vec![header];
        unit.resize(1 + size, byte);
        unit
    })
}

fn segment() -> impl Strategy<Value = Segment> {
    let picture = (vec(unit(), 1..4), 0..4i64).prop_map(|(units, delay)| Picture { units, delay });
    let sound = prop_oneof![
        vec(any::<u8>(), 1..20),
        vec(any::<u8>(), 100..400),
        vec(any::<u8>(), 8184)
    ];
    (vec(picture, 0..30), vec(sound, 0..60))
        .prop_map(|(pictures, sounds)| Segment { pictures, sounds })
}

impl Segment {
    fn duration(&self) -> i64 {
        let (pictures, sounds) = (self.pictures.len() as i64, self.sounds.len() as i64);
        (pictures * FRAME).max(sounds * SOUND)
    }
}

/// As MP4 stores a picture.
fn sample(picture: &Picture, length_size: usize) -> Vec<u8> {
    let mut sample = Vec::new();
    for unit in &picture.units {
        sample.extend_from_slice(&(unit.len() as u32).to_be_bytes()[4 - length_size..]);
        sample.extend_from_slice(unit);
    }
    sample
}

/// What is to come out.
fn access_unit(picture: &Picture, is_entry: bool) -> Vec<u8> {
    let has = |kind: u8| picture.units.iter().any(|unit| unit[0] & 0x1f == kind);
    let is_slice = |unit: &Vec<u8>| matches!(unit[0] & 0x1f, 1..=5);
    let before_slices = picture
        .units
        .iter()
        .position(is_slice)
        .unwrap_or(usize::MAX);
    let redundant = |at: usize| at > 0 && at < before_slices && picture.units[at][0] == 0x09;
    let mut units: Vec<&[u8]> = (0..picture.units.len())
        .filter(|at| !redundant(*at))
        .map(|at| picture.units[at].as_slice())
        .collect();
    if units[0][0] != 0x09 {
        units.insert(0, &[0x09, 0xf0]);
    }
    if (is_entry || has(5)) && !(has(7) && has(8)) {
        units.splice(1..1, [AVC_SPS, AVC_PPS]);
    }
    units
        .iter()
        .flat_map(|unit| [&[0, 0, 0, 1], *unit].concat())
        .collect()
}

fn mux(
    segments: &[Segment],
    codecs: (&[&CodecConfig], &[&CodecConfig]),
    length_size: usize,
) -> Vec<Vec<u8>> {
    let muxer = Muxer::new(codecs.0, codecs.1).unwrap();
    let mut start = 0;
    let muxed = segments.iter().enumerate().map(|(number, segment)| {
        let data: Vec<Vec<u8>> = segment
            .pictures
            .iter()
            .map(|picture| sample(picture, length_size))
            .collect();
        let pictures: Vec<Sample<'_>> = (0..)
            .zip(segment.pictures.iter().zip(&data))
            .map(|(at, (picture, data))| Sample {
                pts: start + (at + picture.delay) * FRAME,
                dts: start + at * FRAME,
                is_sync: at == 0,
                description: 0,
                data,
            })
            .collect();
        let sounds: Vec<Sample<'_>> = (0..)
            .zip(&segment.sounds)
            .map(|(at, data)| Sample {
                pts: start + at * SOUND,
                dts: start + at * SOUND,
                is_sync: true,
                description: 0,
                data,
            })
            .collect();
        start += segment.duration();
        let place = Place {
            number,
            starts_over: number == 0,
            next: (number + 1 < segments.len()).then_some(start),
        };
        muxer.segment(place, &pictures, &sounds).unwrap()
    });
    muxed.collect()
}

fn check_counts(segment: &[u8], read: &Read) {
    assert_eq!(segment.len() % 188, 0);
    for (pid, count) in &read.counted {
        match pid {
            0 | 0x1000 => assert_eq!(*count, 1, "a table"),
            _ => assert_eq!(count % 16, 0, "PID {pid:#x}"),
        }
    }
}

fn check_sounds(read: &Read, segments: &[Segment]) {
    let mut times = Vec::new();
    let mut frames = Vec::new();
    for pes in read.of(AUDIO) {
        for (at, (header, frame)) in adts_frames(&pes.data).into_iter().enumerate() {
            assert_eq!(header[..3], LC_48_STEREO_HEADER[..3]);
            times.push(pes.pts + at as u64 * SOUND as u64);
            frames.push(frame.to_vec());
        }
    }
    let mut start = 0;
    let mut expected = Vec::new();
    for segment in segments {
        expected.extend((0..segment.sounds.len()).map(|at| timestamp(start + at as i64 * SOUND)));
        start += segment.duration();
    }
    assert_eq!(times, expected);
    assert!(
        frames
            .iter()
            .eq(segments.iter().flat_map(|segment| &segment.sounds))
    );
}

fn check_pictures(read: &Read, segments: &[Segment]) {
    let mut pictures = read.of(VIDEO).iter();
    let mut start = 0;
    for segment in segments {
        for (at, picture) in segment.pictures.iter().enumerate() {
            let pes = pictures.next().expect("a picture");
            assert_eq!(pes.dts, timestamp(start + at as i64 * FRAME));
            assert_eq!(pes.pts, pes.dts + picture.delay as u64 * FRAME as u64);
            assert_eq!(pes.random_access, at == 0);
            assert!(
                pes.data == access_unit(picture, at == 0),
                "bytes of picture {at}"
            );
        }
        start += segment.duration();
    }
    assert_eq!(pictures.count(), 0);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(192))]

    #[test]
    fn video_and_audio_come_out_bit_for_bit_and_segments_join(
        segments in vec(segment(), 1..5),
        length_size in prop_oneof![Just(2u8), Just(4)],
    ) {
        let (video, audio) = (avc(length_size), CodecConfig::Aac(aac(LC_48_STEREO)));
        let muxed = mux(&segments, (&[&video], &[&audio]), usize::from(length_size));
        for segment in &muxed {
            check_counts(segment, &reader::read(segment));
        }
        let read = reader::read(&muxed.concat());
        if segments.iter().all(|segment| segment.pictures.len() + segment.sounds.len() > 0) {
            read.check_times();
        }
        check_pictures(&read, &segments);
        check_sounds(&read, &segments);
    }

    #[test]
    fn audio_alone_comes_out_bit_for_bit_and_segments_join(segments in vec(segment(), 1..5)) {
        let audio = CodecConfig::Aac(aac(LC_48_STEREO));
        let segments: Vec<Segment> = segments
            .into_iter()
            .map(|segment| Segment { pictures: Vec::new(), ..segment })
            .filter(|segment| !segment.sounds.is_empty())
            .collect();
        let muxed = mux(&segments, (&[], &[&audio]), 4);
        for segment in &muxed {
            check_counts(segment, &reader::read(segment));
        }
        if !muxed.is_empty() {
            let read = reader::read(&muxed.concat());
            read.check_times();
            check_sounds(&read, &segments);
        }
    }
}
