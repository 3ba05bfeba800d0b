//! What one node was seen to do, at the largest load that held.
use super::{Demand, ModelError};
use crate::plan::{Plan, Step};

/// Assumed where neither the plan nor the demand tells: TCP and IP headers, TLS records, acknowledgements.
const OVERHEAD: f64 = 0.05;

/// Per-node figures that the arithmetic starts from.
#[derive(Clone, Debug, PartialEq)]
pub struct Measured {
    pub viewers: f64,
    /// bit/s of bodies per viewer.
    pub rate: f64,
    /// Cores busy while it held.
    pub cores_busy: f64,
    pub cores: f64,
    /// CPU seconds per 10⁹ bytes of bodies, at `hit_rate`.
    pub cpu_s_per_gb: f64,
    pub hit_rate: f64,
    /// Bytes the process holds besides its segment cache and its viewers.
    pub base_bytes: f64,
    /// Bytes per viewer.
    pub viewer_bytes: f64,
    /// IP octets beyond bodies, of the bodies.
    pub overhead: f64,
    pub overhead_measured: bool,
    pub memory_bytes: Option<f64>,
    pub link: Option<f64>,
    pub lower_bound: bool,
}

impl Measured {
    /// # Errors
    /// What the plan does not tell.
    pub fn of(plan: &Plan, demand: &Demand) -> Result<Self, ModelError> {
        let step = plan.best().ok_or(ModelError::NothingHeld)?;
        let figures = step
            .node
            .as_ref()
            .ok_or(ModelError::NotWatched("processor"))?;
        if figures.restarted {
            return Err(ModelError::Restarted);
        }
        let machine = plan.node.as_ref().and_then(|node| node.machine.as_ref());
        let cores = demand
            .node
            .measured_cores
            .or(machine.map(|machine| machine.usable_cores as f64))
            .filter(|cores| *cores > 0.0)
            .ok_or(ModelError::Cores)?;
        let bodies = figures
            .body_bytes
            .filter(|bytes| *bytes > 0)
            .ok_or(ModelError::NotWatched("sent bytes"))? as f64;
        let cpu_s_per_gb = figures
            .cpu_s_per_gb()
            .ok_or(ModelError::NotWatched("processor"))?;
        let cores_busy = figures
            .cpu_cores
            .ok_or(ModelError::NotWatched("processor"))?;
        if cores_busy <= 0.0 {
            return Err(ModelError::Idle);
        }
        let overhead = figures
            .network_bytes
            .map(|network| network as f64 / bodies - 1.0)
            // Other programs send from that machine too, and loopback counts both ways; beyond this it says nothing.
            .filter(|overhead| (0.0..0.5).contains(overhead));
        let viewers = step.viewers as f64;
        let viewer_bytes = slope(plan);
        let held = step_memory(step).ok_or(ModelError::NotWatched("memory"))?;
        Ok(Self {
            viewers,
            rate: bodies * 8.0 / figures.seconds / viewers,
            cores_busy,
            cores,
            cpu_s_per_gb,
            hit_rate: figures.hit_ratio().unwrap_or(1.0),
            base_bytes: (held - viewer_bytes * viewers).max(0.0),
            viewer_bytes,
            overhead: demand.overhead.or(overhead).unwrap_or(OVERHEAD),
            overhead_measured: demand.overhead.is_none() && overhead.is_some(),
            memory_bytes: machine.map(|machine| machine.memory_bytes as f64),
            link: machine
                .and_then(|machine| machine.link())
                .map(|link| link as f64),
            lower_bound: plan.capacity.is_lower_bound(),
        })
    }
}

/// Resident memory without the segment cache.
fn step_memory(step: &Step) -> Option<f64> {
    let figures = step.node.as_ref()?;
    let cache = figures.cache_bytes.unwrap_or(0);
    Some(figures.rss_bytes_peak?.saturating_sub(cache) as f64)
}

/// What a further viewer takes: the line of least squares through all steps, not below 0.
fn slope(plan: &Plan) -> f64 {
    let points: Vec<(f64, f64)> = plan
        .steps
        .iter()
        .filter_map(|step| Some((step.viewers as f64, step_memory(step)?)))
        .collect();
    let n = points.len() as f64;
    let mean = |of: fn(&(f64, f64)) -> f64| points.iter().map(of).sum::<f64>() / n;
    let (x, y) = (mean(|p| p.0), mean(|p| p.1));
    let across: f64 = points.iter().map(|p| (p.0 - x) * (p.0 - x)).sum();
    let along: f64 = points.iter().map(|p| (p.0 - x) * (p.1 - y)).sum();
    if across > 0.0 {
        (along / across).max(0.0)
    } else {
        0.0
    }
}
