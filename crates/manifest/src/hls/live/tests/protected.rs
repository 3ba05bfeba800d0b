//! EXT-X-KEY of live playlists: crypto periods by media sequence number.
use edgepack_packager::{CryptoPeriod, Encryption, Rotation, TrackProtection};

use super::reading::Reading;
use super::*;
use crate::sample::{kid, ladder, scheduled, w3c_common};
use crate::{Method, Protection};

/// Of crypto periods: first media sequence number and number.
pub(super) fn protection(method: Method, rotation: Rotation, periods: &[(u32, u32)]) -> Protection {
    let mut protection = scheduled(&ladder(), method, None, 0, rotation);
    let track = protection.tracks[0].as_mut().unwrap();
    let template = track.periods.remove(0);
    for &(first_segment, number) in periods {
        let kid = kid(1, number);
        let mut period = CryptoPeriod {
            first_segment,
            number,
            kid,
            ..template.clone()
        };
        if let Encryption::Common(encryption) = &mut period.encryption {
            encryption.default_kid = kid;
        }
        track.periods.push(period);
        protection.signals.insert(kid, vec![w3c_common(kid)]);
    }
    protection
}

pub(super) fn under(protection: &Protection) -> LiveProtection<'_> {
    LiveProtection {
        protection,
        track: track(protection),
    }
}

fn track(protection: &Protection) -> &TrackProtection {
    protection.tracks[0].as_ref().unwrap()
}

/// Lines about keys, headers and segments, without what W3C common and ClearKey say.
fn body(playlist: &str) -> Vec<&str> {
    let is_body = |line: &&str| {
        let tags = [
            "#EXT-X-KEY",
            "#EXT-X-MAP",
            "#EXT-X-DISCONTINUITY",
            "#EXT-X-SKIP",
            "#EXT-X-PRE",
        ];
        let is_tag = |tag: &&str| line.starts_with(*tag) && !line.contains("SEQUENCE");
        let is_other = line.contains("urn:uuid:1077efec") || line.contains("org.w3.clearkey");
        (!line.starts_with('#') || tags.iter().any(is_tag)) && !is_other
    };
    playlist.lines().filter(is_body).collect()
}

fn identity(method: &str, number: u32) -> String {
    let hex = kid(1, number).to_hex();
    format!("#EXT-X-KEY:METHOD={method},URI=\"../{hex}.key\"")
}

const IV: &str = ",IV=0xabababababababababababababababab";
const FORMAT: &str = ",KEYFORMAT=\"identity\",KEYFORMATVERSIONS=\"1\"";

#[test]
fn keys_change_at_their_segment_with_a_header_of_their_own() {
    let protection = protection(Method::Cbcs, Rotation::NewHeader, &[(0, 0), (1002, 1)]);
    let window = window(1000, 3, 2);
    let playlist = media(&LiveView {
        protection: Some(under(&protection)),
        ..view(&window)
    });
    let key = |number| identity("SAMPLE-AES", number) + IV + FORMAT;
    assert_eq!(
        body(&playlist),
        [
            &key(0),
            "#EXT-X-MAP:URI=\"init-6b03c2c2-0.mp4\"",
            "6b03c2c2-1000.m4s",
            "6b03c2c2-1001.m4s",
            &key(1),
            "#EXT-X-MAP:URI=\"init-6b03c2c2-0.1.mp4\"",
            "6b03c2c2-1002.m4s",
            "#EXT-X-PRELOAD-HINT:TYPE=PART,URI=\"6b03c2c2-1003.2.m4s\"",
        ]
    );
    // Before the parts of the segment that they change with.
    let (_, later) = playlist.split_once("-1001.m4s\n").unwrap();
    assert!(later.starts_with("#EXT-X-KEY"), "{playlist}");
}

#[test]
fn a_window_begins_with_the_key_in_force() {
    let protection = protection(Method::Cenc, Rotation::NewHeader, &[(0, 3), (1000, 4)]);
    let window = window(1005, 3, 0);
    let playlist = media(&LiveView {
        protection: Some(under(&protection)),
        ..view(&window)
    });
    assert_eq!(
        body(&playlist)[..2],
        [
            &(identity("SAMPLE-AES-CTR", 4) + FORMAT),
            "#EXT-X-MAP:URI=\"init-6b03c2c2-0.4.mp4\"",
        ]
    );
    assert!(!playlist.contains("IV="));
}

#[test]
fn the_header_of_the_next_key_is_hinted_and_no_part_under_it() {
    let protection = protection(Method::Cbcs, Rotation::NewHeader, &[(0, 0), (1003, 1)]);
    let window = window(1000, 3, 0);
    let playlist = media(&LiveView {
        protection: Some(under(&protection)),
        ..view(&window)
    });
    assert_eq!(
        lines(&playlist, "#EXT-X-PRELOAD-HINT:"),
        ["#EXT-X-PRELOAD-HINT:TYPE=MAP,URI=\"init-6b03c2c2-0.1.mp4\"",]
    );
}

#[test]
fn sample_groups_change_keys_under_one_header() {
    let protection = protection(Method::Cbcs, Rotation::SampleGroups, &[(0, 0), (1001, 1)]);
    let window = window(1000, 3, 0);
    let playlist = media(&LiveView {
        protection: Some(under(&protection)),
        ..view(&window)
    });
    assert_eq!(lines(&playlist, "#EXT-X-MAP").len(), 1);
    assert!(body(&playlist)[3].contains(&kid(1, 1).to_hex()));
    assert_eq!(lines(&playlist, "#EXT-X-PRELOAD-HINT:").len(), 1);
}

#[test]
fn no_part_under_the_next_key_is_hinted_where_headers_stay() {
    let protection = protection(Method::Cbcs, Rotation::SampleGroups, &[(0, 0), (1003, 1)]);
    let window = window(1000, 3, 0);
    let playlist = media(&LiveView {
        protection: Some(under(&protection)),
        ..view(&window)
    });
    assert!(lines(&playlist, "#EXT-X-PRELOAD-HINT:").is_empty());
}

#[test]
fn whole_segments_take_their_iv_from_the_media_sequence_behind_a_clear_header() {
    let protection = protection(Method::Aes128, Rotation::NewHeader, &[(0, 0), (1001, 1)]);
    let mut window = window(1000, 3, 0);
    change(&mut window, 1002, |segment| {
        segment.discontinuity = true;
        segment.header = 1;
    });
    let playlist = media(&LiveView {
        protection: Some(under(&protection)),
        ..view(&window)
    });
    assert_eq!(
        body(&playlist)[..10],
        [
            "#EXT-X-MAP:URI=\"init-6b03c2c2-0.mp4\"",
            &identity("AES-128", 0),
            "6b03c2c2-1000.m4s",
            &identity("AES-128", 1),
            "6b03c2c2-1001.m4s",
            "#EXT-X-DISCONTINUITY",
            "#EXT-X-KEY:METHOD=NONE",
            "#EXT-X-MAP:URI=\"init-6b03c2c2-1.mp4\"",
            &identity("AES-128", 1),
            "6b03c2c2-1002.m4s",
        ]
    );
}

#[test]
fn another_encoder_has_the_same_key_again() {
    let protection = protection(Method::Cbcs, Rotation::NewHeader, &[(0, 0)]);
    let mut window = window(1000, 2, 0);
    change(&mut window, 1001, |segment| segment.discontinuity = true);
    let playlist = media(&LiveView {
        protection: Some(under(&protection)),
        ..view(&window)
    });
    let body = body(&playlist);
    assert_eq!(body[3], "#EXT-X-DISCONTINUITY");
    assert_eq!(body[4..6], body[..2]);
}

#[test]
fn a_delta_update_says_the_key_in_force_and_ends_what_it_replaces() {
    let mut protection = protection(Method::Cbcs, Rotation::NewHeader, &[(0, 0), (23, 1)]);
    // The later key lacks a system that the earlier has.
    protection.signals.insert(kid(1, 1), Vec::new());
    let first_left = |first: u64| {
        let window = window(first, 30, 1);
        let view = LiveView {
            protection: Some(under(&protection)),
            ..view(&window)
        };
        let update = delta(&view, Skip::Segments);
        let whole = Reading::of(&media(&view));
        assert_eq!(Reading::merged(&update, &whole).into_whole(), whole);
        let (_, rest) = update
            .split_once("#EXT-X-SKIP:SKIPPED-SEGMENTS=23\n")
            .unwrap();
        rest.lines().next().unwrap().to_owned()
    };
    // The first that is left is 23, where the key changes; then 24, where it has changed.
    assert_eq!(first_left(0), "#EXT-X-KEY:METHOD=NONE");
    assert!(first_left(1).starts_with("#EXT-X-KEY:METHOD=SAMPLE-AES,"));
}

#[test]
fn headers_are_named_after_their_crypto_period_where_they_hold_its_key() {
    let of = |method, rotation| {
        let protection = protection(method, rotation, &[(0, 0), (10, 7)]);
        let track = track(&protection);
        [9, 10].map(|number| header_period(&protection, track, number))
    };
    assert_eq!(of(Method::Cenc, Rotation::NewHeader), [0, 7]);
    assert_eq!(of(Method::Cenc, Rotation::SampleGroups), [0, 0]);
    assert_eq!(of(Method::Aes128, Rotation::NewHeader), [0, 0]);
    let names = Names { epoch: EPOCH };
    assert_eq!(names.header(2, 0), "init-6b03c2c2-2.mp4");
    assert_eq!(names.header(2, 7), "init-6b03c2c2-2.7.mp4");
    assert_eq!(names.segment(9), "6b03c2c2-9.m4s");
    assert_eq!(names.part(9, 3), "6b03c2c2-9.3.m4s");
}
