//! How far the work is: bars on a terminal, lines elsewhere.
use std::cell::RefCell;
use std::io::Write as _;
use std::time::{Duration, Instant};

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};

use crate::prepare::{Event, Progress, Reporter, Step};

/// Says nothing.
pub(super) struct Silence;

impl Reporter for Silence {
    fn report(&self, _: Event<'_>) {}
}

/// The whole in parts of a thousand, by the steps' work.
#[derive(Default)]
struct Whole {
    steps: Vec<Step>,
    /// 0 to 1, by step.
    shares: Vec<f64>,
}

const PARTS: u64 = 1000;

impl Whole {
    fn of(steps: &[Step]) -> Self {
        Self {
            shares: steps.iter().map(|_| 0.0).collect(),
            steps: steps.to_vec(),
        }
    }

    fn set(&mut self, step: usize, share: f64) {
        if let Some(known) = self.shares.get_mut(step) {
            *known = share.max(*known);
        }
    }

    /// Of what this run has to do.
    fn parts(&self) -> u64 {
        let (mut done, mut all) = (0.0, 0.0);
        for (step, share) in self.steps.iter().zip(&self.shares) {
            if !step.done {
                let work = step.work.max(1) as f64;
                all += work;
                done += work * share;
            }
        }
        if all > 0.0 {
            (done / all * PARTS as f64) as u64
        } else {
            PARTS
        }
    }

    fn label(&self, step: usize) -> &str {
        self.steps.get(step).map_or("", |step| &step.label)
    }
}

fn speed(progress: Progress) -> String {
    progress
        .speed
        .map_or_else(String::new, |speed| format!("{speed:.2}x"))
}

/// A bar for the whole, and one for each step under way.
pub(super) struct Bars {
    bars: MultiProgress,
    whole: ProgressBar,
    state: RefCell<(Whole, Vec<Option<ProgressBar>>)>,
}

impl Default for Bars {
    fn default() -> Self {
        let bars = MultiProgress::new();
        let whole = bars.add(ProgressBar::new(PARTS));
        whole.set_style(style("{bar:40} {percent:>3} %  {elapsed} gone, {eta} left"));
        whole.enable_steady_tick(Duration::from_millis(500));
        Self {
            bars,
            whole,
            state: RefCell::default(),
        }
    }
}

fn style(template: &str) -> ProgressStyle {
    // The templates are this file's own; a faulty one costs its looks only.
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar())
}

impl Reporter for Bars {
    fn report(&self, event: Event<'_>) {
        let (whole, steps) = &mut *self.state.borrow_mut();
        match event {
            Event::Planned(planned) => {
                *whole = Whole::of(planned);
                *steps = planned.iter().map(|_| None).collect();
                let kept = planned.iter().filter(|step| step.done).count();
                if kept > 0 {
                    let _ = self.bars.println(format!("{kept} step(s) done before"));
                }
            }
            Event::Note(note) => {
                let _ = self.bars.println(format!("note: {note}"));
            }
            Event::Started(step) => {
                let bar = self
                    .bars
                    .insert_before(&self.whole, ProgressBar::new(PARTS));
                bar.set_style(style("{bar:40} {percent:>3} %  {prefix} {msg}"));
                bar.set_prefix(whole.label(step).to_owned());
                bar.set_position(0);
                if let Some(place) = steps.get_mut(step) {
                    *place = Some(bar);
                }
            }
            Event::Moved(step, share, progress) => {
                whole.set(step, share.unwrap_or(0.0));
                if let Some(Some(bar)) = steps.get(step) {
                    bar.set_position((share.unwrap_or(0.0) * PARTS as f64) as u64);
                    bar.set_message(speed(progress));
                }
            }
            Event::Finished(step) => {
                whole.set(step, 1.0);
                if let Some(bar) = steps.get_mut(step).and_then(Option::take) {
                    bar.finish_and_clear();
                    self.bars.remove(&bar);
                    let _ = self.bars.println(format!("made  {}", whole.label(step)));
                }
            }
        }
        self.whole.set_position(whole.parts());
    }
}

impl Drop for Bars {
    fn drop(&mut self) {
        // The bars are a courtesy: a terminal that is gone must not turn the outcome into a fault.
        let _ = self.bars.clear();
    }
}

/// For logs: a line when a step begins and ends, and now and then between.
pub(super) struct Lines {
    state: RefCell<(Whole, Instant)>,
}

/// From one line of progress to the next.
const PACE: Duration = Duration::from_secs(10);

impl Default for Lines {
    fn default() -> Self {
        Self {
            state: RefCell::new((Whole::default(), Instant::now())),
        }
    }
}

impl Reporter for Lines {
    fn report(&self, event: Event<'_>) {
        let (whole, last) = &mut *self.state.borrow_mut();
        match event {
            Event::Planned(planned) => {
                *whole = Whole::of(planned);
                for step in planned.iter().filter(|step| step.done) {
                    if step.output.is_some() {
                        say(format_args!("kept     {}", step.label));
                    }
                }
            }
            Event::Note(note) => say(format_args!("note     {note}")),
            Event::Started(step) => say(format_args!("started  {}", whole.label(step))),
            Event::Moved(step, share, progress) => {
                whole.set(step, share.unwrap_or(0.0));
                if last.elapsed() >= PACE {
                    *last = Instant::now();
                    say(format_args!(
                        "{:5.1} %  {} {}",
                        whole.parts() as f64 / 10.0,
                        whole.label(step),
                        speed(progress)
                    ));
                }
            }
            Event::Finished(step) => {
                whole.set(step, 1.0);
                say(format_args!(
                    "{:5.1} %  made {}",
                    whole.parts() as f64 / 10.0,
                    whole.label(step)
                ));
            }
        }
    }
}

/// A log that nobody reads any more must not stop the work.
fn say(line: std::fmt::Arguments<'_>) {
    let _ = writeln!(std::io::stderr(), "{line}");
}
