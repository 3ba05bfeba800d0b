//! What stands before a chunk and belongs to it: `styp`, `prft` and `emsg`.
use bytes::Bytes;

use super::StreamError;
use crate::FourCc;
use crate::boxes::Node;
use crate::emsg::Event;

/// The boxes before a chunk. Others (`sidx`, `free`, `uuid`, …) are passed over.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Prelude {
    /// A segment begins with this chunk, and says what it is.
    pub segment: Option<SegmentType>,
    /// `prft`, in their order.
    pub producer_times: Vec<ProducerTime>,
    /// `emsg`, in their order.
    pub events: Vec<Event>,
}

/// `styp` (ISO/IEC 14496-12, 8.16.2).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SegmentType {
    pub major_brand: FourCc,
    pub compatible_brands: Vec<FourCc>,
}

/// `prft`: what time it was when the encoder had this sample (ISO/IEC 14496-12, 8.16.5).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProducerTime {
    pub track_id: u32,
    /// Unix time, microseconds; none where the box leaves it open (an NTP time of 0).
    pub unix_us: Option<i64>,
    /// Timescale of the track, on the time line of `tfdt`.
    pub media_time: u64,
    /// At which moment the clock was read: 0 a frame entered the encoder, 1 left it, 2 the `moof` was finalised,
    /// 4 written; 8 anything in keeping over time; 24 the frame was captured.
    pub flags: u32,
    /// The whole box.
    pub raw: Bytes,
}

impl Prelude {
    /// The `prft` and `emsg` boxes, as they came: what is passed on with the chunk.
    pub fn bytes(&self) -> Bytes {
        let times = self.producer_times.iter().map(|time| &time.raw);
        let events = self.events.iter().map(|event| &event.raw);
        let mut boxes: Vec<&Bytes> = times.chain(events).collect();
        match boxes.len() {
            1 => boxes.pop().cloned().unwrap_or_default(),
            _ => boxes.iter().flat_map(|raw| raw.iter().copied()).collect(),
        }
    }

    /// Whether it says anything that is of use without a chunk.
    pub(super) fn is_telling(&self) -> bool {
        !self.producer_times.is_empty() || !self.events.is_empty()
    }
}

impl SegmentType {
    pub fn has(&self, brand: &[u8; 4]) -> bool {
        self.compatible_brands.contains(&FourCc(*brand)) || self.major_brand.0 == *brand
    }

    pub(super) fn parse(styp: &Node<'_>) -> Result<Self, StreamError> {
        let mut fields = styp.fields();
        let major_brand = fields.fourcc()?;
        let _minor_version = fields.u32()?;
        let rest = fields.rest();
        let (brands, _) = rest.as_chunks::<4>();
        Ok(Self {
            major_brand,
            compatible_brands: brands.iter().map(|brand| FourCc(*brand)).collect(),
        })
    }
}

impl ProducerTime {
    pub(super) fn parse(prft: &Node<'_>) -> Result<Self, StreamError> {
        let mut fields = prft.fields();
        let (version, flags) = fields.version_and_flags()?;
        if version > 1 {
            return Err(undefined_version(prft, version));
        }
        Ok(Self {
            track_id: fields.u32()?,
            unix_us: unix_us(fields.u64()?),
            media_time: fields.u32_or_u64(version)?,
            flags,
            raw: prft.whole().clone(),
        })
    }
}

/// From the epoch of NTP (1900) to that of Unix, seconds.
const NTP_TO_UNIX: i64 = 2_208_988_800;

/// Of an NTP timestamp, seconds and their fraction of 32 bits each. With the highest bit clear it is one of the era
/// that begins in 2036 (RFC 4330, section 3).
fn unix_us(ntp: u64) -> Option<i64> {
    if ntp == 0 {
        return None;
    }
    let [seconds, fraction] = [ntp >> 32, ntp & 0xffff_ffff].map(|half| half.cast_signed());
    let era = if seconds >> 31 == 0 { 1 << 32 } else { 0 };
    Some((seconds + era - NTP_TO_UNIX) * 1_000_000 + ((fraction * 1_000_000) >> 32))
}

fn undefined_version(node: &Node<'_>, version: u8) -> StreamError {
    node.malformed(format!("version {version} is not defined"))
        .into()
}
