//! Viewers who wait for the next part: in a blocking reload of the playlist, or for the part that is hinted at.
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::{sleep, sleep_until};
use url::Url;

use super::{Push, Sent};
use crate::measure::{Class, Recorder};
use crate::outcome::ErrorClass;
use crate::run::Thread;
use crate::transport::{Ask, Client};

/// Before a playlist that is not there yet is asked for again, and after a failure.
const PAUSE: Duration = Duration::from_millis(200);
/// Of a playlist that is read.
const MAX_PLAYLIST: usize = 1 << 20;

/// What viewers wait for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WaitFor {
    /// A playlist that has the next part (RFC 8216bis, 6.2.5.2).
    Playlist,
    /// The part of the preload hint (6.2.6).
    Part,
}

/// One thread's share of those who wait.
pub(super) async fn audience(plan: Arc<Push>, sent: Arc<Sent>, thread: Thread) {
    let mut tasks = JoinSet::new();
    let of = thread.of as u64;
    let own = (0..plan.waiting).filter(|viewer| viewer % of == thread.index as u64);
    for viewer in own.filter(|_| plan.watch.is_some()) {
        let share = viewer as f64 / plan.waiting as f64;
        let waits = Waits {
            plan: Arc::clone(&plan),
            sent: Arc::clone(&sent),
            client: Rc::new(Client::new(&thread.dialer)),
            recorder: thread.recorder.clone(),
        };
        let begin = thread.begin + plan.over.mul_f64(share);
        tasks.spawn_local(async move {
            sleep_until(begin).await;
            waits.recorder.viewer_comes();
            waits.run().await;
        });
    }
    thread.stop.stopping().await;
    tasks.abort_all();
    while tasks.join_next().await.is_some() {}
}

struct Waits {
    plan: Arc<Push>,
    sent: Arc<Sent>,
    client: Rc<Client>,
    recorder: Recorder,
}

impl Waits {
    async fn run(&self) {
        let Some(url) = &self.plan.watch else { return };
        // Tracks have names once the multivariant playlist has them.
        if let Ok(multivariant) = url.join("../index.m3u8") {
            while !self.is_there(&multivariant).await {
                sleep(PAUSE).await;
            }
        }
        let mut next = None;
        loop {
            let Some(at) = next.take() else {
                next = self.ask(url, Class::Manifest, false).await;
                if next.is_none() {
                    sleep(PAUSE).await;
                }
                continue;
            };
            if !self.plan.round_trip.is_zero() {
                sleep(self.plan.round_trip).await;
            }
            next = match self.plan.wait_for {
                WaitFor::Playlist => self.ask(&at.blocking(url), Class::Manifest, true).await,
                WaitFor::Part => match at.hint.and_then(|hint| url.join(&hint).ok()) {
                    Some(part) => {
                        self.ask(&part, Class::Part, true).await;
                        None
                    }
                    None => {
                        sleep(PAUSE).await;
                        None
                    }
                },
            };
        }
    }

    async fn is_there(&self, url: &Url) -> bool {
        let ask = Ask {
            headers: self.plan.headers.clone(),
            ..Ask::default()
        };
        let answer = self.client.fetch(url, &ask).await;
        answer.is_ok_and(|answer| answer.status.is_success())
    }

    /// Counts the answer, as one that was waited for where that is so; what comes next, where it says so.
    async fn ask(&self, url: &Url, class: Class, waits: bool) -> Option<Next> {
        let ask = Ask {
            headers: self.plan.headers.clone(),
            keep: MAX_PLAYLIST,
            patience: Some(self.plan.timeouts.answer),
            ..Ask::default()
        };
        let answer = match self.client.fetch(url, &ask).await {
            Ok(answer) => answer,
            Err(failure) => {
                self.failed(failure.class, url, &failure.what).await;
                return None;
            }
        };
        self.recorder.bytes(answer.bytes);
        if !answer.status.is_success() {
            let class = match answer.status.is_server_error() {
                true => ErrorClass::Status5xx,
                false => ErrorClass::Status4xx,
            };
            let what = format!("status {}", answer.status);
            self.failed(class, url, &what).await;
            return None;
        }
        let sent = match waits {
            true => self.sent.between(answer.sent, answer.first_byte),
            false => None,
        };
        let (class, due) = sent.map_or((class, answer.sent), |at| (Class::Blocked, at));
        self.recorder
            .request(class, due, answer.first_byte, answer.end);
        let text = std::str::from_utf8(answer.body.as_deref()?).ok()?;
        Next::read(text)
    }

    async fn failed(&self, class: ErrorClass, url: &Url, what: &str) {
        self.recorder.failed(class, url.as_str(), what);
        sleep(PAUSE).await;
    }
}

/// What a playlist does not have yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Next {
    pub(super) msn: u64,
    pub(super) part: u64,
    pub(super) hint: Option<String>,
}

impl Next {
    /// None for what is no playlist that goes on with parts.
    pub(super) fn read(text: &str) -> Option<Self> {
        let mut lines = text.lines();
        lines.next().filter(|line| *line == "#EXTM3U")?;
        let (mut msn, mut part, mut hint) = (None, 0, None);
        for line in lines {
            if let Some(number) = line.strip_prefix("#EXT-X-MEDIA-SEQUENCE:") {
                msn = number.parse::<u64>().ok();
            } else if line.starts_with("#EXT-X-PART:") {
                part += 1;
            } else if let Some(of) = line.strip_prefix("#EXT-X-PRELOAD-HINT:TYPE=PART,") {
                let uri = of.split("URI=\"").nth(1)?.split('"').next()?;
                hint = Some(uri.to_owned());
            } else if line.starts_with("#EXT-X-ENDLIST") {
                return None;
            } else if !line.starts_with('#') && !line.is_empty() {
                msn = msn.map(|msn| msn + 1);
                part = 0;
            }
        }
        Some(Self {
            msn: msn?,
            part,
            hint,
        })
    }

    fn blocking(&self, url: &Url) -> Url {
        let mut url = url.clone();
        url.query_pairs_mut()
            .append_pair("_HLS_msn", &self.msn.to_string())
            .append_pair("_HLS_part", &self.part.to_string());
        url
    }
}
