//! Lines over time or load, as inline SVG with its figures in a table beside it.
use super::markup::{Element, coordinate, el};
use super::number;
use super::scale::{Kind, Scale};
use super::table::{Cell, Table};

const WIDTH: f64 = 640.0;
const HEIGHT: f64 = 240.0;
const LEFT: f64 = 58.0;
const RIGHT: f64 = 14.0;
const TOP: f64 = 14.0;
const BOTTOM: f64 = 42.0;
/// Points drawn of one line; more would be narrower than a pixel.
const MAX_POINTS: usize = 600;
/// Rows of the table beside it.
const MAX_ROWS: usize = 60;
/// Lines told apart by colour and dash.
pub(super) const COLOURS: usize = 6;

/// How points that fall together become one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fold {
    Mean,
    Most,
}

#[derive(Clone, Debug)]
pub(super) struct Line {
    pub(super) name: String,
    pub(super) points: Vec<(f64, Option<f64>)>,
    pub(super) fold: Fold,
}

/// A value that must not be passed, or that means something.
#[derive(Clone, Debug)]
pub(super) struct Limit {
    pub(super) name: String,
    pub(super) value: f64,
}

#[derive(Clone, Debug)]
pub(super) struct Chart {
    /// Unique within the page.
    pub(super) id: String,
    pub(super) title: String,
    pub(super) x_name: &'static str,
    /// Of the values, shown above the axis and in the table.
    pub(super) unit: &'static str,
    pub(super) kind: Kind,
    pub(super) lines: Vec<Line>,
    pub(super) limits: Vec<Limit>,
    /// Of the first line, by point: whether the load held. Empty: points are not drawn.
    pub(super) held: Vec<bool>,
    /// Names for whole numbers on the x axis instead of the numbers.
    pub(super) categories: Vec<&'static str>,
}

impl Chart {
    pub(super) fn over_time(id: String, title: &str, unit: &'static str, lines: Vec<Line>) -> Self {
        Self {
            id,
            title: title.to_owned(),
            x_name: "seconds since the start",
            unit,
            kind: Kind::Linear,
            lines,
            limits: Vec::new(),
            held: Vec::new(),
            categories: Vec::new(),
        }
    }

    /// Plot, legend and table. `None`: there is nothing to show.
    pub(super) fn figure(&self) -> Option<Element> {
        let any = self.lines.iter().any(|line| !line.points.is_empty());
        any.then(|| {
            let figure = el("figure")
                .child(el("figcaption").text(&self.title))
                .child(self.svg());
            let figure = match self.lines.len() + self.limits.len() > 1 {
                true => figure.child(self.legend()),
                false => figure,
            };
            figure.child(
                el("details")
                    .child(el("summary").text("Figures"))
                    .child(self.table().element()),
            )
        })
    }

    fn xs(&self) -> impl Iterator<Item = f64> {
        self.lines
            .iter()
            .flat_map(|line| line.points.iter().map(|point| point.0))
    }

    fn x_scale(&self) -> Scale {
        if self.categories.is_empty() {
            let (low, high) = self.xs().fold((f64::INFINITY, 0.0_f64), |(low, high), x| {
                (low.min(x), high.max(x))
            });
            // Loads begin at 0, so that a straight line from there means proportion.
            let low = if self.held.is_empty() {
                low.min(high)
            } else {
                0.0
            };
            Scale::spanning(low, high, 8)
        } else {
            let mut scale = Scale::spanning(0.0, (self.categories.len() - 1) as f64, 8);
            scale.ticks = (0..self.categories.len()).map(|n| n as f64).collect();
            scale
        }
    }

    fn svg(&self) -> Element {
        let x = self.x_scale();
        let limits = self.limits.iter().map(|limit| limit.value);
        let values = self
            .lines
            .iter()
            .flat_map(|line| line.points.iter().filter_map(|point| point.1));
        let y = Scale::over(self.kind, values.chain(limits), true, 5);
        let left = |value: f64| LEFT + x.place(value) * (WIDTH - LEFT - RIGHT);
        let top = |value: f64| HEIGHT - BOTTOM - y.place(value) * (HEIGHT - TOP - BOTTOM);
        let title = format!("{}-t", self.id);
        let description = format!("{}-d", self.id);
        el("svg")
            .attr("viewBox", format!("0 0 {WIDTH} {HEIGHT}"))
            .attr("role", "img")
            .attr("aria-labelledby", format!("{title} {description}"))
            .child(el("title").attr("id", title).text(&self.title))
            .child(el("desc").attr("id", description).text(self.in_words()))
            .children(self.grid(&x, &y, &left, &top))
            .children(self.limit_lines(&top))
            .children(
                self.lines
                    .iter()
                    .enumerate()
                    .map(|(index, line)| path(index, line, &left, &top)),
            )
            .children(self.points(&left, &top))
    }

    fn grid(
        &self,
        x: &Scale,
        y: &Scale,
        left: &impl Fn(f64) -> f64,
        top: &impl Fn(f64) -> f64,
    ) -> Vec<Element> {
        let mut elements = Vec::new();
        for tick in &y.ticks {
            elements.push(line(LEFT, top(*tick), WIDTH - RIGHT, top(*tick)).class(
                match *tick == 0.0 {
                    true => "axis",
                    false => "grid",
                },
            ));
            elements.push(
                el("text")
                    .at("x", LEFT - 6.0)
                    .at("y", top(*tick) + 4.0)
                    .attr("text-anchor", "end")
                    .text(number::plain(*tick)),
            );
        }
        for tick in &x.ticks {
            let text = match self.categories.get(*tick as usize) {
                Some(name) => (*name).to_owned(),
                None => number::plain(*tick),
            };
            elements.push(
                line(
                    left(*tick),
                    HEIGHT - BOTTOM,
                    left(*tick),
                    HEIGHT - BOTTOM + 4.0,
                )
                .class("axis"),
            );
            elements.push(
                el("text")
                    .at("x", left(*tick))
                    .at("y", HEIGHT - BOTTOM + 17.0)
                    .attr("text-anchor", "middle")
                    .text(text),
            );
        }
        elements.push(
            el("text")
                .class("name")
                .at("x", (LEFT + WIDTH - RIGHT) / 2.0)
                .at("y", HEIGHT - 6.0)
                .attr("text-anchor", "middle")
                .text(self.x_name),
        );
        if !self.unit.is_empty() {
            let middle = (TOP + HEIGHT - BOTTOM) / 2.0;
            elements.push(
                el("text")
                    .class("name")
                    .attr(
                        "transform",
                        format!("translate(12 {}) rotate(-90)", coordinate(middle)),
                    )
                    .attr("text-anchor", "middle")
                    .text(self.unit),
            );
        }
        elements
    }

    fn limit_lines(&self, top: &impl Fn(f64) -> f64) -> Vec<Element> {
        self.limits
            .iter()
            .map(|limit| {
                line(LEFT, top(limit.value), WIDTH - RIGHT, top(limit.value)).class("limit")
            })
            .collect()
    }

    /// Of loads: full ones held, crosses broke.
    fn points(&self, left: &impl Fn(f64) -> f64, top: &impl Fn(f64) -> f64) -> Vec<Element> {
        let Some(line) = self.lines.first() else {
            return Vec::new();
        };
        line.points
            .iter()
            .zip(&self.held)
            .filter_map(|((x, y), held)| {
                let (x, y) = (left(*x), top((*y)?));
                Some(match held {
                    true => el("circle")
                        .class("held")
                        .at("cx", x)
                        .at("cy", y)
                        .attr("r", "4"),
                    false => el("path").class("broke").attr(
                        "d",
                        format!(
                            "M{} {}l9 9m0 -9l-9 9",
                            coordinate(x - 4.5),
                            coordinate(y - 4.5)
                        ),
                    ),
                })
            })
            .collect()
    }

    fn legend(&self) -> Element {
        let sample = |class: String| {
            el("svg")
                .attr("viewBox", "0 0 26 10")
                .attr("aria-hidden", "true")
                .class("sample")
                .child(line(0.0, 5.0, 26.0, 5.0).attr("class", class))
        };
        let lines = self.lines.iter().enumerate().map(|(index, line)| {
            el("li")
                .child(sample(class(index)))
                .child(el("span").text(&line.name))
        });
        let limits = self.limits.iter().map(|limit| {
            el("li")
                .child(sample("limit".to_owned()))
                .child(el("span").text(&limit.name))
        });
        el("ul").class("legend").children(lines).children(limits)
    }

    /// What it shows, for those who cannot see it.
    fn in_words(&self) -> String {
        let mut words = vec![match self.unit {
            "" => format!("Over {}.", self.x_name),
            unit => format!("In {unit}, over {}.", self.x_name),
        }];
        for line in &self.lines {
            let values: Vec<f64> = line.points.iter().filter_map(|point| point.1).collect();
            let most = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            let least = values.iter().copied().fold(f64::INFINITY, f64::min);
            words.push(match values.last() {
                Some(last) => format!(
                    "{}: from {} to {}, at the end {}.",
                    line.name,
                    number::short(least),
                    number::short(most),
                    number::short(*last)
                ),
                None => format!("{}: nothing.", line.name),
            });
        }
        for limit in &self.limits {
            words.push(format!("{}: {}.", limit.name, number::plain(limit.value)));
        }
        words.join(" ")
    }

    fn table(&self) -> Table {
        let rows = self
            .lines
            .iter()
            .map(|line| line.points.len())
            .max()
            .unwrap_or_default();
        let every = rows.div_ceil(MAX_ROWS).max(1);
        let caption = match every {
            1 => self.title.clone(),
            every => format!("{}, every {}th point", self.title, every),
        };
        let named = |line: &Line| match self.unit {
            "" => line.name.clone(),
            unit => format!("{} ({unit})", line.name),
        };
        let names: Vec<String> = self.lines.iter().map(named).collect();
        let mut head = vec![self.x_name];
        head.extend(names.iter().map(String::as_str));
        let mut table = Table::new(caption, &head);
        for row in (0..rows).step_by(every) {
            let x = self
                .lines
                .iter()
                .find_map(|line| line.points.get(row))
                .map(|point| point.0);
            let name = match x.and_then(|x| self.categories.get(x as usize)) {
                Some(name) => Cell::text(*name),
                None => Cell::of(x),
            };
            let mut cells = vec![name];
            cells.extend(
                self.lines
                    .iter()
                    .map(|line| Cell::of(line.points.get(row).and_then(|point| point.1))),
            );
            table.row(cells);
            if self.held.get(row) == Some(&false) {
                table.mark_last();
            }
        }
        table
    }
}

fn class(index: usize) -> String {
    format!("line s{}", index % COLOURS)
}

fn line(x1: f64, y1: f64, x2: f64, y2: f64) -> Element {
    el("line")
        .at("x1", x1)
        .at("y1", y1)
        .at("x2", x2)
        .at("y2", y2)
}

/// Broken where a value is missing.
fn path(
    index: usize,
    line: &Line,
    left: &impl Fn(f64) -> f64,
    top: &impl Fn(f64) -> f64,
) -> Element {
    let mut d = String::new();
    let mut down = false;
    for (x, y) in thinned(line) {
        match y.filter(|y| y.is_finite()) {
            Some(y) => {
                d.push(if down { 'L' } else { 'M' });
                d.push_str(&coordinate(left(x)));
                d.push(' ');
                d.push_str(&coordinate(top(y)));
                down = true;
            }
            None => down = false,
        }
    }
    el("path").attr("class", class(index)).attr("d", d)
}

fn thinned(line: &Line) -> Vec<(f64, Option<f64>)> {
    let every = line.points.len().div_ceil(MAX_POINTS).max(1);
    line.points
        .chunks(every)
        .filter_map(|chunk| {
            let values: Vec<f64> = chunk.iter().filter_map(|point| point.1).collect();
            let value = match line.fold {
                _ if values.is_empty() => None,
                Fold::Mean => Some(values.iter().sum::<f64>() / values.len() as f64),
                Fold::Most => values.iter().copied().reduce(f64::max),
            };
            Some((chunk.first()?.0, value))
        })
        .collect()
}

#[cfg(test)]
mod tests;
