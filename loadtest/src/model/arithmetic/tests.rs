#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
use super::super::Routing;
use super::*;
use crate::model::{NodeSpec, Prices, text};
use crate::node::NodeFigures;
use crate::report::tests::sample;

/// A node of 10 cores that held 1 000 viewers of 8 Mb/s: 1 GB/s for 8 cores, every look-up a hit.
fn plan() -> Plan {
    let mut plan = sample::plan();
    plan.steps.retain(|step| step.held);
    plan.steps.truncate(2);
    let node = plan.node.as_mut().unwrap().machine.as_mut().unwrap();
    node.cores = 10;
    node.usable_cores = 10;
    for (step, viewers) in plan.steps.iter_mut().zip([500_u64, 1000]) {
        step.viewers = viewers;
        step.node = Some(NodeFigures {
            seconds: 10.0,
            cpu_s: Some(viewers as f64 * 0.08),
            cpu_cores: Some(viewers as f64 * 0.008),
            // 1 GiB, 1 MiB a viewer, and 2 GiB of segments.
            rss_bytes_peak: Some((3 << 30) + (viewers << 20)),
            cache_bytes: Some(2 << 30),
            cache_hits: Some(100),
            cache_fills: Some(0),
            body_bytes: Some(viewers * 10_000_000),
            network_bytes: Some(viewers * 11_000_000),
            ..NodeFigures::default()
        });
    }
    plan.capacity.holds = Some(1000);
    plan
}

/// 5 000 viewers of 4 Mb/s, a catalogue of four titles of an hour.
fn demand() -> Demand {
    Demand {
        viewers: 5000.0,
        catalogue_hours: 4.0,
        title_hours: 1.0,
        zipf: 1.0,
        hit_rate: 0.72,
        offload: 0.0,
        ladder: vec![6e6, 2e6],
        mix: vec![1.0, 1.0],
        routing: Routing::Spread,
        headroom: 0.2,
        spare: 1,
        miss_cost: 2.0,
        overhead: None,
        node: NodeSpec::default(),
        prices: Prices {
            node_hour: 0.5,
            gb: 0.01,
            load_factor: 0.4,
        },
    }
}

fn figure(model: &Model, key: &str) -> f64 {
    let found = model.figures.iter().find(|figure| figure.key == key);
    found.unwrap_or_else(|| panic!("no {key}")).value
}

fn near(value: f64, expected: f64) {
    assert!(
        (value - expected).abs() <= expected.abs() * 1e-9,
        "{value} is not {expected}"
    );
}

#[test]
fn a_model_worked_by_hand() {
    let model = model(&plan(), &demand()).unwrap();
    near(figure(&model, "viewer_mbps"), 4.0);
    // 5 000 × 4 Mb/s = 20 Gb/s of bodies, a tenth more on the wire.
    near(figure(&model, "egress_gbps"), 22.0);
    // 80 s for 10 GB; 0.72 + 0.28 × 2 = 1.28.
    near(figure(&model, "cpu_s_per_gb"), 8.0 * 1.28);
    // 2.5 GB/s × 10.24.
    near(figure(&model, "cores"), 25.6);
    near(figure(&model, "node_cores"), 8.0);
    // Two of four titles, 3 600 s × 8 Mb/s ÷ 8 each.
    near(figure(&model, "cache_gib"), 7.2e9 / GIB);
    near(figure(&model, "catalogue_tb"), 0.0144);
    near(figure(&model, "disk_mbytes_s"), 2500.0 * 0.28);
    // 25.6 ÷ (8 × 0.8) = 4; 22 ÷ (25 × 0.8) = 1.1, so 2. One spare.
    assert_eq!((model.nodes, model.limiting), (5, Some("processor")));
    assert!(model.feasible);
    let nodes: Vec<_> = model.resources.iter().map(|r| (r.name, r.nodes)).collect();
    assert_eq!(nodes, [("processor", 4), ("network", 2), ("memory", 1)]);
    near(model.resources[0].headroom, 0.2);
    near(model.resources[1].needed, 5.5);
    near(model.resources[1].headroom, 0.78);
    // 1 GiB, 7.2 GB, a quarter of 5 000 MiB.
    near(
        figure(&model, "ram_gib"),
        1.0 + 7.2e9 / GIB + 1250.0 / 1024.0,
    );
    // 5 × 0.5 ÷ 2 000, and 1.8 GB at 0.01.
    near(figure(&model, "cost_viewer_hour"), 0.00125 + 0.018);
    near(figure(&model, "cost_hour"), 0.01925 * 2000.0);
}

#[test]
fn a_larger_node_is_modelled_by_its_cores_and_its_link() {
    let mut demand = demand();
    demand.node.cores = Some(40.0);
    demand.node.link = Some(10e9);
    let model = model(&plan(), &demand).unwrap();
    // 25.6 ÷ (32 × 0.8) = 1; 22 ÷ (10 × 0.8) = 2.75.
    assert_eq!((model.nodes, model.limiting), (4, Some("network")));
}

#[test]
fn what_is_answered_before_the_nodes_does_not_reach_them() {
    let mut demand = demand();
    demand.offload = 0.75;
    let model = model(&plan(), &demand).unwrap();
    near(figure(&model, "egress_gbps"), 5.5);
    near(figure(&model, "cores"), 6.4);
    assert_eq!(model.nodes, 2);
}

#[test]
fn memory_that_cannot_hold_the_hit_rate_is_told() {
    let mut demand = demand();
    // 8 GiB with a fifth free: 6.4, without the process 5.4; a title is 3.6 GB.
    demand.node.memory_bytes = Some(8.0 * GIB);
    let spread = model(&plan(), &demand).unwrap();
    assert!(!spread.feasible);
    assert_eq!((spread.nodes, spread.limiting), (0, None));
    assert!(
        spread.findings.iter().any(|f| f.contains("48.0\u{202f}%")),
        "{:?}",
        spread.findings
    );
    assert!(text(&spread).starts_with("Not feasible"));

    demand.routing = Routing::Title;
    let title = model(&plan(), &demand).unwrap();
    assert!(title.feasible);
    // (7.2 GB + 5 000 MiB) ÷ 5.4 GiB = 2.15.
    let memory = title.resources.iter().find(|r| r.name == "memory").unwrap();
    assert_eq!(memory.nodes, 3);
    assert_eq!(title.limiting, Some("processor"));
}

#[test]
fn a_disk_can_be_the_limit() {
    let mut demand = demand();
    demand.node.disk_rate = Some(100e6);
    let model = model(&plan(), &demand).unwrap();
    // 700 MB/s ÷ (100 × 0.8).
    assert_eq!((model.nodes, model.limiting), (10, Some("disk")));
}

#[test]
fn without_a_mix_all_watch_the_largest_rung() {
    let mut demand = demand();
    demand.mix.clear();
    let model = model(&plan(), &demand).unwrap();
    near(figure(&model, "viewer_mbps"), 6.0);
}

#[test]
fn a_lower_bound_and_guesses_are_told() {
    let mut plan = plan();
    plan.capacity.ended = crate::plan::Ended::GeneratorBusy;
    for step in &mut plan.steps {
        step.node.as_mut().unwrap().network_bytes = None;
    }
    let mut demand = demand();
    demand.mix = vec![0.0, 1.0];
    let model = model(&plan, &demand).unwrap();
    for told in [
        "carries more",
        "requests cost processor time",
        "assumed, not measured",
        "overhead are assumed",
    ] {
        assert!(
            model.findings.iter().any(|f| f.contains(told)),
            "{told}: {:?}",
            model.findings
        );
    }
}

#[test]
fn a_plan_that_cannot_be_modelled_says_why() {
    let fault = |change: fn(&mut Plan)| {
        let mut plan = plan();
        change(&mut plan);
        model(&plan, &demand()).unwrap_err()
    };
    assert_eq!(
        fault(|plan| plan.capacity.holds = None),
        ModelError::NothingHeld
    );
    assert_eq!(
        fault(|plan| plan.steps[1].node = None),
        ModelError::NotWatched("processor")
    );
    assert_eq!(
        fault(|plan| plan.node.as_mut().unwrap().machine = None),
        ModelError::Cores
    );
    assert_eq!(
        fault(|plan| plan.steps[1].node.as_mut().unwrap().restarted = true),
        ModelError::Restarted
    );
    assert_eq!(
        fault(|plan| plan.steps[1].node.as_mut().unwrap().cpu_cores = Some(0.0)),
        ModelError::Idle
    );
}

#[test]
fn demands_that_make_no_sense_are_refused() {
    let fault = |change: fn(&mut Demand)| {
        let mut demand = demand();
        change(&mut demand);
        match model(&plan(), &demand) {
            Err(ModelError::Demand(what, _)) => what,
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(fault(|d| d.viewers = 0.0), "viewers");
    assert_eq!(fault(|d| d.ladder.clear()), "ladder");
    assert_eq!(fault(|d| d.mix = vec![1.0]), "mix");
    assert_eq!(fault(|d| d.mix = vec![0.0, 0.0]), "mix");
    assert_eq!(fault(|d| d.headroom = 1.0), "headroom");
    assert_eq!(fault(|d| d.offload = 1.0), "offload");
    assert_eq!(fault(|d| d.hit_rate = f64::NAN), "hit rate");
    assert_eq!(fault(|d| d.miss_cost = 0.5), "miss cost");
    assert_eq!(fault(|d| d.prices.load_factor = 0.0), "load factor");
}
