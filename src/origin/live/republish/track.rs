//! One track on its way to one destination.
use std::sync::Arc;

use bytes::Bytes;
use edgepack_packager::HeaderProtection;
use edgepack_packager::live::Segment;
use prometheus::IntGauge;
use tokio::sync::Notify;
use tokio::time::sleep;

use super::boxes;
use super::connection::{Connection, PushError};
use super::cursor::{Cursor, Next, Queue};
use super::metrics::Cells;
use super::publishing_point::PublishingPoint;
use crate::config::Republish;
use crate::keys::Backoff;
use crate::origin::live::channel::{Channel, State};

#[derive(Debug)]
pub(super) struct TrackPusher {
    channel: Arc<Channel>,
    config: Arc<Republish>,
    point: Arc<PublishingPoint>,
    metrics: Cells,
    /// Index into [`State::tracks`].
    track: usize,
    /// What the destination knows it by.
    stream: String,
    content_type: &'static str,
    cursor: Cursor,
}

/// What is sent next.
enum Due {
    /// `anew`: it does not go on from what was sent before.
    Part {
        pieces: Vec<Bytes>,
        header: u32,
        anew: bool,
    },
    End,
}

/// How a request ended without a fault.
enum Ended {
    /// The track goes on under another header, or on another time line.
    Goes(Vec<Bytes>, u32),
    Over,
}

impl TrackPusher {
    pub(super) fn new(
        channel: Arc<Channel>,
        config: Arc<Republish>,
        point: Arc<PublishingPoint>,
        metrics: Cells,
        track: usize,
        name: &str,
        content_type: &'static str,
    ) -> Self {
        let extension = if content_type.starts_with("audio") {
            "cmfa"
        } else {
            "cmfv"
        };
        Self {
            cursor: Cursor::new(Queue {
                segments: config.queue_segments,
                bytes: config.queue,
            }),
            channel,
            config,
            point,
            metrics,
            track,
            stream: format!("{name}.{extension}"),
            content_type,
        }
    }

    /// For ever.
    pub(super) async fn run(mut self) {
        let (first, longest) = (self.config.first_pause, self.config.longest_pause);
        let of_destination = || Backoff::new(first, longest.max(first));
        let mut backoff = of_destination();
        let Some(changed) = self.changed() else {
            return;
        };
        // The part that a request begins with.
        let mut waiting = None;
        loop {
            let (pieces, header) = match waiting.take() {
                Some(part) => part,
                None => match self.due(&changed).await {
                    Due::Part { pieces, header, .. } => (pieces, header),
                    // Nothing is open that could be ended.
                    Due::End => continue,
                },
            };
            let mut arrived = false;
            match self.push(&changed, pieces, header, &mut arrived).await {
                Ok(Ended::Goes(pieces, header)) => waiting = Some((pieces, header)),
                Ok(Ended::Over) => {}
                Err(error) => {
                    if arrived {
                        backoff = of_destination();
                    }
                    self.cursor.rewind();
                    self.metrics.reconnects.inc();
                    let pause = backoff.next_pause();
                    let (channel, destination) = (&self.channel.name, &self.config.name);
                    tracing::warn!(channel, destination, stream = self.stream, %error, ?pause, "a push broke off");
                    sleep(pause).await;
                }
            }
        }
    }

    /// One request: header, part, and what follows. `arrived`: whether the destination took more than that.
    async fn push(
        &mut self,
        changed: &Notify,
        first: Vec<Bytes>,
        header: u32,
        arrived: &mut bool,
    ) -> Result<Ended, PushError> {
        let config = Arc::clone(&self.config);
        let opening = Connection::open(
            &self.point,
            &self.stream,
            self.content_type,
            config.connect_timeout,
            config.send_timeout,
        );
        let mut connection = opening.await?;
        let _up = Up::new(self.metrics.up.clone());
        if let Some(header) = self.header(header)? {
            self.send(&mut connection, vec![header]).await?;
        }
        self.send(&mut connection, first).await?;
        loop {
            let due = tokio::select! {
                biased;
                error = connection.closed() => return Err(error),
                due = self.due(changed) => due,
            };
            match due {
                Due::Part {
                    pieces,
                    header: of,
                    anew,
                } if anew || of != header => {
                    connection.finish().await?;
                    return Ok(Ended::Goes(pieces, of));
                }
                Due::Part { pieces, .. } => self.send(&mut connection, pieces).await?,
                Due::End => {
                    self.send(&mut connection, vec![boxes::end()]).await?;
                    connection.finish().await?;
                    return Ok(Ended::Over);
                }
            }
            *arrived = true;
        }
    }

    async fn send(&self, connection: &mut Connection, pieces: Vec<Bytes>) -> Result<(), PushError> {
        for piece in pieces.into_iter().filter(|piece| !piece.is_empty()) {
            let length = u64::try_from(piece.len()).unwrap_or(u64::MAX);
            connection.send(piece).await?;
            self.metrics.bytes.inc_by(length);
        }
        Ok(())
    }

    /// What comes next, when it comes.
    async fn due(&mut self, changed: &Notify) -> Due {
        loop {
            // Listening before the look, so that what comes in between is not missed.
            let mut come = std::pin::pin!(changed.notified());
            come.as_mut().enable();
            if let Some(due) = self.look() {
                return due;
            }
            come.await;
        }
    }

    fn look(&mut self) -> Option<Due> {
        let window = self.channel.lock().window(self.track)?;
        let dropped = self.cursor.dropped;
        let next = self.cursor.next(&window);
        self.metrics.dropped.inc_by(self.cursor.dropped - dropped);
        Some(match next? {
            Next::End => Due::End,
            Next::Part(segment, part) => Due::Part {
                pieces: pieces(&segment, part),
                header: segment.header,
                anew: segment.discontinuity && part == 0,
            },
        })
    }

    fn header(&self, header: u32) -> Result<Option<Bytes>, PushError> {
        let state = self.channel.lock();
        let Some(track) = state.tracks.get(self.track) else {
            return Ok(None);
        };
        let at = usize::try_from(header).unwrap_or(usize::MAX);
        let Some(header) = track.headers.get(at) else {
            return Ok(None);
        };
        let timescale = track.line.options().timescale;
        Ok(Some(header.cmaf(
            timescale,
            HeaderProtection::Clear,
            &[],
        )?))
    }

    fn changed(&self) -> Option<Arc<Notify>> {
        let state: &State = &self.channel.lock();
        Some(Arc::clone(&state.tracks.get(self.track)?.changed))
    }
}

/// A part as it is sent; the first of a segment with the time of day, where the encoder does not tell it.
fn pieces(segment: &Segment, part: usize) -> Vec<Bytes> {
    let begins = part == 0;
    let Some(part) = segment.parts.get(part) else {
        return Vec::new();
    };
    let mut pieces = part.clear(begins, part.sequence_number());
    let tells_time = part.prefix.get(4..8) == Some(b"prft");
    if begins && !tells_time {
        // After `styp`, which stands first in the first piece.
        if let Some(head) = pieces.first_mut() {
            let size = head
                .first_chunk()
                .map_or(0, |size| u32::from_be_bytes(*size));
            let at = usize::try_from(size).unwrap_or(0).min(head.len());
            let rest = head.split_off(at);
            let styp = std::mem::replace(head, rest);
            pieces.insert(0, boxes::producer_time(segment.wall_clock_ms, part.start));
            pieces.insert(0, styp);
        }
    }
    pieces
}

/// Counts a connection for as long as it is there.
struct Up(IntGauge);

impl Up {
    fn new(gauge: IntGauge) -> Self {
        gauge.inc();
        Self(gauge)
    }
}

impl Drop for Up {
    fn drop(&mut self) {
        self.0.dec();
    }
}
