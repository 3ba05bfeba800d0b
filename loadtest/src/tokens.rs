//! Tokens for viewers, and where they are put.
use std::borrow::Cow;
use std::sync::Arc;
use std::time::SystemTime;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use edgepack_token::{Claims, SigningKey, mint};
use http::{HeaderMap, HeaderName, HeaderValue};
use ring::rand::SystemRandom;
use url::Url;

use crate::scenario::{Carrier, ScenarioError, Tokens};

/// What stands for the token in addresses until they are asked for: viewers of one title then have the same ones, and
/// share what was read of its manifests.
const STAND_IN: &str = "token-of-the-viewer";

/// Makes tokens as the scenario says.
#[derive(Clone, Debug)]
pub struct Mint {
    key: Arc<SigningKey>,
    settings: Tokens,
}

/// One viewer's.
#[derive(Clone, Debug)]
pub struct Pass {
    text: String,
    carrier: Carrier,
    name: String,
    prefix: String,
}

impl Mint {
    /// # Errors
    /// A secret that cannot be read or is too short.
    pub fn new(settings: &Tokens) -> Result<Self, ScenarioError> {
        let (key, text) = match (&settings.secret, &settings.secret_file) {
            (Some(secret), _) => ("tokens.secret", secret.clone()),
            (None, Some(file)) => (
                "tokens.secret_file",
                std::fs::read_to_string(file)
                    .map_err(|error| {
                        ScenarioError::value(
                            "tokens.secret_file",
                            format!("{}: {error}", file.display()),
                        )
                    })?
                    .trim_end()
                    .to_owned(),
            ),
            (None, None) => return Err(ScenarioError::value("tokens.secret", "is missing")),
        };
        let fault = |what: String| ScenarioError::value(key, what);
        let secret = secret_bytes(&text).map_err(fault)?;
        let key = SigningKey::hs256(settings.key_id.as_deref(), &secret)
            .map_err(|error| fault(error.to_string()))?;
        Ok(Self {
            key: Arc::new(key),
            settings: settings.clone(),
        })
    }

    /// `asset` and `n` fill the paths that a token is for.
    ///
    /// # Errors
    /// What the token format cannot carry.
    pub fn pass(&self, viewer: u64, asset: &str, n: u64) -> Result<Pass, ScenarioError> {
        let fault = |what: String| ScenarioError::value("tokens", what);
        let tokens = &self.settings;
        let now = SystemTime::now();
        let paths = tokens
            .paths
            .iter()
            .map(|path| {
                path.replace("{asset}", asset)
                    .replace("{n}", &n.to_string())
                    .parse()
                    .map_err(|error| {
                        ScenarioError::value("tokens.paths", format!("{path}: {error}"))
                    })
            })
            .collect::<Result<Vec<_>, _>>()?;
        let claims = Claims {
            issuer: tokens.issuer.clone(),
            subject: Some(format!("viewer-{viewer}")),
            audience: tokens.audience.iter().cloned().collect(),
            expires_at: now.checked_add(tokens.lifetime),
            issued_at: Some(now),
            paths: (!paths.is_empty()).then_some(paths),
            ..Claims::default()
        };
        let text = mint(&self.key, &claims, &SystemRandom::new())
            .map_err(|error| fault(error.to_string()))?;
        Ok(Pass {
            text,
            carrier: tokens.carrier,
            name: tokens.name.clone().unwrap_or_else(|| {
                match tokens.carrier {
                    Carrier::Header => "authorization",
                    Carrier::Path | Carrier::Query | Carrier::Cookie => "token",
                }
                .into()
            }),
            prefix: tokens.prefix.clone(),
        })
    }
}

impl Pass {
    /// Of the manifest. Relative addresses in it inherit a path; [`Pass::on_request`] adds what they do not.
    pub fn on_manifest(&self, url: &mut Url) {
        if self.carrier == Carrier::Path {
            let prefix = self.prefix.replace("{token}", STAND_IN);
            url.set_path(&format!("{prefix}{}", url.path()));
        }
    }

    /// Of every request to the target.
    pub fn on_request(&self, url: &mut Url, headers: &mut HeaderMap) {
        match self.carrier {
            Carrier::Path => {
                if url.path().contains(STAND_IN) {
                    url.set_path(&url.path().replace(STAND_IN, &self.text));
                }
            }
            Carrier::Query => {
                url.query_pairs_mut().append_pair(&self.name, &self.text);
            }
            Carrier::Header => {
                let bearer = self.name.eq_ignore_ascii_case("authorization");
                let value = match bearer {
                    true => format!("Bearer {}", self.text),
                    false => self.text.clone(),
                };
                if let (Ok(name), Ok(value)) = (
                    HeaderName::try_from(self.name.as_str()),
                    HeaderValue::try_from(value),
                ) {
                    headers.insert(name, value);
                }
            }
            Carrier::Cookie => {
                if let Ok(value) = HeaderValue::try_from(format!("{}={}", self.name, self.text)) {
                    headers.insert(http::header::COOKIE, value);
                }
            }
        }
    }

    /// `text` with the stand-in for the token: for reports, and to tell what viewers have in common.
    pub fn hide<'t>(&self, text: &'t str) -> Cow<'t, str> {
        match text.contains(&self.text) {
            true => text.replace(&self.text, STAND_IN).into(),
            false => text.into(),
        }
    }

    /// The URL without the token's path.
    pub fn plain(&self, url: &Url) -> Url {
        let prefix = self.prefix.replace("{token}", STAND_IN);
        let mut plain = url.clone();
        if let Some(path) = url.path().strip_prefix(&prefix) {
            plain.set_path(path);
        }
        plain
    }
}

fn secret_bytes(text: &str) -> Result<Vec<u8>, String> {
    if let Some(hex) = text.strip_prefix("hex:") {
        let digits = hex.as_bytes();
        if digits.len() % 2 != 0 {
            return Err("hex: has an odd number of digits".into());
        }
        return digits
            .chunks(2)
            .map(|pair| {
                let pair = std::str::from_utf8(pair).unwrap_or("");
                u8::from_str_radix(pair, 16).map_err(|_| "hex: has what is no digit".to_owned())
            })
            .collect();
    }
    if let Some(text) = text.strip_prefix("base64:") {
        return BASE64_STANDARD
            .decode(text)
            .map_err(|error| format!("base64: {error}"));
    }
    Ok(text.as_bytes().to_vec())
}

#[cfg(test)]
mod tests;
