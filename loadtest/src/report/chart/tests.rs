#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
use super::*;

fn rendered(chart: &Chart) -> String {
    let mut html = String::new();
    chart.figure().unwrap().render(&mut html);
    html
}

fn line(points: &[(f64, Option<f64>)]) -> Line {
    Line {
        name: "busy".to_owned(),
        points: points.to_vec(),
        fold: Fold::Mean,
    }
}

#[test]
fn a_plot_is_drawn_to_scale() {
    let chart = Chart {
        held: vec![true, false],
        limits: vec![Limit {
            name: "promised".to_owned(),
            value: 50.0,
        }],
        ..Chart::over_time(
            "x".to_owned(),
            "Title",
            "ms",
            vec![line(&[(0.0, Some(0.0)), (10.0, Some(100.0))])],
        )
    };
    insta::assert_snapshot!(rendered(&chart));
}

#[test]
fn a_missing_value_breaks_the_line() {
    let chart = Chart::over_time(
        "x".to_owned(),
        "Title",
        "",
        vec![line(&[
            (0.0, Some(1.0)),
            (1.0, None),
            (2.0, Some(1.0)),
            (3.0, Some(f64::INFINITY)),
            (4.0, Some(1.0)),
        ])],
    );
    let html = rendered(&chart);
    let d = html.split(" d=\"").nth(1).unwrap();
    let d = d.split('"').next().unwrap();
    assert_eq!(d.matches('M').count(), 3, "{d}");
    assert!(!html.contains("inf") && !html.contains("NaN"), "{html}");
}

#[test]
fn long_lines_are_thinned_and_keep_their_peaks() {
    let mut points: Vec<_> = (0..50_000).map(|n| (f64::from(n), Some(1.0))).collect();
    points[31_007].1 = Some(900.0);
    let most = Line {
        fold: Fold::Most,
        ..line(&points)
    };
    let thin = thinned(&most);
    assert!(thin.len() <= MAX_POINTS);
    assert!(thin.iter().any(|point| point.1 == Some(900.0)));
    let chart = Chart::over_time("x".to_owned(), "Title", "ms", vec![most]);
    assert!(rendered(&chart).matches("<tr>").count() <= MAX_ROWS + 1);
}

#[test]
fn nothing_to_show_is_no_plot() {
    assert!(
        Chart::over_time("x".to_owned(), "Title", "ms", vec![line(&[])])
            .figure()
            .is_none()
    );
}
