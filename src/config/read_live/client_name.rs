//! An entry of `client_certificates` as it is written.
use toml::Spanned;
use toml::de::DeValue;

use crate::config::live::ClientName;
use crate::config::values::{FromToml, Wrong, text};

const FINGERPRINT: &str = "sha256:";

impl FromToml for ClientName {
    fn from_toml(value: &Spanned<DeValue<'_>>) -> Result<Self, Wrong> {
        let written = text(
            value,
            "a name or a fingerprint",
            "\"encoder-a.example.com\"",
        )?;
        if let Some(digits) = written.strip_prefix(FINGERPRINT) {
            let mut sha256 = [0; 32];
            return match hex::decode_to_slice(digits.replace(':', ""), &mut sha256) {
                Ok(()) => Ok(Self::Sha256(sha256)),
                Err(_) => Err(Wrong::new(
                    value,
                    "no fingerprint",
                    "sha256: and 64 hex digits, as `openssl x509 -noout -fingerprint -sha256` writes them",
                )),
            };
        }
        let good =
            !written.is_empty() && written.trim() == written && !written.contains(char::is_control);
        if good {
            Ok(Self::Name(written.to_owned()))
        } else {
            Err(Wrong::new(
                value,
                "no name that a certificate could have",
                "\"encoder-a.example.com\"",
            ))
        }
    }
}
