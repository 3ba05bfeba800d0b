//! Waiting for what is not there yet: by asking again when it is time, or by asking for what will come.
use std::time::Duration;

use tokio::time::{Instant, sleep_until};

use super::cmcd::Object;
use super::loader::Loader;
use super::session::{Lost, Wanted};
use super::title::{Held, List, Reload};
use crate::measure::Class;
use crate::presentation::Resource;
use crate::transport::Answer;

/// Between reloads that brought nothing, whatever the server says.
const SHORTEST_RELOAD: Duration = Duration::from_millis(50);

/// Brings the list up to date, and the part that was hinted at.
pub(super) async fn more(
    loader: &mut Loader<'_, '_>,
    rung: usize,
    held: &Held,
    due: Instant,
) -> Result<(), Lost> {
    let Some(live) = &held.list.media().live else {
        return Ok(());
    };
    let viewer = loader.viewer();
    let low_latency = viewer.session.scenario().playback.low_latency;
    let is_hls = matches!(held.list, List::Hls(_));
    if let (true, true, Some(next)) = (live.blocking, is_hls, loader.next) {
        let parts = low_latency && live.part_target.is_some();
        let reload = Reload::Blocking {
            number: next.number,
            part: parts.then_some(next.part as u64),
        };
        let hint = live.hint.clone().filter(|_| parts);
        let title = viewer.title;
        let track = loader.track();
        let (hinted, loaded) = futures_util::future::join(
            early(loader, rung, hint.as_ref(), due),
            title.load(track, rung, reload, due),
        )
        .await;
        let loaded = loaded?;
        loader.note_edge(&loaded);
        if let (Some(hint), Some(answer)) = (hint, hinted) {
            announced(loader, rung, &loaded, &hint, &answer).await?;
        }
        // A server that answers a blocking reload with what was there before must not be asked without pause.
        if loaded.read.duration_since(due) < SHORTEST_RELOAD && same(held, &loaded) {
            sleep_until(loaded.read + SHORTEST_RELOAD).await;
        }
        return Ok(());
    }
    let again = held.read + live.reload_after.max(SHORTEST_RELOAD);
    sleep_until(again).await;
    let (title, track) = (loader.viewer().title, loader.track());
    let loaded = title.load(track, rung, Reload::Plain, again).await?;
    loader.note_edge(&loaded);
    Ok(())
}

/// Asks for a part before it is there; the server answers when it is (`EXT-X-PRELOAD-HINT`).
async fn early(
    loader: &Loader<'_, '_>,
    rung: usize,
    hint: Option<&Resource>,
    due: Instant,
) -> Option<Answer> {
    let hint = hint?;
    // Of a resource that still grows the end is not known.
    let open = hint
        .range
        .as_ref()
        .is_some_and(|range| range.end == u64::MAX);
    if open {
        return None;
    }
    let viewer = loader.viewer();
    let target = loader.list(rung).map_or(0.0, |list| list.target_duration());
    let scenario = viewer.session.scenario();
    let wanted = Wanted {
        range: hint.range.clone(),
        keep: viewer.session.keep(),
        report: loader.report(rung, Object::Media(loader.kind()), None),
        patience: Some(
            scenario.timeouts.answer + Duration::from_secs_f64(target.clamp(0.0, 60.0) * 3.0),
        ),
        may_miss: true,
        ..Wanted::new(Class::Blocked, due)
    };
    viewer.session.get(&hint.url, wanted).await.ok()
}

/// What was asked for early counts if it is what the list says now.
async fn announced(
    loader: &mut Loader<'_, '_>,
    rung: usize,
    held: &Held,
    hint: &Resource,
    answer: &Answer,
) -> Result<(), Lost> {
    let Some(next) = loader.next else {
        return Ok(());
    };
    let segments = &held.list.media().segments;
    let Some(segment) = segments.iter().find(|it| it.number == next.number) else {
        return Ok(());
    };
    let is_it = |part: &crate::presentation::Part| part.resource == *hint;
    if segment.parts.get(next.part).is_some_and(is_it) {
        let seeks = loader.viewer().seeks.get();
        loader.belongings(rung, segment, Instant::now()).await?;
        if seeks == loader.viewer().seeks.get() {
            loader.hinted_part(rung, segment, next.part, next, answer);
        }
    }
    Ok(())
}

fn same(before: &Held, after: &Held) -> bool {
    let last = |held: &Held| {
        let last = held.list.media().segments.last();
        last.map(|segment| (segment.number, segment.parts.len(), segment.complete))
    };
    last(before) == last(after)
}
