//! `[[mount]]` and the sections inside it.
use std::path::{Path, PathBuf};
use std::time::Duration;

use edgepack_token::Algorithm;
use zeroize::Zeroizing;

use super::document::Section;
use super::read::{path, size};
use super::{
    AssetKey, ContentKey, Interstitials, Mount, Secret, TokenKey, TokenKeyMaterial, TokenPolicy,
    files, read_drm, read_keys, read_live, resolve,
};

pub(super) fn mount(mut section: Section<'_, '_>) -> Mount {
    let url = section.required::<String>("path", "say where its URLs begin: path = \"/vod\"");
    let live = section.section("live").map(read_live::live);
    // Channels have no files.
    let root = match live {
        Some(_) => {
            unwanted(&mut section, "root", "a live mount has no media files");
            PathBuf::new()
        }
        None => {
            path(&mut section, "root", "name the folder of the media files").unwrap_or_default()
        }
    };
    let is_live = live.is_some();
    let default = Mount::new(url.unwrap_or_default(), root);
    let mount = Mount {
        name: section.get("name", default.name),
        path: default.path,
        root: default.root,
        live,
        target_duration: section.bounded(
            "target_duration",
            default.target_duration,
            Duration::from_millis(500)..=Duration::from_secs(60),
        ),
        protections: section.get("protections", default.protections),
        clearkey_licence_server: section
            .get("clearkey_licence_server", default.clearkey_licence_server),
        key: section.section("key").and_then(|mut section| {
            let key = content_key(&mut section);
            section.finish();
            key
        }),
        assets: section
            .sections("asset")
            .into_iter()
            .filter_map(asset)
            .collect(),
        interstitials: interstitials(&mut section, is_live),
        drm: section
            .section("drm")
            .map(read_drm::drm)
            .unwrap_or_default(),
        keys: section
            .section("keys")
            .map_or(default.keys, read_keys::keys),
        token: section.section("token").map(token),
    };
    section.finish();
    mount
}

/// `of`: the mount's.
fn interstitials(of: &mut Section<'_, '_>, is_live: bool) -> Interstitials {
    const NAME: &str = "interstitials";
    let default = Interstitials::default();
    let Some(mut section) = of.section(NAME) else {
        return default;
    };
    if is_live {
        of.source().fault(
            &of.name(NAME),
            "a live mount has no assets",
            "remove it; for channels there is `max_interstitials` in [mount.live.events]",
        );
    }
    let interstitials = Interstitials {
        max_per_asset: section.bounded("max_per_asset", default.max_per_asset, 0..=1024),
        max_assets: section.bounded("max_assets", default.max_assets, 0..=65_536),
    };
    section.finish();
    interstitials
}

fn asset(mut section: Section<'_, '_>) -> Option<AssetKey> {
    let there = section.has("path");
    let path = section.optional::<String>("path");
    let entry = AssetKey {
        path: path.as_deref().unwrap_or("").trim_matches('/').to_owned(),
        label: section.optional("label"),
        protections: section.get("protections", Vec::new()),
        period: section.optional("period"),
        key: ContentKey {
            kid: [0; 16],
            key: Secret::new([0; 16]),
        },
    };
    if there && path.is_some() && entry.path.is_empty() {
        section.source().fault(
            &section.name("path"),
            "names no asset",
            "name the asset, relative to the mount, or leave `path` out for all assets",
        );
    }
    let key = content_key(&mut section);
    section.finish();
    (there == path.is_some()).then_some(())?;
    Some(AssetKey { key: key?, ..entry })
}

fn content_key(section: &mut Section<'_, '_>) -> Option<ContentKey> {
    const REMEDY: &str = "`edgepack keys new` makes one";
    let kid = section
        .required::<String>("kid", REMEDY)
        .and_then(|written| {
            let kid = key_id(&written);
            if kid.is_none() {
                section.source().fault(
                    &section.name("kid"),
                    format_args!("\"{written}\" is no UUID"),
                    "write 32 hex digits, grouped 8-4-4-4-12 or not at all",
                );
            }
            kid
        });
    let key = one_of(section, "key", "key_file", REMEDY).and_then(|(name, written)| {
        let key = content_key_bytes(&written);
        if let Err(why) = &key {
            section.source().fault(
                &section.name(name),
                why,
                "a content key is 16 bytes: 32 hex digits",
            );
        }
        key.ok()
    });
    Some(ContentKey {
        kid: kid?,
        key: key?,
    })
}

fn token(mut section: Section<'_, '_>) -> TokenPolicy {
    let default = TokenPolicy::new(Vec::new());
    let policy = TokenPolicy {
        keys: section
            .sections("keys")
            .into_iter()
            .filter_map(token_key)
            .collect(),
        required: section.get("required", default.required),
        issuer: section.optional("issuer"),
        audience: section.optional("audience"),
        leeway: section.bounded(
            "leeway",
            default.leeway,
            Duration::ZERO..=Duration::from_secs(3600),
        ),
        require_expiry: section.get("require_expiry", default.require_expiry),
        require_path: section.get("require_path", default.require_path),
        max_size: size(
            &mut section,
            "max_size",
            default.max_size as u64,
            128..=16 << 10,
        ) as usize,
        sources: section.get("sources", default.sources),
        query_name: section.get("query_name", default.query_name),
        cookie_name: section.get("cookie_name", default.cookie_name),
        cache_entries: section.bounded("cache_entries", default.cache_entries, 0..=10_000_000),
    };
    section.finish();
    policy
}

fn token_key(mut section: Section<'_, '_>) -> Option<TokenKey> {
    let id = section.optional::<String>("id");
    let algorithm =
        section.required::<Algorithm>("algorithm", "choose from \"HS256\", \"ES256\", \"EdDSA\"");
    let source = section.source();
    let material = match algorithm {
        Some(Algorithm::Hs256) => {
            let secret = one_of(
                &mut section,
                "secret",
                "secret_file",
                "HS256 wants a shared secret: hex:… of what `openssl rand -hex 32` prints",
            );
            unwanted(&mut section, "public_key_file", "HS256 has no public key");
            secret.and_then(|(name, written)| {
                let secret = files::token_secret(&written);
                if secret.is_none() {
                    source.fault(
                        &section.name(name),
                        "what follows the prefix is not hex or base64",
                        "write hex:… or base64:…, or the secret as it is",
                    );
                }
                secret.map(|secret| (name, TokenKeyMaterial::Secret(secret)))
            })
        }
        Some(algorithm) => {
            for key in ["secret", "secret_file"] {
                unwanted(
                    &mut section,
                    key,
                    &format!("{algorithm} verifies with a public key"),
                );
            }
            path(
                &mut section,
                "public_key_file",
                format_args!("{algorithm} wants the issuer's public key, in PEM"),
            )
            .and_then(|file| public_key(&section, &file))
            .map(|key| ("public_key_file", key))
        }
        None => {
            // Known keys all the same: not to be reported as misspelt beside the fault that matters.
            for key in ["secret", "secret_file", "public_key_file"] {
                section.optional::<String>(key);
            }
            None
        }
    };
    let named = material.map(|(name, material)| (section.name(name), material));
    section.finish();
    let (here, material) = named?;
    let key = TokenKey {
        id,
        algorithm: algorithm?,
        material,
    };
    match key.verifying_key() {
        Ok(_) => Some(key),
        Err(error) => {
            source.fault(&here, error, "see docs/guide/tokens.md for making keys");
            None
        }
    }
}

fn public_key(section: &Section<'_, '_>, file: &Path) -> Option<TokenKeyMaterial> {
    let key = files::bytes(file).and_then(|pem| {
        files::public_key_from_pem(&pem)
            .ok_or_else(|| format!("{} holds no PUBLIC KEY section", file.display()))
    });
    match key {
        Ok(der) => Some(TokenKeyMaterial::PublicKey(der)),
        Err(why) => {
            section.source().fault(
                &section.name("public_key_file"),
                why,
                "openssl pkey -in private.pem -pubout writes one",
            );
            None
        }
    }
}

/// A secret given in place or in a file, one of the two: which key gave it, and its bytes.
pub(super) fn one_of(
    section: &mut Section<'_, '_>,
    inline: &'static str,
    file: &'static str,
    remedy: &str,
) -> Option<(&'static str, Zeroizing<Vec<u8>>)> {
    let source = section.source();
    let written = section.optional::<String>(inline);
    let named = section.optional::<String>(file);
    match (written, named) {
        (Some(_), Some(_)) => {
            source.fault(
                &section.name(file),
                format_args!("both `{inline}` and `{file}` are given"),
                "keep one of them",
            );
            None
        }
        (Some(written), None) => Some((inline, written.into_bytes().into())),
        (None, Some(named)) => match files::bytes(&resolve(source.folder(), &named)) {
            Ok(bytes) => Some((file, files::without_line_end(&bytes).to_vec().into())),
            Err(why) => {
                source.fault(&section.name(file), why, "name a readable file");
                None
            }
        },
        (None, None) => {
            if !section.has(inline) && !section.has(file) {
                source.fault(
                    &section.name(inline),
                    format_args!("neither `{inline}` nor `{file}` is given"),
                    remedy,
                );
            }
            None
        }
    }
}

fn unwanted(section: &mut Section<'_, '_>, key: &'static str, why: &str) {
    if section.optional::<String>(key).is_some() {
        section.source().fault(&section.name(key), why, "remove it");
    }
}

/// 32 hex digits, bare or with hyphens where a UUID has them.
pub(super) fn key_id(text: &str) -> Option<[u8; 16]> {
    let grouped = text.len() == 36
        && text
            .bytes()
            .enumerate()
            .all(|(at, byte)| (byte == b'-') == matches!(at, 8 | 13 | 18 | 23));
    let digits = if grouped {
        text.replace('-', "")
    } else {
        text.to_owned()
    };
    let mut kid = [0; 16];
    hex::decode_to_slice(digits, &mut kid).ok()?;
    Some(kid)
}

/// Says what is wrong without repeating what was written.
fn content_key_bytes(written: &[u8]) -> Result<Secret<[u8; 16]>, String> {
    let mut key = [0; 16];
    if let Some(at) = written.iter().position(|byte| !byte.is_ascii_hexdigit()) {
        return Err(format!("character {} is no hex digit", at + 1));
    }
    hex::decode_to_slice(written, &mut key)
        .map_err(|_| format!("{} hex digits, not 32", written.len()))?;
    Ok(Secret::new(key))
}
