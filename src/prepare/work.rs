//! Carries out a plan: measures, then outputs, several at a time.
use std::cell::RefCell;
use std::path::Path;

use futures_util::{StreamExt as _, TryStreamExt as _, stream};

use super::loudness::Measured;
use super::plan::{Make, Measure, Plan, Task};
use super::state::Workshop;
use super::{Error, Event, Options, Progress, Reporter, Step, ffmpeg};

/// All that is needed while the work goes on; one thread has it.
struct Site<'w> {
    plan: &'w Plan,
    options: &'w Options,
    workshop: RefCell<Workshop>,
    reporter: &'w dyn Reporter,
}

/// `steps`: the measures, then the tasks. The first failure ends all.
pub(super) async fn all(
    plan: &Plan,
    steps: &[Step],
    options: &Options,
    workshop: Workshop,
    reporter: &dyn Reporter,
) -> Result<Workshop, Error> {
    let site = Site {
        plan,
        options,
        workshop: RefCell::new(workshop),
        reporter,
    };
    let jobs = options.jobs.max(1);
    let missing = |step: &usize| steps.get(*step).is_some_and(|step| !step.done);
    let measures = (0..plan.measures.len()).filter(missing);
    stream::iter(measures)
        .map(|step| site.measure(step))
        .buffer_unordered(jobs)
        .try_collect::<Vec<()>>()
        .await?;
    let tasks = (plan.measures.len()..steps.len()).filter(missing);
    stream::iter(tasks)
        .map(|step| site.task(step))
        .buffer_unordered(jobs)
        .try_collect::<Vec<()>>()
        .await?;
    Ok(site.workshop.into_inner())
}

impl Site<'_> {
    async fn measure(&self, step: usize) -> Result<(), Error> {
        let Some(measure) = self.plan.measures.get(step) else {
            return Ok(());
        };
        self.reporter.report(Event::Started(step));
        let line = Plan::measuring(measure, &self.options.source);
        let printed = self.ffmpeg(step, &measure.label, &line).await?;
        let measured = Measured::parse(&printed).ok_or_else(|| Error::Failed {
            output: measure.label.clone(),
            why: "it printed no loudness".into(),
        })?;
        self.workshop
            .borrow_mut()
            .set_loudness(&measure.key, measured)?;
        self.tell_peaks(measure, measured);
        self.reporter.report(Event::Finished(step));
        Ok(())
    }

    fn tell_peaks(&self, measure: &Measure, measured: Measured) {
        let target = self.options.settings.loudness;
        if let Some(target) = target.filter(|target| measured.is_held_down(*target)) {
            let reached = measured.integrated.unwrap_or(target) + measured.gain(target);
            let note = format!(
                "{}: its peaks allow {reached:.1} LUFS, not {target}",
                measure.label
            );
            self.reporter.report(Event::Note(&note));
        }
    }

    async fn task(&self, step: usize) -> Result<(), Error> {
        let index = step - self.plan.measures.len();
        let Some(task) = self.plan.tasks.get(index) else {
            return Ok(());
        };
        self.reporter.report(Event::Started(step));
        let unfinished = self.workshop.borrow().unfinished(&task.output);
        let gain = self.gain(task)?;
        let source = &self.options.source;
        match Plan::making(task, source, &gain, &unfinished) {
            Some(line) => {
                self.ffmpeg(step, &task.output, &line).await?;
            }
            None => copy(task.make.input(source), &unfinished).await?,
        }
        self.workshop.borrow_mut().finish(&task.output, &task.key)?;
        self.reporter.report(Event::Finished(step));
        Ok(())
    }

    /// In ffmpeg's notation; `0` for what has none.
    fn gain(&self, task: &Task) -> Result<String, Error> {
        let (Some(target), Make::Leveled { measure, .. }) =
            (self.options.settings.loudness, &task.make)
        else {
            return Ok("0".into());
        };
        let measured = measure
            .and_then(|measure| self.plan.measures.get(measure))
            .and_then(|measure| self.workshop.borrow().loudness(&measure.key))
            .ok_or_else(|| Error::Failed {
                output: task.output.clone(),
                why: "its loudness was not measured".into(),
            })?;
        Ok(format!("{:.2}", measured.gain(target)))
    }

    async fn ffmpeg(
        &self,
        step: usize,
        output: &str,
        line: &[std::ffi::OsString],
    ) -> Result<Vec<String>, Error> {
        let progress = |now: Progress| {
            let share = self
                .plan
                .duration
                .map(|whole| (now.seconds / whole).min(1.0));
            self.reporter.report(Event::Moved(step, share, now));
        };
        ffmpeg::run(output, line, self.options.stall_timeout, progress).await
    }
}

async fn copy(from: &Path, to: &Path) -> Result<(), Error> {
    tokio::fs::copy(from, to).await.map_err(Error::io(from))?;
    Ok(())
}
