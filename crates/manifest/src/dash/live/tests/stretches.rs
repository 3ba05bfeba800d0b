//! Start-over and catch-up: a stretch of a channel.
use super::*;
use crate::outside::parsed;

/// The node was away from 12 s to 16 s; sound comes a little later than pictures.
fn studio(nature: Nature) -> Studio {
    let survives =
        |encoder: Encoder| encoder.survives(BEGIN_MS + 12_000, BEGIN_MS + 16_000, 0x6abc_1240);
    let mut studio = Studio::new(vec![survives(Encoder::video()), survives(Encoder::audio())]);
    studio.nature = nature;
    studio.settings.utc_timing.http_xsdate = None;
    studio
}

#[test]
fn catch_up_is_static_and_counts_from_its_beginning() {
    let mpd = studio(Nature::Vod).mpd(BEGIN_MS + 24_700);
    insta::assert_snapshot!(mpd);
    if let Some(read) = parsed("parse-mpd.mjs", &mpd) {
        assert!(!read.contains("\"endList\": false"), "{read}");
    }
}

#[test]
fn start_over_is_dynamic_and_keeps_its_beginning() {
    let mut studio = studio(Nature::Event);
    studio.settings.low_latency = false;
    let mpd = studio.mpd(BEGIN_MS + 24_700);
    insta::assert_snapshot!(mpd);
    let later = studio.mpd(BEGIN_MS + 26_700);
    assert_eq!(
        attributes(&mpd, "Period", "start"),
        attributes(&later, "Period", "start")
    );
    if let Some(read) = parsed("parse-mpd.mjs", &mpd) {
        assert_eq!(read.matches("\"endList\": false").count(), 2, "{read}");
    }
}

#[test]
fn start_over_may_have_low_latency_and_catch_up_never_has() {
    let of = |nature| studio(nature).mpd(BEGIN_MS + 24_700);
    assert!(of(Nature::Event).contains("availabilityTimeComplete"));
    let catch_up = of(Nature::Vod);
    for word in [
        "availability",
        "ServiceDescription",
        "ProducerReferenceTime",
        "UTCTiming",
    ] {
        assert!(!catch_up.contains(word), "{word}\n{catch_up}");
    }
}

/// Who watches to the end stays where they are.
#[test]
fn start_over_that_ends_stays_on_its_time_line() {
    let mut studio = studio(Nature::Event);
    studio.settings.low_latency = false;
    for encoder in &mut studio.encoders {
        encoder.ended_ms = Some(BEGIN_MS + 24_000);
    }
    let before = studio.mpd(BEGIN_MS + 23_900);
    let after = studio.mpd(BEGIN_MS + 24_100);
    assert!(after.contains("type=\"static\""), "{after}");
    assert_eq!(
        attributes(&before, "Period", "start"),
        attributes(&after, "Period", "start")
    );
}
