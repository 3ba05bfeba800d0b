//! `model`: from a plan to a fleet and its cost.
use std::path::PathBuf;
use std::process::ExitCode;

use super::CliError;
use crate::model::{Bytes, Demand, NodeSpec, Percent, Prices, Rate, Routing, model, text};
use crate::report::{Document, ReportError};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// JSON that `plan` wrote, with --admin
    #[arg(value_name = "PLAN.json")]
    plan: PathBuf,
    /// At the peak, at once
    #[arg(long, value_name = "N")]
    viewers: u64,
    /// Of all titles together
    #[arg(long, value_name = "H")]
    catalogue_hours: f64,
    /// Of one title
    #[arg(long, value_name = "H", default_value_t = 1.5)]
    title_hours: f64,
    /// Exponent of the titles' popularity; 0: all alike
    #[arg(long, value_name = "S", default_value_t = 0.8)]
    zipf: f64,
    /// Segments that a node answers from memory
    #[arg(long, value_name = "SHARE")]
    hit_rate: Percent,
    /// Of what viewers receive, what caches before the nodes answer
    #[arg(long, value_name = "SHARE", default_value = "0%")]
    offload: Percent,
    /// Rates of all renditions, sound included: 6M,3M,1.2M
    #[arg(long, value_name = "LIST", value_delimiter = ',', required = true)]
    ladder: Vec<Rate>,
    /// How viewing time is shared between the rungs of --ladder: 60,30,10; otherwise all watch the largest
    #[arg(long, value_name = "LIST", value_delimiter = ',')]
    mix: Vec<f64>,
    /// How viewers find their node
    #[arg(long, value_enum, default_value = "spread")]
    routing: Routing,
    /// What stays free of each resource at the peak
    #[arg(long, value_name = "SHARE", default_value = "30%")]
    headroom: Percent,
    /// Nodes beyond those needed
    #[arg(long, value_name = "N", default_value_t = 0)]
    spare_nodes: u64,
    /// CPU of a segment made on the request, in those of a ready one
    #[arg(long, value_name = "FACTOR", default_value_t = 2.0)]
    miss_cost: f64,
    /// Headers and acknowledgements, of the bodies; otherwise as measured
    #[arg(long, value_name = "SHARE")]
    overhead: Option<Percent>,
    /// Of the node to be bought; otherwise that of the one measured
    #[arg(long, value_name = "N")]
    node_cores: Option<f64>,
    /// The same of its memory: 64GiB
    #[arg(long, value_name = "SIZE")]
    node_memory: Option<Bytes>,
    /// The same of its network: 25G
    #[arg(long, value_name = "RATE")]
    node_link: Option<Rate>,
    /// What its disks read in a second: 2GB; otherwise no limit
    #[arg(long, value_name = "SIZE")]
    node_disk: Option<Bytes>,
    /// Cores of the node that was measured, where the plan does not tell
    #[arg(long, value_name = "N")]
    measured_cores: Option<f64>,
    /// Of a node for an hour, in any currency
    #[arg(long, value_name = "PRICE", default_value_t = 0.0)]
    price_node: f64,
    /// Of 10⁹ bytes sent
    #[arg(long, value_name = "PRICE", default_value_t = 0.0)]
    price_gb: f64,
    /// Viewers on the average of all hours, of those at the peak
    #[arg(long, value_name = "SHARE", default_value = "100%")]
    load_factor: Percent,
    /// JSON instead of text
    #[arg(long)]
    json: bool,
}

/// Status 1: no number of such nodes can do it.
pub(super) fn run(args: &Args) -> Result<ExitCode, CliError> {
    let usage = |error: ReportError| CliError::Usage(error.to_string());
    let Document::Plan(plan) = Document::load(&args.plan).map_err(usage)? else {
        return Err(usage(ReportError::NotAPlan {
            path: args.plan.clone(),
            kind: "run",
        }));
    };
    let model = model(&plan, &demand(args)).map_err(|error| CliError::Usage(error.to_string()))?;
    match args.json {
        true => println!("{}", serde_json::to_string_pretty(&model)?),
        false => print!("{}", text(&model)),
    }
    Ok(match model.feasible {
        true => ExitCode::SUCCESS,
        false => ExitCode::FAILURE,
    })
}

fn demand(args: &Args) -> Demand {
    Demand {
        viewers: args.viewers as f64,
        catalogue_hours: args.catalogue_hours,
        title_hours: args.title_hours,
        zipf: args.zipf,
        hit_rate: args.hit_rate.0,
        offload: args.offload.0,
        ladder: args.ladder.iter().map(|rate| rate.0).collect(),
        mix: args.mix.clone(),
        routing: args.routing,
        headroom: args.headroom.0,
        spare: args.spare_nodes,
        miss_cost: args.miss_cost,
        overhead: args.overhead.map(|share| share.0),
        node: NodeSpec {
            cores: args.node_cores,
            memory_bytes: args.node_memory.map(|size| size.0),
            link: args.node_link.map(|rate| rate.0),
            disk_rate: args.node_disk.map(|size| size.0),
            measured_cores: args.measured_cores,
        },
        prices: Prices {
            node_hour: args.price_node,
            gb: args.price_gb,
            load_factor: args.load_factor.0,
        },
    }
}
