//! What the node runs on, and what it took of it, for whoever plans capacity from afar.
use std::fs;

use prometheus::core::{Collector, Desc};
use prometheus::proto::MetricFamily;
use prometheus::{Counter, IntCounter, IntGauge, IntGaugeVec, Opts, Registry};
use rustix::time::{ClockId, clock_gettime};

/// Interfaces told of.
const MAX_NICS: usize = 32;

/// Registers all of it. What the system does not tell is absent.
pub(super) fn register(registry: &Registry) -> Result<(), prometheus::Error> {
    registry.register(Box::new(Taken::new()?))?;
    let cpuinfo = text("/proc/cpuinfo");
    let kernel = text("/proc/sys/kernel/osrelease");
    let info = IntGauge::with_opts(
        Opts::new(
            "edgepack_machine_info",
            "Always 1; the labels name processor and kernel.",
        )
        .const_label("cpu", value(&cpuinfo, "model name").unwrap_or("unknown"))
        .const_label("kernel", format!("Linux {}", kernel.trim())),
    )?;
    info.set(1);
    registry.register(Box::new(info))?;
    let cores = std::thread::available_parallelism().map_or(0, |cores| cores.get() as i64);
    for (name, help, level) in [
        (
            "edgepack_machine_cores",
            "Processors that the node may use.",
            Some(cores),
        ),
        (
            "edgepack_machine_memory_bytes",
            "Memory of the machine.",
            memory(&text("/proc/meminfo")),
        ),
    ] {
        if let Some(level) = level.filter(|level| *level > 0) {
            let gauge = IntGauge::new(name, help)?;
            gauge.set(level);
            registry.register(Box::new(gauge))?;
        }
    }
    let speeds = IntGaugeVec::new(
        Opts::new(
            "edgepack_machine_network_speed_bytes",
            "Speed of each network link that knows its own, in bytes per second.",
        ),
        &["device"],
    )?;
    for (device, speed) in links() {
        speeds.with_label_values(&[&device]).set(speed);
    }
    registry.register(Box::new(speeds))
}

/// Counters of the kernel, read when they are scraped.
struct Taken {
    cpu: Counter,
    sent: IntCounter,
}

impl Taken {
    fn new() -> Result<Self, prometheus::Error> {
        Ok(Self {
            cpu: Counter::new(
                "edgepack_cpu_seconds_total",
                "User and system time, finer than process_cpu_seconds_total's whole seconds.",
            )?,
            sent: IntCounter::new(
                "process_network_transmit_bytes_total",
                "IP octets sent in the node's network namespace, by whatever process.",
            )?,
        })
    }
}

impl Collector for Taken {
    fn desc(&self) -> Vec<&Desc> {
        let mut desc = self.cpu.desc();
        desc.extend(self.sent.desc());
        desc
    }

    fn collect(&self) -> Vec<MetricFamily> {
        let time = clock_gettime(ClockId::ProcessCPUTime);
        let cpu = time.tv_sec as f64 + time.tv_nsec as f64 / 1e9;
        // Two scrapes at once could both add the same; the second finds nothing missing.
        self.cpu.inc_by((cpu - self.cpu.get()).max(0.0));
        let mut families = self.cpu.collect();
        if let Some(octets) = out_octets(&text("/proc/self/net/netstat")) {
            self.sent.inc_by(octets.saturating_sub(self.sent.get()));
            families.extend(self.sent.collect());
        }
        families
    }
}

fn text(path: &str) -> String {
    fs::read_to_string(path).unwrap_or_default()
}

fn value<'a>(lines: &'a str, wanted: &str) -> Option<&'a str> {
    lines.lines().find_map(|line| {
        let (key, value) = line.split_once(':')?;
        (key.trim() == wanted).then(|| value.trim())
    })
}

fn memory(meminfo: &str) -> Option<i64> {
    let kib: i64 = value(meminfo, "MemTotal")?
        .split_whitespace()
        .next()?
        .parse()
        .ok()?;
    kib.checked_mul(1024)
}

/// `IpExt: NAME NAME …` and `IpExt: VALUE VALUE …`, one below the other.
fn out_octets(netstat: &str) -> Option<u64> {
    let mut lines = netstat
        .lines()
        .filter_map(|line| line.strip_prefix("IpExt:"));
    let names = lines.next()?.split_whitespace();
    let values = lines.next()?.split_whitespace();
    names
        .zip(values)
        .find_map(|(name, value)| (name == "OutOctets").then(|| value.parse().ok()))?
}

/// Names and bytes per second; virtual interfaces mostly know none.
fn links() -> Vec<(String, i64)> {
    let Ok(entries) = fs::read_dir("/sys/class/net") else {
        return Vec::new();
    };
    entries
        .filter_map(|entry| {
            let entry = entry.ok()?;
            let mbit: i64 = fs::read_to_string(entry.path().join("speed"))
                .ok()?
                .trim()
                .parse()
                .ok()?;
            let name = entry.file_name().to_string_lossy().into_owned();
            (mbit > 0).then_some((name, mbit.checked_mul(125_000)?))
        })
        .take(MAX_NICS)
        .collect()
}

#[cfg(test)]
mod tests;
