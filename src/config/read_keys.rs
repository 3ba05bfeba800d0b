//! `[mount.keys]`.
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject as _;
use toml::Spanned;
use toml::de::DeValue;
use zeroize::Zeroizing;

use super::document::Section;
use super::keys::SYSTEMS;
use super::read_mount::{key_id, one_of};
use super::values::{FromToml, Wrong, text, word};
use super::{KeyCache, KeyProvider, KeyServer, Keys, Secret, Speke, files, resolve};

const DAY: Duration = Duration::from_secs(24 * 3600);
const TIMEOUTS: RangeInclusive<Duration> = Duration::from_millis(50)..=Duration::from_secs(60);
/// Of a mount secret: shorter ones can be guessed.
const MIN_SECRET_BYTES: usize = 16;

const OF_DERIVED: [&str; 2] = ["secret", "secret_file"];
const OF_HTTP: [&str; 1] = ["method"];
const OF_SPEKE: [&str; 5] = [
    "content_id",
    "systems",
    "document_certificate_file",
    "document_key_file",
    "signer_certificate_file",
];
const OF_SERVERS: [&str; 15] = [
    "url",
    "authorization_file",
    "ca_file",
    "client_certificate",
    "client_key",
    "connect_timeout",
    "timeout",
    "max_attempts",
    "max_connections",
    "ttl",
    "max_stale",
    "unready_after",
    "max_sets",
    "cache_dir",
    "cache_key_file",
];

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Static,
    Derived,
    Http,
    Speke,
}

impl FromToml for Kind {
    fn from_toml(value: &Spanned<DeValue<'_>>) -> Result<Self, Wrong> {
        word(
            value,
            &[
                ("static", Self::Static),
                ("derived", Self::Derived),
                ("http", Self::Http),
                ("speke", Self::Speke),
            ],
        )
    }
}

/// Whether requests carry a body.
struct Post(bool);

impl FromToml for Post {
    fn from_toml(value: &Spanned<DeValue<'_>>) -> Result<Self, Wrong> {
        word(value, &[("GET", false), ("POST", true)]).map(Self)
    }
}

struct SystemId([u8; 16]);

impl FromToml for SystemId {
    fn from_toml(value: &Spanned<DeValue<'_>>) -> Result<Self, Wrong> {
        let written = text(value, "a DRM system", "\"widevine\" or its UUID")?;
        let named = SYSTEMS.iter().find(|(name, _)| *name == written);
        named
            .map(|(_, system)| system.id())
            .or_else(|| key_id(written))
            .map(Self)
            .ok_or_else(|| {
                Wrong::new(
                    value,
                    format_args!("\"{written}\" is no DRM system"),
                    "write \"widevine\", \"playready\", \"fairplay\", \"w3c\" or a UUID",
                )
            })
    }
}

pub(super) fn keys(mut section: Section<'_, '_>) -> Keys {
    let before = section.source().fault_count();
    let kind = section.get("provider", Kind::Static);
    if section.source().fault_count() > before {
        // Of a provider that was not understood nothing else can be said.
        for key in [&OF_DERIVED[..], &OF_HTTP, &OF_SPEKE, &OF_SERVERS].concat() {
            section.pass(key);
        }
        section.finish();
        return Keys::default();
    }
    let provider = match kind {
        Kind::Static => Some(KeyProvider::Static),
        Kind::Derived => derived(&mut section),
        Kind::Http => server(&mut section).map(|server| KeyProvider::Http {
            server,
            post: section.get("method", Post(false)).0,
        }),
        Kind::Speke => speke(&mut section),
    };
    let strange: [(&[&'static str], bool, &str); 4] = [
        (&OF_DERIVED, kind == Kind::Derived, "\"derived\""),
        (&OF_HTTP, kind == Kind::Http, "\"http\""),
        (&OF_SPEKE, kind == Kind::Speke, "\"speke\""),
        (
            &OF_SERVERS,
            matches!(kind, Kind::Http | Kind::Speke),
            "\"http\" and \"speke\"",
        ),
    ];
    for (keys, wanted, providers) in strange {
        for key in keys.iter().filter(|_| !wanted) {
            if section.pass(key) {
                section.source().fault(
                    &section.name(key),
                    format_args!("only the provider {providers} has use for it"),
                    "remove it, or name that provider in `provider`",
                );
            }
        }
    }
    let mut keys = Keys::new(provider.unwrap_or(KeyProvider::Static));
    if matches!(kind, Kind::Http | Kind::Speke) {
        keys = Keys {
            ttl: section.bounded("ttl", keys.ttl, Duration::from_secs(1)..=365 * DAY),
            max_stale: bounded_if_there(&mut section, "max_stale"),
            unready_after: bounded_if_there(&mut section, "unready_after"),
            max_sets: section.bounded("max_sets", keys.max_sets, 1..=100_000),
            cache: cache(&mut section),
            ..keys
        };
    }
    section.finish();
    keys
}

fn bounded_if_there(section: &mut Section<'_, '_>, key: &'static str) -> Option<Duration> {
    let there = section.has(key);
    let value = section.bounded(key, Duration::ZERO, Duration::ZERO..=365 * DAY);
    there.then_some(value)
}

fn derived(section: &mut Section<'_, '_>) -> Option<KeyProvider> {
    let (name, written) = one_of(
        section,
        "secret",
        "secret_file",
        "\"derived\" makes keys from a secret: hex:… of what `openssl rand -hex 32` prints",
    )?;
    let secret = files::token_secret(&written);
    let long_enough = secret
        .as_ref()
        .is_some_and(|secret| secret.expose().len() >= MIN_SECRET_BYTES);
    if !long_enough {
        section.source().fault(
            &section.name(name),
            format_args!("not {MIN_SECRET_BYTES} bytes or more"),
            "write hex:… or base64:…, or the secret as it is",
        );
        return None;
    }
    Some(KeyProvider::Derived { secret: secret? })
}

fn server(section: &mut Section<'_, '_>) -> Option<KeyServer> {
    let url =
        section.required::<String>("url", "name the key server: \"https://keys.example.com/…\"");
    let default = KeyServer::new("");
    let authorization = file_bytes(section, "authorization_file").and_then(|bytes| {
        let value = authorization(files::without_line_end(&bytes));
        if value.is_none() {
            section.source().fault(
                &section.name("authorization_file"),
                "the file holds no value of an Authorization header",
                "write one line: Bearer …, Basic …, or user:password",
            );
        }
        value
    });
    let server = KeyServer {
        url: String::new(),
        authorization,
        ca_file: file(section, "ca_file"),
        client_certificate: file(section, "client_certificate"),
        client_key: file(section, "client_key"),
        connect_timeout: section.bounded("connect_timeout", default.connect_timeout, TIMEOUTS),
        timeout: section.bounded("timeout", default.timeout, TIMEOUTS),
        max_attempts: section.bounded("max_attempts", default.max_attempts, 1..=10),
        max_connections: section.bounded("max_connections", default.max_connections, 1..=256),
    };
    Some(KeyServer {
        url: url?,
        ..server
    })
}

/// One line: `Bearer …`, `Basic …` or another scheme as it is, `user:password` as Basic (RFC 7617, 2).
fn authorization(line: &[u8]) -> Option<Secret<String>> {
    let line = std::str::from_utf8(line).ok()?;
    let visible = line.bytes().all(|byte| (b' '..=b'~').contains(&byte));
    match line.split_once(' ') {
        _ if !visible || line.is_empty() => None,
        Some((scheme, rest)) if !scheme.contains(':') && !rest.is_empty() => {
            Some(Secret::new(line.to_owned()))
        }
        _ if line.contains(':') => Some(Secret::new(format!("Basic {}", STANDARD.encode(line)))),
        _ => None,
    }
}

fn speke(section: &mut Section<'_, '_>) -> Option<KeyProvider> {
    let server = server(section);
    let default = Speke::new(KeyServer::new(""));
    let content_id = section.get("content_id", default.content_id);
    let systems = section
        .optional::<Vec<SystemId>>("systems")
        .map(|systems| systems.into_iter().map(|system| system.0).collect());
    let document_certificate = certificate(section, "document_certificate_file");
    let document_key =
        file_bytes(section, "document_key_file").map(|pem| Secret::new(pem.to_vec()));
    let signer_certificate = certificate(section, "signer_certificate_file");
    Some(KeyProvider::Speke(Box::new(Speke {
        server: server?,
        content_id,
        systems,
        document_certificate,
        document_key,
        signer_certificate,
    })))
}

fn certificate(section: &mut Section<'_, '_>, key: &'static str) -> Option<Vec<u8>> {
    let pem = file_bytes(section, key)?;
    match CertificateDer::from_pem_slice(&pem) {
        Ok(_) => Some(pem.to_vec()),
        Err(_) => {
            section.source().fault(
                &section.name(key),
                "the file holds no CERTIFICATE section",
                "name a PEM file",
            );
            None
        }
    }
}

fn cache(section: &mut Section<'_, '_>) -> Option<KeyCache> {
    let dir = section.optional::<String>("cache_dir");
    let key = file_bytes(section, "cache_key_file");
    let (has_dir, has_key) = (section.has("cache_dir"), section.has("cache_key_file"));
    let source = section.source();
    if has_dir != has_key {
        let (there, missing) = match has_dir {
            true => ("cache_dir", "cache_key_file"),
            false => ("cache_key_file", "cache_dir"),
        };
        source.fault(
            &section.name(there),
            format_args!("`{missing}` is missing: keys lie on disk only sealed"),
            format_args!("add `{missing}`, or remove `{there}`"),
        );
    }
    let key = cache_key(files::without_line_end(&key?)).or_else(|| {
        source.fault(
            &section.name("cache_key_file"),
            "the file does not hold 32 bytes",
            "`openssl rand -hex 32` prints them; hex:…, base64:… and 64 bare hex digits are read",
        );
        None
    });
    Some(KeyCache {
        dir: resolve(source.folder(), &dir?),
        key: key?,
    })
}

fn cache_key(written: &[u8]) -> Option<Secret<[u8; 32]>> {
    let mut key = Zeroizing::new([0; 32]);
    if hex::decode_to_slice(written, key.as_mut_slice()).is_err() {
        // Not as it is: 32 hex digits would pass for 32 bytes.
        let prefixed = written.starts_with(b"hex:") || written.starts_with(b"base64:");
        let secret = prefixed.then(|| files::token_secret(written))??;
        let bytes: &[u8] = secret.expose();
        if bytes.len() != key.len() {
            return None;
        }
        key.copy_from_slice(bytes);
    }
    Some(Secret::new(*key))
}

fn file(section: &mut Section<'_, '_>, key: &'static str) -> Option<PathBuf> {
    let written = section.optional::<String>(key)?;
    Some(resolve(section.source().folder(), &written))
}

fn file_bytes(section: &mut Section<'_, '_>, key: &'static str) -> Option<Zeroizing<Vec<u8>>> {
    let path = file(section, key)?;
    read(&path)
        .map_err(|why| {
            section
                .source()
                .fault(&section.name(key), why, "name a readable file");
        })
        .ok()
}

fn read(path: &Path) -> Result<Zeroizing<Vec<u8>>, String> {
    files::bytes(path)
}
