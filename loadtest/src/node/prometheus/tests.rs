#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
use proptest::prelude::*;

use super::*;

const TEXT: &str = "\
# HELP edgepack_connections_open Connections past their handshake
# TYPE edgepack_connections_open gauge
edgepack_connections_open{protocol=\"h1\"} 3
edgepack_connections_open{protocol=\"h3\",} 40
edgepack_build_info{version=\"0.1.0\"} 1 1700000000000

process_cpu_seconds_total 12.5
path{file=\"C:\\\\a\\\"b\\nc\"}\t+Inf
";

#[test]
fn sums_over_labels_and_keeps_them() {
    let read = Exposition::parse(TEXT).unwrap();
    assert_eq!(read.sum("edgepack_connections_open"), Some(43.0));
    assert_eq!(
        read.sum_where("edgepack_connections_open", |s| s.label("protocol")
            == Some("h3")),
        Some(40.0)
    );
    assert_eq!(read.sum("process_cpu_seconds_total"), Some(12.5));
    assert_eq!(read.sum("absent"), None);
    let build = read.named("edgepack_build_info").next().unwrap();
    assert_eq!(build.label("version"), Some("0.1.0"));
}

#[test]
fn escapes_in_label_values_are_undone() {
    let read = Exposition::parse(TEXT).unwrap();
    let path = read.named("path").next().unwrap();
    assert_eq!(path.label("file"), Some("C:\\a\"b\nc"));
    assert_eq!(path.value, f64::INFINITY);
    assert_eq!(read.sum("path"), None, "infinity is no figure to add");
}

#[test]
fn what_is_no_sample_is_refused_with_its_line() {
    for (text, what) in [
        ("ok 1\nname", "a name without a value"),
        ("ok 1\nname ", "a name without a value"),
        ("ok 1\nname{a=\"b\"}", "a sample without a value"),
        ("ok 1\nname{a=b} 1", "a label's value is quoted"),
        ("ok 1\nname{a=\"b} 1", "a label's value does not end"),
        (
            "ok 1\nname{a=\"\\t\"} 1",
            "an escape that the format does not have",
        ),
        (
            "ok 1\nname{a=\"1\"b=\"2\"} 1",
            "labels are separated by commas",
        ),
        ("ok 1\nname one", "a value is a number"),
        ("ok 1\nname 1 soon", "a timestamp is in whole milliseconds"),
        ("ok 1\nname 1 2 3", "more than a value and a timestamp"),
        ("ok 1\n1name 1", "a sample begins with a metric's name"),
    ] {
        assert_eq!(
            Exposition::parse(text),
            Err(ParseError::Line { line: 2, what }),
            "{text}"
        );
    }
}

#[test]
fn too_many_samples_are_refused() {
    let text = "a 1\n".repeat(MAX_SAMPLES + 1);
    assert_eq!(Exposition::parse(&text), Err(ParseError::TooMany));
}

fn escaped(value: &str) -> String {
    value
        .replace('\\', "\\\\")
        .replace('"', "\\\"")
        .replace('\n', "\\n")
}

proptest! {
    #[test]
    fn what_is_written_is_read(
        samples in prop::collection::vec(
            (
                "[a-zA-Z_:][a-zA-Z0-9_:]{0,20}",
                prop::collection::vec(("[a-zA-Z_][a-zA-Z0-9_]{0,8}", "[^\r]{0,12}"), 0..4),
                any::<f64>().prop_filter("finite", |v| v.is_finite()),
            ),
            0..20,
        )
    ) {
        let mut text = String::new();
        for (name, labels, value) in &samples {
            let labels: Vec<String> = labels
                .iter()
                .map(|(label, value)| format!("{label}=\"{}\"", escaped(value)))
                .collect();
            let braces = if labels.is_empty() { String::new() } else { format!("{{{}}}", labels.join(",")) };
            text.push_str(&format!("# TYPE {name} gauge\n{name}{braces} {value}\n"));
        }
        let read = Exposition::parse(&text).unwrap();
        prop_assert_eq!(read.samples().len(), samples.len());
        for (read, (name, labels, value)) in read.samples().iter().zip(&samples) {
            prop_assert_eq!(read.name, name.as_str());
            prop_assert_eq!(read.value, *value);
            let seen: Vec<(String, String)> = read
                .labels
                .iter()
                .map(|(label, value)| ((*label).to_owned(), value.clone().into_owned()))
                .collect();
            prop_assert_eq!(&seen, labels);
        }
    }

    #[test]
    fn any_text_is_read_or_refused(text in "(?s).{0,400}") {
        let _ = Exposition::parse(&text);
    }

    #[test]
    fn near_samples_are_read_or_refused(text in "[a-c{}=\",\\\\ n0-9.#\n]{0,80}") {
        let _ = Exposition::parse(&text);
    }
}
