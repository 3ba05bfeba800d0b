#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::thread::JoinHandle;
use std::time::Instant;

use pingora_core::services::Service;
use tokio::sync::watch;

use super::*;
use crate::config::Listen;
use crate::delivery::Core;
use crate::delivery::drain::Phase;
use crate::delivery::testing::{Open, Patterns, certificates, curl, settings};
use crate::memory::Budget;

type TestCore = Core<Patterns, Open>;

/// The delivery service with made-up media, on a runtime like the one pingora gives it.
struct Started {
    lifecycle: Arc<Lifecycle>,
    telemetry: Arc<Telemetry>,
    announcement: serde_json::Value,
    origin: Patterns,
    service: Option<JoinHandle<()>>,
}

fn start<F>(build: impl FnOnce(Patterns, Arc<Telemetry>) -> F) -> Started
where
    F: Fn() -> Result<Rc<TestCore>, BuildError> + Send + Sync + 'static,
{
    let telemetry = Telemetry::new(None).unwrap();
    let listen = Listen {
        http: vec!["127.0.0.1:0".parse().unwrap()],
        https: vec!["127.0.0.1:0".parse().unwrap()],
        ..Listen::default()
    };
    let config = Config {
        listen,
        ..Config::default()
    };
    let sockets = Sockets::bind(&config.listen, "127.0.0.1:0".parse().unwrap(), 2).unwrap();
    let lifecycle = Arc::new(Lifecycle::new(
        Arc::clone(&telemetry),
        Duration::from_secs(5),
    ));
    lifecycle.arm();
    let announcement = sockets.announcement();
    let origin = Patterns::default();
    let build = Arc::new(build(origin.clone(), Arc::clone(&telemetry)));
    let tls = tls::tcp_config(certificates(), None).unwrap();
    let tcp = assembly::tcp_options(&config, &telemetry, &Budget::unlimited()).unwrap();
    let plan = |(index, sockets)| Plan {
        index,
        core: None,
        sockets,
        tls: Some(Arc::clone(&tls)),
        tcp: tcp.clone(),
        h3: assembly::h3_options(&config, &telemetry),
        quic: Some(Transport::new(&tls, &assembly::h3_options(&config, &telemetry)).unwrap()),
        alt_svc_max_age: Some(Duration::from_secs(60)),
        max_connections: 100,
        max_handshakes: 16,
        telemetry: Arc::clone(&telemetry),
        drain: lifecycle.drain(),
        build: Arc::clone(&build),
    };
    let plans = sockets.workers.into_iter().enumerate().map(plan).collect();
    let mut service = DeliveryService::new(
        plans,
        Arc::clone(&lifecycle),
        announcement.clone(),
        Box::new(|_| {}),
    );
    let service = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        let (_keep, shutdown) = watch::channel(false);
        runtime.block_on(service.start_service(None, shutdown, 1));
    });
    Started {
        lifecycle,
        telemetry,
        announcement,
        origin,
        service: Some(service),
    }
}

fn good(
    origin: Patterns,
    telemetry: Arc<Telemetry>,
) -> impl Fn() -> Result<Rc<TestCore>, BuildError> + Send + Sync {
    let origin = Mutex::new(origin);
    move || {
        Ok(Rc::new(Core::new(
            settings(),
            Arc::clone(&telemetry),
            origin.lock().unwrap().clone(),
            Open,
        )))
    }
}

impl Started {
    fn url(&self, scheme: &str, path: &str) -> String {
        let address = self.announcement[scheme][0].as_str().unwrap();
        format!("{scheme}://{address}{path}")
    }

    fn await_ready(&self) {
        let mut ready = self.lifecycle.ready();
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .build()
            .unwrap();
        let wait = async {
            tokio::time::timeout(Duration::from_secs(20), ready.wait_for(|ready| *ready))
                .await
                .is_ok()
        };
        assert!(runtime.block_on(wait));
    }

    fn await_end(&mut self) {
        self.service.take().unwrap().join().unwrap();
    }
}

impl Drop for Started {
    fn drop(&mut self) {
        self.lifecycle.enter(Phase::Over);
    }
}

#[test]
fn a_node_is_ready_when_all_its_workers_serve() {
    let mut node = start(good);
    node.await_ready();
    assert_eq!(node.telemetry.ready.get(), 1);
    // Enough connections that the kernel gives some to either worker.
    for _ in 0..16 {
        assert!(
            curl(&["-f", &node.url("http", "/vod/10/clear/v1/1.m4s")])
                .status
                .success()
        );
    }
    let output = curl(&["-i", &node.url("https", "/vod/10/clear/v1/1.m4s")]);
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let port = node.announcement["http3"][0]
        .as_str()
        .unwrap()
        .rsplit(':')
        .next()
        .unwrap()
        .to_owned();
    assert!(
        text.contains(&format!("alt-svc: h3=\":{port}\"; ma=60")),
        "{text}"
    );
    node.lifecycle.enter(Phase::Draining);
    node.await_end();
    assert!(!*node.lifecycle.ready().borrow());
    assert!(node.lifecycle.outcome().is_ok());
}

#[test]
fn a_draining_node_is_not_ready_and_finishes_its_requests() {
    let mut node = start(good);
    node.await_ready();
    let url = node.url("https", "/vod/100000/clear/wait/1.m4s");
    let mut child = Command::new("curl")
        .args(["-skN", "--http2", &url])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdout = child.stdout.take().unwrap();
    std::io::Read::read_exact(&mut stdout, &mut [0; 5]).unwrap();
    node.lifecycle.enter(Phase::Draining);
    assert_eq!(
        (node.telemetry.ready.get(), node.telemetry.draining.get()),
        (0, 1)
    );
    let deadline = Instant::now() + Duration::from_secs(10);
    while curl(&[&node.url("http", "/player/")]).status.success() {
        assert!(Instant::now() < deadline, "still serving");
    }
    node.origin.release.notify_one();
    let mut rest = Vec::new();
    std::io::Read::read_to_end(&mut stdout, &mut rest).unwrap();
    assert_eq!(
        (child.wait().unwrap().success(), rest.len()),
        (true, 99_995)
    );
    node.await_end();
}

#[test]
fn a_worker_that_cannot_be_made_stops_the_node_and_says_why() {
    let mut node = start(|_, _| || Err("no ring could be had".into()));
    node.await_end();
    assert!(!*node.lifecycle.ready().borrow());
    let error = node.lifecycle.outcome().unwrap_err().to_string();
    assert!(
        error.starts_with("worker ") && error.contains("no ring could be had"),
        "{error}"
    );
    assert!(!*node.lifecycle.ready().borrow());
}

#[test]
fn a_worker_that_vanishes_stops_the_node() {
    let mut node = start(|_, _| || -> Result<Rc<TestCore>, BuildError> { panic!("made to fail") });
    node.await_end();
    let error = node.lifecycle.outcome().unwrap_err().to_string();
    assert!(error.contains("ended unexpectedly"), "{error}");
}

#[test]
fn https_without_a_certificate_is_refused() {
    let config = Config {
        listen: Listen {
            https: vec!["127.0.0.1:0".parse().unwrap()],
            ..Listen::default()
        },
        ..Config::default()
    };
    let telemetry = Telemetry::new(None).unwrap();
    let origin = Patterns::default();
    let error = serve(
        &config,
        Arc::clone(&telemetry),
        LiveWork::default(),
        Reports::default(),
        &Budget::unlimited(),
        good(origin, telemetry),
    )
    .unwrap_err();
    assert!(matches!(error, Error::NoCertificate), "{error}");
}
