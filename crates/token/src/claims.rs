//! What a token grants, in whatever format it came.
use std::fmt;
use std::str::FromStr;
use std::time::{Duration, SystemTime};

use crate::TokenError;

/// What a verified token says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Claims {
    /// `iss`.
    pub issuer: Option<String>,
    /// `sub`: whom the token was made for. Carried for the log, decided on by nobody.
    pub subject: Option<String>,
    /// `aud`; empty when the claim is absent.
    pub audience: Vec<String>,
    /// `exp`: from this moment on the token is refused.
    pub expires_at: Option<SystemTime>,
    /// `nbf`: before this moment the token is refused.
    pub not_before: Option<SystemTime>,
    /// `iat`: informative.
    pub issued_at: Option<SystemTime>,
    /// `jti`: informative.
    pub token_id: Option<String>,
    /// `path`: what the token covers. `None`: the claim is absent, and the token covers all its audience serves.
    /// Empty: it covers nothing.
    pub paths: Option<Vec<PathPrefix>>,
}

impl Claims {
    /// Expiry and not-before, each loosened by `leeway`.
    pub fn check_time(&self, now: SystemTime, leeway: Duration) -> Result<(), TokenError> {
        if let Some(at) = self.expires_at
            // RFC 7519, 4.1.4: refused on and after the moment. An end beyond the clock's range never comes.
            && at.checked_add(leeway).is_some_and(|end| now >= end)
        {
            return Err(TokenError::Expired { at });
        }
        if let Some(at) = self.not_before
            && now.checked_add(leeway).is_some_and(|reached| reached < at)
        {
            return Err(TokenError::NotYetValid { at });
        }
        Ok(())
    }

    /// Whether the token covers `path`: absolute, percent-decoded, without empty, `.` or `..` segments, exactly as
    /// it is about to be resolved. A path that is not so is covered by nothing that names a path.
    pub fn covers(&self, path: &str) -> bool {
        match &self.paths {
            None => true,
            Some(prefixes) => {
                is_canonical(path) && prefixes.iter().any(|prefix| prefix.covers(path))
            }
        }
    }
}

/// A path and everything below it: `/vod/a` covers `/vod/a` and `/vod/a/x`, not `/vod/ab`.
///
/// Written absolute and percent-decoded. A trailing slash makes no difference; `/` covers everything.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct PathPrefix(
    /// Without trailing slash: empty for `/`.
    String,
);

impl PathPrefix {
    fn covers(&self, canonical: &str) -> bool {
        canonical
            .strip_prefix(self.0.as_str())
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    }

    pub fn as_str(&self) -> &str {
        if self.0.is_empty() { "/" } else { &self.0 }
    }
}

/// The text is not an absolute path without empty, `.` and `..` segments.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a path must begin with `/` and have no empty, `.` or `..` segment")]
pub struct PathPrefixError;

impl FromStr for PathPrefix {
    type Err = PathPrefixError;

    fn from_str(text: &str) -> Result<Self, PathPrefixError> {
        if !is_canonical(text) {
            return Err(PathPrefixError);
        }
        Ok(Self(text.strip_suffix('/').unwrap_or(text).to_owned()))
    }
}

impl fmt::Display for PathPrefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for PathPrefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)
    }
}

/// Absolute, and no segment empty (but the last: a trailing slash), `.` or `..`; no NUL.
fn is_canonical(path: &str) -> bool {
    let Some(rest) = path.strip_prefix('/') else {
        return false;
    };
    let rest = rest.strip_suffix('/').unwrap_or(rest);
    if rest.is_empty() {
        return path == "/";
    }
    !rest.contains('\0')
        && rest
            .split('/')
            .all(|segment| !matches!(segment, "" | "." | ".."))
}

#[cfg(test)]
mod tests;
