//! Who may fetch what: a mount's token policy and a request in, a [`Grant`] or a refusal with its reason out.
//!
//! One [`Access`] per mount, shared by all workers. What never changes about a token is checked once and
//! remembered under the token's SHA-256; moment and path are checked each time.
//!
//! No token: 401 and [`CHALLENGE`]. A token that is not good: 403. Both name their reason, one of the codes in
//! `docs/reference/tokens.md`.
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use edgepack_token::{Claims, KeyError, KeySet, Rules, TokenError, Verifier};
use http::{HeaderMap, HeaderValue, StatusCode};
use moka::sync::Cache;

use crate::config::{TokenPolicy, TokenSource};
use crate::delivery::{Blame, Fault, Request};

mod carriers;
mod gate;

pub(crate) use carriers::percent_decoded;
pub use carriers::{redact, split_path_token, strip_token_headers, strip_token_query};
pub use gate::Gatekeeper;

/// `WWW-Authenticate` of a 401 (RFC 6750, section 3).
pub const CHALLENGE: HeaderValue = HeaderValue::from_static("Bearer");

/// A token nobody has shown for so long is forgotten.
const IDLE: Duration = Duration::from_secs(15 * 60);
/// Forgeries remembered, as a share of the tokens remembered: they cost their senders nothing, so they must not
/// crowd out what viewers pay for.
const REFUSED_SHARE: u64 = 8;

/// What identifies a token in memory: never the token itself.
type Digest = [u8; 32];

/// A mount's token policy at work.
#[derive(Debug)]
pub struct Access {
    verifier: Verifier,
    required: bool,
    sources: Vec<TokenSource>,
    query_name: String,
    cookie_name: String,
    accepted: Cache<Digest, Arc<Claims>>,
    /// Tokens whose signature did not verify: the one refusal that is dear to find out.
    refused: Cache<Digest, ()>,
}

/// What a request was let in with.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Grant {
    /// `None`: no token was shown, and none is required.
    pub claims: Option<Arc<Claims>>,
    /// Where the token was found.
    pub source: Option<TokenSource>,
}

impl Grant {
    /// Whether it took a token to get in: then no shared cache may answer in the node's place.
    pub fn took_token(&self) -> bool {
        self.claims.is_some()
    }
}

impl Access {
    /// # Errors
    /// A key that is none; a configuration that was loaded has no such key.
    pub fn new(policy: &TokenPolicy) -> Result<Self, KeyError> {
        let mut keys = KeySet::new();
        for key in &policy.keys {
            keys.add(key.verifying_key()?)?;
        }
        let rules = Rules {
            issuer: policy.issuer.clone(),
            audience: policy.audience.clone(),
            leeway: policy.leeway,
            require_expiry: policy.require_expiry,
            require_path: policy.require_path,
            max_bytes: policy.max_size,
        };
        Ok(Self {
            verifier: Verifier::new(keys, rules),
            required: policy.required,
            sources: policy.sources.clone(),
            query_name: policy.query_name.clone(),
            cookie_name: policy.cookie_name.clone(),
            accepted: cache(policy.cache_entries),
            refused: cache(policy.cache_entries.div_ceil(REFUSED_SHARE)),
        })
    }

    /// The query parameter that is a token's, whether or not one is read from there.
    pub fn query_name(&self) -> &str {
        &self.query_name
    }

    /// May `request` have `path`?
    ///
    /// `path_token` is what [`split_path_token`] took off the front; `path` is what is left, percent-decoded, without
    /// empty, `.` and `..` segments, exactly as it is about to be resolved.
    ///
    /// # Errors
    /// 401 `token-missing`, or 403 with the reason.
    pub fn check(
        &self,
        request: &Request,
        path_token: Option<&str>,
        path: &str,
    ) -> Result<Grant, Fault> {
        let Some((source, token)) = self.find(path_token, request.uri.query(), &request.headers)
        else {
            return if self.required {
                Err(refusal(&TokenError::Missing, String::new()))
            } else {
                Ok(Grant::default())
            };
        };
        match self.verify(&token, path, request.now) {
            Ok(claims) => Ok(Grant {
                claims: Some(claims),
                source: Some(source),
            }),
            Err(error) => {
                let moment = match &error {
                    TokenError::Expired { at } | TokenError::NotYetValid { at } => {
                        format!(", {}", humantime::format_rfc3339_seconds(*at))
                    }
                    _ => String::new(),
                };
                let detail = format!("{} from {}{moment}", redact(&token), source.as_str());
                Err(refusal(&error, detail))
            }
        }
    }

    /// The check of the token itself, wherever it came from.
    pub fn verify(
        &self,
        token: &str,
        path: &str,
        now: SystemTime,
    ) -> Result<Arc<Claims>, TokenError> {
        let claims = self.authenticate(token)?;
        self.verifier.admit(&claims, path, now)?;
        Ok(claims)
    }

    fn authenticate(&self, token: &str) -> Result<Arc<Claims>, TokenError> {
        if token.len() > self.verifier.rules().max_bytes {
            // Not worth a digest.
            return self.verifier.authenticate(token).map(Arc::new);
        }
        let digest = digest(token);
        if let Some(claims) = self.accepted.get(&digest) {
            return Ok(claims);
        }
        if self.refused.contains_key(&digest) {
            return Err(TokenError::Signature);
        }
        match self.verifier.authenticate(token) {
            Ok(claims) => {
                let claims = Arc::new(claims);
                self.accepted.insert(digest, Arc::clone(&claims));
                Ok(claims)
            }
            Err(error) => {
                if error == TokenError::Signature {
                    self.refused.insert(digest, ());
                }
                Err(error)
            }
        }
    }

    /// The first source in the policy's order that holds a token.
    fn find<'r>(
        &self,
        path_token: Option<&'r str>,
        query: Option<&'r str>,
        headers: &'r HeaderMap,
    ) -> Option<(TokenSource, std::borrow::Cow<'r, str>)> {
        self.sources.iter().find_map(|source| {
            let token = match source {
                TokenSource::Path => path_token.map(percent_decoded),
                TokenSource::Query => carriers::in_query(query?, &self.query_name),
                TokenSource::Cookie => carriers::in_cookies(headers, &self.cookie_name),
                TokenSource::Bearer => carriers::in_authorization(headers),
            };
            Some((*source, token.filter(|token| !token.is_empty())?))
        })
    }
}

fn cache<V: Clone + Send + Sync + 'static>(entries: u64) -> Cache<Digest, V> {
    Cache::builder()
        .max_capacity(entries)
        .time_to_idle(IDLE)
        .build()
}

fn digest(token: &str) -> Digest {
    let mut digest = [0; 32];
    digest.copy_from_slice(ring::digest::digest(&ring::digest::SHA256, token.as_bytes()).as_ref());
    digest
}

fn refusal(error: &TokenError, detail: String) -> Fault {
    Fault {
        status: match error {
            TokenError::Missing => StatusCode::UNAUTHORIZED,
            _ => StatusCode::FORBIDDEN,
        },
        blame: Blame::Viewer,
        code: error.code(),
        message: error.to_string(),
        detail,
        retry_after_s: None,
    }
}

#[cfg(test)]
mod tests;
