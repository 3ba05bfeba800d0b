//! hyper's requests and responses ↔ ours.
use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::SystemTime;

use bytes::Bytes;
use futures_util::{Stream, stream};
use http::header::{ALT_SVC, HOST, SERVER};
use http::{HeaderValue, Version};
use http_body::{Body as _, Frame, SizeHint};
use hyper::body::Incoming;

use super::activity::{Activity, InFlight};
use super::sendfile::{Lending, SendFile};
use super::turns::{Turn, Turns};
use crate::delivery::{
    Body, BodyError, ClientCertificate, Fault, Handler, Outgoing, Priority, Protocol, Request,
    RequestBody,
};

/// What every answer calls the node.
pub const SERVER_NAME: HeaderValue = HeaderValue::from_static("edgepack");

/// Slices of an answer that shares its connection: after each the most urgent goes on.
const SHARED_SLICE_MAX: usize = 64 * 1024;

/// Who is at the other end of a connection.
#[derive(Debug)]
pub(super) struct Peer {
    pub(super) address: SocketAddr,
    pub(super) certificate: Option<Arc<ClientCertificate>>,
}

/// What all requests of a connection have in common.
#[derive(Debug)]
pub(super) struct Service<H> {
    pub(super) handler: Rc<H>,
    pub(super) activity: Rc<Activity>,
    pub(super) peer: Peer,
    pub(super) protocol: Protocol,
    pub(super) secure: bool,
    pub(super) alt_svc: Option<HeaderValue>,
    /// Where the transport can send from files.
    pub(super) lending: Option<Rc<Lending>>,
    pub(super) sendfile: Option<SendFile>,
    /// Where several answers share the connection.
    pub(super) turns: Option<Rc<Turns>>,
}

impl<H: Handler> Service<H> {
    pub(super) async fn call(
        &self,
        request: hyper::Request<Incoming>,
    ) -> Result<hyper::Response<SendingBody>, Infallible> {
        let mut in_flight = InFlight::new(&self.activity);
        if !request.body().is_end_stream() {
            self.activity.body_follows();
        }
        let asked = Priority::asked(request.headers());
        let response = match check_host(&request) {
            Ok(()) => self.handler.handle(self.request(request)).await,
            Err(fault) => fault.into(),
        };
        in_flight.pending(false);
        if let (Some(_), Some(sendfile), Body::Entry { entry, .. }) =
            (&self.lending, &self.sendfile, &response.body)
        {
            sendfile.consider(entry);
        }
        let turn = self
            .turns
            .as_ref()
            .map(|turns| turns.join(Priority::decide(asked, &response)));
        let (status, headers, mut outgoing) = response.into_parts();
        if turn.is_some() {
            outgoing = outgoing.in_slices_of(SHARED_SLICE_MAX);
        }
        if let Some(lending) = &self.lending {
            lending.lend(outgoing.file().cloned().zip(outgoing.remaining()));
        }
        let mut answer = hyper::Response::new(SendingBody {
            outgoing,
            in_flight,
            turn,
        });
        *answer.status_mut() = status;
        *answer.headers_mut() = headers;
        answer.headers_mut().insert(SERVER, SERVER_NAME);
        if let Some(alt_svc) = &self.alt_svc {
            answer.headers_mut().insert(ALT_SVC, alt_svc.clone());
        }
        Ok(answer)
    }

    fn request(&self, request: hyper::Request<Incoming>) -> Request {
        let (head, body) = request.into_parts();
        let body = (!body.is_end_stream())
            .then(|| Box::pin(incoming(body)) as Pin<Box<dyn Stream<Item = _>>>);
        Request {
            method: head.method,
            uri: head.uri,
            headers: head.headers,
            body: RequestBody(body),
            peer: self.peer.address,
            protocol: self.protocol,
            secure: self.secure,
            client_certificate: self.peer.certificate.clone(),
            now: SystemTime::now(),
        }
    }
}

/// RFC 9112, 3.2: an HTTP/1.1 request has exactly one `Host`.
fn check_host(request: &hyper::Request<Incoming>) -> Result<(), Fault> {
    let hosts = request.headers().get_all(HOST).iter().count();
    let wrong = hosts > 1 || (hosts == 0 && request.version() == Version::HTTP_11);
    if wrong {
        Err(Fault::bad_request(
            "bad-host",
            "HTTP/1.1 wants exactly one Host header.",
        ))
    } else {
        Ok(())
    }
}

/// The data of a request's body; trailers are of no use here.
fn incoming(body: Incoming) -> impl Stream<Item = Result<Bytes, BodyError>> {
    stream::unfold(body, |mut body| async move {
        loop {
            let frame = std::future::poll_fn(|cx| Pin::new(&mut body).poll_frame(cx)).await?;
            match frame.map(Frame::into_data) {
                Ok(Ok(data)) => return Some((Ok(data), body)),
                Ok(Err(_)) => {}
                Err(error) => return Some((Err(BodyError::Broken(error.to_string())), body)),
            }
        }
    })
}

/// The answer's body as hyper takes it: our slices as they are.
#[derive(Debug)]
pub(super) struct SendingBody {
    outgoing: Outgoing,
    in_flight: InFlight,
    turn: Option<Turn>,
}

impl http_body::Body for SendingBody {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        if let Some(turn) = &self.turn {
            ready!(turn.poll(cx));
        }
        let polled = Pin::new(&mut self.outgoing).poll_next(cx);
        self.in_flight.pending(polled.is_pending());
        if let (Some(turn), Poll::Pending) = (&self.turn, &polled) {
            turn.pause();
        }
        polled.map_ok(Frame::data)
    }

    fn is_end_stream(&self) -> bool {
        self.outgoing.is_end()
    }

    fn size_hint(&self) -> SizeHint {
        self.outgoing
            .remaining()
            .map_or_else(SizeHint::default, SizeHint::with_exact)
    }
}
