//! Prometheus' text exposition format, version 0.0.4, as much as reading gauges and counters needs.
//!
//! Histograms and summaries come as the plain samples they are made of. Samples borrow the text.
use std::borrow::Cow;

/// Bytes of one exposition.
pub const MAX_BYTES: usize = 8 << 20;
/// Samples of one exposition.
pub const MAX_SAMPLES: usize = 100_000;
/// Labels of one sample.
const MAX_LABELS: usize = 64;

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ParseError {
    #[error("metrics of more than {MAX_BYTES} bytes")]
    TooLarge,
    #[error("metrics of more than {MAX_SAMPLES} samples")]
    TooMany,
    #[error("metrics, line {line}: {what}")]
    Line { line: usize, what: &'static str },
}

#[derive(Debug, Clone, PartialEq)]
pub struct Sample<'a> {
    pub name: &'a str,
    pub labels: Vec<(&'a str, Cow<'a, str>)>,
    pub value: f64,
}

impl Sample<'_> {
    pub fn label(&self, name: &str) -> Option<&str> {
        self.labels
            .iter()
            .find_map(|(label, value)| (*label == name).then_some(value.as_ref()))
    }
}

/// All samples of one answer, in its order.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Exposition<'a> {
    samples: Vec<Sample<'a>>,
}

impl<'a> Exposition<'a> {
    /// # Errors
    /// When it is too large, or a line is neither a comment nor a sample.
    pub fn parse(text: &'a str) -> Result<Self, ParseError> {
        if text.len() > MAX_BYTES {
            return Err(ParseError::TooLarge);
        }
        let mut samples = Vec::new();
        for (index, line) in text.lines().enumerate() {
            let line = line.trim_matches([' ', '\t']);
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            if samples.len() == MAX_SAMPLES {
                return Err(ParseError::TooMany);
            }
            let sample = sample(line).map_err(|what| ParseError::Line {
                line: index + 1,
                what,
            })?;
            samples.push(sample);
        }
        Ok(Self { samples })
    }

    pub fn samples(&self) -> &[Sample<'a>] {
        &self.samples
    }

    pub fn named<'s>(&'s self, name: &'s str) -> impl Iterator<Item = &'s Sample<'a>> {
        self.samples
            .iter()
            .filter(move |sample| sample.name == name)
    }

    /// The sum over all label values. `None`: no such metric, or none that is a number.
    pub fn sum(&self, name: &str) -> Option<f64> {
        self.sum_where(name, |_| true)
    }

    /// The same of those that `wanted` picks.
    pub fn sum_where(&self, name: &str, wanted: impl Fn(&Sample<'_>) -> bool) -> Option<f64> {
        self.named(name)
            .filter(|sample| sample.value.is_finite() && wanted(sample))
            .map(|sample| sample.value)
            .reduce(|sum, value| sum + value)
    }
}

/// `name{label="value",…} value [timestamp]`.
fn sample(line: &str) -> Result<Sample<'_>, &'static str> {
    let end = line
        .find(|c: char| !(c.is_ascii_alphanumeric() || c == '_' || c == ':'))
        .ok_or("a name without a value")?;
    let (name, rest) = line.split_at(end);
    if name.is_empty() || name.starts_with(|c: char| c.is_ascii_digit()) {
        return Err("a sample begins with a metric's name");
    }
    let rest = rest.trim_start_matches([' ', '\t']);
    let (labels, rest) = match rest.strip_prefix('{') {
        Some(rest) => labels(rest)?,
        None => (Vec::new(), rest),
    };
    let mut words = rest.split([' ', '\t']).filter(|word| !word.is_empty());
    let value = number(words.next().ok_or("a sample without a value")?)?;
    if let Some(timestamp) = words.next() {
        timestamp
            .parse::<i64>()
            .map_err(|_| "a timestamp is in whole milliseconds")?;
    }
    if words.next().is_some() {
        return Err("more than a value and a timestamp");
    }
    Ok(Sample {
        name,
        labels,
        value,
    })
}

type Labels<'a> = Vec<(&'a str, Cow<'a, str>)>;

/// From behind the brace to behind the closing one.
fn labels(mut rest: &str) -> Result<(Labels<'_>, &str), &'static str> {
    let mut labels = Vec::new();
    loop {
        rest = rest.trim_start_matches([' ', '\t']);
        if let Some(rest) = rest.strip_prefix('}') {
            return Ok((labels, rest));
        }
        if labels.len() == MAX_LABELS {
            return Err("more labels than a sample has");
        }
        let (name, after) = rest.split_once('=').ok_or("a label without a value")?;
        let name = name.trim_matches([' ', '\t']);
        if name.is_empty() || !name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_') {
            return Err("a label's name is of letters, digits and _");
        }
        let after = after
            .trim_start_matches([' ', '\t'])
            .strip_prefix('"')
            .ok_or("a label's value is quoted")?;
        let (value, after) = quoted(after)?;
        labels.push((name, value));
        rest = after.trim_start_matches([' ', '\t']);
        match rest.strip_prefix(',') {
            Some(after) => rest = after,
            None if rest.starts_with('}') => {}
            None => return Err("labels are separated by commas"),
        }
    }
}

/// From behind the quote to behind the closing one; `\\`, `\"` and `\n` are escapes.
fn quoted(text: &str) -> Result<(Cow<'_, str>, &str), &'static str> {
    let mut owned = None::<String>;
    let mut from = 0;
    let mut bytes = text.bytes().enumerate();
    while let Some((at, byte)) = bytes.next() {
        match byte {
            b'"' => {
                let tail = &text[from..at];
                let value = match owned {
                    None => Cow::Borrowed(tail),
                    Some(mut head) => {
                        head.push_str(tail);
                        Cow::Owned(head)
                    }
                };
                return Ok((value, &text[at + 1..]));
            }
            b'\\' => {
                let head = owned.get_or_insert_default();
                head.push_str(&text[from..at]);
                head.push(match bytes.next() {
                    Some((_, b'\\')) => '\\',
                    Some((_, b'"')) => '"',
                    Some((_, b'n')) => '\n',
                    _ => return Err("an escape that the format does not have"),
                });
                from = at + 2;
            }
            _ => {}
        }
    }
    Err("a label's value does not end")
}

fn number(word: &str) -> Result<f64, &'static str> {
    match word {
        "+Inf" | "Inf" => Ok(f64::INFINITY),
        "-Inf" => Ok(f64::NEG_INFINITY),
        "NaN" | "Nan" => Ok(f64::NAN),
        word => word.parse().map_err(|_| "a value is a number"),
    }
}

#[cfg(test)]
mod tests;
