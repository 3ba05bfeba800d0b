//! The query of a manifest's URL as name and value pairs. What they mean is the origin's affair.
use super::Fault;
use crate::access::{percent_decoded, strip_token_query};

/// Longest query of a manifest, its token aside, in bytes as sent.
pub const QUERY_MAX: usize = 4 * 1024;
/// Most pairs in one.
pub const PAIRS_MAX: usize = 64;

/// Pairs in the order sent, percent-decoded, the same name as often as it was sent. A `+` is a plus; a percent sign
/// without two hex digits, or whose bytes are no UTF-8, stays as it is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Query {
    pairs: Vec<(String, String)>,
}

impl Query {
    /// `token_name`: the parameter that carries a token, which is left out.
    ///
    /// # Errors
    /// 400 `query-too-long`.
    pub fn parse(raw: Option<&str>, token_name: Option<&str>) -> Result<Self, Fault> {
        let Some(raw) = raw else {
            return Ok(Self::default());
        };
        let stripped = token_name.map(|name| strip_token_query(raw, name));
        let raw = stripped.as_deref().unwrap_or(raw);
        if raw.len() > QUERY_MAX {
            return Err(too_long(format!("longer than {QUERY_MAX} bytes")));
        }
        let mut pairs = Vec::new();
        for pair in raw.split('&').filter(|pair| !pair.is_empty()) {
            if pairs.len() == PAIRS_MAX {
                return Err(too_long(format!("of more than {PAIRS_MAX} parameters")));
            }
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            pairs.push((
                percent_decoded(name).into_owned(),
                percent_decoded(value).into_owned(),
            ));
        }
        Ok(Self { pairs })
    }

    pub fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        self.pairs
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
    }

    pub fn is_empty(&self) -> bool {
        self.pairs.is_empty()
    }
}

fn too_long(how: String) -> Fault {
    Fault::bad_request(
        "query-too-long",
        format!("The query is {how}, more than this node reads."),
    )
}

#[cfg(test)]
mod tests;
