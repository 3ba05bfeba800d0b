//! HTTP/2 on hyper and h2.
use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;

use hyper::body::Incoming;
use hyper::rt::bounds::Http2ServerConnExec;
use hyper::rt::{Executor, Read, Write};
use hyper::server::conn::http2;
use hyper::service::HttpService;
use hyper_util::rt::TokioTimer;

use super::Options;
use super::connection::Conversation;
use super::exchange::SendingBody;

/// What a client may send before it hears from us; requests here are small.
const STREAM_WINDOW: u32 = 64 * 1024;
const CONNECTION_WINDOW: u32 = 256 * 1024;
/// Response bytes that may wait in one stream for the connection. What is more urgent cannot overtake them.
const STREAM_SEND_BUFFER: usize = 256 * 1024;
/// Resets that may wait to be handled (CVE-2023-44487).
const PENDING_RESETS: usize = 20;
/// Streams reset for the client's errors before the connection goes.
const LOCAL_RESETS: usize = 64;

pub(super) fn builder(options: &Options) -> http2::Builder<LocalExec> {
    let mut builder = http2::Builder::new(LocalExec);
    builder
        .timer(TokioTimer::new())
        .initial_stream_window_size(STREAM_WINDOW)
        .initial_connection_window_size(CONNECTION_WINDOW)
        .max_concurrent_streams(options.max_concurrent_streams)
        .max_header_list_size(u32::try_from(options.max_header_bytes).unwrap_or(u32::MAX))
        .max_pending_accept_reset_streams(PENDING_RESETS)
        .max_local_error_reset_streams(LOCAL_RESETS)
        .max_send_buf_size(STREAM_SEND_BUFFER)
        .keep_alive_interval(options.ping_interval)
        .keep_alive_timeout(options.ping_timeout);
    builder
}

/// Spawns streams on the worker's own thread.
#[derive(Debug, Clone, Copy)]
pub(super) struct LocalExec;

impl<F> Executor<F> for LocalExec
where
    F: Future + 'static,
    F::Output: 'static,
{
    fn execute(&self, future: F) {
        tokio::task::spawn_local(future);
    }
}

impl<I, V> Conversation for http2::Connection<I, V, LocalExec>
where
    I: Read + Write + Unpin,
    V: HttpService<Incoming, ResBody = SendingBody, Error = Infallible>,
    LocalExec: Http2ServerConnExec<V::Future, SendingBody>,
{
    fn finish(self: Pin<&mut Self>) {
        self.graceful_shutdown();
    }
}
