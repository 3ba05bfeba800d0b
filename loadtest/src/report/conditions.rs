//! What a figure was taken on and with.
use super::markup::{Element, el};
use super::number;
use super::page;
use crate::machine::Machine;
use crate::node::NodeIdentity;

/// Names and what they are.
pub(super) struct Facts(Vec<(String, String)>);

impl Facts {
    pub(super) fn new() -> Self {
        Self(Vec::new())
    }

    pub(super) fn add(mut self, name: &str, value: impl Into<String>) -> Self {
        self.0.push((name.to_owned(), value.into()));
        self
    }

    pub(super) fn maybe(self, name: &str, value: Option<impl Into<String>>) -> Self {
        match value {
            Some(value) => self.add(name, value),
            None => self,
        }
    }

    fn machine(self, machine: Option<&Machine>) -> Self {
        let Some(machine) = machine else {
            return self.add("hardware", "not told");
        };
        let cores = match machine.usable_cores == machine.cores {
            true => format!("{} cores", machine.cores),
            false => format!("{} of {} cores", machine.usable_cores, machine.cores),
        };
        let nics = machine
            .nics
            .iter()
            .map(|nic| {
                let speed = nic.bits_per_s.map_or("speed not told".to_owned(), |speed| {
                    number::bit_rate(speed as f64)
                });
                match &nic.driver {
                    Some(driver) => format!("{} {speed} ({driver})", nic.name),
                    None => format!("{} {speed}", nic.name),
                }
            })
            .collect::<Vec<_>>()
            .join(", ");
        self.add("processor", format!("{}, {cores}", machine.cpu))
            .add("memory", number::memory(machine.memory_bytes as f64))
            .add("kernel", &machine.kernel)
            .maybe("system", machine.system.as_deref())
            .maybe("network", (!nics.is_empty()).then_some(nics))
    }

    pub(super) fn table(&self, caption: &str) -> Element {
        let rows = self.0.iter().map(|(name, value)| {
            el("tr")
                .child(el("th").attr("scope", "row").text(name))
                .child(el("td").text(value))
        });
        el("figure").child(
            el("table")
                .class("facts")
                .child(el("caption").text(caption))
                .child(el("tbody").children(rows)),
        )
    }
}

pub(super) fn section(
    generator: Option<&Machine>,
    build: &str,
    node: Option<&NodeIdentity>,
    run: &Facts,
    notes: &[String],
) -> Element {
    let generator = Facts::new()
        .add("build", build)
        .machine(generator)
        .table("Load generator");
    let node = match node {
        Some(node) => Facts::new()
            .add("build", node.build.as_deref().unwrap_or("not told"))
            .machine(node.machine.as_ref())
            .maybe("workers", node.workers.map(number::count))
            .maybe(
                "memory budget",
                node.memory_limit_bytes
                    .map(|bytes| number::memory(bytes as f64)),
            )
            .add("watched at", &node.admin)
            .maybe(
                "shared",
                node.shares_machine
                    .then_some("the machine of the load generator: they compete for its cores"),
            )
            .table("Node"),
        None => Facts::new()
            .add("watched at", "not watched: no admin URL was given")
            .table("Node"),
    };
    let mut content = vec![
        el("div")
            .class("figures")
            .child(run.table("Run"))
            .child(generator)
            .child(node),
    ];
    if !notes.is_empty() {
        content.push(el("h3").text("Notes"));
        content.push(el("ul").children(notes.iter().map(|note| el("li").text(note))));
    }
    page::section("Conditions", content)
}
