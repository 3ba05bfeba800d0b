//! What pingora's server runs: the workers, what channels do of their own accord, and the operator's port.
use std::net::TcpListener;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use futures_util::future::join_all;
use pingora_core::server::{ListenFds, ShutdownWatch};
use pingora_core::services::Service;
use serde_json::Value;
use tokio::sync::oneshot;

use super::lifecycle::Lifecycle;
use super::worker::{Plan, Running};
use super::{BuildError, Error, announce};
use crate::admin;
use crate::delivery::Handler;
use crate::delivery::drain::Drain;
use crate::origin::LiveWork;

/// Told where the node listens, when it does.
pub(super) type Listening = Box<dyn FnOnce(&Value) + Send>;

pub(super) struct DeliveryService<F> {
    plans: Mutex<Vec<Plan<F>>>,
    lifecycle: Arc<Lifecycle>,
    announcement: Value,
    listening: Mutex<Option<Listening>>,
}

impl<F> DeliveryService<F> {
    pub(super) fn new(
        plans: Vec<Plan<F>>,
        lifecycle: Arc<Lifecycle>,
        announcement: Value,
        listening: Listening,
    ) -> Self {
        Self {
            plans: Mutex::new(plans),
            lifecycle,
            announcement,
            listening: Mutex::new(Some(listening)),
        }
    }
}

#[async_trait]
impl<H, F> Service for DeliveryService<F>
where
    H: Handler,
    F: Fn() -> Result<std::rc::Rc<H>, BuildError> + Send + Sync + 'static,
{
    async fn start_service(&mut self, _: Option<ListenFds>, _: ShutdownWatch, _: usize) {
        let plans = std::mem::take(&mut *self.plans.lock().unwrap_or_else(PoisonError::into_inner));
        let mut readies = Vec::with_capacity(plans.len());
        let mut ends = Vec::with_capacity(plans.len());
        for plan in plans {
            match plan.start() {
                Ok(Running {
                    index,
                    ready,
                    ended,
                }) => {
                    readies.push((index, ready));
                    ends.push((index, ended));
                }
                Err(error) => self.lifecycle.fail(error),
            }
        }
        for (index, ready) in readies {
            match ready.await {
                Ok(Ok(())) => {}
                Ok(Err(error)) => self.lifecycle.fail(error),
                Err(_) => self.lifecycle.fail(gone(index)),
            }
        }
        if self.lifecycle.is_well() {
            self.lifecycle.armed().await;
            self.lifecycle.set_ready();
            announce(&self.announcement);
            let mut listening = self
                .listening
                .lock()
                .unwrap_or_else(PoisonError::into_inner);
            if let Some(listening) = listening.take() {
                listening(&self.announcement);
            }
            drop(listening);
            tracing::info!(listening = %self.announcement, "ready");
        }
        join_all(
            ends.into_iter()
                .map(|(index, ended)| self.supervise(index, ended)),
        )
        .await;
        self.lifecycle.set_stopped();
    }

    fn name(&self) -> &str {
        "delivery"
    }

    fn threads(&self) -> Option<usize> {
        Some(1)
    }
}

impl<F> DeliveryService<F> {
    /// A worker ends when it is told to; one that ends by itself takes the node with it, so that whoever
    /// watches over the node starts a whole one.
    async fn supervise(&self, index: usize, ended: oneshot::Receiver<()>) {
        let _ = ended.await;
        if self.lifecycle.is_well() && self.lifecycle.is_running() {
            self.lifecycle.fail(gone(index));
        }
    }
}

fn gone(index: usize) -> Error {
    Error::Worker {
        index,
        reason: "its thread ended unexpectedly".into(),
    }
}

pub(super) struct AdminService {
    listener: Mutex<Option<TcpListener>>,
    views: admin::Views,
    lifecycle: Arc<Lifecycle>,
}

impl AdminService {
    pub(super) fn new(
        listener: TcpListener,
        views: admin::Views,
        lifecycle: Arc<Lifecycle>,
    ) -> Self {
        Self {
            listener: Mutex::new(Some(listener)),
            views,
            lifecycle,
        }
    }
}

#[async_trait]
impl Service for AdminService {
    async fn start_service(&mut self, _: Option<ListenFds>, _: ShutdownWatch, _: usize) {
        let Some(listener) = self
            .listener
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take()
        else {
            return;
        };
        let listener = match tokio::net::TcpListener::from_std(listener) {
            Ok(listener) => listener,
            Err(error) => {
                let reason = format!("the admin port: {error}");
                return self.lifecycle.fail(Error::Worker { index: 0, reason });
            }
        };
        // While the node drains, operators still see how far it is.
        let mut drain = self.lifecycle.drain();
        let over = async move { drain.over().await };
        admin::serve(listener, self.views.clone(), over).await;
    }

    fn name(&self) -> &str {
        "admin"
    }

    fn threads(&self) -> Option<usize> {
        Some(1)
    }
}

/// Children and pushes of channels, on a thread of their own: viewers' workers are for viewers.
pub(super) struct LiveService {
    work: Mutex<Option<LiveWork>>,
    drain: Drain,
}

impl LiveService {
    pub(super) fn new(work: LiveWork, drain: Drain) -> Self {
        Self {
            work: Mutex::new(Some(work)),
            drain,
        }
    }
}

#[async_trait]
impl Service for LiveService {
    async fn start_service(&mut self, _: Option<ListenFds>, _: ShutdownWatch, _: usize) {
        let work = self
            .work
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        if let Some(work) = work {
            work.run(self.drain.clone()).await;
        }
    }

    fn name(&self) -> &str {
        "live"
    }

    fn threads(&self) -> Option<usize> {
        Some(1)
    }
}
