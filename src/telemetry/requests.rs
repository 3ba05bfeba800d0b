//! Request metrics, with every label child resolved at start.
use std::time::Duration;

use http::StatusCode;
use prometheus::{
    Histogram, HistogramOpts, HistogramVec, IntCounter, IntCounterVec, IntGauge, IntGaugeVec, Opts,
    Registry,
};

use super::exchange::Kind;
use crate::delivery::{Fault, Protocol};

const PROTOCOLS: [Protocol; 3] = [Protocol::Http1, Protocol::Http2, Protocol::Http3];
const CLASSES: [&str; 5] = ["1xx", "2xx", "3xx", "4xx", "5xx"];

/// Seconds to the last byte.
const DURATIONS: &[f64] = &[
    0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0,
];
/// Seconds to the first byte.
const FIRST_BYTES: &[f64] = &[
    0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5,
];

#[derive(Debug)]
pub struct Requests {
    /// By protocol, then kind.
    cells: Vec<Cell>,
    in_flight: Vec<IntGauge>,
    faults: IntCounterVec,
    token_refusals: IntCounterVec,
    aborted: IntCounter,
}

#[derive(Debug)]
struct Cell {
    by_class: Vec<IntCounter>,
    bytes: IntCounter,
    duration: Histogram,
    first_byte: Histogram,
}

impl Requests {
    pub(super) fn register(registry: &Registry) -> Result<Self, prometheus::Error> {
        let labels = &["protocol", "kind"];
        let requests = IntCounterVec::new(
            Opts::new(
                "edgepack_requests_total",
                "Requests answered, by protocol, kind and class of status.",
            ),
            &["protocol", "kind", "status"],
        )?;
        let bytes = IntCounterVec::new(
            Opts::new(
                "edgepack_response_body_bytes_total",
                "Body bytes handed to the transport.",
            ),
            labels,
        )?;
        let duration = HistogramVec::new(
            HistogramOpts::new(
                "edgepack_request_duration_seconds",
                "From the request's head to the last body byte handed to the transport.",
            )
            .buckets(DURATIONS.to_vec()),
            labels,
        )?;
        let first_byte = HistogramVec::new(
            HistogramOpts::new(
                "edgepack_time_to_first_byte_seconds",
                "From the request's head to the first body byte handed to the transport.",
            )
            .buckets(FIRST_BYTES.to_vec()),
            labels,
        )?;
        let in_flight = IntGaugeVec::new(
            Opts::new("edgepack_requests_in_flight", "Requests being answered."),
            &["protocol"],
        )?;
        let faults = IntCounterVec::new(
            Opts::new(
                "edgepack_faults_total",
                "Refusals and failures, by whose fault and why.",
            ),
            &["blame", "reason"],
        )?;
        let token_refusals = IntCounterVec::new(
            Opts::new(
                "edgepack_token_refusals_total",
                "Requests refused by access control, by reason.",
            ),
            &["reason"],
        )?;
        let aborted = IntCounter::new(
            "edgepack_responses_aborted_total",
            "Responses whose body did not go out whole: the client left, or the source failed.",
        )?;
        let collectors: [Box<dyn prometheus::core::Collector>; 8] = [
            Box::new(requests.clone()),
            Box::new(bytes.clone()),
            Box::new(duration.clone()),
            Box::new(first_byte.clone()),
            Box::new(in_flight.clone()),
            Box::new(faults.clone()),
            Box::new(token_refusals.clone()),
            Box::new(aborted.clone()),
        ];
        for collector in collectors {
            registry.register(collector)?;
        }
        let mut cells = Vec::with_capacity(PROTOCOLS.len() * Kind::ALL.len());
        for protocol in PROTOCOLS {
            for kind in Kind::ALL {
                let labels = [label(protocol), kind.as_str()];
                cells.push(Cell {
                    by_class: CLASSES
                        .iter()
                        .map(|class| requests.with_label_values(&[labels[0], labels[1], class]))
                        .collect(),
                    bytes: bytes.with_label_values(&labels),
                    duration: duration.with_label_values(&labels),
                    first_byte: first_byte.with_label_values(&labels),
                });
            }
        }
        Ok(Self {
            cells,
            in_flight: PROTOCOLS
                .iter()
                .map(|protocol| in_flight.with_label_values(&[label(*protocol)]))
                .collect(),
            faults,
            token_refusals,
            aborted,
        })
    }

    pub(super) fn began(&self, protocol: Protocol) {
        if let Some(gauge) = self.in_flight.get(index(protocol)) {
            gauge.inc();
        }
    }

    pub(super) fn ended(&self, outcome: &Outcome) {
        if let Some(gauge) = self.in_flight.get(index(outcome.protocol)) {
            gauge.dec();
        }
        if !outcome.complete {
            self.aborted.inc();
        }
        let Some(cell) = self
            .cells
            .get(index(outcome.protocol) * Kind::ALL.len() + outcome.kind as usize)
        else {
            return;
        };
        let class = usize::from(outcome.status.as_u16() / 100)
            .saturating_sub(1)
            .min(CLASSES.len() - 1);
        if let Some(counter) = cell.by_class.get(class) {
            counter.inc();
        }
        cell.bytes.inc_by(outcome.bytes);
        cell.duration.observe(outcome.duration.as_secs_f64());
        if let Some(first_byte) = outcome.first_byte {
            cell.first_byte.observe(first_byte.as_secs_f64());
        }
    }

    /// Reasons are a closed set of the program's own words, so the look-up stays bounded.
    pub(super) fn fault(&self, fault: &Fault) {
        self.faults
            .with_label_values(&[fault.blame.as_str(), fault.code])
            .inc();
    }

    pub fn token_refused(&self, reason: &'static str) {
        self.token_refusals.with_label_values(&[reason]).inc();
    }
}

/// How an exchange ended.
#[derive(Debug)]
pub(super) struct Outcome {
    pub(super) protocol: Protocol,
    pub(super) kind: Kind,
    pub(super) status: StatusCode,
    pub(super) bytes: u64,
    pub(super) duration: Duration,
    pub(super) first_byte: Option<Duration>,
    pub(super) complete: bool,
}

/// The label value, and the word in the log.
pub(super) fn label(protocol: Protocol) -> &'static str {
    match protocol {
        Protocol::Http1 => "h1",
        Protocol::Http2 => "h2",
        Protocol::Http3 => "h3",
    }
}

pub(super) fn index(protocol: Protocol) -> usize {
    match protocol {
        Protocol::Http1 => 0,
        Protocol::Http2 => 1,
        Protocol::Http3 => 2,
    }
}
