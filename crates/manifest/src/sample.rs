//! Presentations made by hand for the tests of both writers.
use edgepack_drm::{KeyId, Scheme, TrackEncryption};
use edgepack_packager::{
    ChannelLayout, Fingerprint, Media, Period, Presentation, Rendition, Segment, TrackSettings,
    VideoRange,
};

use crate::outline::Outline;
use crate::{Protection, System, View};

pub(crate) const VIDEO_KID: KeyId =
    KeyId(*b"\x10\x20\x30\x40\x50\x60\x70\x80\x90\xa0\xb0\xc0\xd0\xe0\xf0\x01");
pub(crate) const AUDIO_KID: KeyId =
    KeyId(*b"\x11\x21\x31\x41\x51\x61\x71\x81\x91\xa1\xb1\xc1\xd1\xe1\xf1\x02");

pub(crate) fn presentation(renditions: Vec<Rendition>) -> Presentation {
    let duration_ms = renditions
        .iter()
        .filter_map(|r| r.segments.last().map(|s| (r, s)))
        .map(|(r, s)| (s.start + s.duration) * 1000 / u64::from(r.timescale))
        .max()
        .unwrap_or(0);
    Presentation {
        fingerprint: Fingerprint([7; 16]),
        target_duration_ms: 4000,
        duration_ms,
        sources: Vec::new(),
        periods: vec![Period {
            renditions: 0..renditions.len(),
            start_us: 0,
            duration_us: duration_ms * 1000,
        }],
        renditions,
        closed_captions: Vec::new(),
        misalignments: Vec::new(),
        ignored: Vec::new(),
    }
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
        ..rendition("avc1.640028", 30000, peak, durations)
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
        ..rendition("mp4a.40.2", 48000, peak, durations)
    }
}

fn rendition(
    codecs: &str,
    timescale: u32,
    peak: u64,
    durations: impl Iterator<Item = u64>,
) -> Rendition {
    let mut start = 0;
    let segments = durations.map(|duration| {
        let segment = Segment {
            first_sample: 0,
            sample_count: 1,
            base_media_decode_time: start,
            start,
            duration,
            bytes: 1,
            len: 1,
        };
        start += duration;
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

pub(crate) fn ladder() -> Presentation {
    presentation(vec![
        video(1920, 1080, 6_200_000, 3),
        video(1280, 720, 3_100_000, 3),
        video(640, 360, 900_000, 3),
        audio("en", 2, 131_000, 3),
        audio("de", 2, 133_500, 3),
    ])
}

/// Video on one key, audio on another, both signalled for ClearKey.
pub(crate) fn protection(presentation: &Presentation, scheme: Scheme) -> Protection {
    let track = |rendition: &Rendition| {
        let video = matches!(rendition.media, Media::Video { .. });
        let pattern = if video && scheme == Scheme::Cbcs {
            (1, 9)
        } else {
            (0, 0)
        };
        TrackEncryption {
            scheme,
            default_kid: if video { VIDEO_KID } else { AUDIO_KID },
            per_sample_iv_size: if scheme == Scheme::Cenc { 8 } else { 0 },
            constant_iv: (scheme == Scheme::Cbcs).then_some([0xab; 16]),
            crypt_byte_block: pattern.0,
            skip_byte_block: pattern.1,
        }
    };
    Protection {
        scheme,
        tracks: presentation.renditions.iter().map(track).collect(),
        systems: vec![
            System::W3cCommon,
            System::ClearKey {
                licence_url: "https://edge.test/vod/a&b/cenc/clearkey".to_owned(),
            },
        ],
    }
}

/// URL names are those of the renditions, so that expectations do not depend on a hash.
pub(crate) fn outline<'a>(
    presentation: &'a Presentation,
    protection: Option<&'a Protection>,
) -> Outline<'a> {
    Outline::named(
        View {
            presentation,
            protection,
        },
        |rendition, _| rendition.name.clone(),
    )
}
