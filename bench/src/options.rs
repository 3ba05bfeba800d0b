//! The command line.
use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::peers::Kind;

/// edgepack beside other servers and bare floors on the same segments, in the same run
#[derive(Debug, Parser)]
#[command(max_term_width = 100)]
pub(crate) struct Options {
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
    /// Servers to leave out
    #[arg(long, value_delimiter = ',', value_name = "SERVER,…")]
    pub(crate) skip: Vec<Kind>,
    /// Parts to run; the results are written down only when all are
    #[arg(long, value_delimiter = ',', value_name = "PART,…")]
    only: Vec<Part>,
    /// Rows of the delivery table whose name holds this
    #[arg(long, value_name = "TEXT")]
    pub(crate) row: Option<String>,
    /// Alternating rounds of every row, after one that warms up
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u16).range(1..=100))]
    pub(crate) rounds: u16,
    /// Connections that stay open without a request, per protocol
    #[arg(long, default_value_t = 10_000, value_name = "COUNT")]
    pub(crate) idle: usize,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Serve files as cheaply as the kernel and the ciphers allow; started by the run itself
    #[command(hide = true)]
    Floor(Floor),
}

#[derive(Debug, Clone, Args)]
pub(crate) struct Floor {
    /// Whose files are served
    #[arg(long)]
    pub(crate) root: PathBuf,
    /// One for each way over TCP, in their order, and one for datagrams
    #[arg(long, required = true)]
    pub(crate) listen: Vec<SocketAddr>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Part {
    /// Segments, beside the other servers
    Delivery,
    /// Opening titles, their manifests and memory
    Titles,
    /// Allocations per request
    Allocations,
    /// Segments of files that are not in the page cache
    Cold,
    /// Many idle connections and some that are not
    Connections,
}

impl Options {
    pub(crate) fn wants(&self, part: Part) -> bool {
        self.only.is_empty() || self.only.contains(&part)
    }

    pub(crate) fn is_whole(&self) -> bool {
        self.only.is_empty() && self.row.is_none()
    }
}
