//! One worker: a thread, its runtime, and everything it serves.
use std::net::SocketAddr;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use tokio::runtime;
use tokio::sync::{oneshot, watch};
use tokio::task::{JoinSet, LocalSet};

use super::sockets::{QuicSocket, WorkerSockets};
use super::{BuildError, Error, cores};
use crate::delivery::drain::Drain;
use crate::delivery::tcp::{self, ConnectionCount};
use crate::delivery::{Handler, h3};
use crate::telemetry::Telemetry;

/// All that a worker needs, before it has a thread.
pub(super) struct Plan<F> {
    pub(super) index: usize,
    /// That it stays on; `None`: wherever the system puts it.
    pub(super) core: Option<usize>,
    pub(super) sockets: WorkerSockets,
    pub(super) tls: Option<Arc<rustls::ServerConfig>>,
    pub(super) tcp: tcp::Options,
    pub(super) h3: h3::Options,
    /// Where there is `tls`.
    pub(super) quic: Option<h3::Transport>,
    /// `None`: HTTP/3 is not offered.
    pub(super) alt_svc_max_age: Option<Duration>,
    pub(super) max_connections: usize,
    pub(super) max_handshakes: usize,
    pub(super) telemetry: Arc<Telemetry>,
    pub(super) drain: Drain,
    pub(super) build: Arc<F>,
}

/// A worker that was started.
pub(super) struct Running {
    pub(super) index: usize,
    /// Serving, or why not.
    pub(super) ready: oneshot::Receiver<Result<(), Error>>,
    /// Its thread is about to end, however that came.
    pub(super) ended: oneshot::Receiver<()>,
}

impl<H, F> Plan<F>
where
    H: Handler,
    F: Fn() -> Result<Rc<H>, BuildError> + Send + Sync + 'static,
{
    pub(super) fn start(self) -> Result<Running, Error> {
        let index = self.index;
        let (tell_ready, ready) = oneshot::channel();
        let (guard, ended) = oneshot::channel::<()>();
        let failed = move |error: std::io::Error| Error::Worker {
            index,
            reason: error.to_string(),
        };
        std::thread::Builder::new()
            .name(format!("worker-{index}"))
            .spawn(move || {
                let _guard = guard;
                let stays = self.core.map_or(Ok(()), cores::stay_on);
                let runtime = stays
                    .and_then(|()| runtime::Builder::new_current_thread().enable_all().build());
                match runtime {
                    Ok(runtime) => LocalSet::new().block_on(&runtime, self.work(tell_ready)),
                    Err(error) => {
                        // Nobody listens when the node is ending already.
                        let _ = tell_ready.send(Err(failed(error)));
                    }
                }
            })
            .map_err(failed)?;
        Ok(Running {
            index,
            ready,
            ended,
        })
    }

    /// Serves until all is drained, or told to drop the rest.
    async fn work(self, tell_ready: oneshot::Sender<Result<(), Error>>) {
        let mut drain = self.drain.clone();
        let connections = ConnectionCount::new(self.max_connections, self.max_handshakes);
        let mut listeners = match self.listen(&connections) {
            Ok(listeners) => listeners,
            Err(error) => {
                let _ = tell_ready.send(Err(error));
                return;
            }
        };
        if tell_ready.send(Ok(())).is_err() {
            return;
        }
        let drained = async {
            while listeners.join_next().await.is_some() {}
            connections.none().await;
        };
        tokio::select! {
            () = drained => {}
            () = drain.over() => {}
        }
    }

    fn listen(self, connections: &ConnectionCount) -> Result<JoinSet<()>, Error> {
        let index = self.index;
        let failed = |reason: String| Error::Worker { index, reason };
        let handler = (self.build)().map_err(|error| failed(error.to_string()))?;
        let plain = Rc::new(self.tcp.clone());
        let mut tasks = JoinSet::new();
        let shutdown = stop_signal(self.drain.clone());
        let mut serve = |listener, tls, options: Rc<tcp::Options>| -> Result<(), Error> {
            let listener = tokio::net::TcpListener::from_std(listener)
                .map_err(|error| failed(error.to_string()))?;
            tasks.spawn_local(tcp::serve(
                listener,
                tls,
                Rc::clone(&handler),
                options,
                Arc::clone(&self.telemetry),
                connections.clone(),
                self.drain.clone(),
            ));
            Ok(())
        };
        for listener in self.sockets.http {
            serve(listener, None, Rc::clone(&plain))?;
        }
        for listener in self.sockets.https {
            // Each address offers HTTP/3 on its own port.
            let port = listener.local_addr().as_ref().map_or(0, SocketAddr::port);
            let options = tcp::Options {
                alt_svc: self
                    .alt_svc_max_age
                    .and_then(|max_age| tcp::alt_svc(port, max_age)),
                ..self.tcp.clone()
            };
            serve(listener, self.tls.clone(), Rc::new(options))?;
        }
        for QuicSocket { socket, seat } in self.sockets.quic {
            let Some(transport) = &self.quic else {
                continue;
            };
            let endpoint = transport
                .endpoint(socket, seat)
                .map_err(|error| failed(error.to_string()))?;
            tasks.spawn_local(h3::serve(
                endpoint,
                Rc::clone(&handler),
                self.h3.clone(),
                shutdown.clone(),
            ));
        }
        Ok(tasks)
    }
}

/// The drain as HTTP/3 listens for it.
fn stop_signal(mut drain: Drain) -> watch::Receiver<bool> {
    let (stop, stopped) = watch::channel(false);
    tokio::task::spawn_local(async move {
        drain.begun().await;
        stop.send_replace(true);
        // Gone only when nothing listens any more.
        stop.closed().await;
    });
    stopped
}
