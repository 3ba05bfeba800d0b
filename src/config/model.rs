//! The sections that concern the whole node, and their defaults: the one place that states them in code.
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use super::{Mount, Quic};

const KIB: u64 = 1 << 10;
const MIB: u64 = 1 << 20;
const GIB: u64 = 1 << 30;

/// A whole configuration. Plain data: checked when it was read, put to use by others.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Config {
    pub node: Node,
    pub listen: Listen,
    pub quic: Quic,
    /// `None`: no HTTPS and no HTTP/3.
    pub tls: Option<Tls>,
    pub admin: Admin,
    pub cache: Cache,
    pub storage: Storage,
    pub log: Log,
    pub cors: Cors,
    pub player: Player,
    pub mounts: Vec<Mount>,
}

impl Config {
    /// Bytes that media, parsed titles and manifests together may take.
    pub fn memory(&self) -> u64 {
        self.node.memory.unwrap_or_else(|| self.parts_of_memory())
    }

    /// What the parts of it are allowed, each by itself.
    pub(super) fn parts_of_memory(&self) -> u64 {
        [
            self.cache.memory,
            self.storage.buffer_memory,
            self.cache.index_memory,
            self.cache.manifest_memory,
        ]
        .into_iter()
        .fold(0, u64::saturating_add)
    }
}

/// `[node]`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    /// Worker threads, each with its own runtime, sockets and ring. 0: one per core.
    pub workers: usize,
    /// Each worker stays on a core of its own, as far as there are as many.
    pub pin_workers: bool,
    /// How long a stopping node lets requests finish.
    pub drain_timeout: Duration,
    /// What viewers call the node (`https://media.example.com`), where an absolute URL is needed.
    /// `None`: taken from each request.
    pub public_url: Option<String>,
    /// Whether the system may write the process's memory, keys included, to disk when it crashes.
    pub core_dumps: bool,
    /// Bytes for media, parsed titles and manifests together. `None`: what the parts add up to.
    pub memory: Option<u64>,
    /// How long a request waits for memory before it is turned away.
    pub memory_wait: Duration,
}

impl Default for Node {
    fn default() -> Self {
        Self {
            workers: 0,
            pin_workers: false,
            drain_timeout: Duration::from_secs(30),
            public_url: None,
            core_dumps: false,
            memory: None,
            memory_wait: Duration::from_secs(1),
        }
    }
}

impl Node {
    /// [`Node::workers`], with 0 turned into the number of cores this process may use.
    pub fn worker_count(&self) -> usize {
        match self.workers {
            0 => std::thread::available_parallelism().map_or(1, usize::from),
            workers => workers,
        }
    }
}

/// `[listen]`
///
/// Each address is bound as written: `[::]` takes IPv6 only, so that it stands beside `0.0.0.0`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listen {
    /// HTTP/1.1 and HTTP/2 with prior knowledge, in the clear.
    pub http: Vec<SocketAddr>,
    /// HTTP/1.1 and HTTP/2 over TLS.
    pub https: Vec<SocketAddr>,
    /// HTTP/3 on the UDP ports of `https`.
    pub http3: bool,
    pub max_connections_per_worker: usize,
    /// From the connection's first byte, or the end of the last answer, to the end of a request's head.
    pub header_timeout: Duration,
    /// An open connection without a request.
    pub idle_timeout: Duration,
    /// TLS and QUIC handshakes.
    pub handshake_timeout: Duration,
    /// TLS handshakes at a time in one worker; more connections wait for their turn.
    pub max_handshakes_per_worker: usize,
    /// Within this a client has to take what [`Listen::min_send_rate`] asks for of what it was sent.
    pub send_timeout: Duration,
    /// Bytes a second that a client has to take while an answer waits for it.
    pub min_send_rate: u64,
    /// From a request's head to the head of its answer.
    pub request_timeout: Duration,
    /// Bytes of a request's head.
    pub max_header_bytes: usize,
    /// Bytes of a request's body.
    pub max_request_body: usize,
    /// Requests at a time on one HTTP/2 or HTTP/3 connection.
    pub max_concurrent_streams: u32,
    /// How long a browser remembers that HTTP/3 is offered. Zero: it is not told.
    pub alt_svc_max_age: Duration,
}

impl Default for Listen {
    fn default() -> Self {
        Self {
            http: both_families(8080),
            https: Vec::new(),
            http3: true,
            max_connections_per_worker: 10_000,
            header_timeout: Duration::from_secs(10),
            idle_timeout: Duration::from_secs(60),
            handshake_timeout: Duration::from_secs(10),
            max_handshakes_per_worker: 256,
            send_timeout: Duration::from_secs(30),
            min_send_rate: KIB,
            request_timeout: Duration::from_secs(30),
            max_header_bytes: (32 * KIB) as usize,
            max_request_body: (64 * KIB) as usize,
            max_concurrent_streams: 128,
            alt_svc_max_age: Duration::from_secs(24 * 3600),
        }
    }
}

fn both_families(port: u16) -> Vec<SocketAddr> {
    vec![
        SocketAddr::new(IpAddr::V4(Ipv4Addr::UNSPECIFIED), port),
        SocketAddr::new(IpAddr::V6(Ipv6Addr::UNSPECIFIED), port),
    ]
}

/// `[tls]`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tls {
    /// PEM: the certificate, then its intermediates.
    pub certificate: PathBuf,
    /// PEM: PKCS #8, PKCS #1 or SEC 1.
    pub private_key: PathBuf,
    /// How often the files are looked at for a change. Zero: on SIGHUP alone.
    pub reload_interval: Duration,
    pub kernel: KernelTls,
    /// PEM: those who certify clients. `None`: no client is asked for a certificate.
    pub client_ca_file: Option<PathBuf>,
}

impl Tls {
    /// Certificates are renewed days before they end: a minute is soon enough.
    pub const RELOAD_INTERVAL: Duration = Duration::from_secs(60);

    pub fn new(certificate: PathBuf, private_key: PathBuf) -> Self {
        Self {
            certificate,
            private_key,
            reload_interval: Self::RELOAD_INTERVAL,
            kernel: KernelTls::Off,
            client_ca_file: None,
        }
    }
}

/// Whether the kernel seals the records of connections over TCP.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KernelTls {
    /// Where it can.
    Auto,
    Off,
}

/// `[admin]`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Admin {
    /// Health, metrics. Not for viewers: keep it where only operators reach it.
    pub listen: SocketAddr,
}

impl Default for Admin {
    fn default() -> Self {
        Self {
            listen: SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 9090),
        }
    }
}

/// `[cache]`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cache {
    /// Bytes of segments kept in memory.
    pub memory: u64,
    /// Whether segments asked for again over plain HTTP/1.1 move to where the kernel sends from without a copy.
    pub sendfile: bool,
    /// Parsed assets kept.
    pub presentations: u64,
    /// Budget of written playlists and MPDs, bytes.
    pub manifest_memory: u64,
    /// Bytes of parsed assets kept.
    pub index_memory: u64,
    /// Where what parsing found outlives the process. `None`: nowhere.
    pub index_dir: Option<PathBuf>,
    /// Bytes of files in `index_dir`.
    pub index_bytes: u64,
    /// `Cache-Control: max-age` of manifests.
    pub manifest_ttl: Duration,
}

impl Default for Cache {
    fn default() -> Self {
        Self {
            memory: GIB,
            sendfile: false,
            presentations: 1000,
            manifest_memory: 64 << 20,
            index_memory: GIB,
            index_dir: None,
            index_bytes: GIB,
            manifest_ttl: Duration::from_secs(10),
        }
    }
}

/// `[storage]`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Storage {
    pub engine: StorageEngine,
    /// Reads in flight per worker.
    pub queue_depth: u32,
    pub read_timeout: Duration,
    /// Ranges of a file closer together than this are read as one.
    pub gap: u64,
    /// How long a file's identity (size, times, inode) is trusted before it is asked for again.
    pub revalidate: Duration,
    /// Files kept open, and paths remembered, all workers together; an asset in use opens its own again to read them.
    pub max_open_files: usize,
    /// Threads of the `pread` engine, all workers together.
    pub pread_threads: usize,
    /// Bytes of media in memory beside the cache, all workers together: reads under way, and what slow viewers are still
    /// being sent.
    pub buffer_memory: u64,
    /// Whether media is read around the page cache.
    pub direct: bool,
}

impl Default for Storage {
    fn default() -> Self {
        Self {
            engine: StorageEngine::Auto,
            queue_depth: 256,
            read_timeout: Duration::from_secs(10),
            gap: 16 * KIB,
            revalidate: Duration::from_secs(1),
            max_open_files: 1024,
            pread_threads: 8,
            buffer_memory: 512 * MIB,
            direct: false,
        }
    }
}

/// What reads local files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StorageEngine {
    /// io_uring where the kernel allows it, `pread` otherwise.
    Auto,
    /// io_uring or no start.
    IoUring,
    Pread,
}

/// `[log]`
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Log {
    pub level: LogLevel,
    pub format: LogFormat,
    pub access: AccessLog,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum LogLevel {
    Error,
    Warn,
    #[default]
    Info,
    Debug,
    Trace,
}

impl LogLevel {
    /// As `tracing` and the configuration write it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warn => "warn",
            Self::Info => "info",
            Self::Debug => "debug",
            Self::Trace => "trace",
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum LogFormat {
    #[default]
    Text,
    Json,
}

/// Where the access log goes: one JSON line per request.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum AccessLog {
    Off,
    #[default]
    Stdout,
    File(PathBuf),
}

/// `[cors]`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cors {
    /// Origins whose pages may read answers; `*` alone: all. Empty: none.
    pub allow_origins: Vec<String>,
    /// Whether pages may send cookies along (needed for tokens in cookies across origins).
    pub allow_credentials: bool,
    /// How long a browser may remember a preflight's answer.
    pub max_age: Duration,
}

impl Default for Cors {
    fn default() -> Self {
        Self {
            allow_origins: vec!["*".into()],
            allow_credentials: false,
            max_age: Duration::from_secs(24 * 3600),
        }
    }
}

/// `[player]`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Player {
    /// Serves the player page at `/player/`, which lists mounts and assets to whoever opens it.
    pub enabled: bool,
    pub title: String,
    /// Gives everybody who opens the page a token for each mount that asks for one (HS256 only).
    pub mint_tokens: bool,
}

impl Default for Player {
    fn default() -> Self {
        Self {
            enabled: false,
            title: "edgepack".into(),
            mint_tokens: false,
        }
    }
}
