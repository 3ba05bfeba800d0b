//! The walk over the boxes of a body: what is done with each.
use std::sync::Arc;

use bytes::Bytes;

use super::chunk::Pending;
use super::header::check_ftyp;
use super::{Event, Header, Item, ProducerTime, SegmentType, StreamError, StreamReader};
use crate::FourCc;
use crate::boxes::{BoxHeader, Node};

/// Where in a box the input stands.
#[derive(Debug, Clone, Copy)]
pub(super) enum State {
    Between,
    /// At the start of a box that is read when all of it is there.
    Whole {
        header: BoxHeader,
        limit: u64,
    },
    /// In a box that is passed over; none: to the end of the body.
    Skip {
        kind: FourCc,
        offset: u64,
        left: Option<u64>,
    },
    /// At the first byte of an `mdat`'s content; none: it reaches to the end of the body.
    Media {
        offset: u64,
        content: Option<u64>,
        limit: u64,
    },
}

/// What came of one step.
enum Step {
    On,
    Item(Item),
    /// More bytes are needed, or none are left.
    Wait,
}

/// What a body may begin with. `mfra`: some encoders end a stream with one in a request of its own.
const FIRST_BOXES: [&[u8; 4]; 13] = [
    b"ftyp", b"moov", b"styp", b"prft", b"emsg", b"sidx", b"moof", b"mdat", b"mfra", b"free",
    b"skip", b"uuid", b"pdin",
];

impl StreamReader {
    /// To the next item.
    pub(super) fn advance(&mut self) -> Result<Option<Item>, StreamError> {
        loop {
            let step = match self.state {
                State::Between => self.begin()?,
                State::Whole { header, limit } => self.whole(header, limit)?,
                State::Skip { kind, offset, left } => self.skip(kind, offset, left)?,
                State::Media {
                    offset,
                    content,
                    limit,
                } => self.media(offset, content, limit)?,
            };
            match step {
                Step::On => {}
                Step::Item(item) => return Ok(Some(item)),
                Step::Wait => return Ok(None),
            }
        }
    }

    /// Between two boxes: decides what to do with the next one.
    fn begin(&mut self) -> Result<Step, StreamError> {
        let offset = self.input.offset();
        let mut head = [0; 16];
        let head = self.input.peek(&mut head);
        if head.is_empty() {
            return if self.ended {
                self.finish()
            } else {
                Ok(Step::Wait)
            };
        }
        if let Some(kind) = head.get(4..8).and_then(|kind| kind.first_chunk::<4>()) {
            self.check_kind(FourCc(*kind))?;
        }
        let Some(header) = BoxHeader::parse(head) else {
            if !self.ended {
                return Ok(Step::Wait);
            }
            return Err(StreamError::Truncated {
                path: "a box header".to_owned(),
                offset,
                reason: format!("{} bytes are left", head.len()),
            });
        };
        if let Some(size) = header.size
            && size < header.header_len
        {
            return Err(StreamError::Malformed {
                path: header.kind.to_string(),
                offset,
                reason: format!("size {size} is less than its own header"),
            });
        }
        self.enter(header)
    }

    fn check_kind(&self, kind: FourCc) -> Result<(), StreamError> {
        let offset = self.input.offset();
        if offset == 0 && !FIRST_BOXES.contains(&&kind.0) {
            return Err(StreamError::NotMp4 {
                reason: format!("no stream begins with a box {kind}"),
            });
        }
        if !kind.0.iter().all(|byte| matches!(byte, b' '..=b'~')) {
            return Err(StreamError::Garbage { offset, kind });
        }
        Ok(())
    }

    /// Into the box at hand.
    fn enter(&mut self, header: BoxHeader) -> Result<Step, StreamError> {
        let kind = header.kind;
        let begins_anew = matches!(&kind.0, b"ftyp" | b"moov" | b"moof" | b"mfra");
        if let Some(pending) = self.pending.take_if(|_| begins_anew) {
            return Err(pending.unfinished(Some(kind)));
        }
        match &kind.0 {
            b"ftyp" => self.read_whole(header, self.limits.max_header_bytes),
            b"moov" => {
                let ftyp = self.ftyp.as_ref().map_or(0, |ftyp| ftyp.len() as u64);
                let limit = self.limits.max_header_bytes;
                self.read_whole(header, limit.saturating_sub(ftyp))
            }
            b"moof" if self.header.is_none() => Err(StreamError::NoHeader {
                offset: self.input.offset(),
            }),
            b"moof" | b"styp" | b"prft" | b"emsg" => {
                let limit = self.count(header)?;
                self.read_whole(header, limit)
            }
            b"mdat" => self.enter_media(header),
            b"mfra" => {
                if self.prelude.is_telling() {
                    return Ok(Step::Item(Item::Trailing(std::mem::take(
                        &mut self.prelude,
                    ))));
                }
                self.pass_over(header);
                if std::mem::replace(&mut self.end_told, true) {
                    return Ok(Step::On);
                }
                Ok(Step::Item(Item::End))
            }
            _ => {
                self.count(header)?;
                self.pass_over(header);
                Ok(Step::On)
            }
        }
    }

    fn read_whole(&mut self, header: BoxHeader, limit: u64) -> Result<Step, StreamError> {
        if header.size.is_some_and(|size| size > limit) {
            return Err(self.too_large(header.kind, limit));
        }
        self.state = State::Whole { header, limit };
        Ok(Step::On)
    }

    fn pass_over(&mut self, header: BoxHeader) {
        self.state = State::Skip {
            kind: header.kind,
            offset: self.input.offset(),
            left: header.size,
        };
    }

    /// Counts a box before a chunk, and tells how large it may be.
    fn count(&mut self, header: BoxHeader) -> Result<u64, StreamError> {
        if self.prelude_boxes >= self.limits.max_prelude_boxes {
            return Err(StreamError::LimitExceeded {
                path: header.kind.to_string(),
                offset: self.input.offset(),
                what: "boxes before a chunk",
                limit: u64::from(self.limits.max_prelude_boxes),
            });
        }
        self.prelude_boxes += 1;
        let limit = self.limits.max_prelude_bytes;
        let room = limit.saturating_sub(self.prelude_bytes);
        let size = header.size.unwrap_or(0);
        if size > room {
            return Err(self.too_large(header.kind, limit));
        }
        self.prelude_bytes += size;
        Ok(room)
    }

    fn enter_media(&mut self, header: BoxHeader) -> Result<Step, StreamError> {
        let offset = self.input.offset();
        let limit = self.limits.max_chunk_bytes;
        let content = header.size.map(|size| size - header.header_len);
        let Some(pending) = &self.pending else {
            // Of data that nothing refers to there may be any amount (ISO/IEC 14496-12, 8.1.1), but not before all else.
            if self.fragments == 0 {
                return Err(StreamError::NoFragment { offset });
            }
            if content.is_some_and(|content| content > limit) {
                return Err(self.too_large(header.kind, limit));
            }
            self.count(BoxHeader {
                size: Some(0),
                ..header
            })?;
            self.pass_over(header);
            return Ok(Step::On);
        };
        let boxes = u64::from(self.limits.max_prelude_boxes);
        if pending.media_boxes() >= boxes {
            return Err(StreamError::LimitExceeded {
                path: header.kind.to_string(),
                offset,
                what: "mdat boxes of one chunk",
                limit: boxes,
            });
        }
        let room = limit.saturating_sub(pending.media_bytes());
        if content.is_some_and(|content| content > room) {
            return Err(self.too_large(header.kind, limit));
        }
        self.input.skip(header.header_len);
        self.state = State::Media {
            offset,
            content,
            limit: room,
        };
        Ok(Step::On)
    }

    fn whole(&mut self, header: BoxHeader, limit: u64) -> Result<Step, StreamError> {
        let offset = self.input.offset();
        let Some(whole) = self.gather(header.kind, offset, header.size, limit)? else {
            return Ok(Step::Wait);
        };
        self.state = State::Between;
        let node = Node::top(offset, header, whole);
        match &node.kind().0 {
            b"ftyp" => {
                check_ftyp(&node)?;
                self.ftyp = Some(node.whole().clone());
            }
            b"moov" => return self.read_header(&node),
            b"styp" => {
                let segment = SegmentType::parse(&node)?;
                (self.last, self.filler) = (segment.has(b"lmsg"), segment.has(b"slat"));
                self.end_told = false;
                self.prelude.segment = Some(segment);
            }
            b"prft" => {
                let time = ProducerTime::parse(&node)?;
                self.prelude.producer_times.push(time);
            }
            b"emsg" => self.prelude.events.push(Event::of_box(&node)?),
            _ => return self.read_moof(node),
        }
        Ok(Step::On)
    }

    fn read_header(&mut self, moov: &Node<'_>) -> Result<Step, StreamError> {
        let ftyp = self.ftyp.take();
        let before = self.header.take();
        let same = before.filter(|before| before.ftyp == ftyp && before.movie.moov == moov.whole());
        let repeated = same.is_some();
        let header = match same {
            Some(header) => header,
            None => Arc::new(Header::read(ftyp, moov, &self.limits)?),
        };
        self.header = Some(Arc::clone(&header));
        self.end_told = false;
        if self.prelude.segment.is_none() {
            // The track begins again: what its last segment said is over.
            (self.last, self.filler) = (false, false);
        }
        (self.prelude_bytes, self.prelude_boxes) = (0, 0);
        Ok(Step::Item(Item::Header { header, repeated }))
    }

    fn read_moof(&mut self, moof: Node<'_>) -> Result<Step, StreamError> {
        let offset = moof.offset();
        let Some(header) = &self.header else {
            return Err(StreamError::NoHeader { offset });
        };
        let moof = moof.numbered(self.fragments);
        self.fragments += 1;
        self.end_told = false;
        let prelude = std::mem::take(&mut self.prelude);
        (self.prelude_bytes, self.prelude_boxes) = (0, 0);
        let marks = (self.last, self.filler);
        let pending = Pending::read(&moof, header, prelude, marks, &self.limits)?;
        self.complete(pending)
    }

    fn complete(&mut self, pending: Pending) -> Result<Step, StreamError> {
        match pending.complete()? {
            Ok(chunk) => Ok(Step::Item(Item::Chunk(Box::new(chunk)))),
            Err(pending) => {
                self.pending = Some(*pending);
                Ok(Step::On)
            }
        }
    }

    fn media(&mut self, mdat: u64, content: Option<u64>, limit: u64) -> Result<Step, StreamError> {
        let offset = self.input.offset();
        let gathered = self.gather(FourCc(*b"mdat"), mdat, content, limit)?;
        let Some(bytes) = gathered else {
            return Ok(Step::Wait);
        };
        self.state = State::Between;
        let Some(mut pending) = self.pending.take() else {
            return Ok(Step::On);
        };
        pending.media(offset, bytes);
        self.complete(pending)
    }

    /// `len` bytes, or all to the end of the body; none as long as they are not there. `offset`: of the box.
    fn gather(
        &mut self,
        kind: FourCc,
        offset: u64,
        len: Option<u64>,
        limit: u64,
    ) -> Result<Option<Bytes>, StreamError> {
        let there = self.input.len();
        let Some(len) = len else {
            if there as u64 > limit {
                return Err(self.too_large(kind, limit));
            }
            return Ok(self.ended.then(|| self.input.take(there)));
        };
        match usize::try_from(len) {
            Ok(len) if len <= there => Ok(Some(self.input.take(len))),
            _ if !self.ended => Ok(None),
            _ => Err(StreamError::Truncated {
                path: kind.to_string(),
                offset,
                reason: format!("{there} of {len} bytes came"),
            }),
        }
    }

    fn skip(&mut self, kind: FourCc, offset: u64, left: Option<u64>) -> Result<Step, StreamError> {
        let there = self.input.len() as u64;
        let passed = left.unwrap_or(there).min(there);
        self.input.skip(passed);
        let left = left.map(|left| left - passed);
        if left == Some(0) || (left.is_none() && self.ended) {
            self.state = State::Between;
            return Ok(Step::On);
        }
        self.state = State::Skip { kind, offset, left };
        match left {
            Some(left) if self.ended => Err(StreamError::Truncated {
                path: kind.to_string(),
                offset,
                reason: format!("{left} bytes of it are missing"),
            }),
            _ => Ok(Step::Wait),
        }
    }

    /// The body ended after a whole box.
    fn finish(&mut self) -> Result<Step, StreamError> {
        if let Some(pending) = self.pending.take() {
            return Err(pending.unfinished(None));
        }
        if self.prelude.is_telling() {
            return Ok(Step::Item(Item::Trailing(std::mem::take(
                &mut self.prelude,
            ))));
        }
        if self.last && !std::mem::replace(&mut self.end_told, true) {
            return Ok(Step::Item(Item::End));
        }
        Ok(Step::Wait)
    }

    fn too_large(&self, kind: FourCc, limit: u64) -> StreamError {
        let what = match &kind.0 {
            b"ftyp" | b"moov" => "bytes of a header",
            b"mdat" => "bytes of media in one chunk",
            _ => "bytes of boxes before a chunk, its moof included",
        };
        StreamError::LimitExceeded {
            path: kind.to_string(),
            offset: self.input.offset(),
            what,
            limit,
        }
    }
}
