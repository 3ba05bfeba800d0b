//! Delta updates.
use super::reading::Reading;
use super::*;

#[test]
fn a_delta_update() {
    let mut window = window(1000, 12, 2);
    window.discontinuities_gone = 3;
    change(&mut window, 1002, |segment| segment.discontinuity = true);
    insta::assert_snapshot!(delta(&view(&window), Skip::Segments));
}

#[test]
fn nothing_younger_than_the_skip_boundary_is_skipped() {
    let skipped = |whole, control| {
        let window = window(0, whole, 3);
        let view = LiveView {
            control,
            ..view(&window)
        };
        Reading::of(&delta(&view, Skip::Segments)).skipped
    };
    // 12 s are six segments; the seventh ends right at the boundary.
    assert_eq!(skipped(7, LOW_LATENCY), 0);
    assert_eq!(skipped(8, LOW_LATENCY), 1);
    assert_eq!(skipped(20, PLAIN), 13);
    let later = Control {
        can_skip_until_ms: Some(13_000),
        ..LOW_LATENCY
    };
    assert_eq!(skipped(8, later), 1);
    let later = Control {
        can_skip_until_ms: Some(14_000),
        ..LOW_LATENCY
    };
    assert_eq!(skipped(8, later), 0);
}

#[test]
fn where_nothing_can_be_skipped_the_playlist_is_whole() {
    let short = window(0, 6, 1);
    assert_eq!(delta(&view(&short), Skip::DateRanges), media(&view(&short)));
    let long = window(0, 60, 1);
    let unable = LiveView {
        control: Control {
            can_skip_until_ms: None,
            ..LOW_LATENCY
        },
        ..view(&long)
    };
    assert_eq!(delta(&unable, Skip::Segments), media(&unable));
    let vod = LiveView {
        nature: Nature::Vod,
        ..view(&long)
    };
    assert_eq!(delta(&vod, Skip::Segments), media(&vod));
}

#[test]
fn a_delta_update_says_its_header_although_that_was_skipped() {
    let window = window(0, 30, 0);
    let playlist = delta(&view(&window), Skip::Segments);
    let (_, rest) = playlist
        .split_once("#EXT-X-SKIP:SKIPPED-SEGMENTS=23\n")
        .unwrap();
    assert!(rest.starts_with("#EXT-X-MAP:URI=\"init-6b03c2c2-0.mp4\"\n"));
    assert_eq!(uris(&playlist)[0], "6b03c2c2-23.m4s");
}
