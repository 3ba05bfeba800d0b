//! Keys and rules together: the whole check of a token.
use std::time::{Duration, SystemTime};

use crate::{Claims, KeySet, Malformed, Token, TokenError};

/// Longest token by default: fits a header line and a path beside everything else.
pub const DEFAULT_MAX_BYTES: usize = 4096;

/// What is asked of a token beyond its signature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rules {
    /// `iss` must be this.
    pub issuer: Option<String>,
    /// `aud` must contain this.
    pub audience: Option<String>,
    /// How far the issuer's clock may be off.
    pub leeway: Duration,
    /// A token without `exp` is refused.
    pub require_expiry: bool,
    /// A token without `path` is refused rather than taken for all paths.
    pub require_path: bool,
    /// Longer tokens are refused unread.
    pub max_bytes: usize,
}

impl Default for Rules {
    /// Expiry required, to the second; path not; no issuer and audience asked for.
    fn default() -> Self {
        Self {
            issuer: None,
            audience: None,
            leeway: Duration::ZERO,
            require_expiry: true,
            require_path: false,
            max_bytes: DEFAULT_MAX_BYTES,
        }
    }
}

/// Checks tokens against keys and rules.
#[derive(Debug)]
pub struct Verifier {
    keys: KeySet,
    rules: Rules,
}

impl Verifier {
    pub fn new(keys: KeySet, rules: Rules) -> Self {
        Self { keys, rules }
    }

    pub fn rules(&self) -> &Rules {
        &self.rules
    }

    /// Everything about a token that holds for as long as keys and rules do: its answer may be remembered.
    pub fn authenticate(&self, token: &str) -> Result<Claims, TokenError> {
        let claims = Token::parse(token, self.rules.max_bytes)?.authenticate(&self.keys)?;
        if let Some(issuer) = &self.rules.issuer
            && claims.issuer.as_ref() != Some(issuer)
        {
            return Err(TokenError::Issuer);
        }
        if let Some(audience) = &self.rules.audience
            && !claims.audience.contains(audience)
        {
            return Err(TokenError::Audience);
        }
        if self.rules.require_expiry && claims.expires_at.is_none() {
            return Err(Malformed::MissingClaim { name: "exp" }.into());
        }
        if self.rules.require_path && claims.paths.is_none() {
            return Err(TokenError::Path);
        }
        Ok(claims)
    }

    /// What must be asked anew for each request: the moment and the path (see [`Claims::covers`] for its form).
    pub fn admit(&self, claims: &Claims, path: &str, now: SystemTime) -> Result<(), TokenError> {
        claims.check_time(now, self.rules.leeway)?;
        if claims.covers(path) {
            Ok(())
        } else {
            Err(TokenError::Path)
        }
    }

    /// Both halves.
    pub fn verify(&self, token: &str, path: &str, now: SystemTime) -> Result<Claims, TokenError> {
        let claims = self.authenticate(token)?;
        self.admit(&claims, path, now)?;
        Ok(claims)
    }
}

#[cfg(test)]
mod tests;
