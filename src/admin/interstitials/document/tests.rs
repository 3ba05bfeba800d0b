#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
use serde_json::json;

use super::*;

fn whole() -> Value {
    json!({
        "id": "ad-1",
        "start": "2026-05-01T20:15:00.500Z",
        "asset_uri": "https://ads.example/1/index.m3u8?x=1",
        "duration": 30.0,
        "planned_duration": 29.5,
        "resume_offset": -0.25,
        "playout_limit": 28.04,
        "cue": ["pre", "once"],
        "snap": ["in", "out"],
        "restrict": ["skip", "jump"],
        "content_may_vary": "no",
        "timeline_occupies": "range",
        "timeline_style": "primary",
    })
}

/// The document with one key replaced; null removes it.
fn with(key: &str, value: Value) -> Vec<u8> {
    let mut document = whole();
    document[key] = value;
    if document[key].is_null() {
        document.as_object_mut().unwrap().remove(key);
    }
    document.to_string().into_bytes()
}

fn fault(key: &str, value: Value) -> String {
    parse(&with(key, value), Clock::Dates)
        .unwrap_err()
        .to_string()
}

#[test]
fn every_key_is_read_and_shown_as_it_was_given() {
    let interstitial = parse(whole().to_string().as_bytes(), Clock::Dates).unwrap();
    assert_eq!(interstitial.start_ms, 1_777_666_500_500);
    assert_eq!(interstitial.duration_ms, Some(30_000));
    assert_eq!(interstitial.planned_duration_ms, Some(29_500));
    assert_eq!(interstitial.resume_offset_ms, Some(-250));
    assert_eq!(interstitial.playout_limit_ms, Some(28_040));
    let choices: Vec<_> = interstitial
        .choices
        .iter()
        .map(|(name, value)| (*name, value.as_str()))
        .collect();
    assert_eq!(
        choices,
        [
            ("CUE", "PRE,ONCE"),
            ("X-SNAP", "IN,OUT"),
            ("X-RESTRICT", "SKIP,JUMP"),
            ("X-CONTENT-MAY-VARY", "NO"),
            ("X-TIMELINE-OCCUPIES", "RANGE"),
            ("X-TIMELINE-STYLE", "PRIMARY"),
        ]
    );
    assert_eq!(json(&interstitial, Clock::Dates), whole());
}

#[test]
fn an_id_a_start_and_an_asset_are_enough() {
    let least =
        json!({ "id": "a", "start": "2026-05-01T20:15:00Z", "asset_list": "http://a/list.json" });
    let interstitial = parse(least.to_string().as_bytes(), Clock::Dates).unwrap();
    assert_eq!(
        interstitial.asset,
        Asset::List("http://a/list.json".to_owned())
    );
    let shown = json(&interstitial, Clock::Dates);
    assert_eq!(shown.as_object().unwrap().len(), 3);
    assert_eq!(shown["start"], "2026-05-01T20:15:00.000Z");
}

#[test]
fn dates_have_any_offset() {
    for (date, expected) in [
        ("2026-05-01T22:15:00+02:00", Some(1_777_666_500_000)),
        ("2026-05-01T14:45:00.25-05:30", Some(1_777_666_500_250)),
        ("2026-05-01T20:15:00", None),
        ("2026-05-01", None),
        ("2026-05-01T20:15:00+2:00", None),
        ("2026-05-01T20:15:00+24:00", None),
        ("2026-05-01T20:15:00é00:00", None),
        ("1970-01-01T00:00:00+01:00", None),
        ("", None),
    ] {
        assert_eq!(unix_ms(date), expected, "{date}");
    }
}

#[test]
fn what_is_wrong_is_named() {
    for (key, value, expected) in [
        ("id", json!("a b"), "id:"),
        ("id", json!(""), "id:"),
        ("id", json!("a".repeat(129)), "id:"),
        ("id", json!("splice-7"), "id: those that begin"),
        ("id", Value::Null, "not the JSON"),
        ("start", json!("tomorrow"), "start: a date"),
        ("start", json!(12), "start: a date"),
        ("start", Value::Null, "start: a date"),
        ("asset_uri", Value::Null, "asset_uri or asset_list"),
        ("asset_list", json!("http://a/"), "asset_uri or asset_list"),
        ("asset_uri", json!("/1/index.m3u8"), "asset_uri:"),
        ("asset_uri", json!("ftp://a/1"), "asset_uri:"),
        ("asset_uri", json!("https://a/\"x"), "asset_uri:"),
        ("asset_uri", json!("https:///x"), "asset_uri:"),
        (
            "asset_uri",
            json!(format!("https://a/{}", "x".repeat(2048))),
            "asset_uri:",
        ),
        ("duration", json!(-1), "duration:"),
        ("duration", json!(86_401), "duration:"),
        ("resume_offset", json!(-86_401), "resume_offset:"),
        ("duration", json!("30"), "not the JSON"),
        ("cue", json!(["pre", "post"]), "cue: pre or post"),
        ("snap", json!(["in", "in"]), "snap:"),
        ("restrict", json!(["SKIP"]), "restrict:"),
        ("timeline_style", json!("loud"), "timeline_style:"),
        ("colour", json!("red"), "not the JSON"),
    ] {
        let fault = fault(key, value.clone());
        assert!(fault.starts_with(expected), "{key} {value}: {fault}");
    }
}

#[test]
fn those_of_assets_start_at_offsets() {
    let read = |start: Value, cue: Value| {
        let document =
            json!({ "id": "splice-1", "start": start, "cue": cue, "asset_uri": "http://a/1.m3u8" });
        parse(document.to_string().as_bytes(), Clock::Offsets)
    };
    let start = |start: Value, cue: Value| read(start, cue).map(|of| of.start_ms);
    let none = json!([]);
    assert_eq!(start(json!(0), none.clone()).unwrap(), 0);
    assert_eq!(start(json!(90.5004), none.clone()).unwrap(), 90_500);
    assert_eq!(start(json!(86_400), none.clone()).unwrap(), 86_400_000);
    // Where it starts does not matter before and behind all.
    assert_eq!(start(Value::Null, json!(["pre"])).unwrap(), 0);
    assert_eq!(start(Value::Null, json!(["post", "once"])).unwrap(), 0);
    for (bad, cue) in [
        (Value::Null, none.clone()),
        (Value::Null, json!(["once"])),
        (json!(-1), none.clone()),
        (json!(86_401), none.clone()),
        (json!("2026-05-01T20:15:00Z"), json!(["pre"])),
    ] {
        let fault = start(bad.clone(), cue).unwrap_err().to_string();
        assert!(fault.starts_with("start: seconds"), "{bad}: {fault}");
    }
    let shown = json(&read(json!(90.5), none).unwrap(), Clock::Offsets);
    assert_eq!(shown["start"], 90.5);
}
