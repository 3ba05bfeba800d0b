//! One viewer: reads a manifest, loads what a player loads, and plays it on a clock, without decoding.
//!
//! A viewer is one task on one thread. A loader per track fetches; the clock plays, stalls, seeks, pauses and leaves.
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::Instant;

use crate::measure::{End, Recorder};
use crate::popularity::{Chance, Popularity};
use crate::presentation::{Kind, Live};
use crate::run::Stop;
use crate::scenario::{Scenario, ScenarioError};
use crate::tokens::Mint;
use crate::transport::Dialer;
use crate::verify::Checksums;

mod abr;
mod bursts;
mod chunks;
mod clock;
mod cmcd;
mod library;
mod live;
mod loader;
mod playhead;
mod session;
mod title;

use abr::Abr;
use library::Library;
use playhead::Playhead;
use session::Session;
use title::Title;

/// What the viewers of a run have in common.
#[derive(Debug)]
pub(crate) struct Common {
    pub(crate) scenario: Scenario,
    pub(crate) popularity: Popularity,
    pub(crate) mint: Option<Mint>,
    pub(crate) checksums: Option<Checksums>,
}

impl Common {
    /// # Errors
    /// Files that the scenario names and that cannot be used.
    pub(crate) fn new(scenario: &Scenario) -> Result<Self, ScenarioError> {
        let checksums = match &scenario.verify.checksums {
            None => None,
            Some(path) => {
                let fault = |what: String| {
                    let what = format!("{}: {what}", path.display());
                    ScenarioError::value("verify.checksums", what)
                };
                let text =
                    std::fs::read_to_string(path).map_err(|error| fault(error.to_string()))?;
                let checksums = Checksums::parse(&text)
                    .map_err(|line| fault(format!("line {line} is none of sha256sum")))?;
                Some(checksums)
            }
        };
        Ok(Self {
            popularity: Popularity::zipf(scenario.titles(), scenario.target.zipf),
            mint: scenario.tokens.as_ref().map(Mint::new).transpose()?,
            checksums,
            scenario: scenario.clone(),
        })
    }
}

/// What the viewers of one thread share.
#[derive(Debug)]
pub(crate) struct House {
    pub(crate) common: Arc<Common>,
    pub(crate) dialer: Rc<Dialer>,
    pub(crate) recorder: Recorder,
    pub(crate) stop: Stop,
    pub(crate) library: Library,
}

impl House {
    pub(crate) fn new(
        common: Arc<Common>,
        dialer: Rc<Dialer>,
        recorder: Recorder,
        stop: Stop,
    ) -> Self {
        Self {
            common,
            dialer,
            recorder,
            stop,
            library: Library::default(),
        }
    }
}

/// Who counts as watching, however it ends.
struct Presence<'a>(&'a Recorder, Cell<End>);

impl Drop for Presence<'_> {
    fn drop(&mut self) {
        self.0.viewer_goes(self.1.get());
    }
}

/// The evening of viewer `number`, who meant to come at `due`.
pub(crate) async fn watch(house: &House, number: u64, due: Instant) -> End {
    house.recorder.viewer_comes();
    let presence = Presence(&house.recorder, Cell::new(End::Stopped));
    let end = evening(house, number, due).await;
    presence.1.set(end);
    end
}

async fn evening(house: &House, number: u64, due: Instant) -> End {
    let mut chance = Chance::new(house.common.scenario.seed, number);
    let session = match Session::new(house, number, &mut chance) {
        Ok(session) => session,
        Err(error) => {
            let class = crate::outcome::ErrorClass::Unreadable;
            house.recorder.error(class, "", &error.to_string());
            return End::Failed;
        }
    };
    tokio::select! {
        end = attend(house, &session, &mut chance, due) => end,
        () = over(house, &session) => End::Stopped,
    }
}

/// The run ends: what is under way may come to its end, if there is time.
async fn over(house: &House, session: &Session<'_>) {
    house.stop.stopping().await;
    session.settled().await;
}

async fn attend(house: &House, session: &Session<'_>, chance: &mut Chance, due: Instant) -> End {
    let Some(title) = Title::open(session, due).await else {
        return End::Failed;
    };
    let tracks = title.choose(house.common.scenario.playback.audio);
    if tracks.is_empty() {
        let class = crate::outcome::ErrorClass::Unreadable;
        session.complain(class, session.manifest(), "no video and no audio in it");
        return End::Failed;
    }
    let viewer = Viewer {
        playhead: RefCell::new(Playhead::new(
            &house.common.scenario.playback,
            tracks.len(),
            due,
        )),
        abr: RefCell::new(Abr::new(&house.common.scenario.abr)),
        changed: Notify::new(),
        seeks: Cell::new(0),
        axis: Cell::new(None),
        wall_shift: Cell::new(None),
        edge: Cell::new(None),
        failures: Cell::new(0),
        placed: Cell::new(false),
        begin_share: match house.common.scenario.behaviour.random_start {
            true => chance.share(),
            false => 0.0,
        },
        duration: Cell::new(None),
        is_live: Cell::new(false),
        part_target: Cell::new(None),
        full: Cell::new(house.common.scenario.playback.buffer),
        house,
        session,
        title: &title,
    };
    let loaders = tracks
        .iter()
        .enumerate()
        .map(|(slot, &track)| loader::load(&viewer, slot, track));
    tokio::select! {
        end = clock::play(&viewer, chance) => end,
        (end, _, _) = futures_util::future::select_all(loaders.map(Box::pin)) => end,
    }
}

/// What loaders and clock share.
struct Viewer<'a> {
    house: &'a House,
    session: &'a Session<'a>,
    title: &'a Title<'a>,
    playhead: RefCell<Playhead>,
    abr: RefCell<Abr>,
    /// Something the other side may wait for.
    changed: Notify,
    /// Counts jumps: what was loaded for an older one is of no use.
    seeks: Cell<u64>,
    /// Where the viewer's time line begins on that of live lists.
    axis: Cell<Option<f64>>,
    /// Wall-clock time of a moment minus its time on the viewer's time line.
    wall_shift: Cell<Option<f64>>,
    /// The end of the live list, on the viewer's time line, and when it was read.
    edge: Cell<Option<(Instant, f64)>>,
    /// Requests in a row that failed.
    failures: Cell<u32>,
    /// It is known where on the time line to begin.
    placed: Cell<bool>,
    /// Where in a title the viewer begins, as a share of it.
    begin_share: f64,
    /// Of a title that does not grow.
    duration: Cell<Option<f64>>,
    is_live: Cell<bool>,
    part_target: Cell<Option<f64>>,
    /// A full buffer: what a live stream holds back, or what the scenario says.
    full: Cell<f64>,
}

impl Drop for Viewer<'_> {
    fn drop(&mut self) {
        let playhead = self.playhead.get_mut();
        playhead.close(Instant::now(), &self.house.recorder);
    }
}

impl Viewer<'_> {
    fn changed(&self) {
        self.changed.notify_waiters();
    }

    /// To `position`: what is buffered elsewhere is dropped.
    fn jump(&self, position: f64) {
        self.playhead
            .borrow_mut()
            .seek(Instant::now(), position, &self.house.recorder);
        self.seeks.set(self.seeks.get() + 1);
        self.changed();
    }

    /// Pauses after a failure, longer each time in a row; `false`: the viewer has had enough.
    async fn bear(&self) -> bool {
        let failures = self.failures.get() + 1;
        self.failures.set(failures);
        if failures >= self.house.common.scenario.limits.failures {
            return false;
        }
        tokio::time::sleep(backoff(failures)).await;
        true
    }

    fn relieved(&self) {
        self.failures.set(0);
    }

    fn buffer_target(&self) -> f64 {
        self.house.common.scenario.playback.buffer
    }

    /// What a live stream holds back is all there is to buffer.
    fn live_begins(&self, live: &Live, segments: usize) {
        self.is_live.set(true);
        self.part_target.set(live.part_target);
        let playback = &self.house.common.scenario.playback;
        let hold_back = live.hold_back.max(0.1);
        self.full.set(playback.buffer.min(hold_back));
        // Half of it, so that the other half rides out a late answer; with one segment there is nothing to wait for.
        let most = if segments > 1 { hold_back / 2.0 } else { 0.1 };
        self.playhead.borrow_mut().begin_with_at_most(most);
    }

    fn slot_kind(&self, track: usize) -> Kind {
        self.title.tracks()[track].kind
    }
}

/// Between attempts: half a second, doubled up to eight.
fn backoff(failures: u32) -> Duration {
    Duration::from_millis(500 << failures.saturating_sub(1).min(4))
}
