#![allow(clippy::unwrap_used)]
use proptest::prelude::*;

use super::*;
use crate::description::Description;

fn start_of(written: &str) -> Option<u64> {
    let text = format!("[[clip]]\nfile = \"a.mp4\"\nstart = {written:?}");
    let description = Description::parse(&text, std::path::Path::new("asset.toml")).ok()?;
    description.periods[0].clip.start_us
}

#[test]
fn moments_are_exact_to_the_microsecond() {
    for (written, micros) in [
        ("00:00:00", 0),
        ("1:02", 62_000_000),
        ("00:01:00.500", 60_500_000),
        ("01:02:03.000001", 3_723_000_001),
        ("100:00:00", 360_000_000_000),
        ("90.5s", 90_500_000),
        ("250ms", 250_000),
        ("2m", 120_000_000),
    ] {
        assert_eq!(start_of(written), Some(micros), "{written}");
    }
}

#[test]
fn what_is_no_moment() {
    for written in [
        "",
        "5",
        "1.5",
        "1:60",
        "60:00:60",
        ":30",
        "1:",
        "1:2:3:4",
        "-1:00",
        "1:00.",
        "1:00.0000001",
        "1:00.1234567890",
        "+1:00",
        "1 :00",
        "2000:00:00",
        "99999999999999999999:00",
    ] {
        assert_eq!(start_of(written), None, "{written}");
    }
}

#[test]
fn languages_come_out_in_canonical_form() {
    let language = |written: &str| {
        let text = format!("[[track]]\nfile = \"a.mp4\"\nlanguage = {written:?}");
        let description = Description::parse(&text, std::path::Path::new("asset.toml")).ok()?;
        description.periods[0].tracks[0].language.clone()
    };
    assert_eq!(language("EN-gb").as_deref(), Some("en-GB"));
    assert_eq!(language("zh-hant-tw").as_deref(), Some("zh-Hant-TW"));
    assert_eq!(language("und").as_deref(), Some("und"));
    assert_eq!(
        language("ger-CH").as_deref(),
        Some("de-CH"),
        "RFC 5646, 2.2.1"
    );
    assert_eq!(language("x-private").as_deref(), Some("x-private"));
    for wrong in [
        "",
        "en_GB",
        "en-",
        "english-language-of-old",
        &"a-".repeat(64),
    ] {
        assert_eq!(language(wrong), None, "{wrong}");
    }
}

proptest! {
    #[test]
    fn no_text_makes_the_reader_panic(text in ".{0,200}") {
        let _ = Description::parse(&text, std::path::Path::new("asset.toml"));
    }

    #[test]
    fn clock_times_read_back(micros in 0u64..3_600_000_000_000) {
        let (seconds, fraction) = (micros / 1_000_000, micros % 1_000_000);
        let written = format!(
            "{}:{:02}:{:02}.{fraction:06}", seconds / 3600, seconds / 60 % 60, seconds % 60
        );
        prop_assert_eq!(clock_time(&written).unwrap().as_micros() as u64, micros);
    }
}
