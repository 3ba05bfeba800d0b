//! The formulae.
use super::{Demand, Measured, Model, ModelError};
use crate::plan::Plan;
use crate::report::number::{bit_rate, percent, plain, short};

mod check;
mod ram;
mod sheet;

use check::check;
use ram::{cache, ram, ram_per_node};
use sheet::{Need, Sheet};

const GIB: f64 = 1_073_741_824.0;

/// # Errors
/// What the plan does not tell, or a demand that makes no sense.
pub fn model(plan: &Plan, demand: &Demand) -> Result<Model, ModelError> {
    check(demand)?;
    let measured = Measured::of(plan, demand)?;
    let mut sheet = Sheet::default();
    let rate = rate(&mut sheet, demand);
    let egress = egress(&mut sheet, demand, &measured, rate);
    let cpu = cpu(&mut sheet, demand, &measured, egress.bodies);
    let network = network(&mut sheet, demand, &measured, egress.wire);
    let cache = cache(&mut sheet, demand);
    let ram = ram(&mut sheet, demand, &measured, cache);
    let disk = disk(&mut sheet, demand, egress.bodies);
    sheet.caveats(demand, &measured, rate);

    let mut needs: Vec<Need> = [Some(cpu), network, ram, disk]
        .into_iter()
        .flatten()
        .collect();
    let feasible = needs.iter().all(|need| need.nodes.is_some());
    needs.sort_by_key(|need| std::cmp::Reverse(need.nodes.unwrap_or(u64::MAX)));
    let needed = needs
        .iter()
        .filter_map(|need| need.nodes)
        .max()
        .unwrap_or(1);
    let limiting = needs.first().filter(|_| feasible).map(|need| need.name);
    let nodes = if feasible { needed + demand.spare } else { 0 };
    if feasible {
        sheet.figure("nodes", "nodes", nodes as f64, "", {
            let each: Vec<String> = needs
                .iter()
                .filter_map(|need| Some(format!("{} {}", need.name, need.nodes?)))
                .collect();
            format!(
                "the most of {}, and {} spare",
                each.join(", "),
                demand.spare
            )
        });
        ram_per_node(&mut sheet, demand, &measured, cache, needed);
        cost(&mut sheet, demand, nodes as f64, egress.bodies);
    }
    let resources = needs
        .iter()
        .map(|need| need.resource(needed as f64))
        .collect();
    Ok(Model {
        feasible,
        nodes,
        limiting,
        resources,
        figures: sheet.figures,
        findings: sheet.findings,
    })
}

fn rate(sheet: &mut Sheet, demand: &Demand) -> f64 {
    let largest = demand.ladder.iter().copied().fold(0.0, f64::max);
    let total: f64 = demand.mix.iter().sum();
    let (rate, how) = if demand.mix.is_empty() {
        (
            largest,
            format!("all watch the largest rung, {}", bit_rate(largest)),
        )
    } else {
        let parts: Vec<String> = demand
            .ladder
            .iter()
            .zip(&demand.mix)
            .map(|(rate, part)| format!("{} × {}", percent(part / total), bit_rate(*rate)))
            .collect();
        let mean = demand
            .ladder
            .iter()
            .zip(&demand.mix)
            .map(|(rate, part)| rate * part / total)
            .sum();
        (mean, parts.join(" + "))
    };
    sheet.figure("viewer_mbps", "rate of a viewer", rate / 1e6, "Mb/s", how);
    rate
}

struct Egress {
    /// bit/s.
    bodies: f64,
    wire: f64,
}

fn egress(sheet: &mut Sheet, demand: &Demand, measured: &Measured, rate: f64) -> Egress {
    let bodies = demand.viewers * rate * (1.0 - demand.offload);
    let wire = bodies * (1.0 + measured.overhead);
    sheet.figure(
        "egress_gbps",
        "sent by all nodes",
        wire / 1e9,
        "Gb/s",
        format!(
            "{} viewers × {} × (1 − {} offload) × (1 + {} overhead)",
            plain(demand.viewers),
            bit_rate(rate),
            percent(demand.offload),
            percent(measured.overhead)
        ),
    );
    Egress { bodies, wire }
}

fn cpu(sheet: &mut Sheet, demand: &Demand, measured: &Measured, bodies: f64) -> Need {
    let mixed = |hits: f64| hits + (1.0 - hits) * demand.miss_cost;
    let cost = measured.cpu_s_per_gb * mixed(demand.hit_rate) / mixed(measured.hit_rate);
    sheet.figure(
        "cpu_s_per_gb",
        "CPU of a GB",
        cost,
        "s/GB",
        format!(
            "{} s/GB measured at {} hits; at {}, a miss costing {} hits: × {} ÷ {}",
            short(measured.cpu_s_per_gb),
            percent(measured.hit_rate),
            percent(demand.hit_rate),
            plain(demand.miss_cost),
            short(mixed(demand.hit_rate)),
            short(mixed(measured.hit_rate))
        ),
    );
    let cores = bodies / 8e9 * cost;
    sheet.figure(
        "cores",
        "cores busy, all nodes",
        cores,
        "cores",
        format!("{} of bodies ÷ 8 × {} s/GB", bit_rate(bodies), short(cost)),
    );
    let of_node = demand.node.cores.unwrap_or(measured.cores);
    let usable = sheet.figure(
        "node_cores",
        "cores of a node that viewers can use",
        measured.cores_busy * of_node / measured.cores,
        "cores",
        format!(
            "{} of {} cores were busy at {} viewers, the most that held; × {} ÷ {}",
            short(measured.cores_busy),
            plain(measured.cores),
            plain(measured.viewers),
            plain(of_node),
            plain(measured.cores)
        ),
    );
    Need::of("processor", "cores", cores, 0.0, usable, demand.headroom)
}

fn network(sheet: &mut Sheet, demand: &Demand, measured: &Measured, wire: f64) -> Option<Need> {
    let Some(link) = demand.node.link.or(measured.link) else {
        sheet.findings.push(
            "The speed of the node's network is not known, and not a limit here: give --node-link."
                .to_owned(),
        );
        return None;
    };
    Some(Need::of(
        "network",
        "Gb/s",
        wire / 1e9,
        0.0,
        link / 1e9,
        demand.headroom,
    ))
}

fn disk(sheet: &mut Sheet, demand: &Demand, bodies: f64) -> Option<Need> {
    let ladder: f64 = demand.ladder.iter().sum();
    sheet.figure(
        "catalogue_tb",
        "disk for the catalogue, one copy",
        demand.catalogue_hours * 3600.0 * ladder / 8.0 / 1e12,
        "TB",
        format!(
            "{} h × {} of all rungs ÷ 8",
            plain(demand.catalogue_hours),
            bit_rate(ladder)
        ),
    );
    let read = sheet.figure(
        "disk_mbytes_s",
        "read from disk, all nodes",
        bodies / 8e6 * (1.0 - demand.hit_rate),
        "MB/s",
        format!(
            "{} of bodies ÷ 8 × (1 − {} hits)",
            bit_rate(bodies),
            percent(demand.hit_rate)
        ),
    );
    demand
        .node
        .disk_rate
        .map(|disk| Need::of("disk", "MB/s", read, 0.0, disk / 1e6, demand.headroom))
}

fn cost(sheet: &mut Sheet, demand: &Demand, nodes: f64, bodies: f64) {
    let prices = &demand.prices;
    if prices.node_hour == 0.0 && prices.gb == 0.0 {
        return;
    }
    let watched = demand.viewers * prices.load_factor;
    let gb_of_viewer = bodies / demand.viewers / 8e9 * 3600.0;
    let of_nodes = nodes * prices.node_hour / watched;
    let of_traffic = gb_of_viewer * prices.gb;
    sheet.figure(
        "cost_viewer_hour",
        "cost of a viewer-hour",
        of_nodes + of_traffic,
        "",
        format!(
            "{} nodes × {} ÷ ({} viewers × {}) = {}, + {} GB × {} = {}",
            plain(nodes),
            plain(prices.node_hour),
            plain(demand.viewers),
            percent(prices.load_factor),
            short(of_nodes),
            short(gb_of_viewer),
            plain(prices.gb),
            short(of_traffic)
        ),
    );
    sheet.figure(
        "cost_hour",
        "cost of an hour, on average",
        (of_nodes + of_traffic) * watched,
        "",
        format!(
            "{} × {} viewers on average",
            short(of_nodes + of_traffic),
            plain(watched)
        ),
    );
}

#[cfg(test)]
mod tests;
