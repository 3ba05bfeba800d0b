//! What a plan says: how much the node carries, and what gave way.
use super::chart::{Chart, Fold, Limit, Line};
use super::conditions::{self, Facts};
use super::markup::{Element, el};
use super::number;
use super::page::{self, Tone, banner, tile, tiles};
use super::run;
use super::table::{Cell, Table};
use crate::plan::{Ended, Measure, Plan, Step};

pub(super) fn page(plan: &Plan) -> String {
    let title = format!("Capacity of {}", plan.target);
    let mut main = vec![
        el("h1").text(&title),
        el("p").class("lead").text(format!(
            "{} · {} · {} · {} steps in {}",
            plan.scenario,
            plan.protocol,
            number::moment(plan.started_unix_s),
            plan.steps.len(),
            number::span(plan.seconds)
        )),
        verdict(plan),
    ];
    if let Some(step) = plan.steps.iter().find(|step| step.generator.is_busy()) {
        main.push(run::busy(&step.generator));
    }
    if plan.node.as_ref().is_some_and(|node| node.shares_machine) {
        main.push(banner(
            &Tone::Caution,
            "Node and load generator shared one machine.",
            Some("They competed for its cores unless they were pinned apart: the node alone carries more.".to_owned()),
        ));
    }
    if let Some(best) = plan.best() {
        main.push(tiles(headline(plan, best)));
    }
    if !plan.steps.is_empty() {
        main.push(page::section("Load, step by step", curve(plan)));
    }
    if let Some(best) = plan.best() {
        main.push(page::section(
            &format!(
                "At {} viewers: the most that held",
                number::count(best.viewers)
            ),
            details("best", best),
        ));
    }
    if let Some(broken) = plan.broken() {
        main.push(page::section(
            &format!(
                "At {} viewers: the fewest that broke",
                number::count(broken.viewers)
            ),
            vec![
                el("details")
                    .class("step")
                    .child(el("summary").text("Plots and figures of this step"))
                    .children(details("broken", broken)),
            ],
        ));
    }
    main.push(conditions::section(
        Some(&plan.generator),
        &plan.build,
        plan.node.as_ref(),
        &facts(plan),
        &plan.notes,
    ));
    page::document(&title, main)
}

fn details(id: &str, step: &Step) -> Vec<Element> {
    let mut content = vec![judged(step)];
    content.extend(run::details(
        id,
        &step.outcome,
        step.node.as_ref(),
        Some(&step.generator),
    ));
    content
}

fn verdict(plan: &Plan) -> Element {
    let tone = match (plan.capacity.holds, plan.capacity.ended) {
        (None, _) => Tone::Bad,
        (Some(_), Ended::Found) => Tone::Good,
        (Some(_), _) => Tone::Caution,
    };
    let (headline, rest) = plan.verdict();
    banner(&tone, headline, (!rest.is_empty()).then_some(rest))
}

fn headline(plan: &Plan, best: &Step) -> Vec<Element> {
    let mut list = vec![tile(
        "Holds",
        number::count(best.viewers),
        match plan.capacity.is_lower_bound() {
            true => "viewers, a lower bound",
            false => "viewers at once",
        },
    )];
    let figures = run::headline(&best.outcome, best.node.as_ref());
    // The first of a run's own is the viewers again.
    list.extend(figures.into_iter().skip(1));
    list
}

fn curve(plan: &Plan) -> Vec<Element> {
    let mut steps: Vec<&Step> = plan.steps.iter().collect();
    steps.sort_by_key(|step| step.viewers);
    let held: Vec<bool> = steps.iter().map(|step| step.held).collect();
    let line = |name: &str, of: &dyn Fn(&Step) -> Option<f64>| Line {
        name: name.to_owned(),
        points: steps
            .iter()
            .map(|step| {
                (
                    step.viewers as f64,
                    of(step).filter(|value| value.is_finite()),
                )
            })
            .collect(),
        fold: Fold::Most,
    };
    let chart = |key: &str, title: &str, unit, lines: Vec<Line>, limits: Vec<Limit>| {
        let told = lines
            .iter()
            .any(|line| line.points.iter().any(|point| point.1.is_some()));
        told.then(|| Chart {
            x_name: "viewers",
            held: held.clone(),
            limits,
            ..Chart::over_time(format!("steps-{key}"), title, unit, lines)
        })
        .and_then(|chart| chart.figure())
    };
    let promised = |wanted: &dyn Fn(&Measure) -> bool, factor: f64| {
        plan.slo
            .objectives
            .iter()
            .filter(|objective| wanted(&objective.measure))
            .map(|objective| Limit {
                name: format!("promised: {objective}"),
                value: objective.most * factor,
            })
            .collect::<Vec<_>>()
    };
    let cores = plan
        .node
        .as_ref()
        .and_then(|node| node.machine.as_ref())
        .map(|machine| Limit {
            name: "cores of the node".to_owned(),
            value: machine.cores as f64,
        });
    let charts = vec![
        chart(
            "startup",
            "Start-up, p95",
            "ms",
            vec![line("start-up p95", &|step| {
                let startup = &step.outcome.startup_ms;
                (startup.count > 0).then_some(startup.p95)
            })],
            promised(&|measure| matches!(measure, Measure::Startup(_)), 1e3),
        ),
        chart(
            "cpu",
            "CPU",
            "cores",
            vec![
                line("node", &|step| step.node.as_ref()?.cpu_cores),
                line("load generator", &|step| {
                    let usage = &step.generator;
                    (usage.seconds > 0.0).then(|| usage.cpu_s / usage.seconds)
                }),
            ],
            cores.into_iter().collect(),
        ),
        chart(
            "rebuffer",
            "Rebuffering",
            "%",
            vec![line("stalled, of the time wanted", &|step| {
                Some(step.outcome.rebuffer_ratio() * 100.0)
            })],
            promised(&|measure| *measure == Measure::Rebuffer, 100.0),
        ),
        chart(
            "throughput",
            "Throughput",
            "Gb/s",
            vec![line("received", &|step| steady(plan, step))],
            Vec::new(),
        ),
    ];
    vec![
        el("p")
            .class("note")
            .text("A dot is a load that held what was promised, a cross one that broke it."),
        page::figures(charts),
        table(plan).element(),
    ]
}

/// Gb/s received after the warm-up.
fn steady(plan: &Plan, step: &Step) -> Option<f64> {
    let begin = plan.times.warm_up.as_secs_f64();
    let end = begin + plan.times.measure.as_secs_f64();
    let bytes: Vec<f64> = step
        .outcome
        .series
        .iter()
        .filter(|second| second.at_s >= begin && second.at_s < end)
        .map(|second| second.bytes as f64)
        .collect();
    (!bytes.is_empty()).then(|| bytes.iter().sum::<f64>() * 8e-9 / bytes.len() as f64)
}

fn table(plan: &Plan) -> Table {
    let mut table = Table::new(
        format!("Steps in the order they were taken, against {}", plan.slo),
        &[
            "step",
            "viewers",
            "verdict",
            "start-up p95 (ms)",
            "rebuffering (%)",
            "errors (%)",
            "Gb/s",
            "node CPU (cores)",
            "node memory (GiB)",
            "cache hits (%)",
            "generator CPU (%)",
        ],
    );
    for (index, step) in plan.steps.iter().enumerate() {
        let outcome = &step.outcome;
        let node = step.node.as_ref();
        table.row(vec![
            Cell::Count(index as u64 + 1),
            Cell::Count(step.viewers),
            Cell::text(match step.held {
                true => "held",
                false => "broke",
            }),
            Cell::of((outcome.startup_ms.count > 0).then_some(outcome.startup_ms.p95)),
            Cell::Number(outcome.rebuffer_ratio() * 100.0),
            Cell::Number(outcome.error_rate() * 100.0),
            Cell::of(steady(plan, step)),
            Cell::of(node.and_then(|node| node.cpu_cores)),
            Cell::of(
                node.and_then(|node| node.rss_bytes_peak)
                    .map(|bytes| bytes as f64 / (1_u64 << 30) as f64),
            ),
            Cell::of(
                node.and_then(|node| node.hit_ratio())
                    .map(|ratio| ratio * 100.0),
            ),
            Cell::Number(step.generator.share() * 100.0),
        ]);
        if !step.held {
            table.mark_last();
        }
    }
    table
}

fn judged(step: &Step) -> Element {
    let mut table = Table::new("What was promised", &["objective", "seen", "verdict"]);
    for verdict in &step.verdicts {
        table.row(vec![
            Cell::Code(verdict.objective.clone()),
            Cell::Text(verdict.seen_in_words()),
            Cell::text(match verdict.held {
                true => "held",
                false => "broke",
            }),
        ]);
        if !verdict.held {
            table.mark_last();
        }
    }
    table.element()
}

fn facts(plan: &Plan) -> Facts {
    let times = &plan.times;
    let limits = &plan.limits;
    Facts::new()
        .add("scenario", &plan.scenario)
        .add("target", &plan.target)
        .add("protocol", &plan.protocol)
        .add("promised", plan.slo.to_string())
        .add("started", number::moment(plan.started_unix_s))
        .add("took", number::span(plan.seconds))
        .add(
            "each step",
            format!(
                "warm-up {}, then {}, pause {}",
                number::span(times.warm_up.as_secs_f64()),
                number::span(times.measure.as_secs_f64()),
                number::span(times.pause.as_secs_f64())
            ),
        )
        .add(
            "loads",
            format!(
                "from {} by a factor of {}, at most {}, to {}, at most {} steps and {}",
                number::count(limits.start),
                number::plain(limits.growth),
                number::count(limits.most),
                number::percent(limits.resolution),
                limits.steps,
                number::span(times.total.as_secs_f64())
            ),
        )
}
