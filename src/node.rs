//! The node's life: sockets, workers, readiness, and an end that loses no request.
//!
//! ```text
//!  run ── binds every socket once per worker (SO_REUSEPORT)
//!   └─ pingora Server ─┬─ delivery ── worker 0: runtime, ring, TCP and QUIC endpoints
//!                      │           └─ worker 1: …
//!                      └─ admin ───── /healthz /readyz /metrics /keys
//! ```
//!
//! A worker is a thread with a runtime of its own: a connection stays on the worker whose socket the kernel
//! gave it to, and so does everything that is done for it.
//!
//! SIGTERM drains: listeners close, HTTP/2 and HTTP/3 clients are sent away by GOAWAY, requests under way are
//! finished, [`config::Node::drain_timeout`](crate::config::Node) at most. SIGINT ends at once.
use std::io::Write;
use std::net::SocketAddr;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use pingora_core::server::configuration::ServerConf;
use pingora_core::server::{RunArgs, Server};

use crate::admin::{Reports, Views};
use crate::config::Config;
use crate::delivery::h3::{EndpointError, Transport};
use crate::delivery::tls::{self, Certificates, ClientAuthorities};
use crate::delivery::{Handler, tcp};
use crate::memory::Budget;
use crate::origin::{LiveWork, SharedError, WorkError};
use crate::telemetry::{self, Telemetry};

mod assembly;
mod certificate;
mod collectors;
mod core_dumps;
mod cores;
mod descriptors;
mod lifecycle;
mod logging;
mod services;
mod sockets;
mod worker;

use assembly::Assembly;
use certificate::{CertificateService, Renewal};
use lifecycle::{Lifecycle, Signals};
use services::{AdminService, DeliveryService, LiveService};
use sockets::Sockets;
use worker::Plan;

/// Why a node did not start, or stopped by itself. Shown to the operator as it is.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("{section}: {address} cannot be listened on: {source}; {remedy}")]
    Bind {
        section: &'static str,
        address: SocketAddr,
        source: std::io::Error,
        remedy: &'static str,
    },
    #[error("listen: no address to serve on; name one in listen.http or listen.https")]
    NoListener,
    #[error("listen.https: HTTPS needs [tls] with a certificate and its key")]
    NoCertificate,
    #[error("tls: {0}")]
    Tls(#[from] tls::Error),
    #[error("{0}")]
    Telemetry(#[from] telemetry::Error),
    #[error("mount.token.keys: {0}")]
    Access(#[from] edgepack_token::KeyError),
    #[error("storage: {0}")]
    Storage(String),
    #[error("{0}")]
    Origin(#[from] SharedError),
    #[error("{0}")]
    Keys(#[from] crate::keys::SetupError),
    #[error("mount.live: {0}")]
    Live(#[from] WorkError),
    #[error("listen.http3: {0}")]
    Quic(#[from] EndpointError),
    #[error("worker {index}: {reason}")]
    Worker { index: usize, reason: String },
    #[error("node.pin_workers: the system does not tell which cores there are: {0}")]
    Cores(std::io::Error),
    #[error("signals cannot be received: {0}")]
    Signals(std::io::Error),
}

/// What a worker's handler failed with when it was made.
pub type BuildError = Box<dyn std::error::Error + Send + Sync>;

/// Serves what `config` describes until it is told to end, and returns when all is drained.
///
/// Prints one JSON line on stdout when every listener is up: `{"event":"listening","http":[…],"https":[…],
/// "http3":[…],"admin":"…"}`, with the ports in use where the configuration says 0.
///
/// # Errors
/// [`Error`]: what kept the node from starting, or made it stop by itself.
pub fn run(config: Config) -> Result<(), Error> {
    run_with(config, |_| {})
}

/// The same; `listening` is told what the line on stdout says, once, when every listener is up.
///
/// # Errors
/// As [`run`].
pub fn run_with(
    config: Config,
    listening: impl FnOnce(&serde_json::Value) + Send + 'static,
) -> Result<(), Error> {
    logging::start(&config.log);
    if !config.node.core_dumps {
        core_dumps::forbid();
    }
    descriptors::raise(&config);
    let telemetry = Telemetry::new(assembly::access_log(&config.log.access))?;
    let assembly = Arc::new(Assembly::new(config, &telemetry)?);
    let config = assembly.config();
    let live = assembly.live_work()?;
    let reports = assembly.reports();
    let build = {
        let assembly = Arc::clone(&assembly);
        move || assembly.handler()
    };
    let budget = assembly.budget();
    let listening = Box::new(listening);
    serve_with(config, telemetry, live, reports, budget, build, listening)
}

/// The same with any handler: `live` is done beside it, `reports` are shown to the operator, memory files keep within `budget`, `build` is called once on each worker, inside its runtime.
///
/// # Errors
/// As [`run`].
pub fn serve<H, F>(
    config: &Config,
    telemetry: Arc<Telemetry>,
    live: LiveWork,
    reports: Reports,
    budget: &Budget,
    build: F,
) -> Result<(), Error>
where
    H: Handler,
    F: Fn() -> Result<Rc<H>, BuildError> + Send + Sync + 'static,
{
    let listening = Box::new(|_: &serde_json::Value| {});
    serve_with(config, telemetry, live, reports, budget, build, listening)
}

fn serve_with<H, F>(
    config: &Config,
    telemetry: Arc<Telemetry>,
    live: LiveWork,
    reports: Reports,
    budget: &Budget,
    build: F,
    listening: services::Listening,
) -> Result<(), Error>
where
    H: Handler,
    F: Fn() -> Result<Rc<H>, BuildError> + Send + Sync + 'static,
{
    let workers = config.node.worker_count();
    let certificates = match &config.tls {
        Some(tls) if !config.listen.https.is_empty() => {
            Some(Certificates::load(&tls.certificate, &tls.private_key)?)
        }
        _ if config.listen.https.is_empty() => None,
        _ => return Err(Error::NoCertificate),
    };
    let clients = config
        .tls
        .as_ref()
        .and_then(|tls| tls.client_ca_file.as_deref())
        .map(ClientAuthorities::load)
        .transpose()?;
    let tls = |clients| {
        certificates
            .clone()
            .map(|certificates| tls::tcp_config(certificates, clients))
            .transpose()
    };
    let (tls, tls_of_quic) = (tls(clients.as_ref())?, tls(None)?);
    let renewal = certificates
        .zip(config.tls.as_ref())
        .map(|(certificates, tls)| Renewal::new(certificates, tls, &telemetry))
        .transpose()?;
    let sockets = Sockets::bind(&config.listen, config.admin.listen, workers)?;
    telemetry
        .workers
        .set(i64::try_from(workers).unwrap_or(i64::MAX));

    let lifecycle = Arc::new(Lifecycle::new(
        Arc::clone(&telemetry),
        config.node.drain_timeout,
    ));
    let announcement = sockets.announcement();
    let h3 = assembly::h3_options(config, &telemetry);
    // Encoders push over TCP; asking viewers over QUIC would cost their handshakes and bring nothing.
    let quic = match &tls_of_quic {
        Some(tls) if config.listen.http3 => Some(Transport::new(tls, &h3)?),
        _ => None,
    };
    let tcp = tcp::Options {
        clients,
        ..assembly::tcp_options(config, &telemetry, budget)?
    };
    let tls = match tls {
        Some(tls) if tcp.kernel_tls.is_some() => Some(tls::for_kernel(&tls)),
        tls => tls,
    };
    let build = Arc::new(build);
    let cores = match config.node.pin_workers {
        true => cores::usable().map_err(Error::Cores)?,
        false => Vec::new(),
    };
    let plans = sockets
        .workers
        .into_iter()
        .enumerate()
        .map(|(index, sockets)| Plan {
            index,
            core: cores.iter().copied().cycle().nth(index),
            sockets,
            tls: tls.clone(),
            tcp: tcp.clone(),
            h3: h3.clone(),
            quic: quic.clone(),
            alt_svc_max_age: config.listen.http3.then_some(config.listen.alt_svc_max_age),
            max_connections: config.listen.max_connections_per_worker,
            max_handshakes: config.listen.max_handshakes_per_worker,
            telemetry: Arc::clone(&telemetry),
            drain: lifecycle.drain(),
            build: Arc::clone(&build),
        })
        .collect();

    // How long to drain is ours to decide: by the time pingora hears of the end, all is done.
    let conf = ServerConf {
        threads: 1,
        grace_period_seconds: Some(0),
        graceful_shutdown_timeout_seconds: Some(1),
        ..ServerConf::default()
    };
    let mut server = Server::new_with_opt_and_conf(None, conf);
    server.add_service(AdminService::new(
        sockets.admin,
        Views {
            telemetry: Arc::clone(&telemetry),
            ready: lifecycle.ready(),
            reports,
        },
        Arc::clone(&lifecycle),
    ));
    server.add_service(CertificateService::new(renewal));
    server.add_service(LiveService::new(live, lifecycle.drain()));
    server.add_service(DeliveryService::new(
        plans,
        Arc::clone(&lifecycle),
        announcement,
        listening,
    ));
    server.run(RunArgs {
        shutdown_signal: Box::new(Signals::new(Arc::clone(&lifecycle))),
    });
    telemetry.flush();
    lifecycle.outcome()
}

/// One line on stdout for whoever started the node. A stdout that is closed is nobody's loss.
fn announce(line: &serde_json::Value) {
    let mut stdout = std::io::stdout().lock();
    let _ = writeln!(stdout, "{line}");
    let _ = stdout.flush();
}

/// Longest that the end waits for what was told to stop.
const STOP_TIMEOUT: Duration = Duration::from_secs(3);

#[cfg(test)]
mod tests;
