//! HTTP/1.1 with as many connections as the viewer may have, and HTTP/2 over one.
use std::sync::Arc;

use bytes::Bytes;
use http_body_util::{BodyExt as _, Empty};
use hyper::body::Incoming;
use hyper::client::conn::{http1, http2};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use tokio::time::timeout;
use url::Url;

use super::body::Intake;
use super::dial::{Http1, Http2, Origin, connect};
use super::shared::Dialer;
use super::{Answer, Failure, Outgoing, classify};
use crate::outcome::ErrorClass;

/// A status line and its headers, and what is read of a body at a time.
const BUFFER_BYTES: usize = 64 << 10;
/// HTTP/2 flow control (RFC 9113, 6.9): bodies are taken as they come, so this bounds what one burst holds.
const STREAM_WINDOW: u32 = 2 << 20;
const CONNECTION_WINDOW: u32 = 4 << 20;
const MAX_HEADERS: u32 = 64 << 10;

pub(super) async fn ask(
    dialer: &Dialer,
    tls: &Arc<rustls::ClientConfig>,
    origin: &Origin,
    url: &Url,
    request: Outgoing,
    mut intake: Intake<'_>,
) -> Result<Answer, Failure> {
    let Ok(_place) = origin.places.acquire().await else {
        return Err(Failure::new(ErrorClass::Connect, "the viewer has left"));
    };
    let to_head = request.method() == http::Method::HEAD;
    let kept_alive = pick_idle(origin).await;
    let reused = kept_alive.is_some();
    let mut sender = match kept_alive {
        Some(sender) => sender,
        None => open(dialer, tls, origin).await?,
    };
    let again = request.clone();
    intake.sent = tokio::time::Instant::now();
    let mut answer = head(&mut sender, request, &intake).await;
    // A server may close a connection it believed idle just when it is used again (RFC 9112, 9.3.1).
    if reused && matches!(&answer, Err(failure) if failure.class == ErrorClass::Reset) {
        sender = open(dialer, tls, origin).await?;
        intake.sent = tokio::time::Instant::now();
        answer = head(&mut sender, again, &intake).await;
    }
    let (parts, body) = answer?.into_parts();
    intake.begin(&parts, to_head);
    drain(body, &mut intake).await?;
    if !sender.is_closed() {
        origin.idle.borrow_mut().push(sender);
    }
    intake.end(url, parts)
}

pub(super) async fn ask_h2(
    dialer: &Dialer,
    tls: &Arc<rustls::ClientConfig>,
    origin: &Origin,
    url: &Url,
    request: Outgoing,
    mut intake: Intake<'_>,
) -> Result<Answer, Failure> {
    let to_head = request.method() == http::Method::HEAD;
    let mut sender = shared(dialer, tls, origin).await?;
    intake.sent = tokio::time::Instant::now();
    let again = request.clone();
    let mut sent = timeout(intake.answer, sender.send_request(request)).await;
    // GOAWAY came first: the request was not taken (RFC 9113, 6.8).
    if matches!(&sent, Ok(Err(error)) if error.is_canceled() || error.is_closed()) {
        sender = shared(dialer, tls, origin).await?;
        intake.sent = tokio::time::Instant::now();
        sent = timeout(intake.answer, sender.send_request(again)).await;
    }
    let answer = match sent {
        Ok(Ok(answer)) => answer,
        Ok(Err(error)) => return Err(classify::hyper(&error, false, false)),
        Err(_) => return Err(Failure::timeout("the answer", intake.answer)),
    };
    let (parts, body) = answer.into_parts();
    intake.begin(&parts, to_head);
    drain(body, &mut intake).await?;
    intake.end(url, parts)
}

async fn head(
    sender: &mut Http1,
    request: Outgoing,
    intake: &Intake<'_>,
) -> Result<http::Response<Incoming>, Failure> {
    match timeout(intake.answer, sender.send_request(request)).await {
        Ok(Ok(answer)) => Ok(answer),
        Ok(Err(error)) => Err(classify::hyper(&error, false, false)),
        Err(_) => Err(Failure::timeout("the answer", intake.answer)),
    }
}

async fn drain(mut body: Incoming, intake: &mut Intake<'_>) -> Result<(), Failure> {
    loop {
        match timeout(intake.stall, body.frame()).await {
            Ok(None) => return Ok(()),
            Ok(Some(Ok(frame))) => {
                if let Some(data) = frame.data_ref() {
                    intake.take(data);
                }
            }
            Ok(Some(Err(error))) => {
                let announced = intake.announced().is_some();
                return Err(intake.fail(classify::hyper(&error, true, announced)));
            }
            Err(_) => {
                let what = format!(
                    "the next piece of the body, after {} bytes,",
                    intake.bytes()
                );
                return Err(intake.fail(Failure::timeout(&what, intake.stall)));
            }
        }
    }
}

/// The one used last, if it still stands.
async fn pick_idle(origin: &Origin) -> Option<Http1> {
    loop {
        let mut sender = origin.idle.borrow_mut().pop()?;
        if sender.ready().await.is_ok() {
            return Some(sender);
        }
    }
}

async fn open(
    dialer: &Dialer,
    tls: &Arc<rustls::ClientConfig>,
    origin: &Origin,
) -> Result<Http1, Failure> {
    let (stream, place) = connect(dialer, tls, origin).await?;
    let (sender, connection) = http1::Builder::new()
        .max_buf_size(BUFFER_BYTES)
        .handshake::<_, Empty<Bytes>>(TokioIo::new(stream))
        .await
        .map_err(|error| classify::hyper(&error, false, false))?;
    tokio::spawn(async move {
        // What went wrong is told to the request under way.
        let _ = connection.await;
        drop(place);
    });
    Ok(sender)
}

async fn shared(
    dialer: &Dialer,
    tls: &Arc<rustls::ClientConfig>,
    origin: &Origin,
) -> Result<Http2, Failure> {
    let mut shared = origin.http2.lock().await;
    if let Some(sender) = shared.as_mut()
        && sender.ready().await.is_ok()
    {
        return Ok(sender.clone());
    }
    let (stream, place) = connect(dialer, tls, origin).await?;
    let (sender, connection) = http2::Builder::new(TokioExecutor::new())
        .timer(TokioTimer::new())
        .initial_stream_window_size(STREAM_WINDOW)
        .initial_connection_window_size(CONNECTION_WINDOW)
        .max_header_list_size(MAX_HEADERS)
        .handshake::<_, Empty<Bytes>>(TokioIo::new(stream))
        .await
        .map_err(|error| classify::hyper(&error, false, false))?;
    tokio::spawn(async move {
        let _ = connection.await;
        drop(place);
    });
    *shared = Some(sender.clone());
    Ok(sender)
}
