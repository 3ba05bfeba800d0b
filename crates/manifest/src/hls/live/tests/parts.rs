//! EXT-X-PART and EXT-X-PRELOAD-HINT.
use super::*;

#[test]
fn parts_are_listed_within_three_target_durations_of_the_end() {
    let first = |growing| {
        let playlist = media(&view(&window(0, 10, growing)));
        lines(&playlist, "#EXT-X-PART:")[0].to_owned()
    };
    // Segments of 2 s: three whole ones, whatever grows behind them.
    assert!(first(0).contains("6b03c2c2-7.0.m4s"));
    assert!(first(1).contains("6b03c2c2-7.0.m4s"));
    assert!(first(3).contains("6b03c2c2-7.0.m4s"));
}

#[test]
fn a_long_segment_at_the_end_keeps_its_parts() {
    let mut window = window(0, 3, 1);
    let growing = window.segments.pop().unwrap();
    let mut growing = Arc::unwrap_or_clone(growing);
    // Encoders are asked to place sync samples, not bound to.
    for index in 1..14 {
        growing
            .parts
            .push(Arc::new(part(growing.start + index * PART, PART, false)));
    }
    growing.duration = 14 * PART;
    window.segments.push(Arc::new(growing));
    let playlist = media(&view(&window));
    assert_eq!(lines(&playlist, "#EXT-X-PART:").len(), 14);
}

#[test]
fn a_part_that_is_longer_than_said_raises_what_is_said() {
    let mut window = window(0, 3, 2);
    change(&mut window, 3, |segment| {
        segment.parts[1] = Arc::new(part(segment.start + PART, 54_001, false));
        segment.duration = PART + 54_001;
    });
    let playlist = media(&view(&window));
    assert!(
        playlist.contains("PART-HOLD-BACK=1.803\n#EXT-X-PART-INF:PART-TARGET=0.601\n"),
        "{playlist}"
    );
}

#[test]
fn the_part_that_comes_next_is_hinted() {
    let hints = |window: &Window| {
        let playlist = media(&view(window));
        let hints = lines(&playlist, "#EXT-X-PRELOAD-HINT:");
        hints.into_iter().map(str::to_owned).collect::<Vec<_>>()
    };
    let part = |name: &str| format!("#EXT-X-PRELOAD-HINT:TYPE=PART,URI=\"6b03c2c2-{name}.m4s\"");
    let mut window = window(5, 3, 2);
    assert_eq!(hints(&window), [part("8.2")]);
    change(&mut window, 8, |segment| segment.complete = true);
    assert_eq!(hints(&window), [part("9.0")]);
    // It is known that it begins anew, and no part of it is there.
    let mut next = segment(9, 0, false);
    next.header = 1;
    next.discontinuity = true;
    window.segments.push(Arc::new(next));
    let map = "#EXT-X-PRELOAD-HINT:TYPE=MAP,URI=\"init-6b03c2c2-1.mp4\"";
    assert_eq!(hints(&window), [map]);
    assert!(!media(&view(&window)).contains("EXT-X-DISCONTINUITY\n"));
    change(&mut window, 9, |segment| {
        segment
            .parts
            .push(Arc::new(super::part(segment.start, PART, true)));
        segment.duration = PART;
    });
    assert_eq!(hints(&window), [part("9.1")]);
    let playlist = media(&view(&window));
    let (_, growing) = playlist.split_once("-8.m4s\n").unwrap();
    assert!(
        growing.starts_with(
            "#EXT-X-DISCONTINUITY\n#EXT-X-MAP:URI=\"init-6b03c2c2-1.mp4\"\n#EXT-X-PROGRAM-DATE-TIME:"
        ),
        "{playlist}"
    );
    window.ended = true;
    assert!(hints(&window).is_empty());
}

#[test]
fn a_segment_that_is_full_is_followed_by_the_next_one() {
    let hint = |window: &Window| {
        let playlist = media(&view(window));
        lines(&playlist, "#EXT-X-PRELOAD-HINT:TYPE=PART")[0].to_owned()
    };
    let mut window = window(5, 3, 3);
    assert!(hint(&window).contains("-8.3.m4s"));
    change(&mut window, 8, |segment| {
        *segment = super::segment(8, 4, false);
    });
    assert!(hint(&window).contains("-9.0.m4s"));
    // It went on for lack of a sync sample.
    let mut longer = window.clone();
    change(&mut longer, 8, |segment| {
        *segment = super::segment(8, 5, false);
    });
    assert!(hint(&longer).contains("-8.5.m4s"));
    // As the one before did, so nobody knows.
    change(&mut window, 7, |segment| {
        *segment = super::segment(7, 5, true);
    });
    assert!(hint(&window).contains("-8.4.m4s"));
}

#[test]
fn a_gap_has_no_parts() {
    let mut window = window(0, 4, 0);
    change(&mut window, 3, |segment| segment.gap = true);
    let playlist = media(&view(&window));
    assert!(!playlist.contains("-3.0.m4s"));
    assert!(playlist.contains("#EXT-X-GAP\n#EXTINF:2.000000,\n6b03c2c2-3.m4s\n"));
    assert!(playlist.contains("TYPE=PART,URI=\"6b03c2c2-4.0.m4s\""));
}

#[test]
fn parts_add_up_to_their_segment() {
    let mut window = window(0, 1, 0);
    window.timescale = 44_100;
    change(&mut window, 0, |segment| {
        // Frames of 1024 samples: nothing is a whole number of microseconds.
        segment.start = 1024 * 7;
        segment.parts = (0..4)
            .map(|index| Arc::new(part(1024 * (7 + 21 * index), 1024 * 21, true)))
            .collect();
        segment.duration = 1024 * 84;
    });
    let playlist = media(&view(&window));
    let micros = |line: &str, before: &str| -> u64 {
        let (_, rest) = line.split_once(before).unwrap();
        let (seconds, _) = rest.split_once(',').unwrap();
        seconds.replace('.', "").parse().unwrap()
    };
    let parts = lines(&playlist, "#EXT-X-PART:");
    let sum: u64 = parts.iter().map(|line| micros(line, "DURATION=")).sum();
    let segment = lines(&playlist, "#EXTINF:")[0];
    assert_eq!(sum, micros(segment, "#EXTINF:"));
}

#[test]
fn without_parts_nothing_of_a_growing_segment_is_listed() {
    let playlist = media(&plain(&window(0, 3, 2)));
    assert!(!playlist.contains("PART") && !playlist.contains("HINT"));
    assert_eq!(uris(&playlist).len(), 3);
    assert_eq!(lines(&playlist, "#EXT-X-PROGRAM").len(), 3);
}
