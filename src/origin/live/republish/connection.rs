//! One request under way: a body that is written as it comes, and an answer that may come at any time.
use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http::StatusCode;
use http_body::{Body, Frame};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio::task::AbortHandle;
use tokio::time::timeout;

use super::publishing_point::PublishingPoint;

/// Pieces between the track and the connection.
const PIECES: usize = 2;
/// A status line and its headers.
const MAX_BUFFER_BYTES: usize = 64 << 10;

/// Why a push came to its end.
#[derive(Debug, thiserror::Error)]
pub(super) enum PushError {
    #[error("no connection within {0:?}")]
    ConnectTimeout(Duration),
    #[error("no connection: {0}")]
    Connect(String),
    #[error("the connection broke: {0}")]
    Broken(String),
    #[error("answered {0} before the end")]
    Answered(StatusCode),
    #[error("nothing was taken for {0:?}")]
    Stalled(Duration),
    #[error("no answer within {0:?}")]
    NoAnswer(Duration),
    #[error("the request cannot be written: {0}")]
    Request(#[from] http::Error),
    #[error("the header cannot be written: {0}")]
    Header(#[from] edgepack_packager::Error),
}

/// A push under way. Dropped, its connection is closed.
pub(super) struct Connection {
    pieces: mpsc::Sender<Bytes>,
    answer: Pin<Box<dyn Future<Output = Result<StatusCode, PushError>> + Send>>,
    driver: AbortHandle,
    send_timeout: Duration,
}

impl Connection {
    /// # Errors
    /// Where there is nobody, or nobody trustworthy.
    pub(super) async fn open(
        point: &PublishingPoint,
        stream: &str,
        content_type: &'static str,
        connect_timeout: Duration,
        send_timeout: Duration,
    ) -> Result<Self, PushError> {
        let (pieces, body) = mpsc::channel(PIECES);
        let request = point.request(stream, content_type, Pieces(body))?;
        let connecting = timeout(connect_timeout, connect(point));
        let (mut sender, driver) = connecting
            .await
            .map_err(|_| PushError::ConnectTimeout(connect_timeout))??;
        let answer = async move {
            let answer = sender.send_request(request).await.map_err(broken)?;
            Ok(answer.status())
        };
        Ok(Self {
            pieces,
            answer: Box::pin(answer),
            driver,
            send_timeout,
        })
    }

    /// Hands over one piece as soon as there is room.
    ///
    /// # Errors
    /// An answer, a connection that broke, or one that takes nothing.
    pub(super) async fn send(&mut self, piece: Bytes) -> Result<(), PushError> {
        tokio::select! {
            biased;
            answer = &mut self.answer => Err(too_early(answer)),
            sent = timeout(self.send_timeout, self.pieces.send(piece)) => match sent {
                Ok(Ok(())) => Ok(()),
                Ok(Err(_)) => Err(too_early(self.answered().await)),
                Err(_) => Err(PushError::Stalled(self.send_timeout)),
            },
        }
    }

    /// While there is nothing to send: resolves when the other side has had enough.
    pub(super) async fn closed(&mut self) -> PushError {
        too_early(self.answer.as_mut().await)
    }

    /// Ends the body and waits for the answer.
    ///
    /// # Errors
    /// Any status but one of success.
    pub(super) async fn finish(mut self) -> Result<(), PushError> {
        // The body is at its end when nobody can send any more.
        let (closed, _) = mpsc::channel(1);
        drop(std::mem::replace(&mut self.pieces, closed));
        match self.answered().await? {
            status if status.is_success() => Ok(()),
            status => Err(PushError::Answered(status)),
        }
    }

    async fn answered(&mut self) -> Result<StatusCode, PushError> {
        let limit = self.send_timeout;
        timeout(limit, self.answer.as_mut())
            .await
            .map_err(|_| PushError::NoAnswer(limit))?
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.driver.abort();
    }
}

fn too_early(answer: Result<StatusCode, PushError>) -> PushError {
    match answer {
        Ok(status) => PushError::Answered(status),
        Err(error) => error,
    }
}

type Sender = http1::SendRequest<Pieces>;

async fn connect(point: &PublishingPoint) -> Result<(Sender, AbortHandle), PushError> {
    let failed = |error: std::io::Error| PushError::Connect(error.to_string());
    let stream = TcpStream::connect((point.host.as_str(), point.port))
        .await
        .map_err(failed)?;
    // Parts leave as they come.
    stream.set_nodelay(true).map_err(failed)?;
    match &point.tls {
        None => shake_hands(TokioIo::new(stream)).await,
        Some((connector, name)) => {
            let connecting = connector.connect(name.clone(), stream).await;
            let stream = connecting.map_err(|error| PushError::Connect(format!("TLS: {error}")))?;
            shake_hands(TokioIo::new(stream)).await
        }
    }
}

async fn shake_hands<S>(stream: S) -> Result<(Sender, AbortHandle), PushError>
where
    S: hyper::rt::Read + hyper::rt::Write + Unpin + Send + 'static,
{
    let (sender, connection) = http1::Builder::new()
        .max_buf_size(MAX_BUFFER_BYTES)
        .handshake(stream)
        .await
        .map_err(broken)?;
    let driver = tokio::spawn(async move {
        // Whoever waits for the answer hears of it.
        let _ = connection.await;
    });
    Ok((sender, driver.abort_handle()))
}

fn broken(error: hyper::Error) -> PushError {
    use std::error::Error as _;
    let reason = error.source().map(ToString::to_string);
    PushError::Broken(reason.unwrap_or_else(|| error.to_string()))
}

/// A body of pieces.
struct Pieces(mpsc::Receiver<Bytes>);

impl Body for Pieces {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let piece = self.0.poll_recv(context);
        piece.map(|piece| piece.map(|piece| Ok(Frame::data(piece))))
    }
}

#[cfg(test)]
mod tests;
