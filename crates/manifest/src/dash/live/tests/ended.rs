//! Channels that are over.
use super::*;

fn ended(low_latency: bool) -> String {
    let mut studio = Studio::usual();
    studio.settings.low_latency = low_latency;
    for encoder in &mut studio.encoders {
        encoder.ended_ms = Some(BEGIN_MS + 61_000);
    }
    studio.mpd(BEGIN_MS + 30_000);
    studio.mpd(BEGIN_MS + 62_000)
}

#[test]
fn a_channel_that_ended_is_static() {
    for low_latency in [false, true] {
        let mpd = ended(low_latency);
        for word in [
            "minimumUpdatePeriod",
            "UTCTiming",
            "timeShiftBufferDepth",
            "availability",
        ] {
            assert!(!mpd.contains(word), "{word}\n{mpd}");
        }
        let root = &mpd[mpd.find("<MPD").unwrap()..];
        assert_eq!(attribute(root, "type"), Some("static"));
        let end = micros(attribute(root, "mediaPresentationDuration").unwrap());
        assert_eq!(end, (BEGIN_MS + 61_000) * 1000);
    }
}

/// 31 segments came, 20 are left.
#[test]
fn a_static_mpd_begins_with_what_is_left() {
    for low_latency in [false, true] {
        let mpd = ended(low_latency);
        let start = micros(attributes(&mpd, "Period", "start")[0].unwrap());
        assert_eq!(start, (BEGIN_MS + 22_000) * 1000, "{mpd}");
        let numbers = attributes(&mpd, "SegmentTemplate", "startNumber");
        assert_eq!(numbers[0], Some("886183211"));
    }
}

/// The last of 20 segments lasts a second.
#[test]
fn counted_segments_end_with_the_last() {
    let mpd = ended(true);
    let ends = attributes(&mpd, "SegmentTemplate", "endNumber");
    assert_eq!(ends, [None; 2], "{mpd}");
    let start = micros(attributes(&mpd, "Period", "start")[0].unwrap());
    let root = &mpd[mpd.find("<MPD").unwrap()..];
    let end = micros(attribute(root, "mediaPresentationDuration").unwrap());
    assert_eq!((end - start + 1_999_999) / 2_000_000, 20);
}

#[test]
fn where_the_time_would_make_more_segments_their_end_is_told() {
    let mut studio = Studio::usual();
    studio.encoders[0].ended_ms = Some(BEGIN_MS + 31_000);
    // Sound goes on for a little more than a segment.
    studio.encoders[1].ended_ms = Some(BEGIN_MS + 33_000);
    studio.mpd(BEGIN_MS + 30_000);
    let mpd = studio.mpd(BEGIN_MS + 34_000);
    let ends = attributes(&mpd, "SegmentTemplate", "endNumber");
    assert_eq!(ends, [Some("886183215"), None], "{mpd}");
}
