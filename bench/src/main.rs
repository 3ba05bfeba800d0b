//! edgepack beside other servers and bare floors, the same segments in the same run.
//!
//! The figure is the server's own CPU time (user and system, every thread) over what it delivered. Servers are pinned
//! to core 0, this client to core 1 (`bench/run.sh`); rounds of the servers alternate, so that a machine whose speed
//! drifts slows all of them; medians are quoted, and a ratio is the median of the ratios pair by pair.
#![forbid(unsafe_code)]

mod allocations;
mod client;
mod cold;
mod connections;
mod delivery;

mod floor;
mod machine;
mod media;
mod node;
mod options;
mod paths;
mod peers;
mod report;
mod server;
mod titles;

use std::path::{Path, PathBuf};

use clap::Parser;
use node::Edgepack;
use options::{Command, Options, Part};
use paths::Paths;
use peers::Peers;
use report::Table;

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

fn main() -> Result<()> {
    let options = Options::parse();
    if let Some(Command::Floor(floor)) = options.command {
        return floor::serve(&floor);
    }
    machine::raise_file_limit()?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(run(&options))
}

async fn run(options: &Options) -> Result<()> {
    let dir = PathBuf::from("target/bench");
    let media = media::make(&dir)?;
    let ready = Edgepack::start(&dir, "ready", &media, &[]).await?;
    let paths = Paths::discover(&ready).await?;
    let root = dir.canonicalize()?.join("html");
    paths.save(&ready, &root).await?;

    let peers = if options.wants(Part::Delivery) {
        Peers::start(&dir, &media, &root, &options.skip)?
    } else {
        Peers::default()
    };
    let mut grown = Vec::new();
    let mut report = report::Report::new(machine::line()?, peers.versions());
    if options.wants(Part::Delivery) {
        let jit = Edgepack::start(&dir, "jit", &media, &[("cache.memory", "\"0B\"")]).await?;
        let nodes = delivery::Nodes {
            ready: &ready,
            jit: &jit,
        };
        let table = delivery::measure(&nodes, &peers, &paths, options).await?;
        add(&mut report, table, &dir)?;
    }
    // The others hold memory and, waiting, a little of the core.
    drop(peers);
    if options.wants(Part::Titles) {
        add(
            &mut report,
            titles::measure(&dir, &media.root, &ready).await?,
            &dir,
        )?;
    }
    drop(ready);
    if options.wants(Part::Allocations) {
        let (table, of_paths) = allocations::measure(&dir, &media, &paths).await?;
        add(&mut report, table, &dir)?;
        grown = of_paths;
    }
    if options.wants(Part::Cold) {
        let table = cold::measure(&dir, &media, options.rounds).await?;
        add(&mut report, table, &dir)?;
    }
    if options.wants(Part::Connections) {
        let table = connections::measure(&dir, &media, &paths, options).await?;
        add(&mut report, table, &dir)?;
    }
    if options.is_whole() {
        let results = Path::new("bench/results");
        std::fs::create_dir_all(results)?;
        std::fs::write(results.join("latest.md"), report.render())?;
    }
    // Told last: what else was measured is written down all the same.
    if grown.is_empty() {
        Ok(())
    } else {
        Err(grown.join("; ").into())
    }
}

/// Shows a table as soon as it is there, and keeps what there is: the next part may fail.
fn add(report: &mut report::Report, table: Table, dir: &Path) -> Result<()> {
    println!("{}", table.render());
    report.add(table);
    std::fs::write(dir.join("report.md"), report.render())?;
    Ok(())
}
