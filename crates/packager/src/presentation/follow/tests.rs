use super::*;
use crate::presentation::Period;
use crate::{
    Accessibility, ChannelLayout, Fingerprint, Segment, TextForm, TrackSettings, VideoRange,
};

fn rendition(period: usize, media: Media, codecs: &str, language: &str) -> Rendition {
    Rendition {
        name: String::new(),
        period,
        source: 0,
        track: None,
        media,
        codecs: codecs.to_owned(),
        supplemental_codecs: None,
        language: language.to_owned(),
        settings: TrackSettings::default(),
        timescale: 1000,
        average_bandwidth: 0,
        peak_bandwidth: 0,
        priming: 0,
        composition_shift: 0,
        descriptions: Vec::new(),
        sap_type: 1,
        segments: Vec::<Segment>::new(),
    }
}

fn video(period: usize, height: u32, codecs: &str) -> Rendition {
    let media = Media::Video {
        width: height * 16 / 9,
        height,
        frame_rate: (25, 1),
        pixel_aspect: (1, 1),
        colour: None,
        range: VideoRange::Sdr,
        stereo: false,
    };
    rendition(period, media, codecs, "und")
}

fn audio(period: usize, channels: u16, codecs: &str, language: &str) -> Rendition {
    let media = Media::Audio {
        sample_rate: 48_000,
        channels,
        layout: ChannelLayout::default(),
    };
    rendition(period, media, codecs, language)
}

fn text(period: usize, form: TextForm, language: &str) -> Rendition {
    rendition(period, Media::Text { form }, "wvtt", language)
}

fn presentation(renditions: Vec<Rendition>) -> Presentation {
    let count = renditions.iter().map(|r| r.period).max().unwrap_or(0) + 1;
    let periods = (0..count).map(|period| {
        let first = renditions.partition_point(|r| r.period < period);
        let end = renditions.partition_point(|r| r.period <= period);
        Period {
            renditions: first..end,
            start_us: 0,
            duration_us: 0,
        }
    });
    Presentation {
        fingerprint: Fingerprint([0; 16]),
        target_duration_ms: 4000,
        duration_ms: 0,
        sources: Vec::new(),
        periods: periods.collect(),
        renditions,
        closed_captions: Vec::new(),
        misalignments: Vec::new(),
        ignored: Vec::new(),
    }
}

#[test]
fn video_goes_on_in_its_codec_at_the_nearest_height() {
    let p = presentation(vec![
        video(0, 1080, "avc1.640028"),
        video(0, 360, "hvc1.1.6.L93"),
        video(1, 720, "avc3.64001f"),
        video(1, 1080, "hvc1.1.6.L123"),
        video(1, 240, "avc1.64000d"),
    ]);
    assert_eq!(p.continuation(0, 1), Some(2));
    assert_eq!(p.continuation(1, 1), Some(3));
    assert_eq!(p.continuation(4, 0), Some(0), "backwards, too");
    assert_eq!(p.continuation(4, 1), Some(4), "as itself");
}

#[test]
fn audio_goes_on_in_its_language_then_purpose_then_codec() {
    let mut described = audio(1, 2, "mp4a.40.2", "en");
    described.settings.accessibility = Some(Accessibility::AudioDescription);
    let mut default = audio(1, 6, "ac-3", "de");
    default.settings.default = Some(true);
    let p = presentation(vec![
        audio(0, 6, "ec-3", "en"),
        audio(0, 2, "mp4a.40.2", "en"),
        audio(0, 2, "ac-3", "fr"),
        described,
        audio(1, 2, "mp4a.40.5", "en"),
        audio(1, 2, "ac-3", "de"),
        default,
    ]);
    assert_eq!(p.continuation(0, 1), Some(4));
    assert_eq!(p.continuation(1, 1), Some(4));
    assert_eq!(p.continuation(2, 1), Some(5), "its codec and channels");
    let silent = presentation(vec![audio(0, 2, "ac-3", "en"), video(1, 360, "avc1")]);
    assert_eq!(silent.continuation(0, 1), None);
}

#[test]
fn subtitles_go_on_in_form_and_language_or_not_at_all() {
    let mut forced = text(1, TextForm::Imsc1, "en");
    forced.settings.forced = true;
    let p = presentation(vec![
        text(0, TextForm::Imsc1, "en"),
        text(0, TextForm::WebVtt, "EN"),
        text(0, TextForm::Imsc1, "de"),
        forced,
        text(1, TextForm::Imsc1, "en"),
        text(1, TextForm::WebVtt, "en"),
    ]);
    assert_eq!(p.continuation(0, 1), Some(4));
    assert_eq!(p.continuation(1, 1), Some(5));
    assert_eq!(p.continuation(2, 1), None);
    assert_eq!((p.continuation(0, 2), p.continuation(9, 0)), (None, None));
}
