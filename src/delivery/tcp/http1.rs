//! HTTP/1.1 on hyper, which costs next to nothing while nobody asks for anything.
//!
//! While it waits for a request hyper holds a buffer of 8 KiB for its head, one for the head of the answer,
//! and room for the handler's future. A connection that has been quiet for a while is taken apart: stream and
//! service stay, and the socket tells when there is something to read. Then hyper gets them back.
use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};

use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::HttpService;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};

use super::Options;
use super::connection::Conversation;
use super::exchange::SendingBody;
use super::transport::{Readable, Transport};

pub(super) struct Http1<S, V>
where
    V: HttpService<Incoming>,
{
    options: Rc<Options>,
    /// `None` only while one becomes the other.
    state: Option<State<S, V>>,
}

enum State<S, V>
where
    V: HttpService<Incoming>,
{
    Talking(Box<http1::Connection<TokioIo<Transport<S>>, V>>),
    Resting { transport: Transport<S>, service: V },
}

impl<S, V> Http1<S, V>
where
    S: AsyncRead + AsyncWrite + Readable + Unpin,
    V: HttpService<Incoming, ResBody = SendingBody, Error = Infallible> + Unpin,
{
    pub(super) fn new(options: Rc<Options>, transport: Transport<S>, service: V) -> Self {
        let state = Some(talk(&options, transport, service));
        Self { options, state }
    }

    fn wake(&mut self) {
        self.state = match self.state.take() {
            Some(State::Resting { transport, service }) => {
                Some(talk(&self.options, transport, service))
            }
            talking => talking,
        };
    }
}

fn talk<S, V>(options: &Options, transport: Transport<S>, service: V) -> State<S, V>
where
    S: AsyncRead + AsyncWrite + Unpin,
    V: HttpService<Incoming, ResBody = SendingBody, Error = Infallible>,
{
    let connection = http1::Builder::new()
        // The watch over the connection bounds heads, with a time of its own for idle connections.
        .header_read_timeout(None)
        .max_header_size(options.max_header_bytes)
        .writev(true)
        .serve_connection(TokioIo::new(transport), service);
    State::Talking(Box::new(connection))
}

impl<S, V> Future for Http1<S, V>
where
    S: AsyncRead + AsyncWrite + Readable + Unpin,
    V: HttpService<Incoming, ResBody = SendingBody, Error = Infallible> + Unpin,
{
    type Output = hyper::Result<()>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        if let Some(State::Resting { transport, .. }) = &self.state {
            ready!(transport.poll_readable(cx));
            self.wake();
        }
        match &mut self.state {
            Some(State::Talking(connection)) => Pin::new(connection).poll(cx),
            Some(State::Resting { .. }) | None => Poll::Pending,
        }
    }
}

impl<S, V> Conversation for Http1<S, V>
where
    S: AsyncRead + AsyncWrite + Readable + Unpin,
    V: HttpService<Incoming, ResBody = SendingBody, Error = Infallible> + Unpin,
{
    fn finish(mut self: Pin<&mut Self>) {
        // hyper says goodbye.
        self.wake();
        if let Some(State::Talking(connection)) = &mut self.state {
            Pin::new(&mut **connection).graceful_shutdown();
        }
    }

    fn can_rest(&self) -> bool {
        matches!(self.state, Some(State::Talking(_)))
    }

    fn rest(mut self: Pin<&mut Self>) {
        self.state = match self.state.take() {
            Some(State::Talking(connection)) => {
                let parts = connection.into_parts();
                let mut transport = parts.io.into_inner();
                // The beginning of a request that came with the one before.
                transport.put_back(parts.read_buf);
                let service = parts.service;
                Some(State::Resting { transport, service })
            }
            resting => resting,
        };
    }
}

#[cfg(test)]
mod tests;
