//! The document, section by section.
use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::time::Duration;

use toml::de::DeTable;

use super::document::{Section, Source};
use super::values::Size;
use super::{
    AccessLog, Admin, Cache, Config, Cors, KernelTls, Listen, Log, Node, Player, Quic, Storage,
    Tls, read_mount, resolve,
};

const MIB: u64 = 1 << 20;
const DAY: Duration = Duration::from_secs(24 * 3600);
/// For what waits on the network or a disk.
const TIMEOUTS: RangeInclusive<Duration> = Duration::from_millis(100)..=Duration::from_secs(3600);

pub(super) fn config(source: &Source, text: &str) -> Config {
    let (document, errors) = DeTable::parse_recoverable(text);
    if !errors.is_empty() {
        for error in errors {
            source.syntax_fault(error.span().unwrap_or(0..0), error.message());
        }
        return Config::default();
    }
    let mut document = Section::document(source, document.get_ref());
    let mut config = Config {
        node: node(document.section_or_default("node")),
        listen: listen(document.section_or_default("listen")),
        quic: Quic::read(document.section_or_default("quic")),
        tls: document.section("tls").and_then(tls),
        admin: admin(document.section_or_default("admin")),
        cache: cache(document.section_or_default("cache")),
        storage: storage(document.section_or_default("storage")),
        log: log(document.section_or_default("log")),
        cors: cors(document.section_or_default("cors")),
        player: player(document.section_or_default("player")),
        mounts: document
            .sections("mount")
            .into_iter()
            .map(read_mount::mount)
            .collect(),
    };
    document.finish();
    share_memory(&mut config, source);
    config
}

/// Whatever of `node.memory` is not given to a part by name goes to the others in proportion to their defaults' weight:
/// segments, buffers, titles, manifests.
fn share_memory(config: &mut Config, source: &Source) {
    let Some(memory) = config.node.memory else {
        return;
    };
    let parts = [
        ("cache.memory", 16, &mut config.cache.memory),
        (
            "storage.buffer_memory",
            9,
            &mut config.storage.buffer_memory,
        ),
        ("cache.index_memory", 6, &mut config.cache.index_memory),
        (
            "cache.manifest_memory",
            1,
            &mut config.cache.manifest_memory,
        ),
    ];
    let (named, others): (Vec<_>, Vec<_>) =
        parts.into_iter().partition(|(key, _, _)| source.knows(key));
    let given = named
        .iter()
        .fold(0u64, |sum, (_, _, bytes)| sum.saturating_add(**bytes));
    let left = memory.saturating_sub(given);
    let weights: u64 = others.iter().map(|(_, weight, _)| weight).sum();
    for (_, weight, bytes) in others {
        *bytes = left / weights * weight;
    }
}

fn node(mut section: Section<'_, '_>) -> Node {
    let default = Node::default();
    let node = Node {
        workers: section.bounded("workers", default.workers, 0..=1024),
        pin_workers: section.get("pin_workers", default.pin_workers),
        drain_timeout: section.bounded(
            "drain_timeout",
            default.drain_timeout,
            Duration::ZERO..=DAY,
        ),
        public_url: section.optional("public_url"),
        core_dumps: section.get("core_dumps", default.core_dumps),
        memory: section.optional::<Size>("memory").map(|Size(bytes)| bytes),
        memory_wait: section.bounded(
            "memory_wait",
            default.memory_wait,
            Duration::ZERO..=Duration::from_secs(60),
        ),
    };
    section.finish();
    node
}

fn listen(mut section: Section<'_, '_>) -> Listen {
    let default = Listen::default();
    let listen = Listen {
        http: section.get("http", default.http),
        https: section.get("https", default.https),
        http3: section.get("http3", default.http3),
        max_connections_per_worker: section.bounded(
            "max_connections_per_worker",
            default.max_connections_per_worker,
            1..=1_000_000,
        ),
        header_timeout: section.bounded("header_timeout", default.header_timeout, TIMEOUTS),
        idle_timeout: section.bounded("idle_timeout", default.idle_timeout, TIMEOUTS),
        handshake_timeout: section.bounded(
            "handshake_timeout",
            default.handshake_timeout,
            TIMEOUTS,
        ),
        max_handshakes_per_worker: section.bounded(
            "max_handshakes_per_worker",
            default.max_handshakes_per_worker,
            1..=100_000,
        ),
        send_timeout: section.bounded("send_timeout", default.send_timeout, TIMEOUTS),
        min_send_rate: size(
            &mut section,
            "min_send_rate",
            default.min_send_rate,
            0..=16 * MIB,
        ),
        request_timeout: section.bounded("request_timeout", default.request_timeout, TIMEOUTS),
        max_header_bytes: size(
            &mut section,
            "max_header_bytes",
            default.max_header_bytes as u64,
            8 << 10..=MIB,
        ) as usize,
        max_request_body: size(
            &mut section,
            "max_request_body",
            default.max_request_body as u64,
            1 << 10..=16 * MIB,
        ) as usize,
        max_concurrent_streams: section.bounded(
            "max_concurrent_streams",
            default.max_concurrent_streams,
            1..=10_000,
        ),
        alt_svc_max_age: section.bounded(
            "alt_svc_max_age",
            default.alt_svc_max_age,
            Duration::ZERO..=365 * DAY,
        ),
    };
    section.finish();
    listen
}

fn tls(mut section: Section<'_, '_>) -> Option<Tls> {
    let certificate = path(&mut section, "certificate", "name the PEM file");
    let private_key = path(&mut section, "private_key", "name the PEM file");
    let reload_interval = section.bounded(
        "reload_interval",
        Tls::RELOAD_INTERVAL,
        Duration::ZERO..=DAY,
    );
    let kernel = section.get("kernel", KernelTls::Off);
    let client_ca_file = section
        .optional::<String>("client_ca_file")
        .map(|file| resolve(section.source().folder(), &file));
    section.finish();
    Some(Tls {
        certificate: certificate?,
        private_key: private_key?,
        reload_interval,
        kernel,
        client_ca_file,
    })
}

fn admin(mut section: Section<'_, '_>) -> Admin {
    let admin = Admin {
        listen: section.get("listen", Admin::default().listen),
    };
    section.finish();
    admin
}

fn cache(mut section: Section<'_, '_>) -> Cache {
    let default = Cache::default();
    let folder = section.source().folder();
    let cache = Cache {
        memory: size(&mut section, "memory", default.memory, 0..=1 << 44),
        sendfile: section.get("sendfile", default.sendfile),
        presentations: section.bounded("presentations", default.presentations, 1..=10_000_000),
        manifest_memory: size(
            &mut section,
            "manifest_memory",
            default.manifest_memory,
            0..=1 << 44,
        ),
        index_memory: size(
            &mut section,
            "index_memory",
            default.index_memory,
            MIB..=1 << 44,
        ),
        index_dir: section
            .optional::<String>("index_dir")
            .map(|dir| resolve(folder, &dir)),
        index_bytes: size(
            &mut section,
            "index_bytes",
            default.index_bytes,
            MIB..=1 << 44,
        ),
        manifest_ttl: section.bounded(
            "manifest_ttl",
            default.manifest_ttl,
            Duration::ZERO..=365 * DAY,
        ),
    };
    section.finish();
    cache
}

fn storage(mut section: Section<'_, '_>) -> Storage {
    let default = Storage::default();
    let storage = Storage {
        engine: section.get("engine", default.engine),
        queue_depth: section.bounded("queue_depth", default.queue_depth, 1..=32_768),
        read_timeout: section.bounded("read_timeout", default.read_timeout, TIMEOUTS),
        gap: size(&mut section, "gap", default.gap, 0..=16 * MIB),
        revalidate: section.bounded("revalidate", default.revalidate, Duration::ZERO..=DAY),
        max_open_files: section.bounded("max_open_files", default.max_open_files, 1..=1_000_000),
        pread_threads: section.bounded("pread_threads", default.pread_threads, 1..=256),
        buffer_memory: size(
            &mut section,
            "buffer_memory",
            default.buffer_memory,
            16 * MIB..=1 << 44,
        ),
        direct: section.get("direct", default.direct),
    };
    section.finish();
    storage
}

fn log(mut section: Section<'_, '_>) -> Log {
    let default = Log::default();
    let folder = section.source().folder();
    let log = Log {
        level: section.get("level", default.level),
        format: section.get("format", default.format),
        access: match section.optional::<String>("access").as_deref() {
            None => default.access,
            Some("off") => AccessLog::Off,
            Some("stdout") => AccessLog::Stdout,
            Some(file) => AccessLog::File(resolve(folder, file)),
        },
    };
    section.finish();
    log
}

fn player(mut section: Section<'_, '_>) -> Player {
    let default = Player::default();
    let player = Player {
        enabled: section.get("enabled", default.enabled),
        title: section.get("title", default.title),
        mint_tokens: section.get("mint_tokens", default.mint_tokens),
    };
    section.finish();
    player
}

fn cors(mut section: Section<'_, '_>) -> Cors {
    let default = Cors::default();
    let cors = Cors {
        allow_origins: section.get("allow_origins", default.allow_origins),
        allow_credentials: section.get("allow_credentials", default.allow_credentials),
        max_age: section.bounded("max_age", default.max_age, Duration::ZERO..=365 * DAY),
    };
    section.finish();
    cors
}

pub(super) fn path(
    section: &mut Section<'_, '_>,
    key: &'static str,
    remedy: impl std::fmt::Display,
) -> Option<PathBuf> {
    let written = section.required::<String>(key, remedy)?;
    Some(resolve(section.source().folder(), &written))
}

pub(super) fn size(
    section: &mut Section<'_, '_>,
    key: &'static str,
    default: u64,
    range: RangeInclusive<u64>,
) -> u64 {
    let (start, end) = range.into_inner();
    section
        .bounded(key, Size(default), Size(start)..=Size(end))
        .0
}
