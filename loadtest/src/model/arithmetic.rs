//! The formulae.
use super::demand::MAX_RUNGS;
use super::working_set::{share_of, titles_for};
use super::{Demand, Figure, Measured, Model, ModelError, Resource, Routing};
use crate::plan::Plan;
use crate::report::number::{bit_rate, memory, percent, plain, short};

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

fn check(demand: &Demand) -> Result<(), ModelError> {
    let positive = |value: f64| value > 0.0 && value.is_finite();
    let share = |value: f64| (0.0..=1.0).contains(&value);
    let faults = [
        (positive(demand.viewers), "viewers", "at least one"),
        (
            positive(demand.catalogue_hours),
            "catalogue hours",
            "above 0",
        ),
        (positive(demand.title_hours), "title hours", "above 0"),
        ((0.0..=5.0).contains(&demand.zipf), "zipf", "0 to 5"),
        (share(demand.hit_rate), "hit rate", "0% to 100%"),
        (
            (0.0..1.0).contains(&demand.offload),
            "offload",
            "0% to less than 100%: otherwise no node is needed",
        ),
        (
            (0.0..1.0).contains(&demand.headroom),
            "headroom",
            "0% to less than 100%",
        ),
        (
            !demand.ladder.is_empty() && demand.ladder.len() <= MAX_RUNGS,
            "ladder",
            "1 to 64 rungs",
        ),
        (
            demand.ladder.iter().all(|rate| positive(*rate)),
            "ladder",
            "rates above 0",
        ),
        (
            demand.mix.is_empty() || demand.mix.len() == demand.ladder.len(),
            "mix",
            "one share for each rung of the ladder",
        ),
        (
            demand.mix.is_empty()
                || (demand
                    .mix
                    .iter()
                    .all(|part| *part >= 0.0 && part.is_finite())
                    && demand.mix.iter().sum::<f64>() > 0.0),
            "mix",
            "shares that are not negative, and not all 0",
        ),
        (
            demand.miss_cost >= 1.0 && demand.miss_cost.is_finite(),
            "miss cost",
            "at least 1",
        ),
        (
            positive(demand.prices.load_factor) && demand.prices.load_factor <= 1.0,
            "load factor",
            "above 0% to 100%",
        ),
        (
            demand.prices.node_hour >= 0.0 && demand.prices.gb >= 0.0,
            "prices",
            "not below 0",
        ),
    ];
    match faults.into_iter().find(|(right, _, _)| !right) {
        Some((_, what, rule)) => Err(ModelError::Demand(what, rule)),
        None => Ok(()),
    }
}

/// What is written down on the way.
#[derive(Default)]
struct Sheet {
    figures: Vec<Figure>,
    findings: Vec<String>,
}

impl Sheet {
    fn figure(
        &mut self,
        key: &'static str,
        name: &'static str,
        value: f64,
        unit: &'static str,
        how: String,
    ) -> f64 {
        self.figures.push(Figure {
            key,
            name,
            value,
            unit,
            how,
        });
        value
    }

    fn caveats(&mut self, demand: &Demand, measured: &Measured, rate: f64) {
        if measured.lower_bound {
            self.findings.push(
                "The plan ended before the node broke: it carries more than was seen, and fewer nodes may do."
                    .to_owned(),
            );
        }
        if rate < measured.rate / 2.0 || rate > measured.rate * 2.0 {
            self.findings.push(format!(
                "The plan's viewers took {} each, these take {}: requests cost processor time besides bytes. Measure \
                 with a ladder like this one.",
                bit_rate(measured.rate),
                bit_rate(rate)
            ));
        }
        if (demand.hit_rate - measured.hit_rate).abs() > 0.05 {
            self.findings.push(format!(
                "The plan saw a hit rate of {}, this asks for {}: the cost of a miss is assumed, not measured.",
                percent(measured.hit_rate),
                percent(demand.hit_rate)
            ));
        }
        if !measured.overhead_measured && demand.overhead.is_none() {
            self.findings.push(format!(
                "The node did not tell what it sent on the network: {} of overhead are assumed.",
                percent(measured.overhead)
            ));
        }
    }
}

/// Of one resource: what all nodes together must have, what one has.
struct Need {
    name: &'static str,
    unit: &'static str,
    /// Divided among the nodes.
    shared: f64,
    /// Needed on each, however many there are.
    each: f64,
    available: f64,
    nodes: Option<u64>,
}

impl Need {
    fn of(
        name: &'static str,
        unit: &'static str,
        shared: f64,
        each: f64,
        available: f64,
        headroom: f64,
    ) -> Self {
        let usable = available * (1.0 - headroom) - each;
        // A node more for the last bit of a division would be a node too many.
        let nodes = (usable > 0.0).then(|| (shared / usable - 1e-9).ceil().max(1.0) as u64);
        Self {
            name,
            unit,
            shared,
            each,
            available,
            nodes,
        }
    }

    fn resource(&self, nodes: f64) -> Resource {
        let needed = self.each + self.shared / nodes;
        Resource {
            name: self.name,
            unit: self.unit,
            needed,
            available: self.available,
            headroom: 1.0 - needed / self.available,
            nodes: self.nodes.unwrap_or(0),
        }
    }
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

/// Bytes that must be in memory for the hit rate.
fn cache(sheet: &mut Sheet, demand: &Demand) -> f64 {
    let ladder: f64 = demand.ladder.iter().sum();
    let of_hours = |hours: f64| hours * 3600.0 * ladder / 8.0;
    let titles = (demand.catalogue_hours / demand.title_hours)
        .ceil()
        .max(1.0) as u64;
    let kept = titles_for(demand.hit_rate, titles, demand.zipf);
    let bytes = of_hours((kept as f64 * demand.title_hours).min(demand.catalogue_hours));
    sheet.figure(
        "cache_gib",
        "segments that must be in memory",
        bytes / GIB,
        "GiB",
        format!(
            "the {kept} most popular of {titles} titles get {} of requests under Zipf {}; × {} h × {} of all rungs",
            percent(share_of(kept, titles, demand.zipf)),
            plain(demand.zipf),
            plain(demand.title_hours),
            bit_rate(ladder)
        ),
    );
    bytes
}

/// The part of memory that every node needs, and the part that the nodes share.
fn ram_parts(demand: &Demand, measured: &Measured, cache: f64) -> (f64, f64) {
    let viewers = demand.viewers * (1.0 - demand.offload) * measured.viewer_bytes;
    match demand.routing {
        Routing::Spread => (measured.base_bytes + cache, viewers),
        Routing::Title => (measured.base_bytes, viewers + cache),
    }
}

fn ram(sheet: &mut Sheet, demand: &Demand, measured: &Measured, cache: f64) -> Option<Need> {
    let Some(available) = demand.node.memory_bytes.or(measured.memory_bytes) else {
        sheet.findings.push(
            "The memory of the node is not known, and not a limit here: give --node-memory."
                .to_owned(),
        );
        return None;
    };
    let (each, shared) = ram_parts(demand, measured, cache);
    let need = Need::of(
        "memory",
        "GiB",
        shared / GIB,
        each / GIB,
        available / GIB,
        demand.headroom,
    );
    if need.nodes.is_none() {
        let room = (available * (1.0 - demand.headroom) - measured.base_bytes).max(0.0);
        let ladder: f64 = demand.ladder.iter().sum();
        let title = demand.title_hours * 3600.0 * ladder / 8.0;
        let titles = (demand.catalogue_hours / demand.title_hours)
            .ceil()
            .max(1.0) as u64;
        let reach = share_of((room / title) as u64, titles, demand.zipf);
        sheet.findings.push(format!(
            "No number of nodes with {} holds {} of segments on each. Within reach is a hit rate of {}; or route viewers \
             by title, so that nodes share the catalogue, or give nodes more memory.",
            memory(available),
            memory(cache),
            percent(reach)
        ));
    }
    Some(need)
}

fn ram_per_node(sheet: &mut Sheet, demand: &Demand, measured: &Measured, cache: f64, nodes: u64) {
    let (each, shared) = ram_parts(demand, measured, cache);
    let bytes = each + shared / nodes as f64;
    let segments = match demand.routing {
        Routing::Spread => format!("{} of segments", memory(cache)),
        Routing::Title => format!("{} of segments ÷ {nodes} nodes", memory(cache)),
    };
    sheet.figure(
        "ram_gib",
        "memory of a node",
        bytes / GIB,
        "GiB",
        format!(
            "{} of the process + {segments} + {} viewers × {}",
            memory(measured.base_bytes),
            short(demand.viewers * (1.0 - demand.offload) / nodes as f64),
            memory(measured.viewer_bytes)
        ),
    );
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
