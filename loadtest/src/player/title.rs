//! A title as one viewer knows it: its tracks, and for each rung the list of its segments as it was read last.
use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tokio::sync::Mutex;
use tokio::time::Instant;
use url::Url;

use super::backoff;
use super::cmcd::{Object, Report};
use super::library::{Key, Sheet};
use super::session::{Lost, Session, Wanted};
use crate::dash::Mpd;
use crate::hls::{self, MediaPlaylist, Multivariant};
use crate::measure::Class;
use crate::outcome::ErrorClass;
use crate::presentation::{Kind, Media, ReadError, Source, Track};
use crate::transport::Answer;
use crate::verify::{self, Violation};

mod dash;
mod growth;
mod rules;
mod server_clock;

use dash::Manifest;
use growth::Growth;

/// A rung's segments.
#[derive(Clone, Debug)]
pub(super) enum List {
    Hls(Rc<Sheet<MediaPlaylist>>),
    Dash(Rc<Sheet<Mpd>>, usize),
}

static NOTHING: Media = Media {
    segments: Vec::new(),
    live: None,
};

impl List {
    pub(super) fn media(&self) -> &Media {
        match self {
            Self::Hls(sheet) => &sheet.value.media,
            Self::Dash(sheet, at) => sheet.value.media.get(*at).unwrap_or(&NOTHING),
        }
    }

    /// Times count from a moment that all lists of the title share, and that stays.
    pub(super) fn has_lasting_times(&self) -> bool {
        matches!(self, Self::Dash(..)) || self.media().live.is_none()
    }

    /// A server that holds an answer back does so for three of these at most.
    pub(super) fn target_duration(&self) -> f64 {
        match self {
            Self::Hls(sheet) => sheet.value.target_duration,
            Self::Dash(..) => 0.0,
        }
    }
}

/// A list, and when it was read.
#[derive(Clone, Debug)]
pub(super) struct Held {
    pub(super) list: List,
    pub(super) read: Instant,
    growth: Growth,
}

/// How a playlist is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reload {
    Plain,
    /// When this is there: `_HLS_msn` and `_HLS_part` (6.2.5.2).
    Blocking {
        number: u64,
        part: Option<u64>,
    },
}

#[derive(Debug)]
pub(super) struct Title<'a> {
    session: &'a Session<'a>,
    kind: Form,
    lists: RefCell<HashMap<(usize, usize), Held>>,
    /// The server's clock minus ours, seconds.
    clock_offset: Cell<f64>,
}

#[derive(Debug)]
enum Form {
    Hls(Rc<Sheet<Multivariant>>),
    Dash {
        tracks: Vec<Track>,
        manifest: Box<Mutex<Manifest>>,
    },
}

impl<'a> Title<'a> {
    /// Reads the manifest; tries again as a player would. `None`: it cannot be had.
    pub(super) async fn open(session: &'a Session<'a>, due: Instant) -> Option<Self> {
        let mut due = due;
        for failures in 1..=session.scenario().limits.failures {
            if let Ok(title) = Self::try_open(session, due).await {
                return Some(title);
            }
            if failures < session.scenario().limits.failures {
                tokio::time::sleep(backoff(failures)).await;
                due = Instant::now();
            }
        }
        None
    }

    async fn try_open(session: &'a Session<'a>, due: Instant) -> Result<Self, Lost> {
        let report = Report {
            object: Some(Object::Manifest),
            starting: true,
            ..Report::default()
        };
        let (answer, text) = fetch_text(session, session.manifest(), report, due, None).await?;
        let text = session.text(&text).into_owned();
        let dash = is_mpd(&answer.url, &text);
        session.is_dash(dash);
        let title = Self {
            session,
            kind: Form::Hls(match dash {
                true => empty_sheet(),
                false => read_multivariant(session, &answer.url, &text)?,
            }),
            lists: RefCell::default(),
            clock_offset: Cell::new(0.0),
        };
        if dash {
            return title.into_dash(answer.url, text).await;
        }
        // A media playlist that stands alone need not be asked for again.
        if !text.contains("#EXT-X-STREAM-INF") {
            let sheet = title.read_playlist(&answer.url, &text, None)?;
            title.hold(0, 0, List::Hls(sheet), Growth::default());
        }
        Ok(title)
    }

    async fn into_dash(self, url: Url, text: String) -> Result<Self, Lost> {
        let session = self.session;
        let mut manifest = Manifest::read(session, url, text, unix_now(), None)?;
        let clocks = &manifest.sheet.value.presentation.clocks;
        if manifest.sheet.value.dynamic && !clocks.is_empty() {
            let offset = server_clock::offset(session, clocks).await;
            self.clock_offset.set(offset);
            manifest.read_again(session, unix_now() + offset)?;
        }
        manifest.complain(session);
        let tracks = manifest.sheet.value.presentation.tracks.clone();
        Ok(Self {
            kind: Form::Dash {
                tracks,
                manifest: Box::new(Mutex::new(manifest)),
            },
            ..self
        })
    }

    pub(super) fn tracks(&self) -> &[Track] {
        match &self.kind {
            Form::Hls(sheet) => &sheet.value.presentation.tracks,
            Form::Dash { tracks, .. } => tracks,
        }
    }

    /// Which tracks a viewer loads: a picture, and a sound where there is one apart.
    pub(super) fn choose(&self, audio: bool) -> Vec<usize> {
        let best = |kind: Kind| {
            let of_kind = || {
                let tracks = self.tracks().iter().enumerate();
                tracks.filter(move |(_, track)| track.kind == kind)
            };
            of_kind()
                .find(|(_, track)| track.default)
                .or_else(|| of_kind().next())
                .map(|(at, _)| at)
        };
        let picture = best(Kind::Video);
        let sound = best(Kind::Audio).filter(|_| audio || picture.is_none());
        picture.into_iter().chain(sound).collect()
    }

    /// The server's time, seconds of the Unix epoch.
    pub(super) fn server_now(&self) -> f64 {
        unix_now() + self.clock_offset.get()
    }

    /// As it was read last.
    pub(super) fn held(&self, track: usize, rung: usize) -> Option<Held> {
        self.lists.borrow().get(&(track, rung)).cloned()
    }

    /// Reads a rung's list, anew where it was read before.
    pub(super) async fn load(
        &self,
        track: usize,
        rung: usize,
        reload: Reload,
        due: Instant,
    ) -> Result<Held, Lost> {
        let before = self.held(track, rung);
        let mut growth = Growth::default();
        let list = match (&self.kind, &self.tracks()[track].rungs[rung].source) {
            (Form::Hls(_), Source::Playlist(url)) => {
                let (sheet, grown) = self.load_playlist(url, before, reload, due).await?;
                growth = grown;
                List::Hls(sheet)
            }
            (Form::Dash { manifest, .. }, &Source::Known(at)) => {
                let mut manifest = manifest.lock().await;
                let since = before.map(|held| held.read);
                manifest
                    .refresh(self.session, since, due, || self.server_now())
                    .await?;
                // Tracks of a period that has left may not be where they were.
                let id = &self.tracks()[track].rungs[rung].name;
                let at = manifest.sheet.value.known(id).unwrap_or(at);
                manifest.index(self.session, at, due).await?;
                List::Dash(Rc::clone(&manifest.sheet), at)
            }
            _ => return Err(Lost),
        };
        Ok(self.hold(track, rung, list, growth))
    }

    fn hold(&self, track: usize, rung: usize, list: List, growth: Growth) -> Held {
        let held = Held {
            list,
            read: Instant::now(),
            growth,
        };
        let mut lists = self.lists.borrow_mut();
        if held.list.media().live.is_some() {
            // Lists of other rungs grow old.
            lists.retain(|&(other, _), _| other != track);
        }
        lists.insert((track, rung), held.clone());
        held
    }

    async fn load_playlist(
        &self,
        url: &Url,
        before: Option<Held>,
        reload: Reload,
        due: Instant,
    ) -> Result<(Rc<Sheet<MediaPlaylist>>, Growth), Lost> {
        let previous = match &before {
            Some(Held {
                list: List::Hls(sheet),
                ..
            }) => Some(sheet),
            _ => None,
        };
        let mut address = url.clone();
        let mut directives = Vec::new();
        if let Reload::Blocking { number, part } = reload {
            directives.push(format!("_HLS_msn={number}"));
            directives.extend(part.map(|part| format!("_HLS_part={part}")));
        }
        let skip = self.may_skip(before.as_ref());
        if skip {
            directives.push("_HLS_skip=YES".into());
        }
        if !directives.is_empty() {
            // Section 6.2.5: in this order, as UTF-8.
            directives.sort();
            let own = url.query().into_iter().map(str::to_owned);
            let query: Vec<_> = own.chain(directives).collect();
            address.set_query(Some(&query.join("&")));
        }
        let report = Report {
            object: Some(Object::Manifest),
            live: previous.map(|sheet| sheet.value.media.live.is_some()),
            ..Report::default()
        };
        let held_back = match reload {
            Reload::Plain => None,
            // The server gives up after three target durations (6.2.5.2).
            Reload::Blocking { .. } => {
                let target = previous.map_or(0.0, |sheet| sheet.value.target_duration);
                Some(Duration::from_secs_f64(target.clamp(0.0, 60.0) * 3.0))
            }
        };
        let (answer, text) = fetch_text(self.session, &address, report, due, held_back).await?;
        let text = self.session.text(&text);
        let base = match answer.url == address {
            true => url.clone(),
            false => answer.url.clone(),
        };
        let sheet = self.read_playlist(&base, &text, previous.map(Rc::as_ref))?;
        let mut growth = Growth::of(before.as_ref(), &sheet.value, &answer, reload);
        if self.session.scenario().verify.enabled {
            let asked = rules::Asked { url, reload, skip };
            self.judge_answer(&asked, before.as_ref(), &sheet, &answer);
            let late = growth.judge(&sheet.value);
            complain(self.session, url, &late);
            self.judge_delta(url, &base, &sheet).await?;
        }
        Ok((sheet, growth))
    }

    /// Delta updates are for lists that are known and not too old (6.2.5.1).
    fn may_skip(&self, before: Option<&Held>) -> bool {
        let Some(held) = before else { return false };
        let live = held.list.media().live.as_ref();
        self.session.scenario().playback.delta_updates
            && live
                .and_then(|live| live.skip_until)
                .is_some_and(|until| held.read.elapsed().as_secs_f64() < until / 2.0)
    }

    fn read_playlist(
        &self,
        url: &Url,
        text: &str,
        previous: Option<&Sheet<MediaPlaylist>>,
    ) -> Result<Rc<Sheet<MediaPlaylist>>, Lost> {
        let Form::Hls(top) = &self.kind else {
            return Err(Lost);
        };
        let delta = previous.filter(|_| text.contains("#EXT-X-SKIP"));
        let parts = [
            b"playlist".as_slice(),
            top.key.as_bytes(),
            delta.map_or(b"".as_slice(), |sheet| sheet.key.as_bytes()),
            url.as_str().as_bytes(),
            text.as_bytes(),
        ];
        let judge = self.session.scenario().verify.enabled;
        let shelf = &self.session.house.library.playlists;
        let sheet = shelf.get(Key::of(&parts), || {
            let before = delta.map(|sheet| &sheet.value);
            let playlist = hls::media(url, text, &top.value.variables, before)?;
            let violations = match judge {
                true => verify::hls::media(&playlist),
                false => Vec::new(),
            };
            Ok((playlist, violations))
        });
        let sheet = sheet.map_err(|error| unreadable(self.session, url, &error))?;
        complain(self.session, url, &sheet.violations);
        if let Some(before) = previous.filter(|before| judge && before.key != sheet.key) {
            let violations = verify::hls::reload(&before.value, &sheet.value);
            complain(self.session, url, &violations);
        }
        Ok(sheet)
    }
}

fn read_multivariant(
    session: &Session<'_>,
    url: &Url,
    text: &str,
) -> Result<Rc<Sheet<Multivariant>>, Lost> {
    let key = Key::of(&[b"multivariant", url.as_str().as_bytes(), text.as_bytes()]);
    let judge = session.scenario().verify.enabled;
    let sheet =
        session
            .house
            .library
            .multivariant
            .get(key, || match hls::multivariant(url, text) {
                Ok(playlist) => {
                    let violations = match judge {
                        true => verify::hls::multivariant(&playlist),
                        false => Vec::new(),
                    };
                    Ok((playlist, violations))
                }
                Err(ReadError::OtherPlaylist) => Ok((alone(url), Vec::new())),
                Err(error) => Err(error),
            });
    let sheet = sheet.map_err(|error| unreadable(session, url, &error))?;
    complain(session, url, &sheet.violations);
    Ok(sheet)
}

/// Stands for the multivariant playlist where there is none.
fn alone(url: &Url) -> Multivariant {
    Multivariant {
        presentation: hls::single(url),
        version: 1,
        needs: Default::default(),
        faults: Vec::new(),
        variables: Default::default(),
    }
}

fn empty_sheet() -> Rc<Sheet<Multivariant>> {
    Rc::new(Sheet {
        key: Key::of(&[]),
        value: Multivariant {
            presentation: crate::presentation::Presentation {
                tracks: Vec::new(),
                location: None,
                clocks: Vec::new(),
            },
            version: 1,
            needs: Default::default(),
            faults: Vec::new(),
            variables: Default::default(),
        },
        violations: Vec::new(),
    })
}

/// By the first thing in it; types and names are often wrong.
fn is_mpd(url: &Url, text: &str) -> bool {
    let text = text.trim_start_matches('\u{feff}').trim_start();
    text.starts_with('<') || (!text.starts_with("#EXTM3U") && url.path().ends_with(".mpd"))
}

/// `held_back`: for so long the server may keep the answer to itself.
async fn fetch_text(
    session: &Session<'_>,
    url: &Url,
    report: Report,
    due: Instant,
    held_back: Option<Duration>,
) -> Result<(Answer, String), Lost> {
    let class = match held_back {
        Some(_) => Class::Blocked,
        None => Class::Manifest,
    };
    let limits = &session.scenario().limits;
    let mut answer = session
        .get(
            url,
            Wanted {
                keep: limits.manifest_bytes,
                report,
                patience: held_back.map(|held| held + session.scenario().timeouts.answer),
                ..Wanted::new(class, due)
            },
        )
        .await?;
    let Some(body) = answer.body.take() else {
        let what = format!(
            "{} bytes are more than limits.manifest_bytes, or than limits.verify_bytes has left",
            answer.bytes
        );
        session.complain(ErrorClass::Unreadable, url, &what);
        return Err(Lost);
    };
    match std::str::from_utf8(&body) {
        Ok(text) => Ok((answer, text.to_owned())),
        Err(_) => {
            session.complain(ErrorClass::Unreadable, url, "the manifest is not UTF-8");
            Err(Lost)
        }
    }
}

fn unreadable(session: &Session<'_>, url: &Url, error: &ReadError) -> Lost {
    session.complain(ErrorClass::Unreadable, url, &error.to_string());
    Lost
}

fn complain(session: &Session<'_>, url: &Url, violations: &[Violation]) {
    for violation in violations {
        session.complain(ErrorClass::Violation, url, &violation.to_string());
    }
}

fn unix_now() -> f64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0.0, |since| since.as_secs_f64())
}
