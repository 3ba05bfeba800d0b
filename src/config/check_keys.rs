//! Keys against each other, and against the files and servers they name.
use std::collections::HashMap;

use edgepack_drm::cpix::{Recipient, Signers};
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject as _;

use super::document::Source;
use super::{Config, ContentKey, KeyProvider, KeyServer, Mount, Protection, Speke, Tls, files};

/// Places in a key server's URL.
const PLACES: [&str; 5] = [
    "{mount}",
    "{content}",
    "{protection}",
    "{label}",
    "{period}",
];
const LIST_PLACES: [&str; 1] = ["{labels}"];
/// Places in a SPEKE content id.
const CONTENT_PLACES: [&str; 2] = ["{mount}", "{content}"];

/// Players and licence servers know keys by their id alone: one id must not stand for two keys.
pub(super) fn ids(config: &Config, source: &Source) {
    let mut known: HashMap<[u8; 16], (&ContentKey, String)> = HashMap::new();
    for (index, mount) in config.mounts.iter().enumerate() {
        let own = mount
            .key
            .iter()
            .map(|key| (key, format!("mount[{index}].key.kid")));
        let assets = mount
            .assets
            .iter()
            .enumerate()
            .map(|(asset, entry)| (&entry.key, format!("mount[{index}].asset[{asset}].kid")));
        for (key, name) in own.chain(assets) {
            match known.get(&key.kid) {
                Some((other, place)) if *other != key => source.fault(
                    &name,
                    format_args!("the same key id as {place}, with another key"),
                    "give each key an id of its own",
                ),
                Some(_) => {}
                None => {
                    known.insert(key.kid, (key, name));
                }
            }
        }
    }
}

/// `[[mount.asset]]` of one mount.
pub(super) fn assets(mount: &Mount, key: &dyn Fn(&str) -> String, source: &Source) {
    for (index, asset) in mount.assets.iter().enumerate() {
        let name = key(&format!("asset[{index}].path"));
        let bad = !asset.path.is_empty()
            && asset
                .path
                .split('/')
                .any(|segment| matches!(segment, "" | "." | ".."));
        let twice = mount.assets[..index].iter().any(|earlier| {
            earlier.path == asset.path
                && earlier.label == asset.label
                && earlier.period == asset.period
                && (earlier.protections == asset.protections
                    || earlier
                        .protections
                        .iter()
                        .any(|protection| asset.protections.contains(protection)))
        });
        if bad {
            source.fault(
                &name,
                format_args!("\"{}\" is no path of an asset", asset.path),
                "write it as in its URL, relative to the mount: \"films/one\"",
            );
        } else if twice {
            source.fault(
                &name,
                format_args!("\"{}\" occurs twice", asset.path),
                "keep one of them, or give them different `label`, `protections` or `period`",
            );
        }
        let offered = !source.is_faulty(&key("protections"));
        for protection in asset.protections.iter().filter(|_| offered) {
            if !mount.protections.contains(protection) || !protection.needs_key() {
                source.fault(
                    &key(&format!("asset[{index}].protections")),
                    format_args!("\"{protection}\" is not offered with keys by the mount"),
                    "name protections of the mount other than \"clear\"",
                );
            }
        }
    }
}

/// `[mount.keys]` of one mount.
pub(super) fn provider(mount: &Mount, key: &dyn Fn(&str) -> String, source: &Source) {
    let name = |part: &str| key(&format!("keys.{part}"));
    let provider = &mount.keys.provider;
    if *provider != KeyProvider::Static && mount.keys().count() > 0 {
        source.fault(
            &name("provider"),
            format_args!(
                "keys are given in the file, and \"{}\" is to give them",
                provider.as_str()
            ),
            "remove [mount.key] and [[mount.asset]], or [mount.keys]",
        );
    }
    match provider {
        KeyProvider::Static | KeyProvider::Derived { .. } => {}
        KeyProvider::Http { server, .. } => {
            places(
                &server.url,
                &[&PLACES[..], &LIST_PLACES[..]].concat(),
                &name("url"),
                source,
            );
            check_server(server, &name, source);
        }
        KeyProvider::Speke(speke) => {
            places(&speke.server.url, &[], &name("url"), source);
            places(
                &speke.content_id,
                &CONTENT_PLACES,
                &name("content_id"),
                source,
            );
            check_server(&speke.server, &name, source);
            check_speke(speke, &name, source);
            if mount.protections.contains(&Protection::Aes128) {
                source.fault(
                    &key("protections"),
                    "SPEKE v2 knows no keys for \"aes128\"",
                    "remove it, or give it a mount with another provider",
                );
            }
        }
    }
    if let Some(cache) = &mount.keys.cache
        && !cache.dir.parent().is_some_and(std::path::Path::is_dir)
    {
        source.fault(
            &name("cache_dir"),
            format_args!("the folder above {} does not exist", cache.dir.display()),
            "name a folder, or one to be made in an existing folder",
        );
    }
}

fn places(template: &str, known: &[&str], key: &str, source: &Source) {
    let mut rest = template;
    while let Some(start) = rest.find(['{', '}']) {
        let tail = &rest[start..];
        let end = tail.find('}').map_or(tail.len(), |end| end + 1);
        if !known.contains(&&tail[..end]) {
            let choice = match known {
                [] => "write the URL without braces".to_owned(),
                known => format!("known are {}", known.join(", ")),
            };
            source.fault(
                key,
                format_args!("there is no place `{}`", &tail[..end]),
                choice,
            );
            return;
        }
        rest = &tail[end..];
    }
}

fn check_server(server: &KeyServer, name: &dyn Fn(&str) -> String, source: &Source) {
    let without_places = [&PLACES[..], &LIST_PLACES[..]]
        .concat()
        .iter()
        .fold(server.url.clone(), |url, place| url.replace(place, "x"));
    let uri = without_places.parse::<http::Uri>().ok().filter(|uri| {
        matches!(uri.scheme_str(), Some("http" | "https"))
            && uri.authority().is_some_and(|authority| {
                !authority.as_str().contains('@') && !authority.host().is_empty()
            })
    });
    let host_is_fixed = server
        .url
        .split('/')
        .nth(2)
        .is_some_and(|host| !host.contains('{'));
    match uri {
        Some(uri) if host_is_fixed => {
            let tls = [
                ("ca_file", server.ca_file.is_some()),
                ("client_certificate", server.client_certificate.is_some()),
            ];
            for (key, _) in tls
                .into_iter()
                .filter(|(_, there)| *there && uri.scheme_str() == Some("http"))
            {
                source.fault(
                    &name(key),
                    "the server's URL is http:, which knows no certificates",
                    "write https: in `url`, or remove it",
                );
            }
        }
        _ => source.fault(
            &name("url"),
            format_args!("\"{}\" is no URL of a server", server.url),
            "write it as \"https://keys.example.com/path\"; credentials go into `authorization_file`",
        ),
    }
    if server.connect_timeout > server.timeout {
        source.fault(
            &name("connect_timeout"),
            "longer than `timeout`, which holds for connecting and answer together",
            "make it shorter",
        );
    }
    if let Some(ca) = &server.ca_file {
        let holds_any = files::bytes(ca).and_then(|pem| {
            CertificateDer::pem_slice_iter(&pem)
                .next()
                .and_then(Result::ok)
                .map(drop)
                .ok_or_else(|| format!("{} holds no CERTIFICATE section", ca.display()))
        });
        if let Err(why) = holds_any {
            source.fault(&name("ca_file"), why, "name a PEM file of certificates");
        }
    }
    match (&server.client_certificate, &server.client_key) {
        (Some(certificate), Some(key)) => {
            let tls = Tls::new(certificate.clone(), key.clone());
            for (part, why) in files::check_certificate(&tls) {
                let part = match part {
                    "certificate" => "client_certificate",
                    _ => "client_key",
                };
                source.fault(
                    &name(part),
                    why,
                    "name the PEM files of one certificate and its key",
                );
            }
        }
        (None, None) => {}
        (certificate, _) => {
            let (there, missing) = match certificate {
                Some(_) => ("client_certificate", "client_key"),
                None => ("client_key", "client_certificate"),
            };
            source.fault(
                &name(there),
                format_args!("`{missing}` is missing"),
                format_args!("add `{missing}`, or remove `{there}`"),
            );
        }
    }
}

fn check_speke(speke: &Speke, name: &dyn Fn(&str) -> String, source: &Source) {
    let certificate = speke.document_certificate.is_some();
    if certificate != speke.document_key.is_some() {
        let (there, missing) = match certificate {
            true => ("document_certificate_file", "document_key_file"),
            false => ("document_key_file", "document_certificate_file"),
        };
        if !source.is_faulty(&name(missing)) && !source.is_faulty(&name(there)) {
            source.fault(
                &name(there),
                format_args!("`{missing}` is missing"),
                "the server encrypts keys for the certificate, and its key decrypts them: give both or neither",
            );
        }
    }
    if let (Some(certificate), Some(document_key)) =
        (&speke.document_certificate, &speke.document_key)
        && let Err(error) = Recipient::from_pem(certificate, document_key.expose())
    {
        source.fault(
            &name("document_key_file"),
            error,
            "name the PEM files of one RSA certificate and its key",
        );
    }
    if let Some(certificate) = &speke.signer_certificate
        && let Err(error) = Signers::from_pem(certificate, true)
    {
        source.fault(
            &name("signer_certificate_file"),
            error,
            "name a PEM file with an RSA certificate",
        );
    }
    let systems = speke.systems.as_deref().unwrap_or_default();
    let repeated = systems
        .iter()
        .enumerate()
        .any(|(at, system)| systems[..at].contains(system));
    if repeated {
        source.fault(
            &name("systems"),
            "a system is named twice",
            "name each once",
        );
    }
}
