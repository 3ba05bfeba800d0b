#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
use super::*;
use crate::outcome::{ErrorClass, Viewers};

fn outcome() -> Outcome {
    let quantiles = Quantiles {
        count: 10,
        p95: 1900.0,
        p99: 2500.0,
        ..Quantiles::default()
    };
    Outcome {
        requests: 1000,
        startup_ms: quantiles.clone(),
        latency_ms: [("segment".to_owned(), quantiles)].into(),
        played_s: 995.0,
        stalled_s: 5.0,
        errors: [(ErrorClass::Timeout, 1)].into(),
        viewers: Viewers {
            started: 10,
            ..Viewers::default()
        },
        ..Outcome::default()
    }
}

#[test]
fn an_slo_is_written_as_it_is_read() {
    let text = "startup_p95=2s,rebuffer=0.5%,errors=0.1%,failed=0%,segment_p99=1s500ms,segment_first_byte_p50=20ms,\
                live_latency_max=4s";
    let slo: Slo = text.parse().unwrap();
    assert_eq!(slo.objectives.len(), 7);
    assert_eq!(
        slo.objectives[0],
        Objective {
            measure: Measure::Startup(Quantile::P95),
            most: 2.0
        }
    );
    assert_eq!(slo.to_string(), text);
    let json = serde_json::to_string(&slo).unwrap();
    assert_eq!(serde_json::from_str::<Slo>(&json).unwrap(), slo);
    assert_eq!(
        " errors = 1% ,".parse::<Slo>().unwrap().to_string(),
        "errors=1%"
    );
}

#[test]
fn what_cannot_be_promised_is_refused() {
    let fault = |text: &str| text.parse::<Slo>().unwrap_err();
    assert_eq!(fault(""), SloError::Empty);
    assert_eq!(fault("errors"), SloError::Shape("errors".into()));
    for name in [
        "latency",
        "startup_p96",
        "startup",
        "video_p95",
        "first_byte_p95",
        "startup_first_byte_p95",
    ] {
        assert_eq!(
            fault(&format!("{name}=1s")),
            SloError::Name(name.into()),
            "{name}"
        );
    }
    assert!(matches!(fault("startup_p95=2"), SloError::Duration { .. }));
    for value in ["1", "-1%", "101%", "NaN%", "%"] {
        assert!(
            matches!(fault(&format!("errors={value}")), SloError::Share { .. }),
            "{value}"
        );
    }
    assert_eq!(
        fault("errors=1%,errors=2%"),
        SloError::Twice("errors".into())
    );
}

#[test]
fn each_objective_is_judged_by_what_was_seen() {
    let slo: Slo = "startup_p95=2s,segment_p99=2s,rebuffer=0.5%,errors=0.05%,failed=0%"
        .parse()
        .unwrap();
    let verdicts = slo.judge(&outcome());
    let seen: Vec<_> = verdicts
        .iter()
        .map(|verdict| (verdict.seen.unwrap(), verdict.held))
        .collect();
    assert_eq!(
        seen,
        [
            (1.9, true),
            (2.5, false),
            (0.005, true),
            (0.001, false),
            (0.0, true)
        ]
    );
}

#[test]
fn nothing_measured_is_nothing_held() {
    let slo: Slo = "startup_p95=2s,part_p99=2s,rebuffer=1%,errors=1%,failed=1%,live_latency_p50=9s"
        .parse()
        .unwrap();
    for verdict in slo.judge(&Outcome::default()) {
        assert_eq!((verdict.seen, verdict.held), (None, false), "{verdict:?}");
    }
}
