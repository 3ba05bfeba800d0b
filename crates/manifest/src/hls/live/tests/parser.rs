//! Live playlists as a parser of others reads them.
use edgepack_packager::Rotation;

use super::protected::{protection, under};
use super::*;
use crate::Method;
use crate::outside::parsed;

#[test]
fn m3u8_parser_reads_live_playlists() {
    let mut window = window(1000, 20, 2);
    window.discontinuities_gone = 2;
    change(&mut window, 1015, gap);
    change(&mut window, 1017, |segment| segment.discontinuity = true);
    for number in 1017..=1020 {
        change(&mut window, number, |segment| segment.header = 1);
    }
    let mut ended = window.clone();
    ended.ended = true;
    let listed = [DateRange {
        id: "p1".to_owned(),
        class: Some("programme".to_owned()),
        start_ms: NOW_MS,
        end_ms: None,
        duration_ms: Some(60_000),
        planned_duration_ms: None,
        end_on_next: false,
        attributes: vec![("SCTE35-OUT".to_owned(), Value::Bytes(vec![0xfc]))],
        added_ms: NOW_MS,
    }];
    let reports = [Report {
        track: "a-en",
        last: Position::of(&window),
    }];
    let keys = protection(Method::Cbcs, Rotation::NewHeader, &[(0, 0), (1018, 1)]);
    let live = LiveView {
        reports: &reports,
        date_ranges: DateRanges {
            listed: &listed,
            removed: &[],
            now_ms: NOW_MS,
        },
        protection: Some(under(&keys)),
        start_ms: Some(-6000),
        ..view(&window)
    };
    let plain = LiveView {
        control: PLAIN,
        ..live
    };
    let ended = LiveView {
        window: &ended,
        start_ms: None,
        ..live
    };
    let event = LiveView {
        nature: Nature::Event,
        ..live
    };
    let vod = LiveView {
        nature: Nature::Vod,
        ..live
    };
    for (playlist, segments, parts) in [
        (media(&live), 20, 14),
        (media(&plain), 20, 0),
        (media(&ended), 21, 14),
        (media(&event), 20, 14),
        (media(&vod), 20, 0),
        (delta(&live, Skip::DateRanges), 7, 14),
    ] {
        let Some(read) = parsed("parse-hls.mjs", &playlist) else {
            return;
        };
        assert_eq!(lines(&playlist, "#EXTINF").len(), segments, "{playlist}");
        assert_eq!(lines(&playlist, "#EXT-X-PART:").len(), parts, "{playlist}");
        for uri in uris(&playlist) {
            assert!(read.contains(&format!("\"uri\": \"{uri}\"")), "{read}");
        }
        assert!(read.contains("\"mediaSequence\": 1000"), "{read}");
        assert!(read.contains("\"discontinuitySequence\": 2"), "{read}");
        let is_open = !playlist.contains("#EXT-X-ENDLIST");
        assert_eq!(read.contains("\"endList\": true"), !is_open, "{read}");
        assert_eq!(read.contains("\"canBlockReload\": true"), is_open, "{read}");
        if parts > 0 {
            assert!(read.contains("\"partTargetDuration\": 0.5"), "{read}");
        }
        if is_open && parts > 0 {
            assert!(read.contains("6b03c2c2-1020.2.m4s"), "{read}");
            assert!(read.contains("\"lastPart\": 1"), "{read}");
        }
    }
}
