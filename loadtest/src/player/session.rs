//! A viewer's requests: what goes with each of them, and what is counted of it.
use std::cell::{Cell, RefCell};
use std::ops::Range;
use std::time::Duration;

use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use tokio::sync::Notify;
use tokio::time::Instant;
use url::Url;

use super::House;
use super::cmcd::{Identity, Report};
use crate::measure::Class;
use crate::outcome::ErrorClass;
use crate::popularity::Chance;
use crate::run::CUT_OFF;
use crate::scenario::{Cmcd, Scenario, ScenarioError};
use crate::tokens::Pass;
use crate::transport::{Answer, Ask, Client, Failure, See};

#[derive(Debug)]
pub(super) struct Session<'a> {
    pub(super) house: &'a House,
    client: Client,
    pass: Option<Pass>,
    fixed: HeaderMap,
    manifest: Url,
    identity: RefCell<Identity>,
    under_way: Cell<u32>,
    idle: Notify,
}

/// A request and what for.
pub(super) struct Wanted<'w> {
    pub(super) class: Class,
    /// When it could first have been sent.
    pub(super) due: Instant,
    pub(super) range: Option<Range<u64>>,
    /// Most of the body that is kept.
    pub(super) keep: usize,
    pub(super) report: Report,
    pub(super) patience: Option<Duration>,
    pub(super) on_data: Option<See<'w>>,
    /// A 404 is no error: it was asked for before it was announced.
    pub(super) may_miss: bool,
    /// HEAD.
    pub(super) head_only: bool,
}

impl Wanted<'_> {
    pub(super) fn new(class: Class, due: Instant) -> Self {
        Self {
            class,
            due,
            range: None,
            keep: 0,
            report: Report::default(),
            patience: None,
            on_data: None,
            may_miss: false,
            head_only: false,
        }
    }
}

/// It did not come; counted already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Lost;

impl<'a> Session<'a> {
    pub(super) fn new(
        house: &'a House,
        number: u64,
        chance: &mut Chance,
    ) -> Result<Self, ScenarioError> {
        let common = &house.common;
        let scenario = &common.scenario;
        let title = common.popularity.draw(chance);
        let mut manifest = scenario.manifest_url(title)?;
        let asset = usize::try_from(title)
            .ok()
            .and_then(|title| scenario.target.assets.get(title));
        let pass = match &common.mint {
            Some(mint) => {
                let asset = asset.map_or("", String::as_str);
                Some(mint.pass(number, asset, title + 1)?)
            }
            None => None,
        };
        let identity = Identity {
            session: session_id(chance),
            content: content_id(&manifest),
            dash: None,
        };
        if let Some(pass) = &pass {
            pass.on_manifest(&mut manifest);
        }
        Ok(Self {
            house,
            client: Client::new(&house.dialer),
            pass,
            fixed: fixed_headers(scenario),
            manifest,
            identity: RefCell::new(identity),
            under_way: Cell::new(0),
            idle: Notify::new(),
        })
    }

    pub(super) fn scenario(&self) -> &'a Scenario {
        &self.house.common.scenario
    }

    pub(super) fn manifest(&self) -> &Url {
        &self.manifest
    }

    pub(super) fn is_dash(&self, dash: bool) {
        self.identity.borrow_mut().dash = Some(dash);
    }

    /// So much of a segment is kept, where it is verified.
    pub(super) fn keep(&self) -> usize {
        match self.scenario().verify.enabled {
            true => self.scenario().limits.segment_bytes,
            false => 0,
        }
    }

    /// The text of a body, with the stand-in for the viewer's token where the server put it.
    pub(super) fn text<'t>(&self, text: &'t str) -> std::borrow::Cow<'t, str> {
        match &self.pass {
            Some(pass) => pass.hide(text),
            None => text.into(),
        }
    }

    /// As checksums name it.
    pub(super) fn plain(&self, url: &Url) -> Url {
        match &self.pass {
            Some(pass) => pass.plain(url),
            None => url.clone(),
        }
    }

    /// Counts what is wrong with something that came.
    pub(super) fn complain(&self, class: ErrorClass, url: &Url, what: &str) {
        self.house.recorder.error(class, url.as_str(), what);
    }

    /// Asks, and counts. Once the run is ending nothing is asked any more.
    pub(super) async fn get<'s>(
        &'s self,
        url: &'s Url,
        wanted: Wanted<'_>,
    ) -> Result<Answer, Lost> {
        if self.house.stop.is_stopping() {
            std::future::pending::<()>().await;
        }
        let under_way = UnderWay::new(self, url, wanted.class != Class::Blocked);
        let mut address = url.clone();
        let mut headers = HeaderMap::new();
        if url.origin() == self.manifest.origin() {
            headers = self.fixed.clone();
            if let Some(pass) = &self.pass {
                pass.on_request(&mut address, &mut headers);
            }
        }
        let how = self.scenario().cmcd;
        if how != Cmcd::Off {
            let identity = self.identity.borrow();
            wanted
                .report
                .put(how, &identity, &mut address, &mut headers);
        }
        let ask = Ask {
            method: match wanted.head_only {
                true => Method::HEAD,
                false => Method::GET,
            },
            range: wanted.range.clone(),
            headers,
            keep: wanted.keep,
            patience: wanted.patience,
            on_data: wanted.on_data,
        };
        let recorder = &self.house.recorder;
        let fetched = self.client.fetch(&address, &ask).await;
        under_way.settled.set(true);
        match fetched {
            Ok(mut answer) => {
                recorder.bytes(answer.bytes);
                if let Some((class, what)) = unfit(&answer, wanted.range.as_ref()) {
                    if wanted.may_miss && answer.status == StatusCode::NOT_FOUND {
                        return Err(Lost);
                    }
                    recorder.failed(class, url.as_str(), &what);
                    return Err(Lost);
                }
                recorder.request(wanted.class, wanted.due, answer.first_byte, answer.end);
                // Nothing came but what was asked for, so nothing is where it was asked.
                answer.url = match answer.url == address {
                    true => url.clone(),
                    false => self.without_token(answer.url),
                };
                Ok(answer)
            }
            Err(Failure { class, what, bytes }) => {
                recorder.bytes(bytes);
                recorder.failed(class, url.as_str(), &self.text(&what));
                Err(Lost)
            }
        }
    }

    /// Until no request is under way.
    pub(super) async fn settled(&self) {
        while self.under_way.get() > 0 {
            self.idle.notified().await;
        }
    }

    fn without_token(&self, url: Url) -> Url {
        let text = self.text(url.as_str()).into_owned();
        Url::parse(&text).unwrap_or(url)
    }
}

/// Counts a request while it lasts. One that the end of the run cuts off, after its grace, has failed.
struct UnderWay<'s, 'a> {
    session: &'s Session<'a>,
    url: &'s Url,
    /// Nothing is owed any more: it was answered, or the server may hold it back.
    settled: Cell<bool>,
}

impl<'s, 'a> UnderWay<'s, 'a> {
    fn new(session: &'s Session<'a>, url: &'s Url, owed: bool) -> Self {
        session.under_way.set(session.under_way.get() + 1);
        Self {
            session,
            url,
            settled: Cell::new(!owed),
        }
    }
}

impl Drop for UnderWay<'_, '_> {
    fn drop(&mut self) {
        let session = self.session;
        session.under_way.set(session.under_way.get() - 1);
        session.idle.notify_one();
        if !self.settled.get() && session.house.stop.is_cut() {
            let recorder = &session.house.recorder;
            recorder.failed(ErrorClass::Timeout, self.url.as_str(), CUT_OFF);
        }
    }
}

/// Why an answer is not what was asked for.
fn unfit(answer: &Answer, range: Option<&Range<u64>>) -> Option<(ErrorClass, String)> {
    let status = answer.status;
    if status.is_server_error() {
        return Some((ErrorClass::Status5xx, format!("status {status}")));
    }
    if !matches!(status, StatusCode::OK | StatusCode::PARTIAL_CONTENT) {
        return Some((ErrorClass::Status4xx, format!("status {status}")));
    }
    let range = range?;
    let wanted = range.end - range.start;
    if answer.bytes == wanted {
        return None;
    }
    let what = format!("{} bytes came of a range of {wanted}", answer.bytes);
    Some((ErrorClass::Length, what))
}

fn fixed_headers(scenario: &Scenario) -> HeaderMap {
    let headers = scenario.target.headers.iter().filter_map(|(name, value)| {
        Some((
            HeaderName::try_from(name).ok()?,
            HeaderValue::try_from(value).ok()?,
        ))
    });
    headers.collect()
}

/// A UUID of version 4 (RFC 9562, 5.4), as CTA-5004 recommends.
fn session_id(chance: &mut Chance) -> String {
    let (high, low) = (chance.bits(), chance.bits());
    let high = (high & !0xf000) | 0x4000;
    let low = (low & (u64::MAX >> 2)) | 1 << 63;
    format!(
        "{:08x}-{:04x}-{:04x}-{:04x}-{:012x}",
        high >> 32,
        (high >> 16) & 0xffff,
        high & 0xffff,
        low >> 48,
        low & 0xffff_ffff_ffff
    )
}

/// A path of at most 64 characters, its end.
fn content_id(manifest: &Url) -> String {
    let path = manifest.path().trim_start_matches('/');
    let from = path.len().saturating_sub(64);
    path.get(from..).unwrap_or(path).to_owned()
}
