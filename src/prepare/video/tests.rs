#![allow(clippy::unwrap_used)]
use super::*;
use crate::prepare::probe::{Colour, Mastering};

fn video(rate: &str) -> Video {
    Video {
        index: 0,
        width: 1920,
        height: 1080,
        rate: Rate::parse(rate).unwrap(),
        rate_changes: false,
        interlaced: false,
        deep: false,
        colour: Colour::default(),
        has_captions: false,
    }
}

fn hdr() -> Video {
    Video {
        deep: true,
        colour: Colour {
            primaries: Some("bt2020".into()),
            transfer: Some("smpte2084".into()),
            matrix: Some("bt2020nc".into()),
            mastering: Some(Mastering {
                points: [(0.265, 0.69), (0.15, 0.06), (0.68, 0.32), (0.3127, 0.329)],
                luminance: (1000.0, 0.0001),
            }),
            light: Some((1000, 400)),
            ..Colour::default()
        },
        ..video("24/1")
    }
}

fn rung(codec: VideoCodec, class: u32, video: &Video) -> VideoRung {
    VideoRung {
        codec,
        size: Size {
            class,
            width: class * 16 / 9,
            height: class,
        },
        cadence: Cadence::new(video.rate),
        effort: Effort::Standard,
    }
}

/// The value of an option.
fn of(codec: VideoCodec, class: u32, video: &Video, option: &str) -> Option<String> {
    let arguments = rung(codec, class, video).arguments(video, 0);
    let at = arguments.iter().position(|argument| argument == option)?;
    arguments.get(at + 1).cloned()
}

#[test]
fn groups_of_pictures_are_closed_and_of_one_length() {
    let video = video("60000/1001");
    let avc = |option| of(VideoCodec::Avc, 1080, &video, option).unwrap();
    assert_eq!(
        (avc("-g"), avc("-keyint_min"), avc("-sc_threshold")),
        ("120".into(), "120".into(), "0".into())
    );
    assert_eq!(avc("-x264-params"), "open-gop=0");
    let hevc = of(VideoCodec::Hevc, 1080, &video, "-x265-params").unwrap();
    assert!(
        hevc.contains("keyint=120:min-keyint=120:scenecut=0:open-gop=0"),
        "{hevc}"
    );
    let av1 = of(VideoCodec::Av1, 1080, &video, "-svtav1-params").unwrap();
    assert!(av1.contains("keyint=120:scd=0:irefresh-type=2"), "{av1}");
    // The small rung has half the pictures, and groups as long.
    assert_eq!(of(VideoCodec::Avc, 480, &video, "-g").unwrap(), "60");
    assert!(
        of(VideoCodec::Avc, 480, &video, "-vf")
            .unwrap()
            .contains(",fps=fps=30000/1001")
    );
    assert_eq!(
        of(VideoCodec::Avc, 480, &video, "-video_track_timescale"),
        of(VideoCodec::Avc, 1080, &video, "-video_track_timescale")
    );
}

#[test]
fn hdr_stays_in_ten_bits_and_is_mapped_for_avc() {
    let video = hdr();
    for codec in [VideoCodec::Hevc, VideoCodec::Av1] {
        let get = |option| of(codec, 1080, &video, option).unwrap();
        assert!(get("-vf").ends_with("format=yuv420p10le"));
        assert_eq!(
            (get("-color_trc"), get("-color_primaries")),
            ("smpte2084".into(), "bt2020".into())
        );
    }
    let x265 = of(VideoCodec::Hevc, 1080, &video, "-x265-params").unwrap();
    assert!(
        x265.contains(":hdr10=1:master-display=G(13250,34500)"),
        "{x265}"
    );
    assert!(x265.contains("L(10000000,1):max-cll=1000,400"), "{x265}");
    let svt = of(VideoCodec::Av1, 1080, &video, "-svtav1-params").unwrap();
    assert!(
        svt.contains("mastering-display=G(0.265,0.69)") && svt.contains("content-light=1000,400"),
        "{svt}"
    );
    let filters = of(VideoCodec::Avc, 1080, &video, "-vf").unwrap();
    assert!(
        filters.contains("tonemap") && filters.ends_with("format=yuv420p"),
        "{filters}"
    );
    assert_eq!(
        of(VideoCodec::Avc, 1080, &video, "-color_trc").unwrap(),
        "bt709"
    );
}

#[test]
fn sdr_keeps_what_the_source_says_and_no_more() {
    let plain = video("25/1");
    assert_eq!(of(VideoCodec::Avc, 1080, &plain, "-color_trc"), None);
    assert!(
        of(VideoCodec::Hevc, 1080, &plain, "-vf")
            .unwrap()
            .ends_with("format=yuv420p")
    );
    let deep = Video {
        deep: true,
        ..plain
    };
    assert!(
        of(VideoCodec::Avc, 1080, &deep, "-vf")
            .unwrap()
            .ends_with("format=yuv420p")
    );
    assert!(
        of(VideoCodec::Av1, 1080, &deep, "-vf")
            .unwrap()
            .ends_with("format=yuv420p10le")
    );
}

#[test]
fn fields_are_woven_before_anything_else() {
    let fields = Video {
        interlaced: true,
        ..video("25/1")
    };
    assert!(
        of(VideoCodec::Avc, 480, &fields, "-vf")
            .unwrap()
            .contains("/TB,bwdif=")
    );
}

#[test]
fn ceilings_fall_with_the_rung_and_the_codec() {
    let usual = video("25/1");
    let max = |codec, class| rung(codec, class, &usual).max_kilobits();
    for codec in VideoCodec::ALL {
        let all: Vec<u32> = [2160, 1440, 1080, 720, 480, 360, 180]
            .map(|class| max(codec, class))
            .to_vec();
        assert!(all.windows(2).all(|pair| pair[0] > pair[1]), "{all:?}");
    }
    assert_eq!(max(VideoCodec::Avc, 1080), 6000);
    assert!(max(VideoCodec::Av1, 1080) < max(VideoCodec::Hevc, 1080));
    let between = max(VideoCodec::Avc, 900);
    assert!(between > 3200 && between < 6000, "{between}");
    let fast = rung(VideoCodec::Avc, 1080, &video("50/1")).max_kilobits();
    assert_eq!(fast, 8400);
}
