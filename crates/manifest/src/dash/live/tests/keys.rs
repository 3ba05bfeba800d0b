//! Keys of channels.
use edgepack_packager::{CryptoPeriod, Rotation};

use super::*;
use crate::Method;
use crate::sample::{kid, scheduled};

/// Another key from these numbers on.
fn rotating(studio: &Studio, changes: &[u32], rotation: Rotation) -> Protection {
    let mut protection = scheduled(&studio.presentation, Method::Cenc, None, 0, rotation);
    for (track, of) in protection.tracks.iter_mut().zip([1, 2]) {
        let track = track.as_mut().unwrap();
        let first = track.periods[0].clone();
        for (first_segment, number) in changes.iter().zip(1..) {
            track.periods.push(CryptoPeriod {
                first_segment: *first_segment,
                number,
                kid: kid(of, number),
                ..first.clone()
            });
        }
    }
    protection
}

#[test]
fn a_key_protects_all_sets_of_a_channel() {
    let mut studio = Studio::usual();
    studio.protection = Some(rotating(&studio, &[], Rotation::NewHeader));
    let mpd = studio.mpd(BEGIN_MS + 9000);
    assert_eq!(mpd.matches("cenc:default_KID").count(), 2);
    assert!(mpd.contains("init-6abc1234-0.mp4"), "{mpd}");
}

/// Players that count segments go on into the next key's unless they are told before.
#[test]
fn a_key_that_changes_is_announced_before_its_first_segment() {
    let mut studio = Studio::usual();
    studio.protection = Some(rotating(&studio, &[886_183_210], Rotation::NewHeader));
    let before = studio.mpd(BEGIN_MS + 9000);
    assert_eq!(elements(&before, "Period").len(), 1, "{before}");
    let ahead = studio.mpd(BEGIN_MS + 15_000);
    let periods = elements(&ahead, "Period");
    assert_eq!(periods.len(), 2, "{ahead}");
    let start = micros(attribute(periods[1], "start").unwrap());
    assert_eq!(start, (BEGIN_MS + 20_000) * 1000);
    for (period, kid) in periods.iter().zip([0, 1]) {
        let ids = attributes(period, "ContentProtection", "cenc:default_KID");
        let key = format!("01000000-0000-0000-0000-0000000000{kid:02}");
        assert_eq!(ids[0], Some(key.as_str()), "{ahead}");
    }
    let numbers = attributes(periods[1], "SegmentTemplate", "startNumber");
    assert_eq!(numbers, [Some("886183210"); 2]);
    assert!(periods[1].contains("init-6abc1234-0.1.mp4"), "{ahead}");
    assert!(!periods[1].contains("period-continuity"));
    // What leads up to it is not over yet.
    let ends = attributes(periods[0], "SegmentTemplate", "endNumber");
    assert_eq!(ends, [None; 2], "{ahead}");
    assert_eq!(attribute(periods[0], "duration"), None, "{ahead}");
    // It stays as announced.
    let after = studio.mpd(BEGIN_MS + 25_000);
    assert_eq!(
        attributes(&after, "Period", "start"),
        attributes(&ahead, "Period", "start")
    );
    assert_eq!(
        elements(elements(&after, "Period")[1], "SegmentTemplate"),
        elements(periods[1], "SegmentTemplate")
    );
}

/// Keys that change more often than they are announced ahead.
#[test]
fn each_of_two_announced_keys_has_a_period() {
    let mut studio = Studio::usual();
    let changes = [886_183_207, 886_183_209];
    studio.protection = Some(rotating(&studio, &changes, Rotation::NewHeader));
    let ahead = studio.mpd(BEGIN_MS + 11_000);
    let begins = ["886183200", "886183207", "886183209"].map(Some);
    let is_announced = |mpd: &str| {
        let periods = elements(mpd, "Period");
        let first = |period: &&str, name: &str| {
            let of_tracks = attributes(period, "SegmentTemplate", name);
            of_tracks[0].map(str::to_owned)
        };
        let numbers: Vec<_> = periods.iter().map(|p| first(p, "startNumber")).collect();
        let numbers: Vec<_> = numbers.iter().map(Option::as_deref).collect();
        assert_eq!(numbers, begins, "{mpd}");
        // Each goes on until the next one begins.
        for period in periods {
            assert_eq!(first(&period, "endNumber"), None, "{mpd}");
            assert_eq!(attribute(period, "duration"), None, "{mpd}");
        }
    };
    is_announced(&ahead);
    // And is as announced when it has come.
    let after = studio.mpd(BEGIN_MS + 21_000);
    is_announced(&after);
    assert_eq!(
        attributes(&after, "Period", "start"),
        attributes(&ahead, "Period", "start")
    );
}

#[test]
fn without_low_latency_a_key_comes_with_its_first_segment() {
    let mut studio = Studio::usual();
    studio.settings.low_latency = false;
    studio.protection = Some(rotating(&studio, &[886_183_205], Rotation::NewHeader));
    let before = studio.mpd(BEGIN_MS + 11_000);
    assert_eq!(elements(&before, "Period").len(), 1);
    let mpd = studio.mpd(BEGIN_MS + 13_000);
    let periods = elements(&mpd, "Period");
    assert_eq!(periods.len(), 2, "{mpd}");
    let numbers = attributes(periods[1], "SegmentTemplate", "startNumber");
    assert_eq!(numbers, [Some("886183205"); 2]);
}

#[test]
fn keys_in_sample_groups_need_no_period() {
    let mut studio = Studio::usual();
    studio.protection = Some(rotating(&studio, &[886_183_205], Rotation::SampleGroups));
    // The channel began in the first of these, long ago.
    let tracks = studio.protection.iter_mut().flat_map(|p| &mut p.tracks);
    for period in tracks.flatten().flat_map(|track| &mut track.periods) {
        period.number += 7;
    }
    let mpd = studio.mpd(BEGIN_MS + 20_000);
    assert_eq!(elements(&mpd, "Period").len(), 1, "{mpd}");
    let headers = attributes(&mpd, "SegmentTemplate", "initialization");
    assert_eq!(headers, [Some("$RepresentationID$/init-6abc1234-0.mp4"); 2]);
}
