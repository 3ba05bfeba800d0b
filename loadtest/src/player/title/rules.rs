//! Rules that only show in how an answer was asked for, or beside other playlists of the title.
use std::rc::Rc;

use url::Url;

use super::super::cmcd::Report as Told;
use super::super::library::Sheet;
use super::super::session::Lost;
use super::{Form, Held, List, Reload, Title, complain, fetch_text};
use crate::hls::{self, MediaPlaylist};
use crate::outcome::ErrorClass;
use crate::presentation::{Kind, Source};
use crate::transport::Answer;
use crate::verify::{self, Violation, rules};

/// What was asked for.
pub(super) struct Asked<'u> {
    pub(super) url: &'u Url,
    pub(super) reload: Reload,
    /// A delta update.
    pub(super) skip: bool,
}

impl Title<'_> {
    pub(super) fn judge_answer(
        &self,
        asked: &Asked<'_>,
        before: Option<&Held>,
        sheet: &Sheet<MediaPlaylist>,
        answer: &Answer,
    ) {
        let list = &sheet.value;
        let mut found = Vec::new();
        if let Reload::Blocking { number, part } = asked.reload {
            found.extend(verify::hls::blocking(number, part, list));
        }
        if asked.skip {
            found.extend(verify::hls::skipping(list));
        }
        let url = asked.url;
        for (other, held, subtitles) in self.others(url) {
            let List::Hls(theirs) = &held.list else {
                continue;
            };
            if before.is_none() {
                found.extend(verify::hls::renditions(list, &theirs.value, subtitles));
            }
            if held.read > answer.sent {
                continue;
            }
            let ours = list.media.live.iter().flat_map(|live| &live.reports);
            for report in ours.filter(|report| report.playlist == other) {
                found.extend(verify::hls::reported(report, &theirs.value));
            }
            let reports = theirs.value.media.live.iter();
            for report in reports.flat_map(|live| &live.reports) {
                if report.playlist == *url {
                    found.extend(verify::hls::promised(report, list));
                }
            }
        }
        if before.is_none() {
            found.extend(self.unreported(url, list));
        }
        complain(self.session, url, &found);
    }

    /// Lists of other renditions as they were read last, with their addresses and whether they are subtitles.
    fn others(&self, url: &Url) -> Vec<(Url, Held, bool)> {
        let lists = self.lists.borrow();
        let all = lists.iter().filter_map(|(&(track, rung), held)| {
            let track = self.tracks().get(track)?;
            match &track.rungs.get(rung)?.source {
                Source::Playlist(other) if other != url => {
                    Some((other.clone(), held.clone(), track.kind == Kind::Text))
                }
                _ => None,
            }
        });
        all.collect()
    }

    /// Renditions that a low-latency playlist has no report of.
    fn unreported(&self, url: &Url, list: &MediaPlaylist) -> Option<Violation> {
        let live = list.media.live.as_ref()?;
        if live.part_target.is_none() || !live.blocking {
            return None;
        }
        let rungs = self.tracks().iter().flat_map(|track| &track.rungs);
        let missing: Vec<&str> = rungs
            .filter_map(|rung| match &rung.source {
                Source::Playlist(other) if other != url => Some(other),
                _ => None,
            })
            .filter(|other| !live.reports.iter().any(|report| report.playlist == **other))
            .map(Url::path)
            .collect();
        (!missing.is_empty()).then(|| Violation {
            rule: rules::HLS_REPORT,
            detail: format!("no report of {}", missing.join(", ")),
        })
    }

    /// Where the scenario asks for it, a delta update is held against the whole.
    pub(super) async fn judge_delta(
        &self,
        url: &Url,
        base: &Url,
        completed: &Rc<Sheet<MediaPlaylist>>,
    ) -> Result<(), Lost> {
        let wanted = self.session.scenario().verify.deltas && completed.value.skipped.is_some();
        let (Form::Hls(top), true) = (&self.kind, wanted) else {
            return Ok(());
        };
        let now = tokio::time::Instant::now();
        let (_, text) = fetch_text(self.session, url, Told::default(), now, None).await?;
        let text = self.session.text(&text);
        match hls::media(base, &text, &top.value.variables, None) {
            Ok(whole) => {
                let found = verify::hls::delta(&completed.value, &whole);
                complain(self.session, url, &found);
            }
            Err(error) => {
                let what = error.to_string();
                self.session.complain(ErrorClass::Unreadable, url, &what);
            }
        }
        Ok(())
    }
}
