#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
use std::time::SystemTime;

use http::StatusCode;

use super::*;
use crate::delivery::{Fault, Protocol};

fn start() -> Start {
    Start {
        now: SystemTime::now(),
        peer: ([127, 0, 0, 1], 9).into(),
        protocol: Protocol::Http2,
        secure: true,
    }
}

fn value(text: &str, series: &str) -> f64 {
    let line = text.lines().find(|line| {
        line.strip_prefix(series)
            .is_some_and(|rest| rest.starts_with(' '))
    });
    line.unwrap_or_else(|| panic!("{series} in\n{text}"))
        .rsplit(' ')
        .next()
        .unwrap()
        .parse()
        .unwrap()
}

#[test]
fn an_exchange_counts_once_when_it_is_over() {
    let telemetry = Telemetry::new(None).unwrap();
    let mut exchange = telemetry.begin(start());
    exchange.kind = Kind::Segment;
    exchange.cache = Some(CacheStatus::Miss);
    exchange.answered(StatusCode::OK, None);
    exchange.sent(1000);
    exchange.sent(500);
    exchange.complete();
    let during = String::from_utf8(telemetry.render().unwrap()).unwrap();
    assert_eq!(
        value(&during, "edgepack_requests_in_flight{protocol=\"h2\"}"),
        1.0
    );
    drop(exchange);
    let after = String::from_utf8(telemetry.render().unwrap()).unwrap();
    assert_eq!(
        value(&after, "edgepack_requests_in_flight{protocol=\"h2\"}"),
        0.0
    );
    assert_eq!(
        value(
            &after,
            "edgepack_requests_total{kind=\"segment\",protocol=\"h2\",status=\"2xx\"}"
        ),
        1.0
    );
    assert_eq!(
        value(
            &after,
            "edgepack_response_body_bytes_total{kind=\"segment\",protocol=\"h2\"}"
        ),
        1500.0
    );
    assert_eq!(
        value(
            &after,
            "edgepack_request_duration_seconds_count{kind=\"segment\",protocol=\"h2\"}"
        ),
        1.0
    );
    assert_eq!(value(&after, "edgepack_responses_aborted_total"), 0.0);
    assert!(after.contains("process_cpu_seconds_total"), "{after}");
}

#[test]
fn the_log_tells_what_happened() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("access.log");
    let telemetry = Telemetry::new(Some(Sink::File(path.clone()))).unwrap();
    let mut exchange = telemetry.begin(start());
    exchange.describe("GET", "curl/8", || "/t/-/vod/bear/clear/index.m3u8".into());
    exchange.asset("vod", "bear");
    let fault = Fault::not_found("no-such-asset", "No.").detail("looked in the folder");
    exchange.answered(fault.status, Some(&fault));
    drop(exchange);
    drop(telemetry.begin(start()));
    telemetry.flush();
    let text = std::fs::read_to_string(path).unwrap();
    let lines: Vec<serde_json::Value> = text
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(lines.len(), 2);
    for (key, expected) in [
        ("protocol", "h2"),
        ("method", "GET"),
        ("path", "/t/-/vod/bear/clear/index.m3u8"),
        ("reason", "no-such-asset"),
        ("detail", "looked in the folder"),
        ("mount", "vod"),
        ("asset", "bear"),
        ("user_agent", "curl/8"),
        ("peer", "127.0.0.1:9"),
    ] {
        assert_eq!(lines[0][key], expected);
    }
    assert_eq!(lines[0]["status"], 404);
    assert_eq!(lines[0]["aborted"], true);
    assert_eq!(lines[1]["status"], 499);
}

/// Every `"edgepack_…"` that the sources register.
fn registered() -> std::collections::BTreeSet<&'static str> {
    [
        include_str!("../telemetry.rs"),
        include_str!("requests.rs"),
        include_str!("connections.rs"),
        include_str!("quic.rs"),
        include_str!("keys.rs"),
        include_str!("live.rs"),
        include_str!("../origin/live/archive/metrics.rs"),
        include_str!("../origin/live/contribution/metrics.rs"),
        include_str!("../origin/live/republish/metrics.rs"),
        include_str!("machine.rs"),
        include_str!("../node/collectors.rs"),
        include_str!("../node/certificate.rs"),
    ]
    .iter()
    .flat_map(|source| {
        source
            .split('"')
            .filter(|literal| literal.starts_with("edgepack_"))
    })
    .collect()
}

#[test]
fn the_reference_lists_every_metric_and_no_other() {
    let reference = include_str!("../../docs/reference/metrics.md");
    let listed: std::collections::BTreeSet<_> = reference
        .split('`')
        .filter(|code| code.starts_with("edgepack_"))
        .map(|code| code.split('{').next().unwrap())
        .collect();
    assert_eq!(listed, registered());
}
