//! What single values cannot show: how they stand to each other, and to the files they name.
use std::net::SocketAddr;

use edgepack_token::KeySet;

use super::document::Source;
use super::{
    AccessLog, Config, KeyProvider, Mount, Protection, RESERVED_PATHS, TokenPolicy, check_drm,
    check_keys, check_live, files,
};

pub(super) fn check(config: &Config, source: &Source) {
    addresses(config, source);
    memory(config, source);
    tls(config, source);
    quic(config, source);
    public_url(config, source);
    origins(config, source);
    access_log(config, source);
    mounts(config, source);
    check_keys::ids(config, source);
}

/// Below this there is no room for the buffers of a few reads beside anything else.
const LEAST_MEMORY: u64 = 64 << 20;
const LEAST_BUFFERS: u64 = 16 << 20;

fn memory(config: &Config, source: &Source) {
    let Some(memory) = config.node.memory else {
        return;
    };
    let parts = config.parts_of_memory();
    if memory < LEAST_MEMORY {
        source.fault(
            "node.memory",
            format_args!("{memory} bytes are too little to work with"),
            "64MiB at least",
        );
    } else if parts > memory || config.storage.buffer_memory < LEAST_BUFFERS {
        source.fault(
            "node.memory",
            format_args!("{memory} bytes do not hold the parts that are given to it"),
            "raise it, or lower cache.memory, storage.buffer_memory (16MiB at least), cache.index_memory or \
             cache.manifest_memory; what is not given is shared between the others",
        );
    }
}

fn addresses(config: &Config, source: &Source) {
    let listen = &config.listen;
    if listen.http.is_empty() && listen.https.is_empty() {
        source.fault(
            "listen",
            "the node listens nowhere",
            "give `http` or `https` an address",
        );
    }
    let mut taken: Vec<(&str, SocketAddr)> = Vec::new();
    let all = [
        ("listen.http", &listen.http),
        ("listen.https", &listen.https),
    ]
    .into_iter()
    .flat_map(|(key, list)| list.iter().map(move |address| (key, *address)))
    .chain([("admin.listen", config.admin.listen)]);
    for (key, address) in all {
        if let Some((other, _)) = taken.iter().find(|(_, known)| collide(*known, address)) {
            source.fault(
                key,
                format_args!("{address} is taken by {other} already"),
                "choose another port",
            );
        }
        taken.push((key, address));
    }
}

/// Port 0 is the system's choice, which never collides.
fn collide(one: SocketAddr, other: SocketAddr) -> bool {
    one.port() == other.port()
        && one.port() != 0
        && one.is_ipv4() == other.is_ipv4()
        && (one.ip() == other.ip() || one.ip().is_unspecified() || other.ip().is_unspecified())
}

fn tls(config: &Config, source: &Source) {
    match &config.tls {
        None if !config.listen.https.is_empty() && !source.knows("tls") => source.fault(
            "listen.https",
            "HTTPS needs a certificate",
            "add [tls] with `certificate` and `private_key`",
        ),
        Some(_) if config.listen.https.is_empty() => source.fault(
            "tls",
            "a certificate is given, and nothing listens with it",
            "give `https` in [listen] an address, or remove [tls]",
        ),
        _ => {}
    }
    for (key, why) in config.tls.iter().flat_map(files::check_certificate) {
        source.fault(
            &format!("tls.{key}"),
            why,
            "name the PEM files of one certificate and its key",
        );
    }
    let authorities = config
        .tls
        .as_ref()
        .and_then(|tls| tls.client_ca_file.as_deref());
    if let Some(Err(why)) = authorities.map(files::check_authorities) {
        source.fault(
            "tls.client_ca_file",
            why,
            "name a PEM file with the certificates of those who certify clients",
        );
    }
}

fn quic(config: &Config, source: &Source) {
    let quic = &config.quic;
    if quic.retry_handshakes > quic.max_handshakes {
        source.fault(
            "quic.retry_handshakes",
            format_args!(
                "clients would be refused at {} handshakes, before any had to prove its address",
                quic.max_handshakes
            ),
            "choose no more than `max_handshakes`",
        );
    }
    if quic.send_window < quic.initial_window {
        source.fault(
            "quic.send_window",
            "less than `initial_window`, which could never be sent at once",
            "choose at least `initial_window`",
        );
    }
}

fn public_url(config: &Config, source: &Source) {
    let Some(url) = &config.node.public_url else {
        return;
    };
    let good = url.parse::<http::Uri>().is_ok_and(|uri| {
        matches!(uri.scheme_str(), Some("http" | "https"))
            && uri.authority().is_some()
            && uri.path() == "/"
            && uri.query().is_none()
            && !url.ends_with('/')
    });
    if !good {
        source.fault(
            "node.public_url",
            format_args!("\"{url}\" is not scheme and host alone"),
            "write it as \"https://media.example.com\"",
        );
    }
}

fn origins(config: &Config, source: &Source) {
    let origins = &config.cors.allow_origins;
    let any = origins.iter().any(|origin| origin == "*");
    if any && origins.len() > 1 {
        source.fault(
            "cors.allow_origins",
            "\"*\" stands beside other origins",
            "keep either \"*\" or the list",
        );
    }
    if any && config.cors.allow_credentials {
        source.fault(
            "cors.allow_credentials",
            "browsers refuse credentials together with origin \"*\"",
            "list the origins in `allow_origins`",
        );
    }
    for origin in origins.iter().filter(|origin| *origin != "*") {
        // An origin has neither path nor trailing slash (RFC 6454, 6.2): one with would never match.
        let good = origin.split_once("://").is_some_and(|(scheme, host)| {
            !scheme.is_empty() && host.parse::<http::uri::Authority>().is_ok()
        });
        if !good {
            source.fault(
                "cors.allow_origins",
                format_args!("\"{origin}\" is no origin"),
                "write it as \"https://player.example.com\"",
            );
        }
    }
}

fn access_log(config: &Config, source: &Source) {
    if let AccessLog::File(file) = &config.log.access
        && (file.is_dir() || !file.parent().is_some_and(std::path::Path::is_dir))
    {
        source.fault(
            "log.access",
            format_args!("{} is no file in an existing folder", file.display()),
            "write \"stdout\", \"off\" or a file",
        );
    }
}

fn mounts(config: &Config, source: &Source) {
    if config.mounts.is_empty() && !source.knows("mount") {
        source.fault("", "no [[mount]]: there is nothing to serve", "add one");
    }
    for (index, mount) in config.mounts.iter().enumerate() {
        let key = |name: &str| format!("mount[{index}].{name}");
        mount_path(mount, &key("path"), source);
        for (other, earlier) in config.mounts[..index].iter().enumerate() {
            if overlap(&mount.path, &earlier.path) {
                source.fault(
                    &key("path"),
                    format_args!(
                        "{} overlaps {}, the path of mount[{other}]",
                        mount.path, earlier.path
                    ),
                    "give each mount a path that no other begins with",
                );
            } else if mount.name == earlier.name {
                source.fault(
                    &key("name"),
                    format_args!("\"{}\" is the name of mount[{other}] too", mount.name),
                    "give each mount a name of its own",
                );
            }
        }
        if !mount.root.as_os_str().is_empty() && !mount.root.is_dir() {
            source.fault(
                &key("root"),
                format_args!("{} is no folder", mount.root.display()),
                "name the folder of the media files",
            );
        }
        if let Some(live) = &mount.live {
            check_live::check(mount, live, &key, source);
        }
        keys_of_mount(mount, &key, source);
        check_drm::check(mount, &key, source);
        if let Some(policy) = &mount.token {
            token(policy, &key("token"), source);
        }
    }
}

fn mount_path(mount: &Mount, key: &str, source: &Source) {
    if mount.path.is_empty() {
        return; // missing, and said so already
    }
    let segments: Vec<_> = mount.path.split('/').skip(1).collect();
    let plain = mount.path.starts_with('/')
        && segments.iter().all(|segment| {
            !matches!(*segment, "" | "." | "..")
                && segment
                    .bytes()
                    .all(|byte| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte))
        });
    if !plain {
        source.fault(
            key,
            format_args!("\"{}\" is no mount path", mount.path),
            "write it as \"/vod\": letters, digits, - . _ ~, no slash at the end",
        );
    } else if RESERVED_PATHS.contains(&segments[0]) {
        source.fault(
            key,
            format_args!("/{} is the node's own", segments[0]),
            "choose another path",
        );
    }
}

/// One is the other, or a folder above it.
fn overlap(one: &str, other: &str) -> bool {
    let under = |outer: &str, inner: &str| {
        inner
            .strip_prefix(outer)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    !one.is_empty() && !other.is_empty() && (under(one, other) || under(other, one))
}

fn keys_of_mount(mount: &Mount, key: &dyn Fn(&str) -> String, source: &Source) {
    if !source.is_faulty(&key("protections")) {
        protections(mount, key, source);
    }
    check_keys::assets(mount, key, source);
    check_keys::provider(mount, key, source);
}

fn protections(mount: &Mount, key: &dyn Fn(&str) -> String, source: &Source) {
    let protections = &mount.protections;
    let repeated = protections
        .iter()
        .enumerate()
        .any(|(index, protection)| protections[..index].contains(protection));
    if protections.is_empty() || repeated {
        source.fault(
            &key("protections"),
            "an empty list, or one with repetitions",
            "list each of \"clear\", \"cenc\", \"cbcs\", \"aes128\", \"sample-aes\" that the mount offers, once",
        );
    }
    let protected = protections.iter().copied().find(|kind| kind.needs_key());
    let given_by_others = mount.keys.provider != KeyProvider::Static;
    let keyed = source.knows(&key("key"))
        || source.knows(&key("asset"))
        || source.knows(&key("keys.provider"))
        || given_by_others
        || mount.keys().count() > 0;
    if let Some(protection) = protected
        && !keyed
    {
        source.fault(
            &key("protections"),
            format_args!(
                "\"{}\" is offered, and there is no key",
                protection.as_str()
            ),
            "add [mount.key], [[mount.asset]] for each asset, or [mount.keys]; `edgepack keys new` makes keys",
        );
    }
    if mount.clearkey_licence_server && protected.is_none() {
        source.fault(
            &key("clearkey_licence_server"),
            "a licence server for a mount that protects nothing",
            "add \"cenc\" or \"cbcs\" to `protections`, or set it to false",
        );
    }
    if protections.iter().all(|kind| *kind == Protection::Clear)
        && (given_by_others || mount.keys().count() > 0)
    {
        source.fault(
            &key("protections"),
            "keys are given, and only \"clear\" is offered",
            "add \"cenc\" or \"cbcs\", or remove the keys",
        );
    }
}

fn token(policy: &TokenPolicy, key: &str, source: &Source) {
    if policy.keys.is_empty() && !source.knows(&format!("{key}.keys")) {
        source.fault(
            &format!("{key}.keys"),
            "tokens are checked, and there is no key to check them with",
            "add [[mount.token.keys]]",
        );
    }
    let mut set = KeySet::new();
    for (index, entry) in policy.keys.iter().enumerate() {
        if let Ok(verifying) = entry.verifying_key()
            && let Err(error) = set.add(verifying)
        {
            source.fault(
                &format!("{key}.keys[{index}]"),
                error,
                "remove what is too much",
            );
        }
    }
    let repeated = policy
        .sources
        .iter()
        .enumerate()
        .any(|(index, place)| policy.sources[..index].contains(place));
    if policy.sources.is_empty() || repeated {
        source.fault(
            &format!("{key}.sources"),
            "an empty list, or one with repetitions",
            "list each of \"path\", \"query\", \"cookie\", \"bearer\" to look at, once",
        );
    }
    for (name, value) in [
        ("query_name", &policy.query_name),
        ("cookie_name", &policy.cookie_name),
    ] {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
        if value.is_empty() || !value.bytes().all(plain) {
            source.fault(
                &format!("{key}.{name}"),
                format_args!("\"{value}\" is no plain name"),
                "use letters, digits, - . _ ~",
            );
        }
    }
}
