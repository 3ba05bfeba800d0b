//! A model as lines for people.
use std::fmt::Write as _;

use super::Model;
use crate::report::number::{count, percent, short, with_unit};

/// Ends with a line break.
pub fn text(model: &Model) -> String {
    let mut text = String::new();
    let _ = match model.limiting {
        Some(limiting) => writeln!(
            text,
            "{} nodes; the limit is {limiting}.",
            count(model.nodes)
        ),
        None => writeln!(text, "Not feasible with such nodes."),
    };
    text.push_str("\nOne node:\n");
    for resource in &model.resources {
        let free = match resource.headroom >= 0.0 {
            true => format!("{} free", percent(resource.headroom)),
            false => "too little".to_owned(),
        };
        let _ = writeln!(
            text,
            "  {:<10} {:>14} of {:>14}   {free}",
            resource.name,
            with_unit(resource.needed, resource.unit),
            with_unit(resource.available, resource.unit),
        );
    }
    text.push_str("\nHow:\n");
    for figure in &model.figures {
        let value = match figure.key {
            "nodes" => short(figure.value),
            _ => with_unit(figure.value, figure.unit),
        };
        let _ = writeln!(
            text,
            "  {:<38} {value:>14}\n      {}",
            figure.name, figure.how
        );
    }
    if !model.findings.is_empty() {
        text.push_str("\nMind:\n");
        for finding in &model.findings {
            let _ = writeln!(text, "  {finding}");
        }
    }
    text
}
