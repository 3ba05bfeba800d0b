//! When the paragraphs of a document are shown (TTML1, 10.2 to 10.4; SMIL's `par` and `seq`).
use std::sync::Arc;

use super::document::{Container, Paragraph};
use super::dom::{Attribute, Element, Node, Ns};
use super::time::Clock;
use crate::text::{Error, MAX_CUES, Result};

/// Elements of all states of all paragraphs: a paragraph of many timed parts has a state for each change.
const MAX_STATE_ELEMENTS: usize = 4_000_000;

#[derive(Debug)]
pub(super) struct Found {
    pub(super) paragraphs: Vec<Paragraph>,
    /// Elements that are left out because their times are malformed.
    pub(super) unreadable: usize,
}

/// The paragraphs shown in `[from, to)`, microseconds, in document order.
pub(super) fn paragraphs(body: &Element, clock: &Clock, from: u64, to: u64) -> Result<Found> {
    let mut walk = Walk {
        clock,
        from,
        to,
        state_elements: 0,
        found: Found {
            paragraphs: vec![],
            unreadable: 0,
        },
    };
    if let Some(interval) = walk.interval(body, 0, to, false) {
        walk.container(body, interval, None)?;
    }
    Ok(walk.found)
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Interval {
    begin: u64,
    end: u64,
}

impl Interval {
    fn contains(self, time: u64) -> bool {
        self.begin <= time && time < self.end
    }
}

/// A piece of a paragraph with its interval.
#[derive(Debug)]
struct Timed<'a> {
    element: &'a Element,
    interval: Interval,
    children: Vec<Child<'a>>,
    /// `set`: values that hold for a while.
    animations: Vec<(Interval, &'a Element)>,
}

#[derive(Debug)]
enum Child<'a> {
    Text(&'a str),
    Timed(Timed<'a>),
}

#[derive(Debug)]
struct Walk<'c> {
    clock: &'c Clock,
    from: u64,
    to: u64,
    state_elements: usize,
    found: Found,
}

impl Walk<'_> {
    /// `body` or `div`.
    fn container(
        &mut self,
        element: &Element,
        interval: Interval,
        parent: Option<Arc<Container>>,
    ) -> Result<()> {
        let attributes = element.attributes.iter().filter(|a| is_kept(a)).cloned();
        let container = Arc::new(Container {
            parent,
            attributes: attributes.collect(),
        });
        let is_seq = is_seq(element);
        let mut reference = interval.begin;
        for child in element.elements() {
            let is_paragraph = child.name == "p";
            if !is_paragraph && child.name != "div" {
                continue;
            }
            let Some(inner) = self.interval(child, reference, interval.end, is_seq) else {
                continue;
            };
            if is_seq {
                reference = inner.end;
            }
            if inner.begin >= self.to || inner.end <= self.from || inner.begin >= inner.end {
                continue;
            }
            if is_paragraph {
                self.paragraph(child, inner, &container)?;
            } else {
                self.container(child, inner, Some(Arc::clone(&container)))?;
            }
        }
        Ok(())
    }

    fn paragraph(
        &mut self,
        element: &Element,
        interval: Interval,
        parent: &Arc<Container>,
    ) -> Result<()> {
        let timed = self.timed(element, interval);
        let mut changes = vec![];
        changes_of(&timed, &mut changes);
        changes.sort_unstable();
        changes.dedup();
        let first = self.found.paragraphs.len();
        for state in changes.windows(2) {
            let (begin, end) = (state[0].max(self.from), state[1].min(self.to));
            if begin >= end {
                continue;
            }
            let element = self.state(&timed, begin)?;
            if !has_text(&element) {
                continue;
            }
            let found = &mut self.found.paragraphs;
            let is_full = found.len() == MAX_CUES;
            match found[first..].last_mut() {
                Some(before) if before.end == begin && before.element == element => {
                    before.end = end;
                }
                _ if is_full => return Err(Error::limit("paragraphs", MAX_CUES)),
                _ => found.push(Paragraph {
                    begin,
                    end,
                    parent: Arc::clone(parent),
                    element,
                }),
            }
        }
        Ok(())
    }

    fn timed<'a>(&mut self, element: &'a Element, interval: Interval) -> Timed<'a> {
        let mut timed = Timed {
            element,
            interval,
            children: vec![],
            animations: vec![],
        };
        let is_seq = is_seq(element);
        let mut reference = interval.begin;
        for child in &element.children {
            let child = match child {
                Node::Text(text) => {
                    timed.children.push(Child::Text(text));
                    continue;
                }
                Node::Element(child) => child,
            };
            let is_animation = child.name == "set";
            if !is_animation && child.name != "span" && child.name != "br" {
                continue;
            }
            // Animations and line breaks take no turn in a sequence.
            let takes_turn = is_seq && child.name == "span";
            let reference_of_child = if takes_turn {
                reference
            } else {
                interval.begin
            };
            let inner = self.interval(child, reference_of_child, interval.end, takes_turn);
            let Some(inner) = inner else { continue };
            if takes_turn {
                reference = inner.end;
            }
            if is_animation {
                timed.animations.push((inner, child));
            } else if inner.begin < inner.end {
                timed.children.push(Child::Timed(self.timed(child, inner)));
            }
        }
        timed
    }

    /// What is there of the element at `time`, without timing.
    fn state(&mut self, timed: &Timed<'_>, time: u64) -> Result<Element> {
        self.state_elements += 1 + timed.children.len() + timed.animations.len();
        if self.state_elements > MAX_STATE_ELEMENTS {
            return Err(Error::limit(
                "timed parts of paragraphs",
                MAX_STATE_ELEMENTS,
            ));
        }
        let mut element = Element::new(&timed.element.name);
        let attributes = timed.element.attributes.iter().filter(|a| is_kept(a));
        element.attributes.extend(attributes.cloned());
        for (interval, set) in &timed.animations {
            if interval.contains(time) {
                let set = set
                    .attributes
                    .iter()
                    .filter(|a| a.ns != Ns::None && is_kept(a));
                set.for_each(|set| put(&mut element.attributes, set));
            }
        }
        for child in &timed.children {
            match child {
                Child::Text(text) => element.children.push(Node::Text((*text).to_owned())),
                Child::Timed(child) if child.interval.contains(time) => {
                    let child = self.state(child, time)?;
                    element.children.push(Node::Element(child));
                }
                Child::Timed(_) => {}
            }
        }
        Ok(element)
    }

    /// The element's interval inside of one that ends at `limit`; none where its times are malformed.
    fn interval(
        &mut self,
        element: &Element,
        reference: u64,
        limit: u64,
        in_seq: bool,
    ) -> Option<Interval> {
        let interval = interval(self.clock, element, reference, limit, in_seq);
        if interval.is_none() {
            self.found.unreadable += 1;
        }
        interval
    }
}

fn interval(
    clock: &Clock,
    element: &Element,
    reference: u64,
    limit: u64,
    in_seq: bool,
) -> Option<Interval> {
    // Some(None): said, and malformed.
    let time = |name| {
        element
            .attribute(Ns::None, name)
            .map(|value| clock.parse(value))
    };
    let begin = reference.saturating_add(match time("begin") {
        Some(begin) => begin?,
        None => 0,
    });
    let duration = match time("dur") {
        Some(duration) => Some(begin.saturating_add(duration?)),
        None => None,
    };
    let end = match time("end") {
        Some(end) => Some(reference.saturating_add(end?)),
        None => None,
    };
    let end = match (duration, end) {
        (Some(duration), Some(end)) => duration.min(end),
        (Some(end), None) | (None, Some(end)) => end,
        (None, None) if in_seq => implicit_end(clock, element, begin, limit),
        (None, None) => limit,
    };
    Some(Interval {
        begin,
        end: end.min(limit),
    })
}

/// Where an element ends that does not say it: with what it contains. Text has no end of its own.
fn implicit_end(clock: &Clock, element: &Element, begin: u64, limit: u64) -> u64 {
    let is_seq = is_seq(element);
    let mut latest = begin;
    for child in &element.children {
        match child {
            Node::Text(text) if !is_seq && !text.trim().is_empty() => return limit,
            Node::Element(child) if child.name != "br" && child.name != "set" => {
                let reference = if is_seq { latest } else { begin };
                if let Some(inner) = interval(clock, child, reference, limit, is_seq) {
                    latest = latest.max(inner.end);
                }
            }
            _ => {}
        }
    }
    latest
}

fn is_seq(element: &Element) -> bool {
    element.attribute(Ns::None, "timeContainer") == Some("seq")
}

fn is_kept(attribute: &Attribute) -> bool {
    match (attribute.ns, attribute.name.as_str()) {
        (Ns::None, name) => matches!(name, "style" | "region"),
        // A paragraph may come in several states, and an identifier only once.
        (Ns::Xml, name) => name != "id",
        (Ns::Ttp | Ns::Ittp, _) => false,
        _ => true,
    }
}

fn put(attributes: &mut Vec<Attribute>, set: &Attribute) {
    let known = attributes
        .iter_mut()
        .find(|known| known.ns == set.ns && known.name == set.name);
    match known {
        Some(known) => known.value.clone_from(&set.value),
        None => attributes.push(set.clone()),
    }
}

fn changes_of(timed: &Timed<'_>, changes: &mut Vec<u64>) {
    let mut add = |interval: Interval| {
        let within = |time: &u64| timed.interval.begin <= *time && *time <= timed.interval.end;
        changes.extend(
            [interval.begin, interval.end]
                .iter()
                .filter(|time| within(time)),
        );
    };
    add(timed.interval);
    timed
        .animations
        .iter()
        .for_each(|(interval, _)| add(*interval));
    for child in &timed.children {
        if let Child::Timed(child) = child {
            changes_of(child, changes);
        }
    }
}

fn has_text(element: &Element) -> bool {
    element.children.iter().any(|child| match child {
        Node::Text(text) => !text.trim().is_empty(),
        Node::Element(element) => has_text(element),
    })
}
