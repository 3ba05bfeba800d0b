//! SPEKE v2 around the documents: headers, and what a status means. No I/O.
use super::Version;

#[cfg(test)]
mod tests;

/// Of request and answer: [`Version::speke`]. The server must send it back as it is.
pub const VERSION_HEADER: &str = "X-Speke-Version";
/// Names the sender; the server's says who answered.
pub const USER_AGENT_HEADER: &str = "X-Speke-User-Agent";
/// Of request and answer.
pub const CONTENT_TYPE: &str = "application/xml";

/// What an answer's status and headers say before its body is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The server may answer the same request later: 408, 425, 429, and 5xx but 501 and 505.
    #[error("the key server answers {0}: to be tried again")]
    Later(u16),
    /// The server will not take this request (SPEKE's own errors are 4xx, 422 by preference); never ask again with an
    /// older version of SPEKE.
    #[error("the key server answers {0}")]
    Refused(u16),
    /// Success, but of another version than was asked, or of none.
    #[error("the key server does not answer as SPEKE {0}")]
    OtherVersion(&'static str),
    /// Success, but no XML.
    #[error("the key server's answer is not application/xml")]
    NotXml,
}

impl Refusal {
    pub fn may_retry(self) -> bool {
        matches!(self, Self::Later(_))
    }
}

/// Looks at status and headers of an answer, the headers' values as received.
///
/// # Errors
/// [`Refusal`], the status before the headers.
pub fn check_answer(
    asked: Version,
    status: u16,
    version: Option<&str>,
    content_type: Option<&str>,
) -> Result<(), Refusal> {
    match status {
        200 => {}
        501 | 505 => return Err(Refusal::Refused(status)),
        408 | 425 | 429 | 500..=599 => return Err(Refusal::Later(status)),
        _ => return Err(Refusal::Refused(status)),
    }
    if version.map(str::trim) != Some(asked.speke()) {
        return Err(Refusal::OtherVersion(asked.speke()));
    }
    let essence = content_type.and_then(|value| value.split(';').next());
    let essence = essence.unwrap_or_default().trim();
    match ["application/xml", "text/xml"]
        .iter()
        .any(|xml| essence.eq_ignore_ascii_case(xml))
    {
        true => Ok(()),
        false => Err(Refusal::NotXml),
    }
}
