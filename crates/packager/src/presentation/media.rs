//! What a codec means for packaging.
use edgepack_isobmff::{CodecConfig, Handler, Track};

use super::{Kind, Media, Tiles, TrackSettings};
use crate::timing::{Preroll, SampleRate};

/// Audio object type of USAC (ISO/IEC 14496-3, table 1.17): xHE-AAC.
const USAC: u8 = 42;

/// What kind of rendition a track makes; none for time codes and the like.
pub(crate) fn kind(track: &Track) -> Option<Kind> {
    let first = track.sample_entries.first();
    match track.handler {
        Handler::Video if first.is_some_and(|entry| entry.codec.is_image()) => Some(Kind::Image),
        Handler::Video => Some(Kind::Video),
        Handler::Audio => Some(Kind::Audio),
        Handler::Text => Some(Kind::Text),
        Handler::Other(_) => None,
    }
}

/// Whether the codec can be packaged as that kind of rendition.
pub(super) fn is_packaged(codec: &CodecConfig, kind: Kind) -> bool {
    match kind {
        Kind::Video => codec.video().is_some() && !codec.is_image(),
        Kind::Audio => codec.audio().is_some(),
        Kind::Text => codec.text().is_some(),
        Kind::Image => codec.is_image(),
    }
}

pub(crate) fn media(
    codec: &CodecConfig,
    track: &Track,
    settings: &TrackSettings,
    rate: &SampleRate,
) -> Option<Media> {
    if let Some(audio) = codec.audio() {
        return Some(Media::Audio {
            sample_rate: audio.sample_rate,
            channels: audio.channels,
            layout: audio.layout,
        });
    }
    let video = codec.video()?;
    let or = |coded: u32, presented: u32| if coded > 0 { coded } else { presented };
    let width = or(video.width, track.presentation_width);
    let height = or(video.height, track.presentation_height);
    if codec.is_image() {
        let each_ms = u64::from(rate.common()) * 1000 / u64::from(track.timescale.max(1));
        return Some(Media::Image {
            width,
            height,
            tiles: settings.tiles.unwrap_or(Tiles {
                columns: 1,
                rows: 1,
                interval_ms: each_ms.max(1),
            }),
        });
    }
    Some(Media::Video {
        width,
        height,
        frame_rate: rate.frame_rate(track.timescale),
        pixel_aspect: video.pixel_aspect,
        colour: video.colour,
        range: video.video_range(),
        stereo: video.stereo,
    })
}

/// What a track keeps before the start that its own edit list says: all priming that encoders make, and more.
pub(super) fn whole_preroll(codec: &CodecConfig) -> Preroll {
    Preroll {
        value: 1,
        timescale: 1,
        ..preroll(codec)
    }
}

/// What a decoder has to be fed before the first sample that is heard, so that it sounds as in the whole source.
///
/// No more than that at the start of a clip: where a player ignores the edit list that hides it, it covers the end of what played before.
pub(super) fn preroll(codec: &CodecConfig) -> Preroll {
    let of = |value: u32, timescale: u32| Preroll {
        value,
        timescale,
        at_sync: false,
    };
    let info = codec.audio();
    let rate = info.map_or(48_000, |info| info.sample_rate.max(1));
    match codec {
        // Immediate playout frames are the sync samples; they bring their own pre-roll (ISO/IEC 23003-3, annex B).
        CodecConfig::Aac(config) if config.audio_object_type == USAC => Preroll {
            at_sync: true,
            ..Preroll::default()
        },
        // One frame overlaps with the next; spectral band replication looks back over another.
        CodecConfig::Aac(config) => {
            let frames = if config.sample_rate == config.core_sample_rate {
                1
            } else {
                2
            };
            of(
                frames * u32::from(config.frame_length),
                config.core_sample_rate.max(1),
            )
        }
        // Independent frames are the sync samples (ETSI TS 103 190-2, annex E).
        CodecConfig::Ac4(_) => Preroll {
            at_sync: true,
            ..Preroll::default()
        },
        // 80 ms (RFC 7845, 4.6; Encapsulation of Opus in ISO Base Media File Format, 4.3.6.2).
        CodecConfig::Opus(_) | CodecConfig::Iamf(_) => of(80, 1000),
        CodecConfig::Flac(_) | CodecConfig::Alac(_) => of(0, 1),
        // The bit reservoir reaches back 511 bytes: nine frames at the lowest rates, and one overlaps.
        CodecConfig::Mp3(_) => of(10 * 1152, rate),
        // One frame of AC-3, E-AC-3 or DTS overlaps with the next.
        _ => of(
            info.and_then(|info| info.frame_length).unwrap_or(2048),
            rate,
        ),
    }
}

/// Every sample is a sync sample, whatever `stss` says: writers make mistakes there, and players do not look.
pub(crate) fn every_sample_is_sync(codec: &CodecConfig) -> bool {
    codec.audio().is_some() && !preroll(codec).at_sync
}

impl Media {
    /// What names begin with.
    pub(super) fn stem(&self, language: &str) -> String {
        match self {
            Self::Video { height, .. } => format!("v{height}"),
            Self::Audio { .. } => format!("a-{language}"),
            Self::Text { .. } => format!("t-{language}"),
            Self::Image { .. } => "thumbs".to_owned(),
        }
    }
}
