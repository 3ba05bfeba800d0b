//! One request of an encoder, from its first byte to its last.
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use edgepack_isobmff::stream::{self, Item, StreamError, StreamLimits, StreamReader};
use edgepack_packager::live::{Arrival, Chunk, Clock, Sample};
use futures_util::StreamExt;
use http::header::USER_AGENT;
use http::{Method, StatusCode};
use tokio::time::timeout;

use super::channel::{Channel, State};
use super::stream_name::{Pushed, folder_of_segment, is_folders_header, pushed};
use super::{access, faults};
use crate::delivery::{Fault, Request, RequestBody, Response};

/// How long media wait for their header. Encoders that open a connection for each file send it first and wait for no
/// answer; which of the two is read first is chance.
const HEADER_GRACE: Duration = Duration::from_secs(1);

/// # Errors
/// Those of [`Live::ingest`](super::Live::ingest).
pub(super) async fn take(
    channel: &Arc<Channel>,
    stream: &str,
    request: &Request,
    body: RequestBody,
) -> Result<Response, Fault> {
    let certificate = request.client_certificate.as_deref();
    access::check(&channel.access, &request.headers, certificate)?;
    let done = || Ok(Response::new(StatusCode::OK));
    let key = match pushed(stream) {
        // What the encoder lists and forgets is its own affair: the channel has its own window.
        _ if request.method == Method::DELETE => return done(),
        Pushed::Manifest => {
            read_over(channel, body).await?;
            return done();
        }
        Pushed::Track(key) => key,
    };
    let (of, header) = header_of(&channel.lock(), &key, stream).unzip();
    let mut taking = Taking {
        channel,
        encoder: encoder(request),
        header,
        key: of.unwrap_or_else(|| key.clone()),
        own_key: key,
    };
    let limits = StreamLimits::default();
    let mut reader = match &taking.header {
        Some(header) => StreamReader::with_header(limits, Arc::clone(header)),
        None => StreamReader::new(limits),
    };
    let _counted = channel.metrics.encoder();
    if let Err(fault) = taking.read(stream, &mut reader, body).await {
        tracing::info!(channel = channel.name, stream, error = ?fault, "ingest refused");
        channel.metrics.refused(fault.code);
        channel.encoder_gone(&taking.key, taking.encoder);
        return Err(fault);
    }
    done()
}

/// One body under way.
pub(super) struct Taking<'a> {
    pub(super) channel: &'a Channel,
    /// Of the track that media are of.
    pub(super) key: String,
    /// Of the track whose header the body may bring.
    pub(super) own_key: String,
    pub(super) encoder: u64,
    pub(super) header: Option<Arc<stream::Header>>,
}

impl Taking<'_> {
    async fn read(
        &mut self,
        stream: &str,
        reader: &mut StreamReader,
        body: RequestBody,
    ) -> Result<(), Fault> {
        let mut body = body.0;
        loop {
            loop {
                match reader.next() {
                    Ok(Some(item)) => self.came(item)?,
                    Ok(None) => break,
                    Err(StreamError::NoHeader { .. }) if self.header_comes(stream).await => {
                        if let Some(header) = &self.header {
                            reader.adopt(Arc::clone(header));
                        }
                    }
                    Err(error) => return Err(faults::stream(&error)),
                }
            }
            if reader.is_over() {
                return Ok(());
            }
            let piece = match &mut body {
                Some(body) => timeout(self.channel.live.ingest_timeout, body.next())
                    .await
                    .map_err(|_| faults::encoder_silent())?,
                None => None,
            };
            match piece {
                Some(piece) => {
                    let piece = piece?;
                    self.channel.metrics.bytes_came(piece.len());
                    reader.push(piece);
                }
                None => reader.end(),
            }
        }
    }

    /// Whether the header that is missing comes with another request, which may be under way.
    async fn header_comes(&mut self, stream: &str) -> bool {
        let limit = HEADER_GRACE.min(self.channel.live.ingest_timeout);
        let look = |state: &State| header_of(state, &self.own_key, stream);
        let Some((key, header)) = self.channel.header_within(limit, look).await else {
            return false;
        };
        (self.key, self.header) = (key, Some(header));
        true
    }

    pub(super) fn came(&mut self, item: Item) -> Result<(), Fault> {
        match item {
            Item::Header { header, .. } => {
                self.key.clone_from(&self.own_key);
                self.channel.header_came(&self.key, &header)?;
                self.header = Some(header);
                Ok(())
            }
            Item::Chunk(chunk) => self.chunk_came(*chunk),
            Item::Trailing(_) => Ok(()),
            Item::End => {
                self.channel.finish(&self.key);
                Ok(())
            }
        }
    }

    fn chunk_came(&self, chunk: stream::Chunk) -> Result<(), Fault> {
        let at_ms = now_ms();
        // What came before the chunk is told once, with its first track.
        let mut prefix = chunk.prelude.bytes();
        for fragment in chunk.fragments {
            let track = self
                .header
                .as_ref()
                .and_then(|header| header.movie.tracks.get(fragment.track));
            let clock = track.and_then(|track| {
                let times = chunk.prelude.producer_times.iter();
                let mut times = times.filter(|time| time.track_id == fragment.track_id);
                let (unix_us, time) = times.find_map(|time| Some((time.unix_us?, time)))?;
                Some(Clock::at(
                    time.media_time,
                    track.timescale,
                    unix_us.div_euclid(1000),
                ))
            });
            let arrival = Arrival {
                at_ms,
                steady_ms: self.channel.steady_ms(),
                encoder: self.encoder,
                clock,
            };
            let samples = fragment.samples.iter().map(|sample| Sample {
                size: sample.size,
                duration: sample.duration,
                composition_offset: sample.composition_offset,
                is_sync: sample.is_sync,
            });
            let chunk = Chunk {
                base_media_decode_time: fragment.decode_time,
                samples: samples.collect(),
                media: fragment.data,
                prefix: std::mem::take(&mut prefix),
            };
            let key = (self.key.clone(), fragment.track_id);
            self.channel.push(&key, chunk, arrival)?;
        }
        Ok(())
    }
}

/// The header that media belong to, and its name: the same, or the folder's where their own says nothing of a track.
fn header_of(state: &State, key: &str, stream: &str) -> Option<(String, Arc<stream::Header>)> {
    if let Some(header) = state.header(key) {
        return Some((key.to_owned(), header));
    }
    let folder = folder_of_segment(stream)?;
    state.only_header(|key| is_folders_header(key, folder))
}

/// Reads a body that is of no use, as far as one may be.
async fn read_over(channel: &Channel, mut body: RequestBody) -> Result<(), Fault> {
    const MOST: usize = 4 << 20;
    body.read(MOST, channel.live.ingest_timeout)
        .await
        .map(|_| ())
        .map_err(Fault::from)
}

/// Redundant encoders are told apart by address and name; those that share both say `?encoder=…`.
fn encoder(request: &Request) -> u64 {
    let mut hasher = DefaultHasher::new();
    request.peer.ip().hash(&mut hasher);
    request.headers.get(USER_AGENT).hash(&mut hasher);
    let query = request.uri.query().unwrap_or_default();
    let named = query.split('&').find(|pair| pair.starts_with("encoder="));
    named.hash(&mut hasher);
    hasher.finish()
}

fn now_ms() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |since| {
        i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
    })
}
