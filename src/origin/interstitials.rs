//! Interstitials as playlists have them (RFC 8216bis, appendix D).
use edgepack_manifest::hls::{DateRange, Value};

use crate::admin::{Asset, Interstitial};

/// RFC 8216bis, appendix D.2.
pub(super) const CLASS: &str = "com.apple.hls.interstitial";

/// `start_ms`, `added_ms`: Unix time.
pub(super) fn date_range(of: &Interstitial, start_ms: i64, added_ms: i64) -> DateRange {
    let mut attributes = vec![match &of.asset {
        Asset::Uri(uri) => ("X-ASSET-URI".to_owned(), Value::Text(uri.clone())),
        Asset::List(list) => ("X-ASSET-LIST".to_owned(), Value::Text(list.clone())),
    }];
    let limit = of.playout_limit_ms;
    let limit = limit.map(|ms| i64::try_from(ms).unwrap_or(i64::MAX));
    for (name, ms) in [
        ("X-RESUME-OFFSET", of.resume_offset_ms),
        ("X-PLAYOUT-LIMIT", limit),
    ] {
        attributes.extend(ms.map(|ms| (name.to_owned(), Value::Seconds(ms))));
    }
    let choices = of.choices.iter();
    attributes
        .extend(choices.map(|(name, value)| ((*name).to_owned(), Value::Text(value.clone()))));
    DateRange {
        id: of.id.clone(),
        class: Some(CLASS.to_owned()),
        start_ms,
        end_ms: None,
        duration_ms: of.duration_ms,
        planned_duration_ms: of.planned_duration_ms,
        end_on_next: false,
        attributes,
        added_ms,
    }
}
