//! Options that every command with a target has.
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use http::{HeaderMap, HeaderName, HeaderValue};

use super::CliError;
use crate::scenario::{Limits, Protocol, Timeouts, Tls};

/// How the target is reached.
#[derive(Clone, Debug, Args)]
pub struct Connection {
    /// h1, h2 or h3; over plain http h1 or h2
    #[arg(long, default_value = "h1", value_parser = parse_protocol)]
    pub protocol: Protocol,
    /// PEM file of a certificate that is trusted besides the system's
    #[arg(long, value_name = "FILE", conflicts_with = "insecure")]
    pub trust: Option<PathBuf>,
    /// Take any certificate
    #[arg(long)]
    pub insecure: bool,
    /// For a connection, the head of an answer, and the next piece of a body each
    #[arg(long, value_name = "TIME", default_value = "10s", value_parser = humantime::parse_duration)]
    pub timeout: Duration,
    /// Sent with every request; may be repeated
    #[arg(long = "header", short = 'H', value_name = "NAME: VALUE")]
    pub headers: Vec<String>,
    /// Threads that load comes from; 0: one per processor
    #[arg(long, default_value_t = 0, value_parser = clap::value_parser!(u16).range(0..=256))]
    pub threads: u16,
    /// Lets requests leave this machine: the target is yours, or its owner knows
    #[arg(long)]
    pub i_own_this_target: bool,
}

impl Connection {
    pub(super) fn tls(&self) -> Tls {
        Tls {
            trusted: self.trust.clone(),
            insecure: self.insecure,
            ..Tls::default()
        }
    }

    pub(super) fn timeouts(&self) -> Timeouts {
        Timeouts {
            connect: self.timeout,
            answer: self.timeout,
            stall: self.timeout,
        }
    }

    pub(super) fn limits(&self, connections: usize) -> Limits {
        let limits = Limits::default();
        Limits {
            connections: limits.connections.max(connections),
            ..limits
        }
    }

    /// `NAME: VALUE`, taken apart.
    pub(super) fn header_pairs(&self) -> Result<Vec<(String, String)>, CliError> {
        self.headers
            .iter()
            .map(|line| {
                let (name, value) = line.split_once(':').ok_or_else(|| {
                    CliError::Usage(format!("--header {line:?}: write NAME: VALUE"))
                })?;
                Ok((name.trim().to_owned(), value.trim().to_owned()))
            })
            .collect()
    }

    pub(super) fn header_map(&self) -> Result<HeaderMap, CliError> {
        let mut map = HeaderMap::new();
        for (name, value) in self.header_pairs()? {
            let fault = || CliError::Usage(format!("--header {name:?}: no header"));
            map.append(
                HeaderName::try_from(&name).map_err(|_| fault())?,
                HeaderValue::try_from(value).map_err(|_| fault())?,
            );
        }
        Ok(map)
    }
}

fn parse_protocol(text: &str) -> Result<Protocol, String> {
    text.parse()
}
