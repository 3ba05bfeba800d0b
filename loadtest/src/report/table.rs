//! Tables whose numbers stand below each other.
use super::markup::{Element, el};
use super::number;

pub(super) enum Cell {
    Text(String),
    /// A name of something foreign: a URL, a codec; in another face, and broken where it must.
    Code(String),
    Number(f64),
    /// A number without places.
    Count(u64),
    Nothing,
}

impl Cell {
    pub(super) fn of(value: Option<f64>) -> Self {
        value
            .filter(|value| value.is_finite())
            .map_or(Self::Nothing, Self::Number)
    }

    pub(super) fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }
}

pub(super) struct Table {
    caption: String,
    head: Vec<String>,
    rows: Vec<Vec<Cell>>,
    /// Rows set apart: the ones that broke a promise.
    marked: Vec<usize>,
}

impl Table {
    pub(super) fn new(caption: impl Into<String>, head: &[&str]) -> Self {
        Self {
            caption: caption.into(),
            head: head.iter().map(|text| (*text).to_owned()).collect(),
            rows: Vec::new(),
            marked: Vec::new(),
        }
    }

    pub(super) fn row(&mut self, cells: Vec<Cell>) {
        self.rows.push(cells);
    }

    pub(super) fn mark_last(&mut self) {
        self.marked.push(self.rows.len().saturating_sub(1));
    }

    pub(super) fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The first column names the row. Columns of numbers have as many places as their largest needs.
    pub(super) fn element(&self) -> Element {
        let columns: Vec<Column> = (0..self.head.len())
            .map(|column| self.column(column))
            .collect();
        let head = self.head.iter().zip(&columns).map(|(text, column)| {
            let cell = el("th").attr("scope", "col");
            match column.right {
                true => cell.class("n"),
                false => cell,
            }
            .text(text)
        });
        let rows = self.rows.iter().enumerate().map(|(index, cells)| {
            let row = match self.marked.contains(&index) {
                true => el("tr").class("broke"),
                false => el("tr"),
            };
            row.children(
                cells
                    .iter()
                    .zip(&columns)
                    .enumerate()
                    .map(|(at, (cell, column))| column.cell(cell, at == 0)),
            )
        });
        let table = el("table")
            .child(el("caption").text(&self.caption))
            .child(el("thead").child(el("tr").children(head)))
            .child(el("tbody").children(rows));
        // Wide ones scroll by themselves, by keyboard too.
        el("div")
            .class("scroll")
            .attr("tabindex", "0")
            .attr("role", "region")
            .attr("aria-label", &self.caption)
            .child(table)
    }

    fn column(&self, column: usize) -> Column {
        let cells = || self.rows.iter().filter_map(|row| row.get(column));
        let largest = cells()
            .filter_map(|cell| match cell {
                Cell::Number(value) => Some(value.abs()),
                _ => None,
            })
            .fold(0.0, f64::max);
        Column {
            places: number::places(largest),
            right: cells().any(|cell| matches!(cell, Cell::Number(_) | Cell::Count(_))),
        }
    }
}

struct Column {
    places: usize,
    right: bool,
}

impl Column {
    fn cell(&self, cell: &Cell, names_row: bool) -> Element {
        let element = match names_row {
            true => el("th").attr("scope", "row"),
            false => el("td"),
        };
        let element = match self.right {
            true => element.class("n"),
            false => element,
        };
        match cell {
            Cell::Text(text) => element.text(text),
            Cell::Code(text) => element.child(el("code").text(text)),
            Cell::Number(value) => element.text(number::fixed(*value, self.places)),
            Cell::Count(value) => element.text(number::count(*value)),
            Cell::Nothing => element.text("–"),
        }
    }
}
