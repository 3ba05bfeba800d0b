//! From start to end: who may know that the node is ready, and how it ends.
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use pingora_core::server::{ShutdownSignal, ShutdownSignalWatch};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::{Notify, watch};
use tokio::time::timeout;

use super::{Error, STOP_TIMEOUT};
use crate::delivery::drain::{Drain, DrainControl, Phase, drain};
use crate::telemetry::Telemetry;

#[derive(Debug)]
pub(super) struct Lifecycle {
    telemetry: Arc<Telemetry>,
    drain_timeout: Duration,
    control: DrainControl,
    drain: Drain,
    ready: watch::Sender<bool>,
    /// Signals are received from now on: an earlier SIGTERM would just kill the process.
    armed: watch::Sender<bool>,
    /// All workers have ended.
    stopped: watch::Sender<bool>,
    failure: Mutex<Option<Error>>,
    failed: Notify,
}

impl Lifecycle {
    pub(super) fn new(telemetry: Arc<Telemetry>, drain_timeout: Duration) -> Self {
        let (control, drain) = drain();
        Self {
            telemetry,
            drain_timeout,
            control,
            drain,
            ready: watch::Sender::new(false),
            armed: watch::Sender::new(false),
            stopped: watch::Sender::new(false),
            failure: Mutex::new(None),
            failed: Notify::new(),
        }
    }

    pub(super) fn drain(&self) -> Drain {
        self.drain.clone()
    }

    /// Whether the node takes requests.
    pub(super) fn ready(&self) -> watch::Receiver<bool> {
        self.ready.subscribe()
    }

    pub(super) fn arm(&self) {
        self.armed.send_replace(true);
    }

    pub(super) async fn armed(&self) {
        // The sender is ours, so it is there.
        let _ = self.armed.subscribe().wait_for(|armed| *armed).await;
    }

    /// All listeners are up. Not said any more by a node that is already ending.
    pub(super) fn set_ready(&self) {
        if self.is_running() {
            // The metric first: who waits for readiness may look at it at once.
            self.telemetry.ready.set(1);
            self.ready.send_replace(true);
            // The end may have begun between the look and the word.
            if !self.is_running() {
                self.set_unready();
            }
        }
    }

    pub(super) fn set_stopped(&self) {
        self.stopped.send_replace(true);
    }

    /// The node cannot go on; the first reason is the one that is told.
    pub(super) fn fail(&self, error: Error) {
        tracing::error!(%error, "the node stops");
        self.failure
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get_or_insert(error);
        self.failed.notify_one();
    }

    /// Nothing has failed.
    pub(super) fn is_well(&self) -> bool {
        self.failure
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .is_none()
    }

    pub(super) fn is_running(&self) -> bool {
        self.control.phase() == Phase::Running
    }

    pub(super) fn outcome(&self) -> Result<(), Error> {
        self.failure
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take()
            .map_or(Ok(()), Err)
    }

    pub(super) fn enter(&self, phase: Phase) {
        self.control.enter(phase);
        self.telemetry.draining.set(1);
        self.set_unready();
    }

    fn set_unready(&self) {
        self.telemetry.ready.set(0);
        self.ready.send_replace(false);
    }

    async fn all_stopped(&self) {
        let _ = self.stopped.subscribe().wait_for(|stopped| *stopped).await;
    }

    /// Drops what is left, and gives it a moment to go.
    async fn end(&self) {
        self.enter(Phase::Over);
        if timeout(STOP_TIMEOUT, self.all_stopped()).await.is_err() {
            tracing::warn!("a worker does not end; it is left behind");
        }
    }
}

/// Receives what ends the node, and returns only when it has ended.
pub(super) struct Signals {
    lifecycle: Arc<Lifecycle>,
}

impl Signals {
    pub(super) fn new(lifecycle: Arc<Lifecycle>) -> Self {
        Self { lifecycle }
    }

    async fn receive(&self) -> Result<ShutdownSignal, Error> {
        let on = |kind: SignalKind| signal(kind).map_err(Error::Signals);
        let (mut terminate, mut quit, mut interrupt) = (
            on(SignalKind::terminate())?,
            on(SignalKind::quit())?,
            on(SignalKind::interrupt())?,
        );
        let lifecycle = &self.lifecycle;
        lifecycle.arm();
        tokio::select! {
            _ = terminate.recv() => self.drain(&mut terminate, &mut interrupt).await,
            _ = quit.recv() => self.drain(&mut terminate, &mut interrupt).await,
            _ = interrupt.recv() => tracing::info!("interrupted: ending at once"),
            () = lifecycle.failed.notified() => {}
        }
        lifecycle.end().await;
        Ok(ShutdownSignal::FastShutdown)
    }

    async fn drain(&self, terminate: &mut Signal, interrupt: &mut Signal) {
        let lifecycle = &self.lifecycle;
        tracing::info!(at_most = ?lifecycle.drain_timeout, "draining: no further requests, those under way are finished");
        lifecycle.enter(Phase::Draining);
        tokio::select! {
            () = lifecycle.all_stopped() => tracing::info!("drained"),
            () = tokio::time::sleep(lifecycle.drain_timeout) => {
                tracing::warn!("requests are left at the end of node.drain_timeout; they are dropped");
            }
            _ = terminate.recv() => tracing::warn!("told again: requests under way are dropped"),
            _ = interrupt.recv() => tracing::warn!("interrupted: requests under way are dropped"),
        }
    }
}

#[async_trait]
impl ShutdownSignalWatch for Signals {
    async fn recv(&self) -> ShutdownSignal {
        match self.receive().await {
            Ok(signal) => signal,
            Err(error) => {
                self.lifecycle.fail(error);
                self.lifecycle.end().await;
                ShutdownSignal::FastShutdown
            }
        }
    }
}
