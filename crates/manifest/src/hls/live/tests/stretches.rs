//! Start-over and catch-up: a stretch of a channel.
use super::*;

/// The node began anew with 1003.
fn window() -> Window {
    let mut window = super::window(1000, 5, 2);
    for number in 1003..=1005 {
        change(&mut window, number, |segment| {
            segment.epoch = EPOCH + 600;
            segment.discontinuity = number == 1003;
        });
    }
    window
}

fn playlist(window: &Window, nature: Nature) -> String {
    let reports = [Report {
        track: "a-en",
        last: Position::of(window),
    }];
    media(&LiveView {
        epoch: EPOCH + 600,
        nature,
        start_ms: Some(0),
        reports: &reports,
        ..view(window)
    })
}

#[test]
fn start_over_is_an_event() {
    insta::assert_snapshot!(playlist(&window(), Nature::Event));
}

#[test]
fn catch_up_is_vod() {
    insta::assert_snapshot!(playlist(&window(), Nature::Vod));
}

#[test]
fn start_over_that_ends_stays_an_event_and_loses_its_directives() {
    let mut window = window();
    window.ended = true;
    let playlist = playlist(&window, Nature::Event);
    assert!(playlist.contains("#EXT-X-PLAYLIST-TYPE:EVENT\n"));
    assert!(playlist.ends_with("6b03c51a-1005.m4s\n#EXT-X-ENDLIST\n"));
    for word in ["CAN-BLOCK-RELOAD", "PRELOAD-HINT", "RENDITION-REPORT"] {
        assert!(!playlist.contains(word), "{word}\n{playlist}");
    }
}
