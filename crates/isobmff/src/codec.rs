//! Codec configurations, one file per codec.
use crate::boxes::Node;
use crate::{FourCc, Handler, Result};

pub mod aac;
mod ac3;
mod ac4;
mod alac;
mod audio;
pub mod av1;
pub mod avc;
pub mod bits;
mod descriptors;
mod dolby_vision;
mod dts;
mod eac3;
mod encrypted;
mod flac;
pub mod hevc;
mod iamf;
mod jpeg;
mod mp3;
mod obu;
mod opus;
mod sound;
mod stpp;
mod tx3g;
mod video;
mod visual;
mod vpx;
mod wvtt;

pub use aac::AacConfig;
pub use ac3::Ac3Config;
pub use ac4::Ac4Config;
pub use alac::AlacConfig;
pub use audio::{AudioInfo, ChannelLayout};
pub use av1::Av1Config;
pub use avc::AvcConfig;
pub use dolby_vision::DolbyVision;
pub use dts::DtsConfig;
pub use eac3::Eac3Config;
pub use flac::FlacConfig;
pub use hevc::HevcConfig;
pub use iamf::IamfConfig;
pub use jpeg::JpegConfig;
pub use mp3::Mp3Config;
pub use opus::OpusConfig;
pub(crate) use sound::iso_sample_entry;
pub use stpp::StppConfig;
pub use tx3g::{TextBox, TextStyle, Tx3gConfig};
pub use video::{Chroma, Colour, VideoInfo, VideoRange};
pub use vpx::VpxConfig;
pub use wvtt::WvttConfig;

/// What a sample entry says of its codec.
#[derive(Debug, Clone)]
pub enum CodecConfig {
    Avc(AvcConfig),
    Hevc(HevcConfig),
    Av1(Av1Config),
    /// VP9, and VP8 in the same form.
    Vp9(VpxConfig),
    /// The AAC family, xHE-AAC included.
    Aac(AacConfig),
    Ac3(Ac3Config),
    Eac3(Eac3Config),
    Ac4(Ac4Config),
    Opus(OpusConfig),
    Flac(FlacConfig),
    Alac(AlacConfig),
    Mp3(Mp3Config),
    /// DTS, DTS-HD, DTS Express and DTS-UHD.
    Dts(DtsConfig),
    Iamf(IamfConfig),
    Wvtt(WvttConfig),
    Stpp(StppConfig),
    Tx3g(Tx3gConfig),
    /// Still pictures.
    Jpeg(JpegConfig),
    /// A sample entry that this crate does not know: the asset can name it in its error. Of an encrypted one, the
    /// format below the encryption ([`crate::SampleEntry::is_encrypted`] tells).
    Unsupported(FourCc),
}

/// What the samples of a text track are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TextFormat {
    /// `wvtt`: boxes of WebVTT cues (ISO/IEC 14496-30, 7).
    WebVtt,
    /// `stpp`: TTML documents (ISO/IEC 14496-30, 5).
    Ttml,
    /// `tx3g`: 3GPP timed text (3GPP TS 26.245).
    TimedText,
}

impl CodecConfig {
    /// RFC 6381 string (`avc1.64001f`, `hvc1.1.6.L93.B0`, `mp4a.40.2`); none for `Unsupported`.
    pub fn rfc6381(&self) -> Option<String> {
        Some(match self {
            Self::Avc(config) => config.rfc6381(),
            Self::Hevc(config) => config.rfc6381(),
            Self::Av1(config) => config.rfc6381(),
            Self::Vp9(config) => config.rfc6381(),
            Self::Aac(config) => config.rfc6381(),
            Self::Ac3(_) => "ac-3".to_owned(),
            Self::Eac3(_) => "ec-3".to_owned(),
            Self::Ac4(config) => config.rfc6381(),
            Self::Opus(_) => "Opus".to_owned(),
            Self::Flac(_) => "fLaC".to_owned(),
            Self::Alac(_) => "alac".to_owned(),
            Self::Mp3(config) => config.rfc6381(),
            Self::Dts(config) => config.format.to_string(),
            Self::Iamf(config) => config.rfc6381(),
            Self::Wvtt(_) => "wvtt".to_owned(),
            Self::Stpp(config) => config.rfc6381(),
            Self::Tx3g(_) => "tx3g".to_owned(),
            Self::Jpeg(_) => "jpeg".to_owned(),
            Self::Unsupported(_) => return None,
        })
    }

    /// What a decoder of Dolby Vision may take instead, with the brand of the base layer (`dvh1.08.05/db1p`).
    pub fn supplemental_rfc6381(&self) -> Option<String> {
        let format = match self {
            Self::Avc(config) => config.format,
            Self::Hevc(config) => config.format,
            Self::Av1(_) => FourCc(*b"av01"),
            _ => return None,
        };
        self.video()?.supplemental_rfc6381(format)
    }

    /// The name of the codec, whatever its profile: `avc`, `hevc`, `av1`, `vp9`, `vp8`, `aac`, `ac3`, `eac3`, `ac4`,
    /// `opus`, `flac`, `alac`, `mp3`, `dts`, `iamf`, `wvtt`, `stpp`, `tx3g`, `jpeg`, `unsupported`.
    pub fn family(&self) -> &'static str {
        match self {
            Self::Avc(_) => "avc",
            Self::Hevc(_) => "hevc",
            Self::Av1(_) => "av1",
            Self::Vp9(config) => config.family(),
            Self::Aac(_) => "aac",
            Self::Ac3(_) => "ac3",
            Self::Eac3(_) => "eac3",
            Self::Ac4(_) => "ac4",
            Self::Opus(_) => "opus",
            Self::Flac(_) => "flac",
            Self::Alac(_) => "alac",
            Self::Mp3(_) => "mp3",
            Self::Dts(_) => "dts",
            Self::Iamf(_) => "iamf",
            Self::Wvtt(_) => "wvtt",
            Self::Stpp(_) => "stpp",
            Self::Tx3g(_) => "tx3g",
            Self::Jpeg(_) => "jpeg",
            Self::Unsupported(_) => "unsupported",
        }
    }

    /// Of a video codec and of still pictures.
    pub fn video(&self) -> Option<&VideoInfo> {
        match self {
            Self::Avc(config) => Some(&config.video),
            Self::Hevc(config) => Some(&config.video),
            Self::Av1(config) => Some(&config.video),
            Self::Vp9(config) => Some(&config.video),
            Self::Jpeg(config) => Some(&config.video),
            _ => None,
        }
    }

    /// Of an audio codec.
    pub fn audio(&self) -> Option<AudioInfo> {
        match self {
            Self::Aac(config) => Some(config.audio()),
            Self::Ac3(config) => Some(config.audio()),
            Self::Eac3(config) => Some(config.audio()),
            Self::Ac4(config) => Some(config.audio()),
            Self::Opus(config) => Some(config.audio()),
            Self::Flac(config) => Some(config.audio()),
            Self::Alac(config) => Some(config.audio()),
            Self::Mp3(config) => Some(config.audio()),
            Self::Dts(config) => Some(config.audio()),
            Self::Iamf(config) => Some(config.audio()),
            _ => None,
        }
    }

    /// Of a text codec.
    pub fn text(&self) -> Option<TextFormat> {
        match self {
            Self::Wvtt(_) => Some(TextFormat::WebVtt),
            Self::Stpp(_) => Some(TextFormat::Ttml),
            Self::Tx3g(_) => Some(TextFormat::TimedText),
            _ => None,
        }
    }

    /// Each sample is a picture file of its own, not video.
    pub fn is_image(&self) -> bool {
        matches!(self, Self::Jpeg(_))
    }
}

/// Reads the configuration in a sample entry of a `stsd` of this version.
pub(crate) fn parse_codec(
    entry: &Node<'_>,
    handler: Handler,
    stsd_version: u8,
) -> Result<CodecConfig> {
    match handler {
        Handler::Video => parse_video(entry),
        Handler::Audio => parse_audio(entry, stsd_version),
        Handler::Text => parse_text(entry),
        Handler::Other(_) => Ok(CodecConfig::Unsupported(entry.kind())),
    }
}

fn parse_video(entry: &Node<'_>) -> Result<CodecConfig> {
    match &entry.kind().0 {
        b"avc1" | b"avc3" | b"dva1" | b"dvav" => avc::parse(entry).map(CodecConfig::Avc),
        b"hvc1" | b"hev1" | b"dvh1" | b"dvhe" => hevc::parse(entry).map(CodecConfig::Hevc),
        b"av01" | b"dav1" => av1::parse(entry).map(CodecConfig::Av1),
        b"vp09" | b"vp08" => vpx::parse(entry).map(CodecConfig::Vp9),
        b"mp4v" | b"jpeg" | b"mjpg" => jpeg::parse(entry),
        b"encv" => encrypted::parse(entry, visual::VISUAL_FIELDS),
        _ => Ok(CodecConfig::Unsupported(entry.kind())),
    }
}

fn parse_audio(entry: &Node<'_>, stsd_version: u8) -> Result<CodecConfig> {
    if !sound::is_known(entry.kind()) {
        return Ok(CodecConfig::Unsupported(entry.kind()));
    }
    let sound = sound::SoundEntry::parse(entry, stsd_version)?;
    match &entry.kind().0 {
        b"mp4a" => aac::parse(&sound),
        b"ac-3" => ac3::parse(&sound).map(CodecConfig::Ac3),
        b"ec-3" => eac3::parse(&sound).map(CodecConfig::Eac3),
        b"ac-4" => ac4::parse(&sound),
        b"Opus" => opus::parse(&sound).map(CodecConfig::Opus),
        b"fLaC" => flac::parse(&sound).map(CodecConfig::Flac),
        b"alac" => alac::parse(&sound).map(CodecConfig::Alac),
        b".mp3" => mp3::of_entry(&sound, mp3::object_type(sound.sample_rate)).map(CodecConfig::Mp3),
        b"iamf" => iamf::parse(&sound),
        b"enca" => encrypted::parse(entry, sound.fields_len()),
        _ => dts::parse(&sound).map(CodecConfig::Dts),
    }
}

fn parse_text(entry: &Node<'_>) -> Result<CodecConfig> {
    match &entry.kind().0 {
        b"wvtt" => wvtt::parse(entry).map(CodecConfig::Wvtt),
        b"stpp" => stpp::parse(entry).map(CodecConfig::Stpp),
        b"tx3g" => tx3g::parse(entry).map(CodecConfig::Tx3g),
        b"enct" => encrypted::parse(entry, encrypted::PLAIN_FIELDS),
        _ => Ok(CodecConfig::Unsupported(entry.kind())),
    }
}

#[cfg(test)]
mod tests;
