//! What a dynamic MPD says of itself.
use super::*;

#[test]
fn a_low_latency_channel() {
    insta::assert_snapshot!(Studio::usual().mpd(BEGIN_MS + 11_700));
}

#[test]
fn a_channel_without_low_latency_lists_what_is_whole() {
    let mut studio = Studio::usual();
    studio.settings.low_latency = false;
    insta::assert_snapshot!(studio.mpd(BEGIN_MS + 11_700));
}

#[test]
fn before_the_first_segment_is_whole_there_is_no_mpd() {
    let mut studio = Studio::usual();
    let nothing = Err(Error::NothingToOffer { form: "live DASH" });
    assert_eq!(studio.try_mpd(BEGIN_MS + 1900), nothing);
    assert!(studio.try_mpd(BEGIN_MS + 2100).is_ok());
}

#[test]
fn players_ask_no_more_often_than_once_a_second() {
    let mut studio = Studio::usual();
    studio.settings.minimum_update_period_ms = 0;
    let mpd = studio.mpd(BEGIN_MS + 5000);
    assert_eq!(attribute(&mpd[40..], "minimumUpdatePeriod"), Some("PT1S"));
}

#[test]
fn the_time_is_found_at_an_address_and_in_the_mpd() {
    let mpd = Studio::usual().mpd(BEGIN_MS + 5250);
    let times = elements(mpd.split("</Period>").last().unwrap(), "UTCTiming");
    assert_eq!(attribute(times[0], "value"), Some("/time"));
    assert_eq!(
        attribute(times[1], "value"),
        Some("2026-03-01T12:00:05.250Z")
    );
}

/// Latency is measured by the clock that availability is.
#[test]
fn references_name_the_clock_of_the_mpd() {
    let url = |text: &str| Some(text.to_owned());
    for (http_xsdate, direct, expected) in [
        (url("/time"), true, "/time"),
        (None, true, "2026-03-01T12:00:05.250Z"),
    ] {
        let mut studio = Studio::usual();
        studio.settings.utc_timing = UtcTiming {
            http_xsdate,
            direct,
        };
        let mpd = studio.mpd(BEGIN_MS + 5250);
        let own = elements(mpd.split("</Period>").last().unwrap(), "UTCTiming")[0];
        assert_eq!(attribute(own, "value"), Some(expected));
        let references = elements(&mpd, "ProducerReferenceTime");
        assert_eq!(references.len(), 2);
        for reference in references {
            assert_eq!(elements(reference, "UTCTiming"), [own]);
        }
    }
}

#[test]
fn latency_is_told_with_low_latency_only() {
    let mut studio = Studio::usual();
    studio.settings.low_latency = false;
    let mpd = studio.mpd(BEGIN_MS + 5000);
    for word in [
        "ServiceDescription",
        "availabilityTimeOffset",
        "ProducerReferenceTime",
        "low-latency",
    ] {
        assert!(!mpd.contains(word), "{word}\n{mpd}");
    }
}

/// Media time 0 has been captured 700 ms before it was here: the Period starts when it was, and says so.
#[test]
fn an_encoders_delay_moves_the_period_and_not_its_clock() {
    let mut studio = Studio::usual();
    studio.settings.encoder_delay_ms = 700;
    let mpd = studio.mpd(BEGIN_MS + 5000);
    let start = micros(attributes(&mpd, "Period", "start")[0].unwrap());
    assert_eq!(start, (BEGIN_MS + 700) * 1000);
    for reference in elements(&mpd, "ProducerReferenceTime") {
        assert_eq!(
            attribute(reference, "wallClockTime"),
            Some("2026-03-01T12:00:00.000Z")
        );
    }
}

#[test]
fn a_channel_under_aes_128_has_no_mpd() {
    let mut studio = Studio::usual();
    let mut protection =
        crate::sample::protection(&studio.presentation, edgepack_drm::Scheme::Cenc);
    protection.method = crate::Method::Aes128;
    studio.protection = Some(protection);
    let nothing = Err(Error::NothingToOffer { form: "DASH" });
    assert_eq!(studio.try_mpd(BEGIN_MS + 5000), nothing);
}
