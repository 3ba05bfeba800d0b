//! What a player knows of a title, of whichever manifest it learned it. Times are seconds, rates bit/s.
use std::ops::Range;
use std::time::Duration;

use url::Url;

/// A title as the multivariant playlist or the MPD tells it.
#[derive(Clone, Debug, PartialEq)]
pub struct Presentation {
    pub tracks: Vec<Track>,
    /// `MPD.Location`: where the manifest is to be asked for from now on.
    pub location: Option<Url>,
    /// Where the server's clock is read, in order of preference: `UTCTiming`.
    pub clocks: Vec<Clock>,
}

/// A way to the server's clock (ISO/IEC 23009-1, 5.8.5.7).
#[derive(Clone, Debug, PartialEq)]
pub enum Clock {
    /// Seconds of the Unix epoch, as the manifest itself says.
    Direct(f64),
    /// The `Date` header of a HEAD request.
    Head(Url),
    /// A date and time of ISO 8601 in the body.
    Body(Url),
}

#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize,
)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    Video,
    Audio,
    Text,
}

/// Renditions between which a player changes by rate. Muxed HLS variants are video.
#[derive(Clone, Debug, PartialEq)]
pub struct Track {
    pub kind: Kind,
    pub language: Option<String>,
    pub default: bool,
    /// Never empty, by rising `bandwidth`.
    pub rungs: Vec<Rung>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Rung {
    /// What reports call it: `1080p`, an id.
    pub name: String,
    pub bandwidth: u64,
    pub height: Option<u32>,
    pub codecs: String,
    pub source: Source,
}

/// Where a rung's segments are learnt.
#[derive(Clone, Debug, PartialEq)]
pub enum Source {
    /// HLS: a media playlist of its own.
    Playlist(Url),
    /// DASH: in the MPD itself; its index in the list that came with the presentation.
    Known(usize),
}

/// A rendition's segments as a playlist or an MPD told them.
#[derive(Clone, Debug, PartialEq)]
pub struct Media {
    /// By rising `number`, without holes.
    pub segments: Vec<Segment>,
    /// `None`: the list is complete (VOD, or an event that ended).
    pub live: Option<Live>,
}

/// How a growing list grows.
#[derive(Clone, Debug, PartialEq)]
pub struct Live {
    /// When to ask again, at the earliest.
    pub reload_after: Duration,
    /// How far behind the end players stay: HOLD-BACK, PART-HOLD-BACK or the target latency.
    pub hold_back: f64,
    /// `CAN-BLOCK-RELOAD`: asks for what comes next by `_HLS_msn` and `_HLS_part`.
    pub blocking: bool,
    /// `PART-TARGET`, or the chunk duration of a low-latency DASH segment.
    pub part_target: Option<f64>,
    /// What is asked for before it is announced: `EXT-X-PRELOAD-HINT:TYPE=PART`.
    pub hint: Option<Resource>,
    /// Seconds of delta updates skipped, `CAN-SKIP-UNTIL`.
    pub skip_until: Option<f64>,
    /// How far other renditions are: `EXT-X-RENDITION-REPORT`.
    pub reports: Vec<Report>,
}

/// The last of another rendition's list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    pub playlist: Url,
    /// `LAST-MSN`; where it is left out, that of the playlist that reports.
    pub number: u64,
    /// `LAST-PART`, likewise.
    pub part: Option<u64>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Resource {
    pub url: Url,
    /// Bytes of the resource; `None`: all of it. An end of `u64::MAX`: whatever there is.
    pub range: Option<Range<u64>>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Segment {
    /// Media sequence number, or DASH's segment number.
    pub number: u64,
    /// In HLS from the beginning of the list as it was first loaded, in DASH from the beginning of the presentation.
    pub start: f64,
    pub duration: f64,
    /// `false`: `duration` is nominal, and the media's may be off by half of it (DASH's `@duration`).
    pub exact: bool,
    /// Its earliest presentation time on the time line of the media itself: DASH's `S@t`.
    pub media_time: Option<f64>,
    pub resource: Resource,
    pub header: Option<Resource>,
    /// The header is encrypted as a whole: its bytes are not readable.
    pub header_encrypted: bool,
    pub container: Container,
    pub protection: Protection,
    /// What a player fetches to decrypt it: the URI of KEYFORMAT `identity`.
    pub key: Option<Key>,
    /// Counts discontinuities (HLS) or periods (DASH): decode times go on within one value.
    pub discontinuity: u64,
    pub gap: bool,
    /// Parts of a low-latency segment; the resource of one that still grows may not be there yet.
    pub parts: Vec<Part>,
    /// `false`: only its parts are there so far, and `resource` may be a guess; in DASH, it still grows.
    pub complete: bool,
    /// Wall-clock time of the first sample, seconds of the Unix epoch: PROGRAM-DATE-TIME, or in DASH when encoding of
    /// it began.
    pub wall_clock: Option<f64>,
}

/// A key that is fetched as it is.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Key {
    pub url: Url,
    /// How long it is, by its METHOD.
    pub bytes: usize,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Part {
    pub resource: Resource,
    pub duration: f64,
    pub independent: bool,
    /// It will never be there.
    pub gap: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Container {
    Fragment,
    TransportStream,
    PackedAudio,
    WebVtt,
    /// Judged by its bytes alone.
    Unknown,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protection {
    Clear,
    /// `cenc`, `cbcs`: boxes are readable, samples are not.
    Samples,
    /// AES-128: nothing is readable.
    Whole,
}

/// Why a manifest cannot be read: the server's fault, or its manifest goes beyond a limit.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReadError {
    #[error("not an HLS playlist: it does not begin with #EXTM3U")]
    NotAPlaylist,
    #[error("not an MPD: {what}")]
    NotAnMpd { what: String },
    #[error("a media playlist where a multivariant playlist should be, or the reverse")]
    OtherPlaylist,
    #[error("line {line}: {what}")]
    Malformed { line: usize, what: String },
    #[error("line {line}: `{uri}` is no URL: {reason}")]
    Url {
        line: usize,
        uri: String,
        reason: url::ParseError,
    },
    #[error("line {line}: more than {limit} {what}")]
    Limit {
        line: usize,
        what: &'static str,
        limit: usize,
    },
    #[error("a delta update that skips segments up to {until}, where {known}")]
    Delta { until: u64, known: String },
    #[error("nothing to play: {what}")]
    Empty { what: &'static str },
}
