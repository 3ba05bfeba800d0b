//! The last one or two elements of an asset's path: what of the asset is asked for.
use std::fmt;

use edgepack_drm::KeyId;

use super::{NUMBER_MAX, TRACK_MAX};
use crate::telemetry::Kind;

/// Parts a muxed MPEG-TS rendition has at most: one of video and one of audio.
const TS_TRACKS_MAX: usize = 2;
/// Digits of the largest `u64`.
const TIME_DIGITS_MAX: usize = 20;

/// What of an asset is asked for. `track` is a track's URL name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Leaf {
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
    HlsMedia { track: String },
    /// `{track}/iframes.m3u8`
    HlsIFrames { track: String },
    /// `{track}/ondemand.m3u8`
    HlsMediaOnDemand { track: String },
    /// `{track}/index-ts.m3u8`
    HlsMediaTs { tracks: TsTracks },
    /// `{track}/index-packed.m3u8`
    HlsMediaPacked { track: String },
    /// `{track}/thumbnails.vtt`: a sprite sheet
    Thumbnails { track: String },
    /// `{track}/init.mp4`, `{track}/init-2.mp4`: CMAF header, `number` from 1
    Init { track: String, number: u32 },
    /// `{track}/{number}.m4s`, `number` from 1 to [`NUMBER_MAX`]
    Segment { track: String, number: u32 },
    /// `{track}/t{time}.m4s`: the segment that starts at `time`, in the track's time scale
    SegmentAt { track: String, time: u64 },
    /// `{track}/i{number}.m4s`: one sync sample, `number` from 1
    IFrame { track: String, number: u32 },
    /// `{track}/media.mp4`: header, segment index and all segments
    MediaFile { track: String },
    /// `{track}/{number}.ts`
    TsSegment { tracks: TsTracks, number: u32 },
    /// `{track}/{number}.aac` and its like
    PackedAudio {
        track: String,
        number: u32,
        codec: PackedCodec,
    },
    /// `{track}/{number}.vtt`
    WebVtt { track: String, number: u32 },
    /// `{track}/ts{number}.vtt`: mapped to the time line of MPEG-TS
    TsWebVtt { track: String, number: u32 },
    /// `{track}/{number}.jpg`: a sheet of thumbnails
    Image { track: String, number: u32 },
    /// `{track}/{epoch}-{number}.m4s`: a live segment, `number` its media sequence number
    LiveSegment {
        track: String,
        epoch: Epoch,
        number: u64,
    },
    /// `{track}/{epoch}-{number}.{part}.m4s`: a part of one, from 0
    LivePart {
        track: String,
        epoch: Epoch,
        number: u64,
        part: u32,
    },
    /// `{track}/init-{epoch}-{header}.mp4`: CMAF header of live segments, from 0; `{header}.{crypto}` with the key of a
    /// later crypto period
    LiveInit {
        track: String,
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
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TsTracks(Vec<String>);

impl TsTracks {
    /// `None`: no name or more than two, the same one twice, or a name that cannot be one.
    pub fn new(names: impl IntoIterator<Item = impl Into<String>>) -> Option<Self> {
        let names: Vec<String> = names
            .into_iter()
            .take(TS_TRACKS_MAX + 1)
            .map(Into::into)
            .collect();
        let sound = |name: &String| {
            !name.is_empty() && name.len() <= TRACK_MAX && !name.contains(['+', '/'])
        };
        match names.as_slice() {
            [one] if sound(one) => {}
            [video, audio] if sound(video) && sound(audio) && video != audio => {}
            _ => return None,
        }
        Some(Self(names))
    }

    /// One or two names.
    pub fn names(&self) -> &[String] {
        &self.0
    }
}

/// As in the URL.
impl fmt::Display for TsTracks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join("+"))
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
impl fmt::Display for Leaf {
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

impl Leaf {
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
    pub(super) fn of_track(element: &str, name: &str) -> Option<Self> {
        if name == "index-ts.m3u8" {
            let tracks = TsTracks::new(element.split('+'))?;
            return Some(Self::HlsMediaTs { tracks });
        }
        if let Some(digits) = name.strip_suffix(".ts") {
            return Some(Self::TsSegment {
                tracks: TsTracks::new(element.split('+'))?,
                number: number(digits)?,
            });
        }
        if element.len() > TRACK_MAX {
            return None;
        }
        let track = element.to_owned();
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

fn segment(track: String, name: &str) -> Option<Leaf> {
    let (stem, extension) = name.rsplit_once('.')?;
    match extension {
        "mp4" => {
            let digits = stem.strip_prefix("init-")?;
            if let Some((epoch, header)) = digits.split_once('-') {
                let (header, crypto) = match header.split_once('.') {
                    // The first one's name has no number.
                    Some((header, crypto)) => (header, Some(number(crypto)?)),
                    None => (header, None),
                };
                return Some(Leaf::LiveInit {
                    track,
                    epoch: Epoch::parse(epoch)?,
                    header: u32::try_from(time(header)?).ok()?,
                    crypto: crypto.unwrap_or(0),
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
fn live(track: String, epoch: Epoch, rest: &str) -> Option<Leaf> {
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
