//! The last one or two elements of an asset's path: what of the asset is asked for.
use std::fmt;

use edgepack_drm::KeyId;

use super::{NUMBER_MAX, TRACK_MAX};
use crate::telemetry::Kind;

/// Digits of the largest `u64`.
const TIME_DIGITS_MAX: usize = 20;

/// What of an asset is asked for. `track` is a track's URL name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Leaf<'r> {
    /// `index.m3u8`: CMAF
    HlsMultivariant,
    /// `index-ts.m3u8`: MPEG-TS and packed audio
    HlsMultivariantTs,
    /// `ondemand.m3u8`: byte ranges of one file per track
    HlsMultivariantOnDemand,
    /// `manifest.mpd`: `$Number$`
    Dash,
    /// `manifest-time.mpd`: `$Time$`
    DashTime,
    /// `ondemand.mpd`: `SegmentBase`
    DashOnDemand,
    /// `{track}/index.m3u8`
    HlsMedia { track: &'r str },
    /// `{track}/iframes.m3u8`
    HlsIFrames { track: &'r str },
    /// `{track}/ondemand.m3u8`
    HlsMediaOnDemand { track: &'r str },
    /// `{track}/index-ts.m3u8`
    HlsMediaTs { tracks: TsTracks<'r> },
    /// `{track}/index-packed.m3u8`
    HlsMediaPacked { track: &'r str },
    /// `{track}/thumbnails.vtt`: a sprite sheet
    Thumbnails { track: &'r str },
    /// `{track}/init.mp4`, `{track}/init-2.mp4`: CMAF header, `number` from 1
    Init { track: &'r str, number: u32 },
    /// `{track}/{number}.m4s`, `number` from 1 to [`NUMBER_MAX`]
    Segment { track: &'r str, number: u32 },
    /// `{track}/t{time}.m4s`: the segment that starts at `time`, in the track's time scale
    SegmentAt { track: &'r str, time: u64 },
    /// `{track}/i{number}.m4s`: one sync sample, `number` from 1
    IFrame { track: &'r str, number: u32 },
    /// `{track}/media.mp4`: header, segment index and all segments
    MediaFile { track: &'r str },
    /// `{track}/{number}.ts`
    TsSegment { tracks: TsTracks<'r>, number: u32 },
    /// `{track}/{number}.aac` and its like
    PackedAudio {
        track: &'r str,
        number: u32,
        codec: PackedCodec,
    },
    /// `{track}/{number}.vtt`
    WebVtt { track: &'r str, number: u32 },
    /// `{track}/ts{number}.vtt`: mapped to the time line of MPEG-TS
    TsWebVtt { track: &'r str, number: u32 },
    /// `{track}/{number}.jpg`: a sheet of thumbnails
    Image { track: &'r str, number: u32 },
    /// `{track}/{epoch}-{number}.m4s`: a live segment, `number` its media sequence number
    LiveSegment {
        track: &'r str,
        epoch: Epoch,
        number: u64,
    },
    /// `{track}/{epoch}-{number}.{part}.m4s`: a part of one, from 0
    LivePart {
        track: &'r str,
        epoch: Epoch,
        number: u64,
        part: u32,
    },
    /// `{track}/init-{epoch}-{header}.mp4`: CMAF header of live segments, from 0; `{header}.{crypto}` with the key of a
    /// later crypto period
    LiveInit {
        track: &'r str,
        epoch: Epoch,
        header: u32,
        crypto: u32,
    },
    /// `time`: what time it is, for players that have no clock (`urn:mpeg:dash:utc:http-xsdate:2014`)
    Time,
    /// `{kid}.key`: the 16 bytes of a content key, where the mount offers that
    Key { kid: KeyId },
    /// `clearkey`: W3C ClearKey licences, by `POST`
    ClearKeyLicence,
}

/// When a channel's state began in this process, Unix seconds: names that a node gave in an earlier life are never
/// given again. Eight lower-case hex digits in URLs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Epoch(pub u32);

impl Epoch {
    fn parse(digits: &str) -> Option<Self> {
        let plain = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
        (digits.len() == 8 && digits.bytes().all(plain))
            .then(|| u32::from_str_radix(digits, 16).ok().map(Self))?
    }
}

impl fmt::Display for Epoch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:08x}", self.0)
    }
}

/// The tracks of an MPEG-TS rendition: one, or `{video}+{audio}`. Which is which their names do not tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TsTracks<'r> {
    first: &'r str,
    second: Option<&'r str>,
}

impl<'r> TsTracks<'r> {
    /// `None`: more than two names, the same one twice, or a name that cannot be one.
    pub fn parse(element: &'r str) -> Option<Self> {
        let (first, second) = match element.split_once('+') {
            Some((first, second)) => (first, Some(second)),
            None => (element, None),
        };
        let sound =
            |name: &str| !name.is_empty() && name.len() <= TRACK_MAX && !name.contains(['+', '/']);
        let differ = second != Some(first);
        (sound(first) && second.is_none_or(sound) && differ).then_some(Self { first, second })
    }

    /// The one track, or the one that segments follow.
    pub fn first(&self) -> &'r str {
        self.first
    }

    pub fn second(&self) -> Option<&'r str> {
        self.second
    }
}

/// As in the URL.
impl fmt::Display for TsTracks<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.first)?;
        match self.second {
            Some(second) => write!(f, "+{second}"),
            None => Ok(()),
        }
    }
}

/// What a packed audio segment holds (RFC 8216, 3.4); the URL's extension.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PackedCodec {
    Aac,
    Ac3,
    Eac3,
    Mp3,
}

impl PackedCodec {
    pub const ALL: [Self; 4] = [Self::Aac, Self::Ac3, Self::Eac3, Self::Mp3];

    pub fn extension(self) -> &'static str {
        match self {
            Self::Aac => "aac",
            Self::Ac3 => "ac3",
            Self::Eac3 => "ec3",
            Self::Mp3 => "mp3",
        }
    }
}

/// The URL below the protection element.
impl fmt::Display for Leaf<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::HlsMultivariant => f.write_str("index.m3u8"),
            Self::HlsMultivariantTs => f.write_str("index-ts.m3u8"),
            Self::HlsMultivariantOnDemand => f.write_str("ondemand.m3u8"),
            Self::Dash => f.write_str("manifest.mpd"),
            Self::DashTime => f.write_str("manifest-time.mpd"),
            Self::DashOnDemand => f.write_str("ondemand.mpd"),
            Self::HlsMedia { track } => write!(f, "{track}/index.m3u8"),
            Self::HlsIFrames { track } => write!(f, "{track}/iframes.m3u8"),
            Self::HlsMediaOnDemand { track } => write!(f, "{track}/ondemand.m3u8"),
            Self::HlsMediaTs { tracks } => write!(f, "{tracks}/index-ts.m3u8"),
            Self::HlsMediaPacked { track } => write!(f, "{track}/index-packed.m3u8"),
            Self::Thumbnails { track } => write!(f, "{track}/thumbnails.vtt"),
            Self::Init { track, number: 1 } => write!(f, "{track}/init.mp4"),
            Self::Init { track, number } => write!(f, "{track}/init-{number}.mp4"),
            Self::Segment { track, number } => write!(f, "{track}/{number}.m4s"),
            Self::SegmentAt { track, time } => write!(f, "{track}/t{time}.m4s"),
            Self::IFrame { track, number } => write!(f, "{track}/i{number}.m4s"),
            Self::MediaFile { track } => write!(f, "{track}/media.mp4"),
            Self::TsSegment { tracks, number } => write!(f, "{tracks}/{number}.ts"),
            Self::PackedAudio {
                track,
                number,
                codec,
            } => write!(f, "{track}/{number}.{}", codec.extension()),
            Self::WebVtt { track, number } => write!(f, "{track}/{number}.vtt"),
            Self::TsWebVtt { track, number } => write!(f, "{track}/ts{number}.vtt"),
            Self::Image { track, number } => write!(f, "{track}/{number}.jpg"),
            Self::LiveSegment {
                track,
                epoch,
                number,
            } => write!(f, "{track}/{epoch}-{number}.m4s"),
            Self::LivePart {
                track,
                epoch,
                number,
                part,
            } => write!(f, "{track}/{epoch}-{number}.{part}.m4s"),
            Self::LiveInit {
                track,
                epoch,
                header,
                crypto: 0,
            } => write!(f, "{track}/init-{epoch}-{header}.mp4"),
            Self::LiveInit {
                track,
                epoch,
                header,
                crypto,
            } => write!(f, "{track}/init-{epoch}-{header}.{crypto}.mp4"),
            Self::Time => f.write_str("time"),
            Self::Key { kid } => write!(f, "{}.key", hex::encode(kid.0)),
            Self::ClearKeyLicence => f.write_str("clearkey"),
        }
    }
}

impl<'r> Leaf<'r> {
    /// For log and metrics.
    pub fn kind(&self) -> Kind {
        match self {
            Self::HlsMultivariant
            | Self::HlsMultivariantTs
            | Self::HlsMultivariantOnDemand
            | Self::Dash
            | Self::DashTime
            | Self::DashOnDemand
            | Self::HlsMedia { .. }
            | Self::HlsIFrames { .. }
            | Self::HlsMediaOnDemand { .. }
            | Self::HlsMediaTs { .. }
            | Self::HlsMediaPacked { .. }
            | Self::Thumbnails { .. } => Kind::Manifest,
            Self::Init { .. } | Self::LiveInit { .. } => Kind::Init,
            Self::Segment { .. }
            | Self::SegmentAt { .. }
            | Self::IFrame { .. }
            | Self::MediaFile { .. }
            | Self::TsSegment { .. }
            | Self::PackedAudio { .. }
            | Self::WebVtt { .. }
            | Self::TsWebVtt { .. }
            | Self::Image { .. }
            | Self::LiveSegment { .. }
            | Self::LivePart { .. } => Kind::Segment,
            Self::Key { .. } | Self::ClearKeyLicence => Kind::Key,
            Self::Time => Kind::Other,
        }
    }

    /// Text that names other URLs, and that a query may filter.
    /// Whether its query says what is asked for.
    pub fn has_query(&self) -> bool {
        self.is_manifest() || matches!(self, Self::ClearKeyLicence)
    }

    pub fn is_manifest(&self) -> bool {
        self.kind() == Kind::Manifest
    }

    /// Below the protection element. `None`: no such leaf.
    pub(super) fn of_asset(name: &str) -> Option<Self> {
        match name {
            "index.m3u8" => Some(Self::HlsMultivariant),
            "index-ts.m3u8" => Some(Self::HlsMultivariantTs),
            "ondemand.m3u8" => Some(Self::HlsMultivariantOnDemand),
            "manifest.mpd" => Some(Self::Dash),
            "manifest-time.mpd" => Some(Self::DashTime),
            "ondemand.mpd" => Some(Self::DashOnDemand),
            "clearkey" => Some(Self::ClearKeyLicence),
            "time" => Some(Self::Time),
            _ => Some(Self::Key {
                kid: key_id(name.strip_suffix(".key")?)?,
            }),
        }
    }

    /// Below a track. `None`: no such leaf.
    pub(super) fn of_track(element: &'r str, name: &str) -> Option<Self> {
        if name == "index-ts.m3u8" {
            let tracks = TsTracks::parse(element)?;
            return Some(Self::HlsMediaTs { tracks });
        }
        if let Some(digits) = name.strip_suffix(".ts") {
            return Some(Self::TsSegment {
                tracks: TsTracks::parse(element)?,
                number: number(digits)?,
            });
        }
        if element.len() > TRACK_MAX {
            return None;
        }
        let track = element;
        match name {
            "index.m3u8" => Some(Self::HlsMedia { track }),
            "iframes.m3u8" => Some(Self::HlsIFrames { track }),
            "ondemand.m3u8" => Some(Self::HlsMediaOnDemand { track }),
            "index-packed.m3u8" => Some(Self::HlsMediaPacked { track }),
            "thumbnails.vtt" => Some(Self::Thumbnails { track }),
            "init.mp4" => Some(Self::Init { track, number: 1 }),
            "media.mp4" => Some(Self::MediaFile { track }),
            _ => segment(track, name),
        }
    }
}

fn segment<'r>(track: &'r str, name: &str) -> Option<Leaf<'r>> {
    let (stem, extension) = name.rsplit_once('.')?;
    match extension {
        "mp4" => {
            let digits = stem.strip_prefix("init-")?;
            if let Some((epoch, header)) = digits.split_once('-') {
                let number = |digits| u32::try_from(time(digits)?).ok();
                let (header, crypto) = match header.split_once('.') {
                    // One that is for all has no number.
                    Some((header, crypto)) => (header, number(crypto).filter(|it| *it > 0)?),
                    None => (header, 0),
                };
                return Some(Leaf::LiveInit {
                    track,
                    epoch: Epoch::parse(epoch)?,
                    header: number(header)?,
                    crypto,
                });
            }
            // The first one's name has no number.
            let number = number(digits).filter(|number| *number > 1)?;
            Some(Leaf::Init { track, number })
        }
        "m4s" => {
            if let Some(digits) = stem.strip_prefix('i') {
                let number = number(digits)?;
                return Some(Leaf::IFrame { track, number });
            }
            if let Some(digits) = stem.strip_prefix('t') {
                let time = time(digits)?;
                return Some(Leaf::SegmentAt { track, time });
            }
            if let Some((epoch, rest)) = stem.split_once('-') {
                return live(track, Epoch::parse(epoch)?, rest);
            }
            let number = number(stem)?;
            Some(Leaf::Segment { track, number })
        }
        "vtt" => {
            if let Some(digits) = stem.strip_prefix("ts") {
                let number = number(digits)?;
                return Some(Leaf::TsWebVtt { track, number });
            }
            let number = number(stem)?;
            Some(Leaf::WebVtt { track, number })
        }
        "jpg" => Some(Leaf::Image {
            track,
            number: number(stem)?,
        }),
        _ => {
            let codec = PackedCodec::ALL
                .into_iter()
                .find(|codec| codec.extension() == extension)?;
            Some(Leaf::PackedAudio {
                track,
                number: number(stem)?,
                codec,
            })
        }
    }
}

/// `{number}` or `{number}.{part}`.
fn live<'r>(track: &'r str, epoch: Epoch, rest: &str) -> Option<Leaf<'r>> {
    match rest.split_once('.') {
        None => Some(Leaf::LiveSegment {
            track,
            epoch,
            number: time(rest)?,
        }),
        Some((number, part)) => Some(Leaf::LivePart {
            track,
            epoch,
            number: time(number)?,
            part: u32::try_from(time(part)?).ok()?,
        }),
    }
}

/// One spelling per number, so that one URL names one segment.
fn number(digits: &str) -> Option<u32> {
    let plain = digits.len() <= 8
        && !digits.starts_with('0')
        && digits.bytes().all(|byte| byte.is_ascii_digit());
    if plain {
        digits
            .parse()
            .ok()
            .filter(|number| (1..=NUMBER_MAX).contains(number))
    } else {
        None
    }
}

/// One spelling per time; the first segment's is `0`.
fn time(digits: &str) -> Option<u64> {
    let plain = digits.len() <= TIME_DIGITS_MAX
        && (digits == "0" || !digits.starts_with('0'))
        && digits.bytes().all(|byte| byte.is_ascii_digit());
    if plain { digits.parse().ok() } else { None }
}

/// 32 lower-case hex digits.
fn key_id(digits: &str) -> Option<KeyId> {
    let mut kid = [0; 16];
    if digits.bytes().any(|byte| byte.is_ascii_uppercase()) {
        return None;
    }
    hex::decode_to_slice(digits, &mut kid).ok()?;
    Some(KeyId(kid))
}
