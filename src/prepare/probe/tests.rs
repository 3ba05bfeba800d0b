#![allow(clippy::unwrap_used)]
use serde_json::json;

use super::*;

fn video_with(more: Value) -> Video {
    let mut stream = json!({
        "index": 0, "codec_type": "video", "codec_name": "h264", "width": 1920, "height": 1080,
        "pix_fmt": "yuv420p", "r_frame_rate": "25/1", "avg_frame_rate": "25/1",
    });
    for (key, value) in more.as_object().unwrap() {
        stream[key] = value.clone();
    }
    video(0, &stream).unwrap()
}

#[test]
fn sizes_are_upright_and_of_square_pixels() {
    let size = |more: Value| {
        let video = video_with(more);
        (video.width, video.height)
    };
    assert_eq!(size(json!({})), (1920, 1080));
    assert_eq!(
        size(json!({"width": 720, "height": 576, "sample_aspect_ratio": "64:45"})),
        (1024, 576)
    );
    assert_eq!(
        size(json!({"width": 720, "height": 480, "sample_aspect_ratio": "8:9"})),
        (720, 540)
    );
    assert_eq!(size(json!({"sample_aspect_ratio": "0:1"})), (1920, 1080));
    for rotation in [json!(-90), json!(270), json!("90.00")] {
        let turned =
            json!({"side_data_list": [{"side_data_type": "Display Matrix", "rotation": rotation}]});
        assert_eq!(size(turned), (1080, 1920));
    }
    let upside_down =
        json!({"side_data_list": [{"side_data_type": "Display Matrix", "rotation": 180}]});
    assert_eq!(size(upside_down), (1920, 1080));
    assert_eq!(size(json!({"tags": {"rotate": "90"}})), (1080, 1920));
}

#[test]
fn pictures_are_told_apart_by_fields_depth_and_light() {
    assert!(!video_with(json!({"field_order": "progressive"})).interlaced);
    assert!(video_with(json!({"field_order": "tb"})).interlaced);
    assert!(!video_with(json!({})).deep);
    assert!(video_with(json!({"pix_fmt": "yuv420p10le"})).deep);
    assert!(video_with(json!({"pix_fmt": "yuvj420p"})).colour.full_range);
    for (transfer, hdr) in [
        ("bt709", false),
        ("smpte2084", true),
        ("arib-std-b67", true),
        ("unknown", false),
    ] {
        assert_eq!(
            video_with(json!({"color_transfer": transfer}))
                .colour
                .is_hdr(),
            hdr,
            "{transfer}"
        );
    }
}

#[test]
fn a_picture_without_a_form_that_can_be_shown_is_refused() {
    let stream = json!({
        "width": 1920, "height": 1080, "r_frame_rate": "24/1", "avg_frame_rate": "24/1",
        "side_data_list": [{"side_data_type": "DOVI configuration record", "dv_profile": 5}],
    });
    assert!(video(0, &stream).unwrap_err().contains("profile 5"));
}

#[test]
fn the_display_of_the_grading_is_read() {
    let side_data = json!([
        {
            "side_data_type": "Mastering display metadata",
            "red_x": "34000/50000", "red_y": "16000/50000", "green_x": "13250/50000", "green_y": "34500/50000",
            "blue_x": "7500/50000", "blue_y": "3000/50000", "white_point_x": "15635/50000",
            "white_point_y": "16450/50000", "min_luminance": "0/10000", "max_luminance": "10000000/10000",
        },
        {"side_data_type": "Content light level metadata", "max_content": 1000, "max_average": 400},
    ]);
    let (mastering, light) = hdr10(&side_data);
    let mastering = mastering.unwrap();
    assert_eq!(
        mastering.shown(50_000.0, 10_000.0),
        "G(13250,34500)B(7500,3000)R(34000,16000)WP(15635,16450)L(10000000,0)"
    );
    assert_eq!(
        mastering.shown(1.0, 1.0),
        "G(0.265,0.69)B(0.15,0.06)R(0.68,0.32)WP(0.3127,0.329)L(1000,0)"
    );
    assert_eq!(light, Some((1000, 400)));
    assert_eq!(hdr10(&Value::Null), (None, None));
    let nothing = json!([{"side_data_type": "Content light level metadata", "max_content": 0, "max_average": 0}]);
    assert_eq!(hdr10(&nothing).1, None);
}

#[test]
fn streams_are_sorted_by_what_becomes_of_them() {
    let output = json!({
        "format": {"duration": "61.5", "tags": {"title": "A \"Film\""}},
        "streams": [
            {"index": 0, "codec_type": "video", "codec_name": "mjpeg", "disposition": {"attached_pic": 1}},
            {"index": 1, "codec_type": "video", "codec_name": "h264", "width": 640, "height": 360,
             "r_frame_rate": "25/1", "avg_frame_rate": "25/1", "closed_captions": 1},
            {"index": 2, "codec_type": "audio", "codec_name": "dts", "channels": 6,
             "tags": {"language": "ger", "title": "Surround"}, "disposition": {"default": 1}},
            {"index": 3, "codec_type": "audio", "codec_name": "aac", "channels": 2,
             "tags": {"language": "und"}, "disposition": {"visual_impaired": 1}},
            {"index": 4, "codec_type": "subtitle", "codec_name": "subrip",
             "tags": {"language": "eng"}, "disposition": {"forced": 1}},
            {"index": 5, "codec_type": "subtitle", "codec_name": "hdmv_pgs_subtitle"},
            {"index": 6, "codec_type": "video", "codec_name": "h264"},
            {"index": 7, "codec_type": "data", "codec_name": "bin_data"},
        ],
    });
    let probe = parse(&output).unwrap();
    assert_eq!(probe.title.as_deref(), Some("A 'Film'"));
    assert_eq!(probe.duration, Some(61.5));
    let video = probe.video.unwrap();
    assert_eq!((video.index, video.has_captions), (1, true));
    let [german, described] = &probe.audio[..] else {
        unreachable!("two of sound");
    };
    assert_eq!(
        (german.index, german.channels, german.said.default),
        (2, 6, true)
    );
    assert_eq!(german.said.language.as_deref(), Some("de"));
    assert_eq!(german.said.name.as_deref(), Some("Surround"));
    assert_eq!(described.said.language, None);
    assert_eq!(
        described.said.accessibility,
        Some(Accessibility::AudioDescription)
    );
    assert_eq!(probe.text.len(), 1);
    assert!(probe.text[0].said.forced);
    assert_eq!(
        probe.left_out,
        [
            "stream 5 (hdmv_pgs_subtitle): its subtitles are pictures or not read",
            "stream 6 (h264): the first video is taken",
        ]
    );
}

#[test]
fn a_source_without_picture_and_sound_is_refused() {
    assert!(
        parse(&json!({"streams": []}))
            .unwrap_err()
            .contains("neither")
    );
    assert!(parse(&json!({})).is_err());
    let sizeless = json!({"streams": [{"codec_type": "video", "codec_name": "h264"}]});
    assert!(parse(&sizeless).unwrap_err().contains("size"));
}

#[test]
fn time_begins_with_the_picture() {
    let origin = |picture: Option<&str>, sounds: &[&str]| {
        let mut streams: Vec<Value> = sounds
            .iter()
            .map(|start| json!({"codec_type": "audio", "codec_name": "aac", "channels": 2, "start_time": start}))
            .collect();
        if let Some(start) = picture {
            streams.push(json!({
                "codec_type": "video", "codec_name": "h264", "width": 640, "height": 360,
                "r_frame_rate": "25/1", "avg_frame_rate": "25/1", "start_time": start,
            }));
        }
        for (index, stream) in streams.iter_mut().enumerate() {
            stream["index"] = index.into();
        }
        parse(&json!({ "streams": streams })).unwrap().origin_us
    };
    assert_eq!(origin(Some("0.000000"), &["-0.023000"]), 0, "priming");
    assert_eq!(
        origin(Some("1.440000"), &["1.400000", "1.600000"]),
        1_440_000
    );
    assert_eq!(
        origin(Some("12.000000"), &["10.000000"]),
        10_000_000,
        "the picture comes later"
    );
    assert_eq!(origin(None, &["-0.007000"]), 0);
    assert_eq!(origin(None, &["3.500000", "4.000000"]), 3_500_000);
    assert_eq!(origin(Some("-0.080000"), &[]), -80_000);
}
