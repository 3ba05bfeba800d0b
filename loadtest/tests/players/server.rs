//! An HTTP server whose answers a test decides.
use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant, SystemTime};

use bytes::Bytes;
use futures_util::StreamExt as _;
use http::header::{CONTENT_LENGTH, DATE, RANGE};
use http::{HeaderMap, Method, Request, Response, StatusCode};
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt, Full, StreamBody};
use hyper::body::{Frame, Incoming};
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::net::TcpListener;

use super::media::Files;

#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(crate) path: String,
    pub(crate) query: String,
    pub(crate) headers: HeaderMap,
    pub(crate) method: Method,
}

impl Asked {
    fn of<B>(request: &Request<B>) -> Self {
        Self {
            path: request.uri().path().to_owned(),
            query: request.uri().query().unwrap_or_default().to_owned(),
            headers: request.headers().clone(),
            method: request.method().clone(),
        }
    }

    /// A number of the query: `_HLS_msn=7`.
    pub(crate) fn number(&self, name: &str) -> Option<usize> {
        let pairs = self
            .query
            .split('&')
            .filter_map(|pair| pair.split_once('='));
        let mut named = pairs.filter(|(key, _)| *key == name);
        named.find_map(|(_, value)| value.parse().ok())
    }
}

pub(crate) enum Reply {
    Whole(Bytes),
    Status(u16),
    /// Announces all, sends the beginning and closes.
    Truncated(Bytes, usize),
    /// Announces all, sends the beginning and no more.
    Stalled(Bytes, usize),
    /// So many bytes per second.
    Slow(Bytes, usize),
    /// Of no length that is told: pieces, each at its moment.
    Chunked(Vec<(Instant, Bytes)>),
    /// With this `Date`, and nothing else.
    Dated(SystemTime),
}

pub(crate) type Answering = Pin<Box<dyn Future<Output = Reply> + Send>>;

#[derive(Clone)]
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    pub(crate) asked: Arc<Mutex<Vec<Asked>>>,
}

impl Server {
    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    pub(crate) fn paths(&self) -> Vec<String> {
        let asked = self.asked.lock().unwrap();
        asked.iter().map(|asked| asked.path.clone()).collect()
    }

    /// Files as they are, but where `change` has another answer.
    pub(crate) async fn of_files(
        files: Files,
        change: impl Fn(&Asked, &Bytes) -> Option<Reply> + Send + Sync + 'static,
    ) -> Self {
        Self::start(false, move |asked| {
            let reply = match files.get(&asked.path) {
                None => Reply::Status(404),
                Some(bytes) => change(&asked, bytes).unwrap_or_else(|| Reply::Whole(bytes.clone())),
            };
            Box::pin(async move { reply })
        })
        .await
    }

    pub(crate) async fn start(
        http2: bool,
        answer: impl Fn(Asked) -> Answering + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let server = Self {
            address: listener.local_addr().unwrap(),
            asked: Arc::default(),
        };
        let asked = Arc::clone(&server.asked);
        let answer = Arc::new(answer);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (answer, asked) = (Arc::clone(&answer), Arc::clone(&asked));
                let service = service_fn(move |request: Request<Incoming>| {
                    let one = Asked::of(&request);
                    asked.lock().unwrap().push(one.clone());
                    let range = request.headers().get(RANGE).cloned();
                    let answer = answer(one);
                    async move {
                        let range = range.and_then(|it| it.to_str().ok().and_then(parse_range));
                        Ok::<_, Infallible>(respond(answer.await, range))
                    }
                });
                tokio::spawn(async move {
                    let io = TokioIo::new(stream);
                    if http2 {
                        let builder =
                            hyper::server::conn::http2::Builder::new(TokioExecutor::new());
                        let _ = builder.serve_connection(io, service).await;
                    } else {
                        let builder = hyper::server::conn::http1::Builder::new();
                        let _ = builder.serve_connection(io, service).await;
                    }
                });
            }
        });
        server
    }
}

fn parse_range(text: &str) -> Option<(usize, usize)> {
    let (from, to) = text.strip_prefix("bytes=")?.split_once('-')?;
    Some((from.parse().ok()?, to.parse::<usize>().ok()? + 1))
}

type Answer = Response<BoxBody<Bytes, io::Error>>;

fn respond(reply: Reply, range: Option<(usize, usize)>) -> Answer {
    let whole = |bytes: Bytes| Full::new(bytes).map_err(|never| match never {}).boxed();
    match reply {
        Reply::Status(status) => {
            let mut answer = Response::new(whole(Bytes::new()));
            *answer.status_mut() = StatusCode::from_u16(status).unwrap();
            answer
        }
        Reply::Whole(bytes) => match range {
            None => Response::new(whole(bytes)),
            Some((from, to)) => {
                let mut answer = Response::new(whole(bytes.slice(from..to.min(bytes.len()))));
                *answer.status_mut() = StatusCode::PARTIAL_CONTENT;
                answer
            }
        },
        Reply::Truncated(bytes, sent) => {
            let broken = Err(io::Error::other("the disk is gone"));
            let pieces = vec![
                (Duration::ZERO, Ok(bytes.slice(..sent))),
                // The piece before has left first.
                (Duration::from_millis(100), broken),
            ];
            stream(pieces, bytes.len())
        }
        Reply::Stalled(bytes, sent) => {
            let pieces = vec![
                (Duration::ZERO, Ok(bytes.slice(..sent))),
                (Duration::from_secs(600), Ok(bytes.slice(sent..))),
            ];
            stream(pieces, bytes.len())
        }
        Reply::Chunked(pieces) => {
            let pieces = futures_util::stream::iter(pieces).then(|(at, piece)| async move {
                tokio::time::sleep_until(at.into()).await;
                Ok(Frame::data(piece))
            });
            let body = SyncStream(StreamBody::new(Box::pin(pieces)));
            Response::new(BodyExt::boxed(body))
        }
        Reply::Dated(time) => {
            let mut answer = Response::new(whole(Bytes::new()));
            let date = httpdate::fmt_http_date(time).parse().unwrap();
            answer.headers_mut().insert(DATE, date);
            answer
        }
        Reply::Slow(bytes, rate) => {
            let step = (rate / 20).max(1);
            let pieces = (0..bytes.len())
                .step_by(step)
                .map(|at| {
                    let piece = bytes.slice(at..bytes.len().min(at + step));
                    (Duration::from_millis(50), Ok(piece))
                })
                .collect();
            stream(pieces, bytes.len())
        }
    }
}

fn stream(pieces: Vec<(Duration, io::Result<Bytes>)>, length: usize) -> Answer {
    let pieces = futures_util::stream::iter(pieces).then(|(wait, piece)| async move {
        tokio::time::sleep(wait).await;
        piece.map(Frame::data)
    });
    let mut answer = Response::new(BodyExt::boxed(SyncStream(StreamBody::new(Box::pin(
        pieces,
    )))));
    answer.headers_mut().insert(CONTENT_LENGTH, length.into());
    answer
}

type Pieces = Pin<Box<dyn futures_util::Stream<Item = io::Result<Frame<Bytes>>> + Send + Sync>>;

struct SyncStream(StreamBody<Pieces>);

impl hyper::body::Body for SyncStream {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<io::Result<Frame<Bytes>>>> {
        Pin::new(&mut self.get_mut().0).poll_frame(cx)
    }
}
