//! Fetches segments and parts with what belongs to them, and has them judged.
use std::cell::RefCell;
use std::rc::Rc;

use tokio::time::Instant;

use super::super::bursts::Bursts;
use super::super::chunks::Chunks;
use super::super::cmcd::Object;
use super::super::session::{Lost, Wanted};
use super::{Loader, MAX_HEADERS, MAX_KEYS, Next};
use crate::measure::Class;
use crate::outcome::{ErrorClass, Unverified};
use crate::presentation::{Protection, Resource, Segment};
use crate::transport::Answer;
use crate::verify::{self, Announced, Header};

/// Longer ones are counted and not verified.
const MAX_HEADER_BYTES: usize = 4 << 20;

/// No clock tells that a part took less, seconds.
const LEAST_TRANSFER: f64 = 0.001;

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
            let announced = Announced::segment(segment);
            self.judge(&answer, segment, &segment.resource, &announced, header);
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
        if part.gap {
            self.continuity.reset();
            self.part_loaded(rung, segment, at, next);
            return Ok(());
        }
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
        self.sample_part(&answer);
        let announced = Announced::part(segment, at, part);
        self.judge(&answer, segment, &part.resource, &announced, header);
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
        self.sample_part(answer);
        let header = self.known_header(segment.header.as_ref());
        let announced = Announced::part(segment, at, part);
        self.judge(answer, segment, &part.resource, &announced, header);
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
        let coming = RefCell::new((Chunks::default(), Bursts::default()));
        let see = |bytes: &[u8]| {
            let (chunks, bursts) = &mut *coming.borrow_mut();
            let before = chunks.complete();
            chunks.push(bytes);
            let ends = chunks.complete() > before;
            bursts.piece(Instant::now(), bytes.len() as u64, ends);
            if ends && seeks == self.viewer.seeks.get() {
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
        let answer = session.get(&segment.resource.url, wanted).await?;
        let (bytes, busy) = coming.borrow().1.total();
        let over = answer.end.duration_since(answer.sent).as_secs_f64();
        let abr = &self.viewer.abr;
        abr.borrow_mut().paced(bytes, busy.as_secs_f64(), over);
        Ok(answer)
    }

    /// Header and key, where they are not there yet.
    pub(in crate::player) async fn belongings(
        &mut self,
        rung: usize,
        segment: &Segment,
        due: Instant,
    ) -> Result<Option<Rc<Header>>, Lost> {
        let session = self.viewer.session;
        if let Some(key) = &segment.key
            && !self.keys.contains(&key.url)
        {
            let url = &key.url;
            let wanted = Wanted {
                report: self.report(rung, Object::Key, None),
                ..Wanted::new(Class::Key, due)
            };
            let answer = session.get(url, wanted).await?;
            if answer.bytes != key.bytes as u64 && session.scenario().verify.enabled {
                let rule = verify::rules::KEY_LENGTH;
                let what = format!(
                    "{rule}: {} bytes, a key of {} is due",
                    answer.bytes, key.bytes
                );
                session.complain(ErrorClass::Violation, url, &what);
            }
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
            && segment.protection != Protection::Whole
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
        answer: &Answer,
        segment: &Segment,
        resource: &Resource,
        announced: &Announced,
        header: Option<Rc<Header>>,
    ) {
        let session = self.viewer.session;
        if !session.scenario().verify.enabled {
            return;
        }
        let recorder = &self.viewer.house.recorder;
        let Some(body) = &answer.body else {
            let limit = session.scenario().limits.segment_bytes as u64;
            recorder.unverified(match answer.bytes > limit {
                true => Unverified::TooLong,
                false => Unverified::NoRoom,
            });
            self.continuity.reset();
            return;
        };
        let mut violations = Vec::new();
        let headless = segment.header.is_some() && header.is_none();
        if headless && announced.protection != Protection::Whole {
            // What is wrong with the header was told when it came.
            recorder.unverified(Unverified::NoHeader);
            self.continuity.reset();
        } else {
            if let Some(reason) = verify::unverified(body, announced) {
                recorder.unverified(reason);
            }
            let header = header.as_deref();
            violations = verify::media(body, announced, header, &mut self.continuity);
        }
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

    /// A part comes at line rate once its first byte does (HLS 6.2.6); what was before may have been the encoder's.
    fn sample_part(&self, answer: &Answer) {
        let busy = answer.end.duration_since(answer.first_byte);
        let over = answer.end.duration_since(answer.sent).as_secs_f64();
        let mut abr = self.viewer.abr.borrow_mut();
        abr.paced(answer.bytes, busy.as_secs_f64().max(LEAST_TRANSFER), over);
    }

    /// What the network gave; small bodies and shared connections measure it worse, not better.
    fn sample(&self, answer: &Answer) {
        let seconds = answer.end.duration_since(answer.sent).as_secs_f64();
        self.viewer.abr.borrow_mut().sample(answer.bytes, seconds);
    }
}
