//! How a rendition is protected from segment to segment: crypto periods, clear lead, and what is asked of devices.
use edgepack_drm::{KeyId, SampleEncryptor, TrackEncryption};

use crate::{Presentation, Rendition};

#[cfg(test)]
mod tests;

/// How one rendition is protected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrackProtection {
    /// Name of the key label that the rendition falls under: `AUDIO`, `SD`, `HD`.
    pub label: String,
    pub restrictions: Restrictions,
    /// That many segments at the beginning are clear.
    pub clear_lead: u32,
    pub rotation: Rotation,
    /// Never empty; the first begins at segment 0, whatever the clear lead; rising.
    pub periods: Vec<CryptoPeriod>,
}

/// How players learn that keys change (ISO/IEC 23001-7, 6 and 8.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Rotation {
    /// A CMAF header of its own for each crypto period, with the `default_KID`.
    NewHeader,
    /// One header; fragments of later crypto periods name their key in a `seig` sample group.
    SampleGroups,
}

/// The segments that one key protects.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CryptoPeriod {
    /// From 0.
    pub first_segment: u32,
    /// Of the whole presentation's crypto periods, from 0: the same moment in all renditions.
    pub number: u32,
    pub kid: KeyId,
    /// Changes with the key, and does not tell it: a key replaced under the same id changes URLs.
    pub key_tag: [u8; 8],
    pub encryption: Encryption,
}

/// What is encrypted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Encryption {
    /// Samples in CMAF (ISO/IEC 23001-7).
    Common(TrackEncryption),
    /// Segments as a whole (8216bis, METHOD=AES-128).
    Aes128,
    /// Frames and slices in MPEG-TS and packed audio, each from this IV on (8216bis, METHOD=SAMPLE-AES).
    SampleAes { iv: [u8; 16] },
}

/// What devices must be able to do to get the key; told in multivariant playlists.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Restrictions {
    pub hdcp_level: Option<HdcpLevel>,
    /// KEYFORMAT and the content protection configurations that it allows (8216bis, ALLOWED-CPC).
    pub allowed_cpc: Vec<(String, Vec<String>)>,
}

/// HDCP-LEVEL.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum HdcpLevel {
    None,
    Type0,
    Type1,
}

impl HdcpLevel {
    pub const ALL: [Self; 3] = [Self::None, Self::Type0, Self::Type1];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::None => "NONE",
            Self::Type0 => "TYPE-0",
            Self::Type1 => "TYPE-1",
        }
    }
}

impl TrackProtection {
    /// One key from beginning to end.
    pub fn of_one_key(label: &str, kid: KeyId, key_tag: [u8; 8], encryption: Encryption) -> Self {
        Self {
            label: label.to_owned(),
            restrictions: Restrictions::default(),
            clear_lead: 0,
            rotation: Rotation::NewHeader,
            periods: vec![CryptoPeriod {
                first_segment: 0,
                number: 0,
                kid,
                key_tag,
                encryption,
            }],
        }
    }

    /// Index of the crypto period that a segment (from 0) lies in.
    pub fn period_of(&self, segment: usize) -> usize {
        let after = self
            .periods
            .partition_point(|period| usize_of(period.first_segment) <= segment);
        after.saturating_sub(1)
    }

    pub fn at(&self, segment: usize) -> Option<&CryptoPeriod> {
        self.periods.get(self.period_of(segment))
    }

    /// Whether a segment (from 0) belongs to the clear lead.
    pub fn is_clear(&self, segment: usize) -> bool {
        segment < usize_of(self.clear_lead)
    }

    /// The crypto period whose CMAF header a segment is decoded with.
    pub fn header_of(&self, segment: usize) -> usize {
        match self.rotation {
            Rotation::NewHeader => self.period_of(segment),
            Rotation::SampleGroups => 0,
        }
    }

    /// CMAF headers: `init.mp4`, `init-2.mp4` and so on.
    pub fn headers(&self) -> usize {
        match self.rotation {
            Rotation::NewHeader => self.periods.len(),
            Rotation::SampleGroups => 1,
        }
    }

    /// The first crypto period's, where samples are encrypted: what `tenc` of the first header says.
    pub fn common(&self) -> Option<&TrackEncryption> {
        self.periods.first()?.common()
    }

    /// The first crypto period's key.
    pub fn default_kid(&self) -> Option<KeyId> {
        Some(self.periods.first()?.kid)
    }

    /// Each key once, in order.
    pub fn kids(&self) -> Vec<KeyId> {
        let mut kids = Vec::with_capacity(self.periods.len());
        for period in &self.periods {
            if !kids.contains(&period.kid) {
                kids.push(period.kid);
            }
        }
        kids
    }
}

impl CryptoPeriod {
    pub fn common(&self) -> Option<&TrackEncryption> {
        match &self.encryption {
            Encryption::Common(encryption) => Some(encryption),
            Encryption::Aes128 | Encryption::SampleAes { .. } => None,
        }
    }
}

/// What a CMAF header says of protection.
#[derive(Debug, Clone, Copy)]
pub enum HeaderProtection<'a> {
    Clear,
    Protected(&'a TrackEncryption),
    /// The protected sample entries, then the same ones clear, for segments of a clear lead.
    WithLead(&'a TrackEncryption),
}

/// How one segment, or one part of it, is protected.
#[derive(Debug, Clone, Copy)]
pub enum SegmentProtection<'a> {
    /// Under a clear header.
    Clear,
    /// Clear, under a header made [`WithLead`](HeaderProtection::WithLead).
    Lead,
    /// As the header says.
    Header(&'a SampleEncryptor),
    /// As the fragment says, in a `seig` sample group.
    Group(&'a SampleEncryptor),
}

/// Without an encryptor the header is clear as well.
impl<'a> From<Option<&'a SampleEncryptor>> for SegmentProtection<'a> {
    fn from(encryptor: Option<&'a SampleEncryptor>) -> Self {
        encryptor.map_or(Self::Clear, Self::Header)
    }
}

impl<'a> From<Option<&'a TrackEncryption>> for HeaderProtection<'a> {
    fn from(encryption: Option<&'a TrackEncryption>) -> Self {
        encryption.map_or(Self::Clear, Self::Protected)
    }
}

impl<'a> SegmentProtection<'a> {
    pub fn encryptor(self) -> Option<&'a SampleEncryptor> {
        match self {
            Self::Clear | Self::Lead => None,
            Self::Header(encryptor) | Self::Group(encryptor) => Some(encryptor),
        }
    }
}

/// How often keys change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Every {
    /// At the first segment that begins at or after each multiple, milliseconds.
    Time(u64),
    Segments(u32),
}

/// Where the keys of each rendition change, and how much of it is clear.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Schedule {
    /// One per rendition.
    pub tracks: Vec<TrackSchedule>,
    /// Crypto periods of the whole presentation.
    pub periods: u32,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TrackSchedule {
    /// Segments.
    pub clear_lead: u32,
    /// First segment, and the number of the crypto period in the whole presentation.
    pub periods: Vec<(u32, u32)>,
}

impl Schedule {
    /// All renditions change keys at the same moments: where segments of the first one of a period begin. Another
    /// rendition's segment, which may begin some frames earlier or later, belongs to the crypto period that its middle
    /// lies in. Counting goes on from period to period; `clear_lead_ms` counts in the first one only.
    pub fn new(p: &Presentation, every: Option<Every>, clear_lead_ms: u64) -> Self {
        let mut tracks = vec![TrackSchedule::default(); p.renditions.len()];
        let mut next = 0_u32;
        for (number, period) in p.periods.iter().enumerate() {
            let Some(lead) = p.renditions.get(period.renditions.start) else {
                continue;
            };
            let starts = every.map_or_else(Vec::new, |every| changes(lead, every));
            let lead_end = (number == 0 && clear_lead_ms > 0)
                .then(|| first_start_from(lead, clear_lead_ms).unwrap_or(u64::MAX));
            for index in period.renditions.clone() {
                if let (Some(rendition), Some(track)) =
                    (p.renditions.get(index), tracks.get_mut(index))
                {
                    *track = track_schedule(rendition, &starts, lead_end, next);
                }
            }
            next = next.saturating_add(count(starts.len())).saturating_add(1);
        }
        Self {
            tracks,
            periods: next,
        }
    }
}

fn track_schedule(
    r: &Rendition,
    starts: &[u64],
    lead_end: Option<u64>,
    first: u32,
) -> TrackSchedule {
    let before = |moment: u64| {
        let middle =
            |segment: &crate::Segment| micros(segment.start + segment.duration / 2, r.timescale);
        count(
            r.segments
                .partition_point(|segment| middle(segment) < moment),
        )
    };
    let mut periods = vec![(0, first)];
    for (moment, number) in starts.iter().zip(first.saturating_add(1)..) {
        let segment = before(*moment);
        if usize_of(segment) >= r.segments.len() {
            break;
        }
        match periods.last_mut() {
            // A rendition with longer segments passes over a crypto period that none of them has its middle in.
            Some(last) if last.0 == segment => last.1 = number,
            _ => periods.push((segment, number)),
        }
    }
    TrackSchedule {
        clear_lead: lead_end.map_or(0, before),
        periods,
    }
}

/// Starts of the lead's segments at which the second crypto period, the third and so on begin, microseconds.
fn changes(lead: &Rendition, every: Every) -> Vec<u64> {
    let start = |segment: &crate::Segment| micros(segment.start, lead.timescale);
    match every {
        Every::Segments(segments) => lead
            .segments
            .chunks(usize_of(segments.max(1)))
            .skip(1)
            .filter_map(|chunk| chunk.first().map(start))
            .collect(),
        Every::Time(ms) => {
            let step = ms.saturating_mul(1000).max(1);
            let mut changes = Vec::new();
            let mut due = step;
            for at in lead.segments.iter().map(start) {
                if at >= due {
                    changes.push(at);
                    due = (at / step + 1).saturating_mul(step);
                }
            }
            changes
        }
    }
}

fn first_start_from(lead: &Rendition, ms: u64) -> Option<u64> {
    let starts = lead
        .segments
        .iter()
        .map(|segment| micros(segment.start, lead.timescale));
    starts
        .into_iter()
        .find(|start| *start >= ms.saturating_mul(1000))
}

fn micros(time: u64, timescale: u32) -> u64 {
    let micros = u128::from(time) * 1_000_000 / u128::from(timescale.max(1));
    u64::try_from(micros).unwrap_or(u64::MAX)
}

fn count(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}

fn usize_of(number: u32) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}
