//! Streams cut as they come: what ffmpeg decodes of header and parts is what it decodes of the source.
use std::collections::HashSet;
use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use edgepack_drm::{ContentKey, IvSeed, KeyId, SampleEncryptor, Scheme};
use edgepack_isobmff::Movie;
use edgepack_packager::live::{
    Arrival, Chunk, Header, Line, LineOptions, LiveTrack, Sample, Segment, Window, presentation,
    track_identity,
};
use edgepack_packager::{Fingerprint, HeaderProtection, Kind, Media, TrackSettings};

use crate::clips::clip;
use crate::support::{Frame, assert_same, frames, frames_of_bytes, hashes, source};

const KEY: [u8; 16] = *b"\x10\x32\x54\x76\x98\xba\xdc\xfe\x10\x32\x54\x76\x98\xba\xdc\xfe";
const CHANNEL: Fingerprint = Fingerprint([3; 16]);

struct Track {
    header: Header,
    line: Line,
}

impl Track {
    fn window(&self) -> Arc<Window> {
        self.line.window()
    }

    fn stream(&self) -> &'static str {
        match self.header.kind() {
            Kind::Video => "0:v:0",
            _ => "0:a:0",
        }
    }

    fn clear_file(&self) -> Vec<u8> {
        let timescale = self.line.options().timescale;
        let header = self.header.cmaf(timescale, HeaderProtection::Clear, &[]);
        let mut file = header.unwrap().to_vec();
        for segment in &self.window().segments {
            for (index, part) in segment.parts.iter().enumerate() {
                let bytes = part.clear(index == 0, part.sequence_number()).concat();
                assert_eq!(bytes.len() as u64, part.clear_len(index == 0));
                file.extend(bytes);
            }
        }
        file
    }

    fn encryptor(&self, scheme: Scheme, kid: u8, life: &[u8], name: &str) -> SampleEncryptor {
        let key = ContentKey::new(KeyId([kid; 16]), KEY);
        let seed = IvSeed::derive(&key, &track_identity(&CHANNEL, life, name));
        SampleEncryptor::new(scheme, &key, seed, self.header.codec()).unwrap()
    }

    /// `lead`: so many segments in the clear go before.
    fn protected_file(&self, scheme: Scheme, group: bool, lead: usize) -> Vec<u8> {
        let encryptor = |kid: u8| self.encryptor(scheme, kid, b"life", "track");
        let timescale = self.line.options().timescale;
        let of_header = encryptor(7);
        let header = match lead {
            0 => HeaderProtection::Protected(of_header.track_encryption()),
            _ => HeaderProtection::WithLead(of_header.track_encryption()),
        };
        let mut file = self.header.cmaf(timescale, header, &[]).unwrap().to_vec();
        for (at, segment) in self.window().segments.iter().enumerate() {
            let mut encryptor = encryptor(if group { 8 } else { 7 });
            for (index, part) in segment.parts.iter().enumerate() {
                let number = part.sequence_number();
                let bytes = match at < lead {
                    true => part.lead(index == 0, number),
                    false => part
                        .protect(&mut encryptor, group, index == 0, number)
                        .unwrap(),
                };
                file.extend(bytes.concat());
            }
        }
        file
    }

    /// Of all samples that are there, as `senc` has them (ISO/IEC 23001-7, 7.2).
    fn ivs(&self, life: &[u8], name: &str) -> Vec<[u8; 8]> {
        let mut ivs = Vec::new();
        for segment in &self.window().segments {
            let mut encryptor = self.encryptor(Scheme::Cenc, 7, life, name);
            for part in &segment.parts {
                let pieces = part.protect(&mut encryptor, false, false, 1).unwrap();
                let boxes = &pieces[0];
                let senc = boxes.windows(4).position(|four| four == b"senc").unwrap();
                let mut fields = &boxes[senc + 4..];
                let flags = take::<4>(&mut fields);
                let count = u32::from_be_bytes(take(&mut fields));
                assert_eq!(count as usize, part.sample_count());
                for _ in 0..count {
                    ivs.push(take(&mut fields));
                    if flags[3] & 2 != 0 {
                        let subsamples = u16::from_be_bytes(take(&mut fields));
                        fields = &fields[6 * usize::from(subsamples)..];
                    }
                }
            }
        }
        ivs
    }
}

fn take<const N: usize>(fields: &mut &[u8]) -> [u8; N] {
    let (taken, rest) = fields.split_first_chunk().unwrap();
    *fields = rest;
    *taken
}

/// What stands before the first `moof`: all that an encoder's header is.
fn header_alone(path: &Path, file: &Bytes) -> Arc<Movie> {
    let moof = file.windows(4).position(|four| four == b"moof").unwrap();
    let header = file.slice(..moof - 4);
    source(path, &header).movie().unwrap().clone()
}

/// All tracks of a file, sent in chunks of so many samples.
fn live(name: &str, chunk: usize) -> Vec<Track> {
    let path = clip(name);
    let file: Bytes = std::fs::read(&path).unwrap().into();
    let whole = source(&path, &file).movie().unwrap().clone();
    let header = match whole.fragmented {
        true => header_alone(&path, &file),
        false => whole.clone(),
    };
    let tracks = whole.tracks.iter().enumerate();
    let tracks = tracks.map(|(index, track)| {
        let header = Header::new(header.clone(), index, None).unwrap();
        let time = header.time();
        let options = LineOptions::new(time.timescale, header.all_sync());
        let mut line = Line::new(LineOptions {
            composition_shift: time.composition_shift,
            decode_shift: time.decode_shift,
            ..options
        })
        .unwrap();
        let samples: Vec<_> = track.samples.iter_from(0).collect();
        for run in samples.chunks(chunk) {
            let mut media = Vec::new();
            for sample in run {
                let at = sample.offset as usize;
                media.extend_from_slice(&file[at..at + sample.size as usize]);
            }
            let last = run.last().unwrap();
            let end = last.decode_time + u64::from(last.duration);
            let chunk = Chunk {
                base_media_decode_time: run[0].decode_time,
                samples: run.iter().map(sample).collect(),
                media: media.into(),
                prefix: Bytes::new(),
            };
            let arrival = Arrival {
                at_ms: 1_700_000_000_000 + (end * 1000 / u64::from(time.timescale)) as i64,
                steady_ms: 1_700_000_000_000 + (end * 1000 / u64::from(time.timescale)) as i64,
                encoder: 0,
                clock: None,
            };
            let outcome = line.push(chunk, arrival).unwrap();
            assert_eq!(
                (outcome.gaps, outcome.duplicates, outcome.held),
                (0, 0, false)
            );
        }
        line.finish();
        Track { header, line }
    });
    tracks.collect()
}

fn sample(sample: &edgepack_isobmff::Sample) -> Sample {
    Sample {
        size: sample.size,
        duration: sample.duration,
        composition_offset: sample.composition_offset,
        is_sync: sample.is_sync,
    }
}

/// FFmpeg adds the largest negative composition offset of a fragmented file to all its times.
fn from_zero(mut frames: Vec<Frame>) -> Vec<Frame> {
    let first = frames[0].time;
    frames.iter_mut().for_each(|frame| frame.time -= first);
    frames
}

#[test]
fn header_and_parts_are_the_source() {
    for (name, chunk) in [
        ("fragmented.mp4", 12),
        ("fragmented.mp4", 1),
        ("ntsc.mp4", 7),
        ("open-gop.mp4", 100),
        ("irregular-gop.mp4", 12),
    ] {
        for track in live(name, chunk) {
            let got = frames_of_bytes(&track.clear_file(), track.stream(), &[]);
            let mut expected = frames(&clip(name), track.stream());
            // Where priming ends within a frame, FFmpeg shows the rest of it at 0 only in front of no fragments.
            if track.header.kind() == Kind::Audio && got[0].time > 0 && expected[0].time == 0 {
                expected.remove(0);
            }
            let what = format!("{} of {name}", track.stream());
            assert_same(&from_zero(got), &from_zero(expected), &what);
        }
    }
}

#[test]
fn protected_parts_decrypt_to_the_source() {
    for track in live("fragmented.mp4", 12) {
        let parts = |segment: &Arc<Segment>| segment.parts.len();
        assert!(track.window().segments[..5].iter().map(parts).min() >= Some(4));
        let expected = frames(&clip("fragmented.mp4"), track.stream());
        for (scheme, group) in [
            (Scheme::Cenc, false),
            (Scheme::Cbcs, false),
            (Scheme::Cenc, true),
        ] {
            let file = track.protected_file(scheme, group, 0);
            let key = hex::encode(KEY);
            let got = frames_of_bytes(&file, track.stream(), &["-decryption_key", &key]);
            assert!(
                hashes(&got) == hashes(&expected),
                "{scheme:?} {}",
                track.stream()
            );
        }
    }
}

#[test]
fn a_lead_in_the_clear_needs_no_key_and_what_follows_does() {
    for track in live("fragmented.mp4", 12) {
        let expected = frames(&clip("fragmented.mp4"), track.stream());
        for scheme in [Scheme::Cenc, Scheme::Cbcs] {
            let file = track.protected_file(scheme, false, 2);
            let what = format!("{scheme:?} {}", track.stream());
            let key = hex::encode(KEY);
            let got = frames_of_bytes(&file, track.stream(), &["-decryption_key", &key]);
            assert!(hashes(&got) == hashes(&expected), "{what}");
        }
    }
}

/// In counter mode two samples with the same key and IV give each other away.
#[test]
fn no_iv_comes_twice_in_a_tracks_life_nor_in_another_ones() {
    for mut track in live("fragmented.mp4", 12) {
        let once = track.ivs(b"life", "track").len();
        // The encoder begins anew: the same times come again.
        track.line.reopen();
        for segment in &track.window().segments {
            for part in &segment.parts {
                let chunk = Chunk {
                    base_media_decode_time: part.start,
                    samples: part.samples.clone(),
                    media: part.media.concat().into(),
                    prefix: Bytes::new(),
                };
                let arrival = Arrival {
                    at_ms: segment.wall_clock_ms + 60_000,
                    steady_ms: segment.wall_clock_ms + 60_000,
                    encoder: 0,
                    clock: None,
                };
                track.line.push(chunk, arrival).unwrap();
            }
        }
        track.line.finish();
        let lives = [(b"life", "track"), (b"next", "track"), (b"life", "other")];
        let ivs = lives.map(|(life, name)| track.ivs(life, name));
        assert_eq!(ivs[0].len(), 2 * once);
        let all: HashSet<[u8; 8]> = ivs.concat().into_iter().collect();
        assert_eq!(all.len(), 6 * once);
        let constant = lives.map(|(life, name)| {
            let encryptor = track.encryptor(Scheme::Cbcs, 7, life, name);
            encryptor.track_encryption().constant_iv
        });
        assert!(constant.iter().all(Option::is_some));
        assert_eq!(HashSet::from(constant).len(), 3);
    }
}

#[test]
fn a_channel_is_presented_as_its_tracks_are() {
    let tracks = live("high.mp4", 12);
    let settings = TrackSettings::default();
    let described: Vec<LiveTrack<'_>> = tracks
        .iter()
        .rev()
        .zip([Some("main"), None])
        .map(|(track, name)| {
            let (average_bandwidth, peak_bandwidth) = track.line.bandwidths().unwrap();
            LiveTrack {
                header: &track.header,
                name,
                timescale: track.line.options().timescale,
                settings: &settings,
                frame_rate: track.line.frame_rate(),
                average_bandwidth,
                peak_bandwidth,
            }
        })
        .collect();
    let p = presentation(CHANNEL, 2000, &described).unwrap();
    let [video, audio] = &p.renditions[..] else {
        panic!("{} renditions", p.renditions.len())
    };
    assert_eq!((&video.name[..], &audio.name[..]), ("v270", "main"));
    assert_eq!((video.source, audio.source), (1, 0));
    assert!(matches!(
        video.media,
        Media::Video {
            frame_rate: (25, 1),
            width: 480,
            ..
        }
    ));
    assert!(video.codecs.starts_with("avc1.") && audio.codecs == "mp4a.40.2");
    assert!(p.codec(video).is_some() && video.peak_bandwidth > video.average_bandwidth);
    assert_eq!(audio.priming, 1024);
    let error = presentation(CHANNEL, 2000, &[]).unwrap_err();
    assert!(error.to_string().contains("no video or audio"), "{error}");
}

#[test]
fn a_resent_header_is_the_same_and_another_rungs_is_not() {
    let header = |name: &str| {
        let path = clip(name);
        let file = std::fs::read(&path).unwrap().into();
        let movie = source(&path, &file).movie().unwrap().clone();
        Header::new(movie, 0, None).unwrap()
    };
    assert!(header("low.mp4").is_same(&header("low.mp4")));
    assert!(!header("low.mp4").is_same(&header("high.mp4")));
}
