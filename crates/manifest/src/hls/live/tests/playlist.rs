//! Whole playlists, and what stands in their headers.
use super::*;

#[test]
fn a_low_latency_playlist() {
    let window = window(1000, 5, 3);
    let audio = super::window(1000, 6, 1);
    let reports = [Report {
        track: "a-en",
        last: Position::of(&audio),
    }];
    insta::assert_snapshot!(media(&LiveView {
        reports: &reports,
        ..view(&window)
    }));
}

#[test]
fn a_playlist_of_whole_segments() {
    let window = window(1000, 3, 3);
    let reports = [Report {
        track: "a-en",
        last: Position::of(&window),
    }];
    insta::assert_snapshot!(media(&LiveView {
        reports: &reports,
        ..plain(&window)
    }));
}

#[test]
fn a_playlist_with_gaps_another_encoder_and_its_header() {
    let mut window = window(1000, 6, 2);
    change(&mut window, 1001, gap);
    change(&mut window, 1003, |segment| segment.discontinuity = true);
    for number in 1003..=1006 {
        change(&mut window, number, |segment| segment.header = 1);
    }
    insta::assert_snapshot!(media(&view(&window)));
}

#[test]
fn a_line_that_ended_keeps_its_parts_and_loses_its_directives() {
    let mut window = window(1000, 2, 0);
    window.ended = true;
    let reports = [Report {
        track: "a-en",
        last: Position::of(&window),
    }];
    insta::assert_snapshot!(media(&LiveView {
        reports: &reports,
        ..view(&window)
    }));
}

#[test]
fn an_event_keeps_its_type_when_it_ends() {
    let mut window = window(1000, 2, 1);
    let event = |window: &Window| {
        media(&LiveView {
            nature: Nature::Event,
            start_ms: Some(0),
            ..view(window)
        })
    };
    let playlist = event(&window);
    assert!(playlist.contains("#EXT-X-PLAYLIST-TYPE:EVENT\n"));
    assert!(playlist.contains("#EXT-X-START:TIME-OFFSET=0.000\n"));
    assert!(!playlist.contains("ENDLIST"));
    change(&mut window, 1002, |segment| segment.complete = true);
    window.ended = true;
    let playlist = event(&window);
    assert!(playlist.contains("#EXT-X-PLAYLIST-TYPE:EVENT\n"));
    assert!(playlist.ends_with("6b03c2c2-1002.m4s\n#EXT-X-ENDLIST\n"));
}

#[test]
fn catch_up_is_vod_without_parts_and_directives() {
    let window = window(1000, 2, 3);
    let playlist = media(&LiveView {
        nature: Nature::Vod,
        ..view(&window)
    });
    assert!(playlist.contains("#EXT-X-PLAYLIST-TYPE:VOD\n"));
    assert!(playlist.ends_with("-1001.m4s\n#EXT-X-ENDLIST\n"));
    assert!(!playlist.contains("PART") && !playlist.contains("SERVER-CONTROL"));
}

#[test]
fn hold_backs_and_the_skip_boundary_have_their_least_values() {
    let window = window(0, 3, 1);
    let line = |control: Control| {
        let playlist = media(&LiveView {
            control,
            ..view(&window)
        });
        let lines = lines(&playlist, "#EXT-X-SERVER-CONTROL:");
        lines[0]["#EXT-X-SERVER-CONTROL:".len()..].to_owned()
    };
    assert_eq!(
        line(LOW_LATENCY),
        "CAN-BLOCK-RELOAD=YES,CAN-SKIP-UNTIL=12.000,CAN-SKIP-DATERANGES=YES,HOLD-BACK=6.000,PART-HOLD-BACK=1.500"
    );
    let small = Control {
        hold_back_ms: Some(100),
        part_hold_back_ms: Some(100),
        can_skip_until_ms: Some(100),
        can_block_reload: false,
        ..LOW_LATENCY
    };
    assert_eq!(
        line(small),
        "CAN-SKIP-UNTIL=12.000,CAN-SKIP-DATERANGES=YES,HOLD-BACK=6.000,PART-HOLD-BACK=1.000"
    );
    let large = Control {
        hold_back_ms: Some(8500),
        part_hold_back_ms: Some(2250),
        can_skip_until_ms: Some(60_000),
        ..LOW_LATENCY
    };
    assert_eq!(
        line(large),
        "CAN-BLOCK-RELOAD=YES,CAN-SKIP-UNTIL=60.000,CAN-SKIP-DATERANGES=YES,HOLD-BACK=8.500,PART-HOLD-BACK=2.250"
    );
    let none = Control {
        can_skip_until_ms: None,
        ..PLAIN
    };
    assert_eq!(line(none), "CAN-BLOCK-RELOAD=YES,HOLD-BACK=6.000");
}

#[test]
fn the_target_duration_is_the_channels_and_never_below_a_segment() {
    let mut window = window(0, 3, 2);
    let target = |window: &Window, ms| {
        let control = Control {
            target_duration_ms: ms,
            ..LOW_LATENCY
        };
        let view = LiveView {
            control,
            ..view(window)
        };
        lines(&media(&view), "#EXT-X-TARGETDURATION:")[0].to_owned()
    };
    assert_eq!(target(&window, 2000), "#EXT-X-TARGETDURATION:2");
    assert_eq!(target(&window, 1920), "#EXT-X-TARGETDURATION:2");
    assert_eq!(target(&window, 3840), "#EXT-X-TARGETDURATION:4");
    // 2.4 s rounds to 2, 2.5 s to 3.
    change(&mut window, 1, |segment| segment.duration = 216_000);
    assert_eq!(target(&window, 2000), "#EXT-X-TARGETDURATION:2");
    change(&mut window, 1, |segment| segment.duration = 225_000);
    assert_eq!(target(&window, 2000), "#EXT-X-TARGETDURATION:3");
}

#[test]
fn dates_are_those_of_the_calendar() {
    let mut window = window(0, 1, 0);
    for (ms, date) in [
        (0, "1970-01-01T00:00:00.000Z"),
        (-5, "1970-01-01T00:00:00.000Z"),
        (951_782_399_999, "2000-02-28T23:59:59.999Z"),
        (951_782_400_000, "2000-02-29T00:00:00.000Z"),
        (1_709_164_800_001, "2024-02-29T00:00:00.001Z"),
        (1_735_689_599_042, "2024-12-31T23:59:59.042Z"),
        (NOW_MS, "2026-11-23T05:47:46.000Z"),
        (4_107_542_400_000, "2100-03-01T00:00:00.000Z"),
        (i64::MAX, "9999-12-31T23:59:59.999Z"),
    ] {
        change(&mut window, 0, |segment| segment.wall_clock_ms = ms);
        let playlist = media(&view(&window));
        let tag = format!("#EXT-X-PROGRAM-DATE-TIME:{date}");
        assert_eq!(lines(&playlist, "#EXT-X-PROGRAM"), [tag]);
    }
}

#[test]
fn discontinuities_that_left_are_counted() {
    let mut window = window(7, 3, 0);
    window.discontinuities_gone = 4;
    let playlist = media(&view(&window));
    assert!(
        playlist.contains("#EXT-X-MEDIA-SEQUENCE:7\n#EXT-X-DISCONTINUITY-SEQUENCE:4\n"),
        "{playlist}"
    );
}

#[test]
fn open_groups_of_pictures_are_not_called_independent() {
    let window = window(0, 3, 0);
    let view = LiveView {
        independent: false,
        ..view(&window)
    };
    assert!(!media(&view).contains("INDEPENDENT-SEGMENTS"));
}

#[test]
fn reports_tell_the_last_part_or_without_parts_the_last_whole_segment() {
    let report = |window: &Window, control| {
        let other = super::window(0, 3, 1);
        let reports = [Report {
            track: "a-en",
            last: Position::of(window),
        }];
        let playlist = media(&LiveView {
            control,
            reports: &reports,
            ..view(&other)
        });
        let told = lines(&playlist, "#EXT-X-RENDITION-REPORT:");
        told.first().map(|line| {
            let (_, numbers) = line
                .split_once("URI=\"../a-en/index.m3u8\",LAST-MSN=")
                .unwrap();
            numbers.to_owned()
        })
    };
    let mut window = window(10, 4, 2);
    assert_eq!(report(&window, LOW_LATENCY).unwrap(), "14,LAST-PART=1");
    assert_eq!(report(&window, PLAIN).unwrap(), "13");
    change(&mut window, 14, |segment| segment.parts.clear());
    assert_eq!(report(&window, LOW_LATENCY).unwrap(), "13,LAST-PART=3");
    change(&mut window, 13, gap);
    assert_eq!(report(&window, LOW_LATENCY).unwrap(), "12,LAST-PART=3");
    assert_eq!(report(&window, PLAIN).unwrap(), "13");
    window.segments.clear();
    assert_eq!(report(&window, LOW_LATENCY), None);
}
