//! Events: `emsg` boxes before fragments (ISO/IEC 23009-1, 5.10.3.3), and the same in the samples of event message tracks
//! (ISO/IEC 23001-18).
use bytes::Bytes;

use crate::boxes::{BoxHeader, Fields, Node};
use crate::{BoxWriter, FourCc, Result};

/// Of a scheme or a value, bytes.
const MAX_STRING: usize = 4096;
/// Of one sample.
const MAX_INSTANCES: usize = 256;

/// The sample entry of event message tracks (ISO/IEC 23001-18, 6.1).
pub const EVENT_TRACK: FourCc = FourCc(*b"evte");

/// One event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    pub scheme: String,
    pub value: String,
    pub id: u32,
    /// Units per second of `time` and `duration`; not 0.
    pub timescale: u32,
    pub time: EventTime,
    /// None: unknown.
    pub duration: Option<u32>,
    pub message: Bytes,
    /// The whole box.
    pub raw: Bytes,
}

/// When an event is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EventTime {
    /// Version 0: after the earliest presentation time of the segment that the box stands in.
    AfterSegmentStart(u32),
    /// Version 1: on the time line of the track.
    At(u64),
}

impl Event {
    /// One whole `emsg` box.
    ///
    /// # Errors
    /// [`Error::Malformed`](crate::Error::Malformed) for what is none, or none of version 0 or 1;
    /// [`Error::LimitExceeded`](crate::Error::LimitExceeded) for a scheme or value of more than 4096 bytes. Offsets count
    /// from the start of `whole`.
    pub fn parse(whole: Bytes) -> Result<Self> {
        let node = one_box(0, whole)?;
        match &node.kind().0 {
            b"emsg" => Self::of_box(&node),
            _ => Err(node.malformed("an emsg box is wanted")),
        }
    }

    /// The events of a sample of an event message track; none in one that is empty (`emeb`). `time`: the sample's
    /// presentation time, in units of `timescale`, which is not 0. Those that began before time 0 are told at 0. `emsg`
    /// boxes, which older encoders put there, are told as they are: those of version 0 count from the sample.
    ///
    /// # Errors
    /// As [`parse`](Self::parse); also for more than 256 events.
    pub fn of_sample(sample: &Bytes, time: u64, timescale: u32) -> Result<Vec<Self>> {
        let (mut events, mut at) = (Vec::new(), 0);
        while at < sample.len() {
            let node = one_box(at, sample.slice(at..))?;
            at += node.whole().len();
            let is_instance = node.kind().0 == *b"emib";
            if !is_instance && node.kind().0 != *b"emsg" {
                continue;
            }
            if events.len() == MAX_INSTANCES {
                return Err(node.limit("events in a sample", MAX_INSTANCES as u64));
            }
            events.push(match is_instance {
                true => Self::of_instance(&node, time, timescale)?,
                false => Self::of_box(&node)?,
            });
        }
        Ok(events)
    }

    /// The same event as a box of version 1, `at` on the track's time line, in units of [`Event::timescale`].
    pub fn to_version_1(&self, at: u64) -> Vec<u8> {
        let mut w = BoxWriter::new();
        w.full_box(b"emsg", 1, 0, |w| {
            w.u32(self.timescale);
            w.u64(at);
            w.u32(self.duration.unwrap_or(u32::MAX));
            w.u32(self.id);
            for string in [&self.scheme, &self.value] {
                w.bytes(string.as_bytes());
                w.u8(0);
            }
            w.bytes(&self.message);
        });
        w.into_vec()
    }

    pub(crate) fn of_box(emsg: &Node<'_>) -> Result<Self> {
        let mut fields = emsg.fields();
        let (version, _) = fields.version_and_flags()?;
        let (strings, timescale, time, duration, id) = match version {
            0 => {
                let strings = two_strings(emsg, &mut fields)?;
                let timescale = fields.u32()?;
                let time = EventTime::AfterSegmentStart(fields.u32()?);
                (strings, timescale, time, fields.u32()?, fields.u32()?)
            }
            1 => {
                let timescale = fields.u32()?;
                let time = EventTime::At(fields.u64()?);
                let (duration, id) = (fields.u32()?, fields.u32()?);
                let strings = two_strings(emsg, &mut fields)?;
                (strings, timescale, time, duration, id)
            }
            _ => return Err(emsg.malformed(format!("version {version} is not defined"))),
        };
        if timescale == 0 {
            return Err(emsg.malformed("the timescale is 0"));
        }
        let (scheme, value) = strings;
        Ok(Self {
            scheme,
            value,
            id,
            timescale,
            time,
            duration: known(duration),
            message: fields.rest(),
            raw: emsg.whole().clone(),
        })
    }

    /// `emib` (ISO/IEC 23001-18, 6.2): as `emsg`, with a time that is relative to that of the sample.
    fn of_instance(emib: &Node<'_>, sample_time: u64, timescale: u32) -> Result<Self> {
        let mut fields = emib.fields();
        let (version, _) = fields.version_and_flags()?;
        if version != 0 {
            return Err(emib.malformed(format!("version {version} is not defined")));
        }
        let _reserved = fields.u32()?;
        let delta = fields.i64()?;
        let (duration, id) = (fields.u32()?, fields.u32()?);
        let (scheme, value) = two_strings(emib, &mut fields)?;
        Ok(Self {
            scheme,
            value,
            id,
            timescale: timescale.max(1),
            time: EventTime::At(sample_time.saturating_add_signed(delta)),
            duration: known(duration),
            message: fields.rest(),
            raw: emib.whole().clone(),
        })
    }
}

/// The first box of `bytes`, found at `offset`.
fn one_box(offset: usize, bytes: Bytes) -> Result<Node<'static>> {
    let offset = offset as u64;
    let Some(header) = BoxHeader::parse(&bytes) else {
        let none = BoxHeader {
            kind: FourCc(*b"emsg"),
            header_len: 0,
            size: None,
        };
        return Err(Node::top(offset, none, bytes).malformed("too few bytes for a box"));
    };
    let there = bytes.len() as u64;
    let size = header.size.unwrap_or(there);
    if size < header.header_len || size > there {
        let node = Node::top(offset, header, bytes);
        return Err(node.malformed(format!("size {size} in {there} bytes")));
    }
    let len = usize::try_from(size).unwrap_or(bytes.len());
    Ok(Node::top(offset, header, bytes.slice(..len)))
}

/// All ones: unknown.
fn known(duration: u32) -> Option<u32> {
    (duration != u32::MAX).then_some(duration)
}

/// Scheme and value.
fn two_strings(node: &Node<'_>, fields: &mut Fields<'_>) -> Result<(String, String)> {
    Ok((string(node, fields)?, string(node, fields)?))
}

/// UTF-8 up to a zero.
fn string(node: &Node<'_>, fields: &mut Fields<'_>) -> Result<String> {
    let mut bytes = Vec::new();
    loop {
        match fields.u8()? {
            0 => break,
            _ if bytes.len() == MAX_STRING => {
                return Err(node.limit("bytes of a scheme or value", MAX_STRING as u64));
            }
            byte => bytes.push(byte),
        }
    }
    let string = String::from_utf8(bytes);
    string.map_err(|_| node.malformed("a string that is no UTF-8"))
}

#[cfg(test)]
mod tests;
