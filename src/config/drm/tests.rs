#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
use super::*;

fn label(name: &str) -> KeyLabel {
    KeyLabel {
        name: name.to_owned(),
        kind: None,
        height: Bounds::default(),
        bitrate: Bounds::default(),
        frame_rate: Bounds::default(),
        channels: Bounds::default(),
        hdr: None,
        restrictions: Restrictions::default(),
    }
}

fn rendition(media: Media) -> Rendition {
    Rendition {
        name: "x".to_owned(),
        period: 0,
        source: 0,
        track: Some(0),
        media,
        codecs: "avc1.640028".to_owned(),
        supplemental_codecs: None,
        language: "und".to_owned(),
        settings: edgepack_packager::TrackSettings::default(),
        timescale: 1000,
        average_bandwidth: 1,
        peak_bandwidth: 1_000_000,
        priming: 0,
        composition_shift: 0,
        descriptions: vec![0],
        sap_type: 1,
        segments: Vec::new(),
    }
}

fn video(height: u32, frame_rate: (u32, u32), range: VideoRange) -> Rendition {
    rendition(Media::Video {
        width: height * 16 / 9,
        height,
        frame_rate,
        pixel_aspect: (1, 1),
        colour: None,
        range,
        stereo: false,
    })
}

fn audio(channels: u16) -> Rendition {
    rendition(Media::Audio {
        sample_rate: 48_000,
        channels,
        layout: edgepack_packager::ChannelLayout::default(),
    })
}

fn name<'d>(drm: &'d Drm, rendition: &Rendition) -> Option<&'d str> {
    drm.label_of(rendition).map(|(name, _)| name)
}

#[test]
fn without_labels_one_key_serves_all() {
    let drm = Drm::default();
    for rendition in [video(2160, (50, 1), VideoRange::Pq), audio(2)] {
        assert_eq!(name(&drm, &rendition), Some(ONE_LABEL));
    }
}

#[test]
fn the_first_label_that_fits_counts() {
    let below = |name: &str, max| KeyLabel {
        kind: Some(Kind::Video),
        height: Bounds {
            min: None,
            max: Some(max),
        },
        ..label(name)
    };
    let drm = Drm {
        labels: vec![
            below("SD", 576),
            below("HD", 1080),
            KeyLabel {
                channels: Bounds {
                    min: Some(1),
                    max: Some(2),
                },
                ..label("STEREO")
            },
            KeyLabel {
                kind: Some(Kind::Audio),
                ..label("AUDIO")
            },
            KeyLabel {
                hdr: Some(true),
                frame_rate: Bounds {
                    min: None,
                    max: Some(30),
                },
                ..label("HDR")
            },
        ],
        ..Drm::default()
    };
    let sdr = |height| video(height, (25, 1), VideoRange::Sdr);
    assert_eq!(name(&drm, &sdr(576)), Some("SD"));
    assert_eq!(name(&drm, &sdr(577)), Some("HD"));
    assert_eq!(name(&drm, &sdr(2160)), None, "nothing fits");
    assert_eq!(
        name(&drm, &video(2160, (30_000, 1001), VideoRange::Pq)),
        Some("HDR"),
        "29.97 is within 30"
    );
    assert_eq!(name(&drm, &video(2160, (60, 1), VideoRange::Pq)), None);
    assert_eq!(name(&drm, &audio(2)), Some("STEREO"));
    assert_eq!(name(&drm, &audio(6)), Some("AUDIO"));
}
