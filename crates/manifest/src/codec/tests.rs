#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
use super::*;

#[test]
fn every_string_belongs_to_its_family() {
    for (codecs, family) in [
        ("avc1.64001f", Family::Avc),
        ("avc3.64001f", Family::Avc),
        ("hev1.1.6.L93.B0", Family::Hevc),
        ("dvh1.05.06", Family::DolbyVision),
        ("av01.0.08M.10", Family::Av1),
        ("vp09.00.31.08", Family::Vp9),
        ("mp4a.40.2", Family::Aac),
        ("mp4a.40.42", Family::Aac),
        ("mp4a.40.34", Family::Mp3),
        ("mp4a.6B", Family::Mp3),
        ("ac-3", Family::Ac3),
        ("ec-3", Family::Eac3),
        ("ac-4.02.01.03", Family::Ac4),
        ("Opus", Family::Opus),
        ("fLaC", Family::Flac),
        ("alac", Family::Alac),
        ("dtsx", Family::Dts),
        ("iamf.000.000.Opus", Family::Iamf),
        ("xyz1", Family::Other),
    ] {
        assert_eq!(Family::of(codecs), family, "{codecs}");
    }
}

#[test]
fn names_lead_back_to_their_families() {
    for (family, name) in NAMES {
        assert_eq!(Family::named(name), Some(family));
        assert_eq!(family.name(), name);
    }
    assert_eq!(Family::named("other"), None);
}

#[test]
fn transport_streams_take_what_they_have_a_form_for() {
    for codecs in [
        "avc1.64001f",
        "hvc1.1.6.L93.B0",
        "mp4a.40.2",
        "mp4a.40.29",
        "ac-3",
        "ec-3",
        "mp4a.6b",
    ] {
        assert!(fits_transport_stream(codecs), "{codecs}");
    }
    for codecs in [
        "mp4a.40.42",
        "av01.0.08M.10",
        "Opus",
        "fLaC",
        "dvh1.05.06",
        "ac-4.02.01.03",
    ] {
        assert!(!fits_transport_stream(codecs), "{codecs}");
    }
}
