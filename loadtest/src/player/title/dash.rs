//! An MPD as it is read again and again: by its own clock, or because it changed.
use std::rc::Rc;
use std::time::Duration;

use tokio::time::Instant;
use url::Url;

use super::super::cmcd::{Object, Report};
use super::super::library::{Key, Sheet};
use super::super::session::{Lost, Session, Wanted};
use super::{complain, fetch_text, unreadable};
use crate::dash::{self, Mpd};
use crate::measure::Class;
use crate::outcome::ErrorClass;
use crate::verify;

/// `minimumUpdatePeriod="PT0S"` means at every segment, not without pause.
const SHORTEST_UPDATE: Duration = Duration::from_millis(500);

#[derive(Debug)]
pub(super) struct Manifest {
    /// Where it is asked for.
    url: Url,
    /// Where it came from.
    base: Url,
    text: String,
    fetched: Instant,
    read: Instant,
    pub(super) sheet: Rc<Sheet<Mpd>>,
}

impl Manifest {
    pub(super) fn read(
        session: &Session<'_>,
        base: Url,
        text: String,
        now: f64,
        before: Option<&Sheet<Mpd>>,
    ) -> Result<Self, Lost> {
        let sheet = parse(session, &base, &text, now, before)?;
        let location = sheet.value.presentation.location.clone();
        Ok(Self {
            url: location.unwrap_or_else(|| session.manifest().clone()),
            base,
            text,
            fetched: Instant::now(),
            read: Instant::now(),
            sheet,
        })
    }

    /// Tells what is wrong with it, once it was read by the server's clock.
    pub(super) fn complain(&self, session: &Session<'_>) {
        complain(session, &self.base, &self.sheet.violations);
    }

    /// The same text at another time: what it tells of segments grows with the clock.
    pub(super) fn read_again(&mut self, session: &Session<'_>, now: f64) -> Result<(), Lost> {
        self.sheet = parse(session, &self.base, &self.text, now, Some(&self.sheet))?;
        self.read = Instant::now();
        Ok(())
    }

    /// Brings up to date what was read before `since`; at once when nothing was.
    pub(super) async fn refresh(
        &mut self,
        session: &Session<'_>,
        since: Option<Instant>,
        due: Instant,
        now: impl Fn() -> f64,
    ) -> Result<(), Lost> {
        // The other track has done so meanwhile.
        if !self.sheet.value.dynamic || since.is_none_or(|since| self.read > since) {
            return Ok(());
        }
        let period = self.sheet.value.minimum_update_period;
        let stale =
            period.is_some_and(|period| self.fetched.elapsed() >= period.max(SHORTEST_UPDATE));
        if !stale {
            return self.read_again(session, now());
        }
        let report = Report {
            object: Some(Object::Manifest),
            live: Some(true),
            ..Report::default()
        };
        let (answer, text) = fetch_text(session, &self.url, report, due, None).await?;
        let text = session.text(&text).into_owned();
        let now = now();
        let fresh = Self::read(session, answer.url, text, now, Some(&self.sheet))?;
        fresh.complain(session);
        if session.scenario().verify.enabled && self.text != fresh.text {
            let violations = verify::dash::update(&self.sheet.value, &fresh.sheet.value, now);
            complain(session, &self.base, &violations);
        }
        *self = fresh;
        Ok(())
    }

    /// Fetches the `sidx` that a representation's segments are told by.
    pub(super) async fn index(
        &mut self,
        session: &Session<'_>,
        media: usize,
        due: Instant,
    ) -> Result<(), Lost> {
        let mpd = &self.sheet.value;
        let missing = mpd
            .media
            .get(media)
            .is_some_and(|it| it.segments.is_empty());
        let wanted: Vec<_> = mpd
            .indices
            .iter()
            .enumerate()
            .filter(|(_, index)| missing && index.media == media)
            .map(|(at, index)| (at, index.resource.clone()))
            .collect();
        for (at, resource) in wanted {
            let ask = Wanted {
                range: resource.range.clone(),
                keep: session.scenario().limits.manifest_bytes,
                report: Report {
                    object: Some(Object::Header),
                    ..Report::default()
                },
                ..Wanted::new(Class::Header, due)
            };
            let answer = session.get(&resource.url, ask).await?;
            let Some(bytes) = answer.body else {
                let what = "the segment index is longer than limits.manifest_bytes";
                session.complain(ErrorClass::Unreadable, &resource.url, what);
                return Err(Lost);
            };
            let before = Rc::clone(&self.sheet);
            let parts: [&[u8]; 4] = [
                b"index",
                before.key.as_bytes(),
                &(at as u64).to_be_bytes(),
                &bytes,
            ];
            let shelf = &session.house.library.mpds;
            let read = shelf.get(Key::of(&parts), || {
                let mut mpd = before.value.clone();
                mpd.index(at, &bytes)?;
                Ok((mpd, Vec::new()))
            });
            self.sheet = read.map_err(|error| unreadable(session, &resource.url, &error))?;
        }
        Ok(())
    }
}

fn parse(
    session: &Session<'_>,
    url: &Url,
    text: &str,
    now: f64,
    before: Option<&Sheet<Mpd>>,
) -> Result<Rc<Sheet<Mpd>>, Lost> {
    let judge = session.scenario().verify.enabled;
    // A static MPD means the same at any time.
    let always = !text.contains("dynamic");
    let (time, previous) = match (always, before) {
        (true, _) => ([0; 8], None),
        (false, before) => (now.to_bits().to_be_bytes(), before),
    };
    let key = Key::of(&[
        b"mpd",
        url.as_str().as_bytes(),
        text.as_bytes(),
        &time,
        previous.map_or(b"".as_slice(), |sheet| sheet.key.as_bytes()),
    ]);
    let read = session.house.library.mpds.get(key, || {
        let mpd = dash::parse(url, text, now, previous.map(|sheet| &sheet.value))?;
        let violations = match judge {
            true => verify::dash::mpd(&mpd, now),
            false => Vec::new(),
        };
        Ok((mpd, violations))
    });
    read.map_err(|error| unreadable(session, url, &error))
}
