//! What headers, segments and parts are called.
use edgepack_packager::{Rotation, TrackProtection};

use crate::text::{push_hex, push_number};
use crate::{Method, Protection};

/// Names below a track: `init-{epoch}-{header}.mp4`, `{epoch}-{number}.m4s`, `{epoch}-{number}.{part}.m4s`.
///
/// A header with the key of a later crypto period is `init-{epoch}-{header}.{period}.mp4`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Names {
    /// The life of the channel; eight lower-case hex digits.
    pub epoch: u32,
}

impl Names {
    /// `header`: `Segment::header`. `period`: [`header_period`], 0 in the clear.
    pub fn header(&self, header: u32, period: u32) -> String {
        let mut out = String::with_capacity(32);
        self.push_header(&mut out, header, period);
        out
    }

    /// `number`: media sequence number.
    pub fn segment(&self, number: u64) -> String {
        let mut out = String::with_capacity(32);
        self.push_segment(&mut out, number);
        out
    }

    /// `part`: from 0.
    pub fn part(&self, number: u64, part: usize) -> String {
        let mut out = String::with_capacity(32);
        self.push_part(&mut out, number, part);
        out
    }

    pub(super) fn push_header(&self, out: &mut String, header: u32, period: u32) {
        out.push_str("init-");
        push_hex(out, &self.epoch.to_be_bytes());
        out.push('-');
        push_number(out, u64::from(header));
        if period > 0 {
            out.push('.');
            push_number(out, u64::from(period));
        }
        out.push_str(".mp4");
    }

    pub(super) fn push_segment(&self, out: &mut String, number: u64) {
        push_hex(out, &self.epoch.to_be_bytes());
        out.push('-');
        push_number(out, number);
        out.push_str(".m4s");
    }

    pub(super) fn push_part(&self, out: &mut String, number: u64, part: usize) {
        push_hex(out, &self.epoch.to_be_bytes());
        out.push('-');
        push_number(out, number);
        out.push('.');
        push_number(out, part as u64);
        out.push_str(".m4s");
    }
}

/// The crypto period (`CryptoPeriod::number`) whose key the header of a segment names, by media sequence number. 0 where
/// one header does for all keys: with sample groups, and where segments are encrypted as a whole.
pub fn header_period(protection: &Protection, track: &TrackProtection, number: u64) -> u32 {
    if protection.method == Method::Aes128 || track.rotation == Rotation::SampleGroups {
        return 0;
    }
    let segment = usize::try_from(number).unwrap_or(usize::MAX);
    track.at(segment).map_or(0, |period| period.number)
}
