#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
use super::*;

#[test]
fn rates_sizes_and_shares_are_read_with_their_units() {
    for (text, rate) in [
        ("6M", 6e6),
        ("1.2M", 1.2e6),
        ("800k", 8e5),
        ("25Gb/s", 25e9),
        ("25 G", 25e9),
        ("96000", 96_000.0),
    ] {
        assert_eq!(text.parse(), Ok(Rate(rate)), "{text}");
    }
    assert_eq!("64GiB".parse(), Ok(Bytes(68_719_476_736.0)));
    assert_eq!("2TB".parse(), Ok(Bytes(2e12)));
    assert_eq!("30%".parse(), Ok(Percent(0.3)));
}

#[test]
fn what_has_no_meaning_is_refused() {
    for text in ["", "M", "-1M", "0", "inf", "NaN", "6X", "6MM"] {
        assert_eq!(
            text.parse::<Rate>(),
            Err(ValueError::Rate(text.to_owned())),
            "{text}"
        );
    }
    for text in ["0.3", "101%", "-1%", "%", "NaN%"] {
        assert!(text.parse::<Percent>().is_err(), "{text}");
    }
    assert!("64 pounds".parse::<Bytes>().is_err());
}
