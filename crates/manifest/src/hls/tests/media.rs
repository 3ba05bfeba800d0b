//! Media playlists of one period.
use edgepack_drm::Scheme;
use edgepack_packager::{Presentation, Segment};
use proptest::prelude::*;

use super::*;
use crate::Protection;
use crate::sample::{audio, film, ladder, presentation, protection, video};

fn protected(presentation: &Presentation, protection: &Protection, name: &str) -> String {
    let view = View {
        protection: Some(protection),
        ..View::new(presentation)
    };
    let rendition = presentation.rendition(name).unwrap();
    plain(view, &media(view, rendition).unwrap())
}

#[test]
fn a_clear_media_playlist() {
    insta::assert_snapshot!(media_of(&ladder(), "v1080"));
}

#[test]
fn a_cbcs_media_playlist_names_keys_before_the_header_and_identity_last() {
    let ladder = ladder();
    let protection = protection(&ladder, Scheme::Cbcs);
    insta::assert_snapshot!(protected(&ladder, &protection, "v1080"));
}

#[test]
fn a_cenc_media_playlist_has_no_iv() {
    let ladder = ladder();
    let protection = protection(&ladder, Scheme::Cenc);
    let playlist = protected(&ladder, &protection, "a-en");
    assert_eq!(playlist.matches("METHOD=SAMPLE-AES-CTR").count(), 3);
    assert!(!playlist.contains("IV="), "{playlist}");
    assert!(playlist.contains("../1121314151617181"), "{playlist}");
}

#[test]
fn a_system_without_clearkey_gives_no_identity_key() {
    let ladder = ladder();
    let mut protection = protection(&ladder, Scheme::Cbcs);
    protection.clear_key = None;
    let playlist = protected(&ladder, &protection, "v1080");
    assert_eq!(lines(&playlist, "#EXT-X-KEY").len(), 1);
    assert!(!playlist.contains("identity"));
}

#[test]
fn webvtt_comes_in_files_and_imsc1_in_cmaf() {
    let film = film();
    let playlist = media_of(&film, "t-en");
    assert_eq!(uris(&playlist), ["1.vtt", "2.vtt", "3.vtt", "4.vtt"]);
    assert!(!playlist.contains("EXT-X-MAP"));
    let playlist = media_of(&film, "t-en-imsc1");
    assert_eq!(uris(&playlist), ["1.m4s", "2.m4s", "3.m4s", "4.m4s"]);
    assert_eq!(
        lines(&playlist, "#EXT-X-MAP"),
        ["#EXT-X-MAP:URI=\"init.mp4\""]
    );
}

#[test]
fn text_stays_clear_beside_protected_media() {
    let film = film();
    let protection = protection(&film, Scheme::Cbcs);
    for name in ["t-en", "t-en-imsc1", "thumbs"] {
        assert!(!protected(&film, &protection, name).contains("EXT-X-KEY"));
    }
}

#[test]
fn all_audio_and_video_playlists_have_one_target_duration() {
    let mut long = audio("en", 2, 131_000, 3);
    // 4.6 s, where the video's longest has 4.004 s.
    long.segments[3].duration = 220_800;
    let asset = presentation(vec![video(640, 360, 900_000, 3), long]);
    for name in ["v360", "a-en"] {
        let playlist = media_of(&asset, name);
        assert_eq!(
            lines(&playlist, "#EXT-X-TARGETDURATION"),
            ["#EXT-X-TARGETDURATION:5"]
        );
    }
}

#[test]
fn a_playlist_is_the_same_whatever_the_filter() {
    let asset = film();
    let filter = Filter::parse([("max_height", "360"), ("order", "ascending")]).unwrap();
    let view = View {
        filter: &filter,
        ..View::new(&asset)
    };
    assert_eq!(
        media(view, &asset.renditions[0]),
        media(View::new(&asset), &asset.renditions[0])
    );
}

#[test]
fn long_titles_do_not_drift() {
    // Ten hours of 29.97 frames a second: each segment is 4.004 s, and the sum is exact.
    let asset = presentation(vec![video(640, 360, 900_000, 8990)]);
    let playlist = media_of(&asset, "v360");
    let ticks: u64 = lines(&playlist, "#EXTINF:")
        .iter()
        .map(|line| {
            line[8..]
                .trim_end_matches(',')
                .replace('.', "")
                .parse::<u64>()
                .unwrap()
        })
        .sum();
    assert_eq!(ticks, 8990 * 4_004_000 + 2_002_000);
    let mut odd = audio("en", 2, 131_000, 0);
    odd.timescale = 44_100;
    let template = odd.segments[0];
    odd.segments = (0..9000)
        .map(|number| Segment {
            start: number * 176_128,
            duration: 176_128,
            ..template
        })
        .collect();
    let playlist = media_of(&presentation(vec![odd]), "a-en");
    let ticks: u64 = lines(&playlist, "#EXTINF:")
        .iter()
        .map(|line| {
            line[8..]
                .trim_end_matches(',')
                .replace('.', "")
                .parse::<u64>()
                .unwrap()
        })
        .sum();
    assert_eq!(ticks, (9000 * 176_128 * 1_000_000 + 22_050) / 44_100);
}

proptest! {
    #[test]
    fn durations_sum_to_the_timeline_and_stay_within_the_target(
        timescale in 1_u32..200_000,
        durations in prop::collection::vec(1_u64..2_000_000, 1..50),
    ) {
        let mut rendition = video(640, 360, 1, 0);
        rendition.timescale = timescale;
        let template = rendition.segments[0];
        let mut start = 0;
        rendition.segments = durations.iter().map(|&duration| {
            let segment = Segment { start, duration, ..template };
            start += duration;
            segment
        }).collect();
        let asset = presentation(vec![rendition]);
        let playlist = media_of(&asset, "v360");
        let target: f64 = lines(&playlist, "#EXT-X-TARGETDURATION:")[0][22..].parse().unwrap();
        let times = super::durations(&playlist);
        prop_assert_eq!(times.len(), durations.len());
        let total = start as f64 / f64::from(timescale);
        prop_assert!((times.iter().sum::<f64>() - total).abs() < 1e-5 + total * 1e-12);
        for time in times {
            // Half a second and the playlist's own rounding to microseconds.
            prop_assert!(time < target + 0.500_001, "{} over {}", time, target);
        }
    }
}
