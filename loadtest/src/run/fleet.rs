//! The threads of a run: each with a runtime, a recorder and connections of its own, so that nothing is waited for
//! between them until the end.
use std::collections::BTreeMap;
use std::pin::Pin;
use std::rc::Rc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tokio::runtime::Builder;
use tokio::sync::{mpsc, oneshot};
use tokio::task::LocalSet;
use tokio::time::{Instant, sleep_until, timeout_at};

use super::{RunError, Stop, limits};
use crate::measure::{Figures, Recorder, Tick};
use crate::outcome::{Outcome, Second};
use crate::scenario::{Limits, Protocol, Timeouts, Tls};
use crate::transport::{Dialer, Settings};

/// Ticks on their way, of each thread.
const TICKS: usize = 64;
/// A thread that does not end so long after its time has hung.
const PATIENCE: Duration = Duration::from_secs(30);
/// Ctrl-C: so long for what is under way.
const HURRIED_GRACE: Duration = Duration::from_secs(1);
/// Between the start of the threads and that of the run.
const LEAD: Duration = Duration::from_millis(20);

pub(crate) struct Fleet {
    pub(crate) threads: usize,
    pub(crate) settings: Settings,
    pub(crate) duration: Duration,
    /// Then, for what is under way.
    pub(crate) grace: Duration,
}

/// How a target is reached, whatever is asked of it.
pub(crate) struct Reach<'a> {
    pub(crate) protocol: Protocol,
    pub(crate) any_address: bool,
    pub(crate) tls: &'a Tls,
    pub(crate) timeouts: &'a Timeouts,
    pub(crate) limits: &'a Limits,
}

/// What a job gets.
pub(crate) struct Thread {
    pub(crate) index: usize,
    pub(crate) of: usize,
    /// Of the run.
    pub(crate) begin: Instant,
    pub(crate) dialer: Rc<Dialer>,
    pub(crate) recorder: Recorder,
    pub(crate) stop: Stop,
}

/// 0: as many as there are processors.
pub(crate) fn threads(wanted: usize) -> usize {
    match wanted {
        0 => std::thread::available_parallelism().map_or(1, usize::from),
        wanted => wanted,
    }
}

impl Fleet {
    /// Of so many threads, with files enough for so many connections.
    pub(crate) fn new(
        reach: &Reach<'_>,
        threads: usize,
        connections: usize,
        duration: Duration,
        grace: Duration,
    ) -> Result<Self, RunError> {
        limits::raise_open_files(connections as u64)?;
        let settings = Settings::new(
            reach.protocol,
            reach.any_address,
            reach.tls,
            reach.timeouts,
            reach.limits,
            threads,
        )?;
        Ok(Self {
            threads,
            settings,
            duration,
            grace,
        })
    }

    /// Runs the job on every thread until all are done or the time is over.
    pub(crate) async fn go<J>(
        self,
        job: J,
        on_second: impl Fn(&Second),
    ) -> Result<Outcome, RunError>
    where
        J: Fn(Thread) -> Pin<Box<dyn Future<Output = ()>>> + Clone + Send + 'static,
    {
        let started = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .map_or(0.0, |since| since.as_secs_f64());
        let begin = Instant::now() + LEAD;
        let (stop_sender, stop) = Stop::new();
        let (tick_sender, mut ticks) = mpsc::channel(TICKS * self.threads);
        let mut ends = Vec::new();
        for index in 0..self.threads {
            let (end_sender, end) = oneshot::channel();
            ends.push(end);
            let work = Work {
                index,
                of: self.threads,
                begin,
                settings: self.settings.clone(),
                stop: stop.clone(),
                ticks: tick_sender.clone(),
            };
            let job = job.clone();
            std::thread::Builder::new()
                .name(format!("viewers-{index}"))
                .spawn(move || {
                    // Nobody waits any more when the run has been dropped.
                    let _ = end_sender.send(work.run(job));
                })
                .map_err(RunError::Thread)?;
        }
        drop(tick_sender);
        let mut seconds = Seconds::new(self.threads);
        let mut grace = self.grace;
        let over = sleep_until(begin + self.duration);
        tokio::pin!(over);
        let mut interrupted = std::pin::pin!(tokio::signal::ctrl_c());
        let mut stopping = false;
        loop {
            tokio::select! {
                tick = ticks.recv() => match tick {
                    Some((at, tick)) => seconds.add(at, &tick, &on_second),
                    None => break,
                },
                () = &mut over, if !stopping => {
                    stopping = true;
                }
                Ok(()) = &mut interrupted, if !stopping => {
                    grace = grace.min(HURRIED_GRACE);
                    stopping = true;
                }
            }
            if stopping && !stop.is_stopping() {
                let _ = stop_sender.send(Some(Instant::now() + grace));
            }
        }
        seconds.finish(&on_second);
        let mut figures = Figures::default();
        let patience = Instant::now() + PATIENCE;
        for end in ends {
            match timeout_at(patience, end).await {
                Ok(Ok(part)) => figures.merge(part?),
                Ok(Err(_)) | Err(_) => return Err(RunError::Broken),
            }
        }
        let counters = &self.settings.counters;
        let mut outcome = Outcome {
            protocol: self.settings.protocol.as_str().into(),
            build: build(),
            started_unix_s: started,
            seconds: begin.elapsed().as_secs_f64(),
            series: seconds.series,
            ..Outcome::default()
        };
        figures.fill(&mut outcome);
        outcome.viewers.peak = seconds.peak;
        outcome.connections.opened = counters.opened();
        outcome.connections.failed = counters.failed();
        outcome.connections.peak = counters.peak();
        Ok(outcome)
    }
}

/// Version and kind of build.
pub(crate) fn build() -> String {
    let profile = if cfg!(debug_assertions) {
        "debug"
    } else {
        "release"
    };
    format!(
        "edgepack-loadtest {} ({profile})",
        env!("CARGO_PKG_VERSION")
    )
}

struct Work {
    index: usize,
    of: usize,
    begin: Instant,
    settings: Settings,
    stop: Stop,
    ticks: mpsc::Sender<(u64, Tick)>,
}

impl Work {
    fn run<J>(self, job: J) -> Result<Figures, RunError>
    where
        J: Fn(Thread) -> Pin<Box<dyn Future<Output = ()>>>,
    {
        let runtime = Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(RunError::Thread)?;
        let recorder = Recorder::new(self.begin);
        let thread = Thread {
            index: self.index,
            of: self.of,
            begin: self.begin,
            dialer: Rc::new(Dialer::new(self.settings, recorder.clone())),
            recorder: recorder.clone(),
            stop: self.stop.clone(),
        };
        let stop = self.stop;
        let tasks = LocalSet::new();
        let ended = stop.cut();
        let ticking = tick(self.begin, &recorder, &self.ticks);
        let work = tasks.run_until(async {
            tokio::select! {
                () = job(thread) => {}
                () = ended => {}
                () = ticking => {}
            }
        });
        runtime.block_on(work);
        // Viewers who are still there are counted as they go.
        drop(tasks);
        let at = self.begin.elapsed().as_secs();
        let _ = self.ticks.try_send((at + 1, recorder.tick()));
        runtime.shutdown_timeout(Duration::from_millis(100));
        Ok(recorder.into_figures())
    }
}

/// At every full second.
async fn tick(begin: Instant, recorder: &Recorder, ticks: &mpsc::Sender<(u64, Tick)>) {
    for at in 1.. {
        sleep_until(begin + Duration::from_secs(at)).await;
        // A queue that is full means that nobody reads: the sums do not need it.
        let _ = ticks.try_send((at, recorder.tick()));
    }
}

/// Seconds on their way from the threads into the series.
struct Seconds {
    threads: usize,
    open: BTreeMap<u64, (usize, Tick)>,
    series: Vec<Second>,
    peak: u64,
}

impl Seconds {
    fn new(threads: usize) -> Self {
        Self {
            threads,
            open: BTreeMap::new(),
            series: Vec::new(),
            peak: 0,
        }
    }

    fn add(&mut self, at: u64, tick: &Tick, on_second: &impl Fn(&Second)) {
        let (count, sum) = self.open.entry(at).or_default();
        *count += 1;
        sum.merge(tick);
        let full = *count >= self.threads;
        // One whose thread has ended does not hold up the next for long.
        while let Some(first) = self.open.first_entry() {
            if !(full && *first.key() <= at) && first.key() + 2 > at {
                break;
            }
            let (at, (_, tick)) = first.remove_entry();
            self.close(at, &tick, on_second);
        }
    }

    fn finish(&mut self, on_second: &impl Fn(&Second)) {
        for (at, (_, tick)) in std::mem::take(&mut self.open) {
            self.close(at, &tick, on_second);
        }
    }

    fn close(&mut self, at: u64, tick: &Tick, on_second: &impl Fn(&Second)) {
        self.peak = self.peak.max(tick.peak);
        let second = Second {
            at_s: at as f64,
            viewers: tick.viewers,
            stalled: tick.stalled,
            requests: tick.requests,
            errors: tick.errors,
            bytes: tick.bytes,
            segment_p99_ms: tick.segments.quantile_ms(0.99),
        };
        on_second(&second);
        self.series.push(second);
    }
}
