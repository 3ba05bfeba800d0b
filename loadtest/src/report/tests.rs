#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
use std::collections::{BTreeMap, BTreeSet};

use quick_xml::Reader;
use quick_xml::events::Event;

use super::*;

mod browser;
pub(crate) mod sample;

/// An element and what its attributes say.
struct Seen {
    name: String,
    attributes: BTreeMap<String, String>,
}

/// All elements in order and all text; panics where the page is not well-formed.
fn parsed(html: &str) -> (Vec<Seen>, String) {
    let mut reader = Reader::from_str(html);
    reader.config_mut().check_end_names = true;
    let (mut elements, mut text, mut depth) = (Vec::new(), String::new(), 0_i32);
    loop {
        let event = reader.read_event().unwrap();
        match event {
            Event::Eof => break,
            Event::Start(ref start) | Event::Empty(ref start) => {
                depth += i32::from(matches!(event, Event::Start(_)));
                elements.push(Seen {
                    name: start.name().as_ref().to_owned(),
                    attributes: start
                        .attributes()
                        .map(|attribute| {
                            let attribute = attribute.unwrap();
                            (
                                attribute.key.as_ref().to_owned(),
                                attribute.value.to_string(),
                            )
                        })
                        .collect(),
                });
            }
            Event::End(_) => depth -= 1,
            Event::Text(piece) => text.push_str(piece.as_ref()),
            _ => {}
        }
    }
    assert_eq!(depth, 0);
    (elements, text)
}

/// But for the last bit of a float, which JSON may lose.
fn assert_same(a: &Document, b: &Document) {
    assert!(a.html() == b.html(), "the pages differ");
    match (a, b) {
        (Document::Plan(a), Document::Plan(b)) => {
            assert_eq!(a.slo, b.slo);
            assert_eq!((a.limits, a.times), (b.limits, b.times));
            assert_eq!((&a.generator, &a.node), (&b.generator, &b.node));
            assert_eq!(a.capacity, b.capacity);
            assert_eq!(a.steps.len(), b.steps.len());
        }
        (Document::Run(a), Document::Run(b)) => assert_eq!(a.notes, b.notes),
        _ => panic!("of two kinds"),
    }
}

fn pages() -> Vec<(&'static str, String)> {
    let plan = sample::plan();
    let best = plan.best().unwrap();
    let run = RunRecord {
        outcome: best.outcome.clone(),
        generator: Some(plan.generator.clone()),
        usage: Some(best.generator),
        node: plan.node.clone(),
        figures: best.node.clone(),
        notes: plan.notes.clone(),
    };
    let nothing = Plan {
        steps: Vec::new(),
        node: None,
        ..plan.clone()
    };
    vec![
        ("plan", Document::Plan(Box::new(plan)).html()),
        ("run", Document::from(run).html()),
        ("empty run", Document::from(RunRecord::default()).html()),
        (
            "plan without steps",
            Document::Plan(Box::new(nothing)).html(),
        ),
    ]
}

#[test]
fn pages_are_well_formed_and_ask_nobody() {
    for (name, html) in pages() {
        assert!(
            html.starts_with("<!DOCTYPE html>\n<html lang=\"en\">"),
            "{name}"
        );
        let (elements, _) = parsed(&html);
        let policy = elements
            .iter()
            .find(|element| element.attributes.contains_key("http-equiv"))
            .unwrap();
        assert!(
            policy.attributes["content"]
                .starts_with("default-src 'none'; style-src 'unsafe-inline'"),
            "{name}"
        );
        for element in &elements {
            assert!(
                !matches!(
                    element.name.as_str(),
                    "script" | "link" | "img" | "iframe" | "object" | "image" | "use"
                ),
                "{name}: {}",
                element.name
            );
            for attribute in element.attributes.keys() {
                assert!(
                    !matches!(attribute.as_str(), "src" | "href" | "xlink:href" | "style")
                        && !attribute.starts_with("on"),
                    "{name}: {attribute}"
                );
            }
        }
        assert!(
            !html.contains("url(") && !html.contains("@import"),
            "{name}"
        );
    }
}

#[test]
fn every_plot_has_a_title_a_description_and_a_table() {
    for (name, html) in pages() {
        let (elements, _) = parsed(&html);
        let mut ids = BTreeSet::new();
        for element in &elements {
            if let Some(id) = element.attributes.get("id") {
                assert!(ids.insert(id.clone()), "{name}: {id} is there twice");
            }
        }
        let count = |wanted: fn(&&Seen) -> bool| elements.iter().filter(wanted).count();
        for plot in elements
            .iter()
            .filter(|element| element.attributes.get("role").is_some_and(|r| r == "img"))
        {
            for id in plot.attributes["aria-labelledby"].split(' ') {
                assert!(ids.contains(id), "{name}: {id}");
            }
        }
        let plots = count(|e| e.attributes.get("role").is_some_and(|role| role == "img"));
        let tables = count(|e| e.name == "table");
        assert!(tables >= plots, "{name}: {plots} plots, {tables} tables");
    }
}

#[test]
fn a_plan_names_what_it_was_taken_on() {
    let (_, text) = parsed(&pages()[0].1);
    for fact in [
        "Capacity of",
        "Example 9000",
        "Linux 6.1",
        "edgepack-loadtest 0.1.0",
        "edgepack 0.1.0",
        "25.0\u{202f}Gb/s",
        "prefetch off",
        "725 viewers have what was promised.",
        "750 viewers break startup_p95=2s, seen",
    ] {
        assert!(text.contains(fact), "{fact}");
    }
}

#[test]
fn foreign_text_stays_text() {
    let html = pages().remove(0).1;
    assert!(!html.contains("<img"), "from the samples' URLs");
    assert!(html.contains("&lt;img src=x onerror=alert(1)&gt;"));
    assert!(!html.contains("<b>target"));
}

#[test]
fn a_document_is_read_as_it_was_written() {
    let folder = tempfile::tempdir().unwrap();
    let plan = Document::Plan(Box::new(sample::plan()));
    let [html, json] = plan.write(&folder.path().join("new/report.html")).unwrap();
    assert!(html.ends_with("report.html") && json.ends_with("report.json"));
    assert_same(&Document::load(&json).unwrap(), &plan);
    assert_eq!(fs::read_to_string(html).unwrap(), plan.html());
    assert_eq!(
        fs::read_dir(folder.path().join("new")).unwrap().count(),
        2,
        "nothing partial is left"
    );

    let run = Document::from(RunRecord {
        outcome: sample::outcome(100, 0.5),
        notes: vec!["note".to_owned()],
        ..RunRecord::default()
    });
    let [_, json] = run.write(&folder.path().join("run.json")).unwrap();
    assert_same(&Document::load(&json).unwrap(), &run);
}

#[test]
fn a_bare_outcome_is_a_run() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("outcome.json");
    let outcome = sample::outcome(100, 0.5);
    fs::write(&path, serde_json::to_string(&outcome).unwrap()).unwrap();
    let Document::Run(record) = Document::load(&path).unwrap() else {
        panic!("a plan");
    };
    assert_eq!(record.outcome.viewers, outcome.viewers);
    assert_eq!(record.outcome.series.len(), outcome.series.len());
    assert_eq!(record.generator, None);
}

#[test]
fn what_is_no_document_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.json");
    let load = |text: &str| {
        fs::write(&path, text).unwrap();
        Document::load(&path).unwrap_err()
    };
    assert!(matches!(load("{"), ReportError::Json { .. }));
    assert!(matches!(
        load("{\"kind\":\"plan\"}"),
        ReportError::Json { .. }
    ));
    assert!(matches!(load("{}"), ReportError::Json { .. }));
    assert!(matches!(
        load("{\"kind\":\"plan\",\"format\":2}"),
        ReportError::Format { format: 2, .. }
    ));
    assert!(matches!(
        Document::load(&folder.path().join("absent")),
        Err(ReportError::Read { .. })
    ));
}
