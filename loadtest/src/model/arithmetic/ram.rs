//! What must be in memory.
use super::super::working_set::{share_of, titles_for};
use super::super::{Demand, Measured, Routing};
use super::GIB;
use super::sheet::{Need, Sheet};
use crate::report::number::{bit_rate, memory, percent, plain, short};

/// Bytes that must be in memory for the hit rate.
pub(super) fn cache(sheet: &mut Sheet, demand: &Demand) -> f64 {
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

pub(super) fn ram(
    sheet: &mut Sheet,
    demand: &Demand,
    measured: &Measured,
    cache: f64,
) -> Option<Need> {
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

pub(super) fn ram_per_node(
    sheet: &mut Sheet,
    demand: &Demand,
    measured: &Measured,
    cache: f64,
    nodes: u64,
) {
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
