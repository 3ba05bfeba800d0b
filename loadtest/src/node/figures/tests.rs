#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
use super::*;

/// Two cores busy, 500 MB/s, a tenth of the look-ups missing.
fn readings(seconds: u32) -> Vec<Reading> {
    (0..=seconds)
        .map(|second| {
            let t = f64::from(second);
            Reading {
                at_s: 100.0 + t,
                cpu_s: Some(2.0 * t),
                rss_bytes: Some(1e9 - t),
                cache_bytes: Some(t),
                cache_hits: Some(80.0 * t),
                cache_fills: Some(10.0 * t),
                cache_coalesced: Some(10.0 * t),
                body_bytes: Some(5e8 * t),
                connections: Some(if second == 3 { 50.0 } else { 40.0 }),
                started_unix_s: Some(7.0),
                ..Reading::default()
            }
        })
        .collect()
}

#[test]
fn a_window_is_what_counters_grew_by() {
    let figures = NodeFigures::of(&readings(10), 1);
    assert_eq!(figures.seconds, 10.0);
    assert_eq!(figures.cpu_cores, Some(2.0));
    assert_eq!(figures.cpu_cores_peak, Some(2.0));
    assert_eq!(figures.body_bytes, Some(5_000_000_000));
    assert_eq!(figures.cpu_s_per_gb(), Some(4.0));
    assert_eq!(figures.hit_ratio(), Some(0.9));
    assert_eq!(figures.rss_bytes_peak, Some(1_000_000_000));
    assert_eq!(figures.connections_peak, Some(50));
    assert_eq!(figures.network_bytes, None);
    assert_eq!(figures.failed_polls, 1);
    assert!(!figures.restarted);
    assert_eq!(figures.series.len(), 10);
    assert_eq!(figures.series[0].at_s, 1.0);
    assert_eq!(figures.series[0].body_bits_per_s, Some(4e9));
    assert_eq!(
        figures.series[0].cpu_cores, None,
        "one second is too short for a counter of whole seconds"
    );
    assert_eq!(figures.series[4].cpu_cores, Some(2.0));
}

#[test]
fn a_counter_of_whole_seconds_gives_a_steady_figure() {
    let mut readings = readings(60);
    for reading in &mut readings {
        reading.cpu_s = reading.cpu_s.map(|cpu| (cpu * 0.35).floor());
    }
    let figures = NodeFigures::of(&readings, 0);
    for second in figures.series.iter().filter_map(|s| s.cpu_cores) {
        assert!((second - 0.7).abs() <= 0.2001, "{second}");
    }
}

#[test]
fn a_restart_is_told_and_its_counters_are_not_figures() {
    let mut readings = readings(4);
    readings.extend(self::readings(2).into_iter().map(|mut reading| {
        reading.at_s += 5.0;
        reading.started_unix_s = Some(8.0);
        reading
    }));
    let figures = NodeFigures::of(&readings, 0);
    assert!(figures.restarted);
    assert_eq!(figures.cpu_s, None);
    assert_eq!(figures.series[4].body_bits_per_s, None);
}

#[test]
fn a_node_that_never_answered_has_no_figures() {
    let figures = NodeFigures::of(&[], 9);
    assert_eq!(figures.failed_polls, 9);
    assert_eq!(figures.cpu_s, None);
    assert_eq!(figures.hit_ratio(), None);
    assert_eq!(NodeFigures::of(&readings(0), 0).cpu_cores, None);
}
