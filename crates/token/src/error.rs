//! Why a token was refused.
use std::time::SystemTime;

/// Why a token was refused. [`TokenError::code`] is stable; the text is for people and holds no token bytes.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TokenError {
    #[error("no token was given")]
    Missing,
    #[error("the token is malformed: {0}")]
    Malformed(#[from] Malformed),
    #[error("the token's signature does not verify")]
    Signature,
    #[error("the token has expired")]
    Expired { at: SystemTime },
    #[error("the token is not valid yet")]
    NotYetValid { at: SystemTime },
    #[error("the token does not cover this path")]
    Path,
    #[error("the token's algorithm is not accepted here")]
    Algorithm,
    #[error("no key of the token's key id is known")]
    KeyUnknown,
    #[error("the token's issuer is not accepted here")]
    Issuer,
    #[error("the token is meant for another audience")]
    Audience,
}

impl TokenError {
    /// The reason code: stable, kebab-case, documented in `docs/reference/tokens.md`.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Missing => "token-missing",
            Self::Malformed(_) => "token-malformed",
            Self::Signature => "token-signature",
            Self::Expired { .. } => "token-expired",
            Self::NotYetValid { .. } => "token-not-yet-valid",
            Self::Path => "token-path",
            Self::Algorithm => "token-algorithm",
            Self::KeyUnknown => "token-key-unknown",
            Self::Issuer => "token-issuer",
            Self::Audience => "token-audience",
        }
    }
}

/// What about a token's form is wrong.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Malformed {
    #[error("{length} bytes, more than the {limit} allowed")]
    TooLong { length: usize, limit: usize },
    #[error("not three parts separated by dots")]
    Parts,
    #[error("the {part} is not base64url without padding")]
    Base64 { part: &'static str },
    #[error("the {part} is not a JSON object with unique names")]
    Json { part: &'static str },
    #[error("the header demands extensions (`crit`) that are not understood")]
    Critical,
    #[error("the header's `{name}` has the wrong type or is missing")]
    Header { name: &'static str },
    #[error("claim `{name}` has the wrong type or value")]
    Claim { name: &'static str },
    #[error("claim `{name}` is required and missing")]
    MissingClaim { name: &'static str },
}
