//! Presentations made by hand for the tests of both writers.
use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use edgepack_drm::{HlsKey, KeyId, Scheme, Signal, System, TrackEncryption, pssh};
use edgepack_packager::protection::{Every, Schedule};
use edgepack_packager::{
    ChannelLayout, CryptoPeriod, Encryption, Fingerprint, Kind, Media, Period, Presentation,
    Rendition, Restrictions, Rotation, Segment, TextForm, Tiles, TrackProtection, TrackSettings,
    TrickFrame, TrickPlay, VideoRange,
};

use crate::{ClearKey, Method, Protection, View};

pub(crate) const VIDEO_KID: KeyId =
    KeyId(*b"\x10\x20\x30\x40\x50\x60\x70\x80\x90\xa0\xb0\xc0\xd0\xe0\xf0\x01");
pub(crate) const AUDIO_KID: KeyId =
    KeyId(*b"\x11\x21\x31\x41\x51\x61\x71\x81\x91\xa1\xb1\xc1\xd1\xe1\xf1\x02");

/// One period.
pub(crate) fn presentation(renditions: Vec<Rendition>) -> Presentation {
    stitched(vec![renditions])
}

/// One period after the other, each with its renditions; names of later ones begin with `p2-` and so on.
pub(crate) fn stitched(periods: Vec<Vec<Rendition>>) -> Presentation {
    let mut presentation = Presentation {
        fingerprint: Fingerprint([7; 16]),
        target_duration_ms: 4000,
        duration_ms: 0,
        sources: Vec::new(),
        periods: Vec::new(),
        renditions: Vec::new(),
        closed_captions: Vec::new(),
        misalignments: Vec::new(),
        ignored: Vec::new(),
    };
    let mut start_us = 0;
    for (period, mut renditions) in periods.into_iter().enumerate() {
        let end = |r: &Rendition| r.duration() * 1_000_000 / u64::from(r.timescale);
        let is_video = |r: &&Rendition| r.kind() == Kind::Video;
        let longest = renditions.iter().filter(is_video).map(end).max();
        let duration_us = longest.or_else(|| renditions.iter().map(end).max());
        let duration_us = duration_us.unwrap_or(0);
        for (track, rendition) in renditions.iter_mut().enumerate() {
            rendition.period = period;
            rendition.source = period;
            rendition.track = Some(track);
            if period > 0 {
                rendition.name = format!("p{}-{}", period + 1, rendition.name);
            }
        }
        let first = presentation.renditions.len();
        presentation.renditions.extend(renditions);
        presentation.periods.push(Period {
            renditions: first..presentation.renditions.len(),
            start_us,
            duration_us,
        });
        start_us += duration_us;
    }
    presentation.duration_ms = start_us.div_ceil(1000);
    presentation
}

/// 29.97 frames per second, `count` segments of 120 frames and one of 60.
pub(crate) fn video(width: u32, height: u32, peak: u64, count: usize) -> Rendition {
    let durations = std::iter::repeat_n(120 * 1001, count).chain([60 * 1001]);
    Rendition {
        name: format!("v{height}"),
        media: Media::Video {
            width,
            height,
            frame_rate: (30000, 1001),
            pixel_aspect: (1, 1),
            colour: Some((1, 1, 1, false)),
            range: VideoRange::Sdr,
            stereo: false,
        },
        ..rendition("avc1.640028", 30000, peak, 1001, durations)
    }
}

/// AAC cut to the boundaries of `video`: 187 or 188 frames a segment.
pub(crate) fn audio(language: &str, channels: u16, peak: u64, count: usize) -> Rendition {
    let durations = (0..count as u64)
        .map(|n| ((n + 1) * 18768 / 100 - n * 18768 / 100) * 1024)
        .chain([94 * 1024]);
    Rendition {
        name: format!("a-{language}"),
        language: language.to_owned(),
        media: Media::Audio {
            sample_rate: 48000,
            channels,
            layout: ChannelLayout::default(),
        },
        priming: 1024,
        ..rendition("mp4a.40.2", 48000, peak, 1024, durations)
    }
}

/// Subtitles cut as `video` is.
pub(crate) fn text(language: &str, form: TextForm, count: usize) -> Rendition {
    let (codecs, suffix) = match form {
        TextForm::Imsc1 => ("stpp.ttml.im1t", "-imsc1"),
        TextForm::WebVtt => ("wvtt", ""),
    };
    let durations = std::iter::repeat_n(4004, count).chain([2002]);
    let mut text = rendition(codecs, 1000, 0, 1, durations);
    for segment in &mut text.segments {
        (segment.sample_count, segment.bytes, segment.len) = (0, 0, 0);
    }
    Rendition {
        name: format!("t-{language}{suffix}"),
        language: language.to_owned(),
        media: Media::Text { form },
        ..text
    }
}

/// Sheets of 5 × 4 thumbnails, one per second: two whole ones and half a one.
pub(crate) fn thumbnails() -> Rendition {
    Rendition {
        name: "thumbs".to_owned(),
        media: Media::Image {
            width: 800,
            height: 360,
            tiles: Tiles {
                columns: 5,
                rows: 4,
                interval_ms: 1000,
            },
        },
        ..rendition(
            "jpeg",
            1000,
            12_000,
            20_000,
            [20_000, 20_000, 10_000].into_iter(),
        )
    }
}

fn rendition(
    codecs: &str,
    timescale: u32,
    peak: u64,
    sample_duration: u64,
    durations: impl Iterator<Item = u64>,
) -> Rendition {
    let mut start = 0;
    let mut first_sample = 0;
    let segments = durations.map(|duration| {
        let bytes = peak * 4 / 5 * duration / u64::from(timescale) / 8;
        let sample_count = u32::try_from(duration / sample_duration).unwrap_or(u32::MAX);
        let segment = Segment {
            first_sample,
            sample_count,
            base_media_decode_time: start,
            start,
            duration,
            bytes,
            len: bytes + 400,
        };
        start += duration;
        first_sample += sample_count;
        segment
    });
    Rendition {
        name: String::new(),
        period: 0,
        source: 0,
        track: Some(0),
        media: Media::Audio {
            sample_rate: 0,
            channels: 0,
            layout: ChannelLayout::default(),
        },
        codecs: codecs.to_owned(),
        supplemental_codecs: None,
        language: "und".to_owned(),
        settings: TrackSettings::default(),
        timescale,
        average_bandwidth: peak * 4 / 5,
        peak_bandwidth: peak,
        priming: 0,
        composition_shift: 0,
        descriptions: vec![0],
        sap_type: 1,
        segments: segments.collect(),
    }
}

/// A sync sample every 60 frames of each rung.
pub(crate) fn trick_play(presentation: &Presentation) -> Vec<Option<TrickPlay>> {
    let of = |rendition: &Rendition| {
        let frames = (0..rendition.duration() / (60 * 1001)).map(|number| TrickFrame {
            sample: u32::try_from(number * 60).unwrap_or(u32::MAX),
            start: number * 60 * 1001,
            duration: 60 * 1001,
            bytes: 20_000,
            len: 20_100,
        });
        TrickPlay {
            frames: frames.collect(),
            average_bandwidth: rendition.average_bandwidth / 10,
            peak_bandwidth: rendition.peak_bandwidth / 10,
        }
    };
    let renditions = presentation.renditions.iter();
    renditions
        .map(|rendition| (rendition.kind() == Kind::Video).then(|| of(rendition)))
        .collect()
}

pub(crate) fn ladder() -> Presentation {
    presentation(vec![
        video(1920, 1080, 6_200_000, 3),
        video(1280, 720, 3_100_000, 3),
        video(640, 360, 900_000, 3),
        audio("en", 2, 131_000, 3),
        audio("de", 2, 133_500, 3),
    ])
}

/// The ladder with subtitles in both forms and thumbnails.
pub(crate) fn film() -> Presentation {
    let mut renditions = ladder().renditions;
    for form in [TextForm::Imsc1, TextForm::WebVtt] {
        renditions.push(text("en", form, 3));
        renditions.push(text("de", form, 3));
    }
    renditions.push(thumbnails());
    presentation(renditions)
}

/// A bumper of one rung and one language, then the film.
pub(crate) fn bumper_and_film() -> Presentation {
    let bumper = vec![video(1280, 720, 2_000_000, 1), audio("en", 2, 131_000, 1)];
    stitched(vec![bumper, film().renditions])
}

/// Video on one key, audio on another, text and images clear, both signalled as W3C common and for ClearKey.
pub(crate) fn protection(presentation: &Presentation, scheme: Scheme) -> Protection {
    let method = match scheme {
        Scheme::Cenc => Method::Cenc,
        Scheme::Cbcs => Method::Cbcs,
    };
    let track = |rendition: &Rendition| {
        let (label, kid) = match rendition.kind() {
            Kind::Video => ("VIDEO", VIDEO_KID),
            Kind::Audio => ("AUDIO", AUDIO_KID),
            Kind::Text | Kind::Image => return None,
        };
        let encryption = encryption(method, kid, rendition.kind() == Kind::Video);
        Some(TrackProtection::of_one_key(label, kid, [1; 8], encryption))
    };
    let signals = [VIDEO_KID, AUDIO_KID].map(|kid| (kid, vec![w3c_common(kid)]));
    Protection {
        method,
        tracks: presentation.renditions.iter().map(track).collect(),
        signals: BTreeMap::from(signals),
        clear_key: Some(ClearKey {
            licence_url: "https://edge.test/vod/a&b/cenc/clearkey".to_owned(),
        }),
        key_uri: None,
    }
}

/// Of the key that video (1) or audio (2) has in a crypto period of the whole presentation.
pub(crate) fn kid(of: u8, number: u32) -> KeyId {
    let mut kid = [0; 16];
    kid[0] = of;
    kid[12..].copy_from_slice(&number.to_be_bytes());
    KeyId(kid)
}

/// Keys that change, with video and audio on keys of their own; signalled as [`protection`] does.
pub(crate) fn scheduled(
    presentation: &Presentation,
    method: Method,
    every: Option<Every>,
    clear_lead_ms: u64,
    rotation: Rotation,
) -> Protection {
    let schedule = Schedule::new(presentation, every, clear_lead_ms);
    let mut signals = BTreeMap::new();
    let mut tracks = Vec::new();
    for (rendition, track) in presentation.renditions.iter().zip(&schedule.tracks) {
        let (label, of) = match rendition.kind() {
            Kind::Video => ("VIDEO", 1),
            Kind::Audio => ("AUDIO", 2),
            Kind::Text | Kind::Image => {
                tracks.push(None);
                continue;
            }
        };
        let period = |&(first_segment, number): &(u32, u32)| {
            let kid = kid(of, number);
            signals.insert(kid, vec![w3c_common(kid)]);
            CryptoPeriod {
                first_segment,
                number,
                kid,
                key_tag: [1; 8],
                encryption: encryption(method, kid, of == 1),
            }
        };
        tracks.push(Some(TrackProtection {
            label: label.to_owned(),
            restrictions: Restrictions::default(),
            clear_lead: track.clear_lead,
            rotation,
            periods: track.periods.iter().map(period).collect(),
        }));
    }
    Protection {
        method,
        tracks,
        signals,
        clear_key: Some(ClearKey {
            licence_url: "https://edge.test/vod/a&b/cenc/clearkey".to_owned(),
        }),
        key_uri: None,
    }
}

fn encryption(method: Method, kid: KeyId, is_video: bool) -> Encryption {
    let scheme = match method {
        Method::Cenc => Scheme::Cenc,
        Method::Cbcs => Scheme::Cbcs,
        Method::Aes128 => return Encryption::Aes128,
        Method::SampleAes => return Encryption::SampleAes { iv: [0xcd; 16] },
    };
    let is_pattern = is_video && scheme == Scheme::Cbcs;
    Encryption::Common(TrackEncryption {
        scheme,
        default_kid: kid,
        per_sample_iv_size: if scheme == Scheme::Cenc { 8 } else { 0 },
        constant_iv: (scheme == Scheme::Cbcs).then_some([0xab; 16]),
        crypt_byte_block: u8::from(is_pattern),
        skip_byte_block: if is_pattern { 9 } else { 0 },
    })
}

/// A system that says something everywhere.
pub(crate) fn widevine(kid: KeyId) -> Signal {
    let pssh = Bytes::from(pssh::pssh_v1(&System::Widevine.id(), &[kid], b"wv"));
    let data = STANDARD.encode(&pssh);
    Signal {
        system: System::Widevine,
        pssh: Some(pssh),
        licence_url: Some("https://wv.test/?a=1&b=2".to_owned()),
        hls: Some(HlsKey {
            uri: format!("data:text/plain;base64,{data}"),
            key_format: "urn:uuid:edef8ba9-79d6-4ace-a3c8-27dcd51d21ed".to_owned(),
            key_format_versions: "1".to_owned(),
            key_id: true,
            iv: false,
        }),
        ..silent(System::Widevine)
    }
}

pub(crate) fn fairplay(kid: KeyId) -> Signal {
    Signal {
        hls: Some(HlsKey {
            uri: format!("skd://{kid}"),
            key_format: "com.apple.streamingkeydelivery".to_owned(),
            key_format_versions: "1".to_owned(),
            key_id: false,
            iv: false,
        }),
        ..silent(System::FairPlay)
    }
}

pub(crate) fn silent(system: System) -> Signal {
    Signal {
        system,
        pssh: None,
        pro: None,
        licence_url: None,
        content_protection: None,
        hls: None,
        hls_media: None,
        hls_multivariant: None,
    }
}

/// One track under a key of its own.
pub(crate) fn other_key(protection: &mut Protection, track: usize, kid: KeyId) {
    if let Some(track) = protection.tracks[track].as_mut() {
        for period in &mut track.periods {
            period.kid = kid;
            if let Encryption::Common(encryption) = &mut period.encryption {
                encryption.default_kid = kid;
            }
        }
    }
    protection.signals.insert(kid, vec![w3c_common(kid)]);
}

pub(crate) fn w3c_common(kid: KeyId) -> Signal {
    let pssh = Bytes::from(pssh::w3c_common(&[kid]));
    let data = STANDARD.encode(&pssh);
    Signal {
        pssh: Some(pssh),
        hls: Some(HlsKey {
            uri: format!("data:text/plain;base64,{data}"),
            key_format: "urn:uuid:1077efec-c0b2-4d02-ace3-3c1e52e2fb4b".to_owned(),
            key_format_versions: "1".to_owned(),
            key_id: false,
            iv: false,
        }),
        ..silent(System::W3cCommon)
    }
}

/// With URL names that are those of the renditions, so that expectations do not depend on a hash.
pub(crate) fn plain(view: View<'_>, manifest: &str) -> String {
    let mut manifest = manifest.to_owned();
    for (index, rendition) in view.presentation.renditions.iter().enumerate() {
        let track = view
            .protection
            .and_then(|protection| protection.tracks.get(index)?.as_ref());
        let url_name = view.presentation.url_name(rendition, track);
        manifest = manifest.replace(&url_name, &rendition.name);
    }
    manifest
}
