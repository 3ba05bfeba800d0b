//! Fetches segments and parts with what belongs to them, and has them judged.
use std::cell::RefCell;
use std::rc::Rc;

use tokio::time::Instant;

use super::super::chunks::Chunks;
use super::super::cmcd::Object;
use super::super::session::{Lost, Wanted};
use super::{Loader, MAX_HEADERS, MAX_KEYS, Next};
use crate::measure::Class;
use crate::outcome::ErrorClass;
use crate::presentation::{Resource, Segment};
use crate::transport::Answer;
use crate::verify::{self, Announced, Header};

/// Longer ones are counted and not verified.
const MAX_HEADER_BYTES: usize = 4 << 20;

impl Loader<'_, '_> {
    pub(super) async fn segment(
        &mut self,
        rung: usize,
        segment: &Segment,
        next: Next,
        due: Instant,
    ) -> Result<(), Lost> {
        let end = next.segment_time + segment.duration;
        if !segment.gap {
            let header = self.belongings(rung, segment, due).await?;
            let seeks = self.viewer.seeks.get();
            let answer = match segment.complete {
                true => self.whole(rung, segment, due).await?,
                false => self.growing(rung, segment, next, due).await?,
            };
            self.judge(
                rung,
                &answer,
                &segment.resource,
                &Announced::segment(segment),
                header,
            );
            self.viewer.relieved();
            if seeks != self.viewer.seeks.get() {
                return Ok(());
            }
        }
        self.note_clock(segment, next.segment_time);
        // What was loaded counts before the loader goes on: `part` may have been some.
        self.next = Some(Next {
            number: segment.number + 1,
            part: 0,
            segment_time: end,
            time: end,
            by_time: false,
        });
        self.loaded(rung, end);
        Ok(())
    }

    pub(super) async fn part(
        &mut self,
        rung: usize,
        segment: &Segment,
        at: usize,
        next: Next,
        due: Instant,
    ) -> Result<(), Lost> {
        let Some(part) = segment.parts.get(at) else {
            return Err(Lost);
        };
        let header = self.belongings(rung, segment, due).await?;
        let seeks = self.viewer.seeks.get();
        let object = Object::Media(self.kind());
        let wanted = Wanted {
            range: part.resource.range.clone(),
            keep: self.viewer.session.keep(),
            report: self.report(rung, object, Some(part.duration)),
            ..Wanted::new(Class::Part, due)
        };
        let answer = self.viewer.session.get(&part.resource.url, wanted).await?;
        self.sample(&answer);
        let announced = Announced::part(segment, at, part);
        self.judge(rung, &answer, &part.resource, &announced, header);
        self.viewer.relieved();
        if seeks == self.viewer.seeks.get() {
            self.part_loaded(rung, segment, at, next);
        }
        Ok(())
    }

    /// A part that was asked for before it was announced, and is announced meanwhile.
    pub(in crate::player) fn hinted_part(
        &mut self,
        rung: usize,
        segment: &Segment,
        at: usize,
        next: Next,
        answer: &Answer,
    ) {
        let Some(part) = segment.parts.get(at) else {
            return;
        };
        let header = self.known_header(segment.header.as_ref());
        let announced = Announced::part(segment, at, part);
        self.judge(rung, answer, &part.resource, &announced, header);
        self.viewer.relieved();
        self.part_loaded(rung, segment, at, next);
    }

    fn part_loaded(&mut self, rung: usize, segment: &Segment, at: usize, next: Next) {
        let duration = segment.parts.get(at).map_or(0.0, |part| part.duration);
        let end = next.time + duration;
        self.note_clock(segment, next.segment_time);
        self.next = Some(Next {
            part: at + 1,
            time: end,
            ..next
        });
        self.loaded(rung, end);
    }

    async fn whole(
        &mut self,
        rung: usize,
        segment: &Segment,
        due: Instant,
    ) -> Result<Answer, Lost> {
        let object = Object::Media(self.kind());
        let wanted = Wanted {
            range: segment.resource.range.clone(),
            keep: self.viewer.session.keep(),
            report: self.report(rung, object, Some(segment.duration)),
            ..Wanted::new(Class::Segment, due)
        };
        let session = self.viewer.session;
        let answer = session.get(&segment.resource.url, wanted).await?;
        self.sample(&answer);
        Ok(answer)
    }

    /// A segment that is still being made: each chunk can be played as it comes.
    async fn growing(
        &mut self,
        rung: usize,
        segment: &Segment,
        next: Next,
        due: Instant,
    ) -> Result<Answer, Lost> {
        let object = Object::Media(self.kind());
        let chunk = self.viewer.part_target.get().unwrap_or(segment.duration);
        let seeks = self.viewer.seeks.get();
        let chunks = RefCell::new(Chunks::default());
        let see = |bytes: &[u8]| {
            let mut chunks = chunks.borrow_mut();
            let before = chunks.complete();
            chunks.push(bytes);
            if chunks.complete() > before && seeks == self.viewer.seeks.get() {
                let there = f64::from(chunks.complete()) * chunk;
                self.loaded(rung, next.segment_time + there.min(segment.duration));
            }
        };
        let wanted = Wanted {
            range: segment.resource.range.clone(),
            keep: self.viewer.session.keep(),
            report: self.report(rung, object, Some(segment.duration)),
            on_data: Some(&see),
            ..Wanted::new(Class::Blocked, due)
        };
        let session = self.viewer.session;
        session.get(&segment.resource.url, wanted).await
    }

    /// Header and key, where they are not there yet.
    pub(in crate::player) async fn belongings(
        &mut self,
        rung: usize,
        segment: &Segment,
        due: Instant,
    ) -> Result<Option<Rc<Header>>, Lost> {
        let session = self.viewer.session;
        if let Some(url) = &segment.key
            && !self.keys.contains(url)
        {
            let wanted = Wanted {
                report: self.report(rung, Object::Key, None),
                ..Wanted::new(Class::Key, due)
            };
            session.get(url, wanted).await?;
            if self.keys.len() >= MAX_KEYS {
                self.keys.clear();
            }
            self.keys.insert(url.clone());
        }
        let Some(resource) = &segment.header else {
            return Ok(None);
        };
        if let Some((_, header)) = self.headers.iter().find(|(known, _)| known == resource) {
            return Ok(header.clone());
        }
        let verify = session.scenario().verify.enabled;
        let wanted = Wanted {
            range: resource.range.clone(),
            keep: if verify { MAX_HEADER_BYTES } else { 0 },
            report: self.report(rung, Object::Header, None),
            ..Wanted::new(Class::Header, due)
        };
        let answer = session.get(&resource.url, wanted).await?;
        let mut header = None;
        if let Some(body) = &answer.body
            && segment.protection != crate::presentation::Protection::Whole
        {
            let codecs = &self.viewer.title.tracks()[self.track].rungs[rung].codecs;
            let (read, violations) = verify::header(body, codecs);
            for violation in violations {
                let what = violation.to_string();
                session.complain(ErrorClass::Violation, &resource.url, &what);
            }
            header = read.map(Rc::new);
        }
        if self.headers.len() >= MAX_HEADERS {
            self.headers.pop_front();
        }
        self.headers.push_back((resource.clone(), header.clone()));
        Ok(header)
    }

    fn known_header(&self, resource: Option<&Resource>) -> Option<Rc<Header>> {
        let resource = resource?;
        let known = self.headers.iter().find(|(known, _)| known == resource);
        known.and_then(|(_, header)| header.clone())
    }

    fn judge(
        &mut self,
        _rung: usize,
        answer: &Answer,
        resource: &Resource,
        announced: &Announced,
        header: Option<Rc<Header>>,
    ) {
        let session = self.viewer.session;
        let Some(body) = &answer.body else {
            self.continuity.reset();
            return;
        };
        let header = header.as_deref();
        let mut violations = verify::media(body, announced, header, &mut self.continuity);
        if resource.range.is_none()
            && let Some(checksums) = &self.viewer.house.common.checksums
        {
            violations.extend(checksums.check(&session.plain(&resource.url), body));
        }
        for violation in violations {
            let what = violation.to_string();
            session.complain(ErrorClass::Violation, &resource.url, &what);
        }
    }

    /// What the network gave; small bodies and shared connections measure it worse, not better.
    fn sample(&self, answer: &Answer) {
        let seconds = answer.end.duration_since(answer.sent).as_secs_f64();
        self.viewer.abr.borrow_mut().sample(answer.bytes, seconds);
    }
}
