//! What a figure was taken on: processor, memory, kernel and network, as `/proc` and `/sys` tell.
use std::fs;
use std::path::Path;

use serde::{Deserialize, Serialize};

mod usage;

pub use usage::{BUSY, Mark, Usage};

/// Network interfaces listed.
pub const MAX_NICS: usize = 32;
const UNKNOWN: &str = "unknown";

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Machine {
    /// The processor's name.
    pub cpu: String,
    /// Logical processors of the machine.
    pub cores: u64,
    /// Those this process may use: its affinity and its group's quota.
    pub usable_cores: u64,
    pub memory_bytes: u64,
    /// Name and release.
    pub kernel: String,
    /// The distribution.
    pub system: Option<String>,
    /// Hardware interfaces, without loopback and bridges.
    pub nics: Vec<Nic>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Nic {
    pub name: String,
    /// Of the link. `None`: virtual interfaces seldom know.
    pub bits_per_s: Option<u64>,
    pub driver: Option<String>,
}

impl Machine {
    /// This one.
    pub fn here() -> Self {
        Self::below(Path::new("/"))
    }

    /// Of the files below `root`; what is missing is `unknown` or 0.
    fn below(root: &Path) -> Self {
        let text = |path: &str| fs::read_to_string(root.join(path)).unwrap_or_default();
        let (cpu, cores) = processors(&text("proc/cpuinfo"));
        let release = text("proc/sys/kernel/osrelease");
        let kernel = match release.trim() {
            "" => UNKNOWN.to_owned(),
            release => format!("Linux {release}"),
        };
        Self {
            cpu,
            cores,
            usable_cores: std::thread::available_parallelism()
                .map_or(cores, |usable| usable.get() as u64)
                .min(cores.max(1)),
            memory_bytes: memory(&text("proc/meminfo")),
            kernel,
            system: pretty_name(&text("etc/os-release")),
            nics: nics(&root.join("sys/class/net")),
        }
    }

    /// The fastest link, bit/s.
    pub fn link(&self) -> Option<u64> {
        self.nics.iter().filter_map(|nic| nic.bits_per_s).max()
    }
}

/// Name and number. x86 says `model name`; most ARM cores only have numbers for implementer and part.
fn processors(cpuinfo: &str) -> (String, u64) {
    let values = |wanted: &'static str| {
        cpuinfo.lines().filter_map(move |line| {
            let (key, value) = line.split_once(':')?;
            (key.trim() == wanted).then(|| value.trim())
        })
    };
    let name = values("model name")
        .chain(values("Model"))
        .next()
        .map(str::to_owned)
        .or_else(|| {
            let implementer = values("CPU implementer").next()?;
            let part = values("CPU part").next()?;
            Some(format!("implementer {implementer} part {part}"))
        });
    (
        name.unwrap_or_else(|| UNKNOWN.to_owned()),
        values("processor").count() as u64,
    )
}

fn memory(meminfo: &str) -> u64 {
    meminfo
        .lines()
        .find_map(|line| line.strip_prefix("MemTotal:"))
        .and_then(|rest| rest.split_whitespace().next())
        .and_then(|kib| kib.parse::<u64>().ok())
        .map_or(0, |kib| kib.saturating_mul(1024))
}

fn pretty_name(release: &str) -> Option<String> {
    release
        .lines()
        .find_map(|line| line.strip_prefix("PRETTY_NAME="))
        .map(|name| name.trim_matches(['"', '\'']).to_owned())
}

/// Interfaces with a device behind them, by name.
fn nics(folder: &Path) -> Vec<Nic> {
    let Ok(entries) = fs::read_dir(folder) else {
        return Vec::new();
    };
    let mut nics: Vec<Nic> = entries
        .filter_map(|entry| {
            let entry = entry.ok()?;
            let path = entry.path();
            path.join("device").exists().then(|| Nic {
                name: entry.file_name().to_string_lossy().into_owned(),
                bits_per_s: speed(&path),
                driver: fs::read_link(path.join("device/driver"))
                    .ok()
                    .and_then(|link| Some(link.file_name()?.to_string_lossy().into_owned())),
            })
        })
        .take(MAX_NICS)
        .collect();
    nics.sort_by(|a, b| a.name.cmp(&b.name));
    nics
}

/// `speed` is in Mbit/s, and -1 or an error where the link has none.
fn speed(nic: &Path) -> Option<u64> {
    let mbit: i64 = fs::read_to_string(nic.join("speed"))
        .ok()?
        .trim()
        .parse()
        .ok()?;
    u64::try_from(mbit)
        .ok()
        .filter(|mbit| *mbit > 0)
        .map(|mbit| mbit.saturating_mul(1_000_000))
}

#[cfg(test)]
mod tests;
