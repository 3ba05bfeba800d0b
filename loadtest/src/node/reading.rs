//! One answer of `/metrics`, in the names the figures are made of.
use serde::{Deserialize, Serialize};

use super::prometheus::Exposition;
use crate::machine::{Machine, Nic};

/// Counters as they stood; what the node does not tell is `None`.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Reading {
    /// Since the watch began.
    pub at_s: f64,
    pub cpu_s: Option<f64>,
    pub rss_bytes: Option<f64>,
    pub cache_bytes: Option<f64>,
    pub cache_hits: Option<f64>,
    pub cache_fills: Option<f64>,
    pub cache_coalesced: Option<f64>,
    pub body_bytes: Option<f64>,
    /// IP octets sent, of the node's network namespace or machine.
    pub network_bytes: Option<f64>,
    pub storage_bytes: Option<f64>,
    pub requests: Option<f64>,
    pub connections: Option<f64>,
    /// Tells a restart.
    pub started_unix_s: Option<f64>,
}

impl Reading {
    /// Names of edgepack first, then those that prometheus' clients and its node exporter agree on, so that another
    /// server can be watched through its exporter.
    pub fn of(exposition: &Exposition<'_>, at_s: f64) -> Self {
        let sum = |name: &str| exposition.sum(name);
        Self {
            at_s,
            cpu_s: sum("edgepack_cpu_seconds_total")
                .or_else(|| sum("process_cpu_seconds_total"))
                .or_else(|| {
                    exposition.sum_where("node_cpu_seconds_total", |sample| {
                        !matches!(
                            sample.label("mode"),
                            Some("idle" | "iowait" | "steal" | "guest" | "guest_nice")
                        )
                    })
                }),
            rss_bytes: sum("process_resident_memory_bytes").or_else(|| {
                let total = sum("node_memory_MemTotal_bytes")?;
                Some(total - sum("node_memory_MemAvailable_bytes")?)
            }),
            cache_bytes: sum("edgepack_cache_bytes"),
            cache_hits: sum("edgepack_cache_hits_total"),
            cache_fills: sum("edgepack_cache_fills_total"),
            cache_coalesced: sum("edgepack_cache_coalesced_total"),
            body_bytes: sum("edgepack_response_body_bytes_total"),
            network_bytes: sum("process_network_transmit_bytes_total")
                .or_else(|| sum("node_network_transmit_bytes_total")),
            storage_bytes: sum("edgepack_storage_read_bytes_total"),
            requests: sum("edgepack_requests_total"),
            connections: sum("edgepack_connections_open"),
            started_unix_s: sum("process_start_time_seconds"),
        }
    }
}

/// Who the node is.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct NodeIdentity {
    /// The admin URL that was asked.
    pub admin: String,
    /// Name and version, where it tells.
    pub build: Option<String>,
    pub workers: Option<u64>,
    /// The budget of what the node holds in memory, where it tells.
    pub memory_limit_bytes: Option<u64>,
    /// What the node runs on. `None`: it does not tell, and it is not this machine.
    pub machine: Option<Machine>,
    /// The node runs on the machine of the load generator, and the two share its cores.
    pub shares_machine: bool,
}

impl NodeIdentity {
    pub(super) fn of(exposition: &Exposition<'_>, admin: &str, loopback: bool) -> Self {
        let whole = |name: &str| exposition.sum(name).map(|value| value.max(0.0) as u64);
        let build = exposition
            .named("edgepack_build_info")
            .find_map(|sample| sample.label("version"))
            .map(|version| format!("edgepack {version}"));
        Self {
            admin: admin.to_owned(),
            build,
            workers: whole("edgepack_workers"),
            memory_limit_bytes: whole("edgepack_memory_limit_bytes"),
            machine: told(exposition).or_else(|| loopback.then(Machine::here)),
            shares_machine: loopback,
        }
    }
}

/// The machine as the node tells it, by edgepack's names or the node exporter's.
fn told(exposition: &Exposition<'_>) -> Option<Machine> {
    let info = exposition.named("edgepack_machine_info").next();
    let uname = exposition.named("node_uname_info").next();
    let cores = exposition.sum("edgepack_machine_cores").or_else(|| {
        let idle = |sample: &&super::prometheus::Sample<'_>| sample.label("mode") == Some("idle");
        match exposition
            .named("node_cpu_seconds_total")
            .filter(idle)
            .count()
        {
            0 => None,
            cores => Some(cores as f64),
        }
    })?;
    let memory = exposition
        .sum("edgepack_machine_memory_bytes")
        .or_else(|| exposition.sum("node_memory_MemTotal_bytes"))?;
    let kernel = info
        .and_then(|info| info.label("kernel"))
        .map(str::to_owned)
        .or_else(|| {
            let uname = uname?;
            Some(format!(
                "{} {}",
                uname.label("sysname")?,
                uname.label("release")?
            ))
        });
    let nics = exposition
        .named("edgepack_machine_network_speed_bytes")
        .chain(exposition.named("node_network_speed_bytes"))
        .filter_map(|sample| {
            Some(Nic {
                name: sample.label("device")?.to_owned(),
                bits_per_s: (sample.value > 0.0).then_some((sample.value * 8.0) as u64),
                driver: None,
            })
        })
        .take(crate::machine::MAX_NICS)
        .collect();
    Some(Machine {
        cpu: info
            .and_then(|info| info.label("cpu"))
            .unwrap_or("unknown")
            .to_owned(),
        cores: cores.max(0.0) as u64,
        usable_cores: cores.max(0.0) as u64,
        memory_bytes: memory.max(0.0) as u64,
        kernel: kernel.unwrap_or_else(|| "unknown".to_owned()),
        system: info
            .and_then(|info| info.label("system"))
            .map(str::to_owned),
        nics,
    })
}

#[cfg(test)]
mod tests;
