//! What is written down on the way, and what is needed of one resource.
use super::super::{Demand, Figure, Measured, Resource};
use crate::report::number::{bit_rate, percent};

/// Figures with how they came about, and what is to be said of them.
#[derive(Default)]
pub(super) struct Sheet {
    pub(super) figures: Vec<Figure>,
    pub(super) findings: Vec<String>,
}

impl Sheet {
    pub(super) fn figure(
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

    pub(super) fn caveats(&mut self, demand: &Demand, measured: &Measured, rate: f64) {
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
pub(super) struct Need {
    pub(super) name: &'static str,
    unit: &'static str,
    /// Divided among the nodes.
    shared: f64,
    /// Needed on each, however many there are.
    each: f64,
    available: f64,
    pub(super) nodes: Option<u64>,
}

impl Need {
    pub(super) fn of(
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

    pub(super) fn resource(&self, nodes: f64) -> Resource {
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
