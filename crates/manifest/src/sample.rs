//! Presentations made by hand for the tests of both writers.
use edgepack_packager::{
    ChannelLayout, Fingerprint, Kind, Media, Period, Presentation, Rendition, Segment, TextForm,
    Tiles, TrackSettings, TrickFrame, TrickPlay, VideoRange,
};

use crate::View;

mod keys;

pub(crate) use keys::{
    fairplay, kid, other_key, protection, scheduled, silent, w3c_common, widevine,
};

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
