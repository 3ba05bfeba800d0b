//! HTTP/3: one QUIC connection per viewer and origin, over sockets that viewers share.
use std::sync::Arc;

use bytes::{Buf as _, Bytes};
use h3::error::StreamError;
use quinn::crypto::rustls::QuicClientConfig;
use quinn::{ClientConfig, IdleTimeout, TransportConfig, VarInt};
use tokio::time::{Instant, timeout};
use url::Url;

use super::body::Intake;
use super::dial::{Http3, Origin};
use super::shared::Dialer;
use super::{Answer, Failure, Outgoing, classify};
use crate::outcome::ErrorClass;

/// Flow control (RFC 9000, 4.1): bodies are taken as they come, so this bounds what one burst holds.
const STREAM_WINDOW: u32 = 1 << 20;
const CONNECTION_WINDOW: u32 = 2 << 20;
/// Control, QPACK encoder and decoder, and one to spare.
const SERVER_STREAMS: u32 = 4;
/// Longer than any segment.
const IDLE_MS: u32 = 60_000;
const MAX_HEADERS: u64 = 64 << 10;

pub(super) async fn ask(
    dialer: &Dialer,
    tls: &Arc<rustls::ClientConfig>,
    origin: &Origin,
    url: &Url,
    request: Outgoing,
    mut intake: Intake<'_>,
) -> Result<Answer, Failure> {
    let to_head = request.method() == http::Method::HEAD;
    let (mut sender, connection) = shared(dialer, tls, origin).await?;
    let (head, _) = request.into_parts();
    let request = http::Request::from_parts(head, ());
    intake.sent = Instant::now();
    let limit = intake.answer;
    let asked = timeout(limit, async {
        let mut stream = sender.send_request(request).await?;
        stream.finish().await?;
        let answer = stream.recv_response().await?;
        Ok((stream, answer))
    });
    let (mut stream, answer) = match asked.await {
        Ok(Ok(both)) => both,
        Ok(Err(error)) => return Err(fault(&error, &connection)),
        Err(_) => return Err(Failure::timeout("the answer", limit)),
    };
    let (parts, ()) = answer.into_parts();
    intake.begin(&parts, to_head);
    loop {
        match timeout(intake.stall, stream.recv_data()).await {
            Ok(Ok(None)) => return intake.end(url, parts),
            Ok(Ok(Some(mut data))) => {
                while data.has_remaining() {
                    let piece = data.chunk();
                    let length = piece.len();
                    intake.take(piece);
                    data.advance(length);
                }
            }
            Ok(Err(error)) => return Err(intake.fail(fault(&error, &connection))),
            Err(_) => {
                stream.stop_sending(h3::error::Code::H3_REQUEST_CANCELLED);
                let what = format!(
                    "the next piece of the body, after {} bytes,",
                    intake.bytes()
                );
                return Err(intake.fail(Failure::timeout(&what, intake.stall)));
            }
        }
    }
}

async fn shared(
    dialer: &Dialer,
    tls: &Arc<rustls::ClientConfig>,
    origin: &Origin,
) -> Result<(Http3, quinn::Connection), Failure> {
    let mut shared = origin.http3.lock().await;
    if let Some((sender, connection)) = shared.as_ref()
        && connection.close_reason().is_none()
    {
        return Ok((sender.clone(), connection.clone()));
    }
    *shared = None;
    let place = dialer.place().await?;
    let begin = Instant::now();
    let limit = dialer.settings.timeouts.connect;
    let made = match timeout(limit, open(dialer, tls, origin)).await {
        Ok(made) => made,
        Err(_) => Err(Failure::timeout("connecting", limit)),
    };
    let (connection, mut driver, sender) = made.inspect_err(|_| dialer.count_failed())?;
    dialer.recorder.handshake(begin.elapsed());
    place.opened();
    tokio::spawn(async move {
        // What went wrong is told to the requests under way.
        let _ = std::future::poll_fn(|cx| driver.poll_close(cx)).await;
        drop(place);
    });
    *shared = Some((sender.clone(), connection.clone()));
    Ok((sender, connection))
}

type Driver = h3::client::Connection<h3_quinn::Connection, Bytes>;

async fn open(
    dialer: &Dialer,
    tls: &Arc<rustls::ClientConfig>,
    origin: &Origin,
) -> Result<(quinn::Connection, Driver, Http3), Failure> {
    let refuse = |what: String| Failure::new(ErrorClass::Connect, what);
    let addresses = dialer.addresses(&origin.url).await?;
    let address = *addresses
        .first()
        .ok_or_else(|| refuse("no address".into()))?;
    let endpoint = dialer.endpoint(address.ip())?;
    let crypto = QuicClientConfig::try_from(Arc::clone(tls))
        .map_err(|error| Failure::new(ErrorClass::Tls, error.to_string()))?;
    let mut config = ClientConfig::new(Arc::new(crypto));
    config.transport_config(Arc::new(transport()));
    let name = origin.name.to_str();
    let connection = endpoint
        .connect_with(config, address, &name)
        .map_err(|error| refuse(error.to_string()))?
        .await
        .map_err(|error| classify::quic(&error, false))?;
    let (driver, sender) = h3::client::builder()
        .max_field_section_size(MAX_HEADERS)
        .send_grease(false)
        .build(h3_quinn::Connection::new(connection.clone()))
        .await
        .map_err(|error| refuse(error.to_string()))?;
    Ok((connection, driver, sender))
}

fn transport() -> TransportConfig {
    let mut transport = TransportConfig::default();
    transport
        .stream_receive_window(VarInt::from_u32(STREAM_WINDOW))
        .receive_window(VarInt::from_u32(CONNECTION_WINDOW))
        .max_concurrent_bidi_streams(VarInt::from_u32(0))
        .max_concurrent_uni_streams(VarInt::from_u32(SERVER_STREAMS))
        .max_idle_timeout(Some(IdleTimeout::from(VarInt::from_u32(IDLE_MS))))
        .datagram_receive_buffer_size(None);
    transport
}

fn fault(error: &StreamError, connection: &quinn::Connection) -> Failure {
    match connection.close_reason() {
        Some(reason) => classify::quic(&reason, true),
        None => Failure::new(ErrorClass::Reset, error.to_string()),
    }
}
