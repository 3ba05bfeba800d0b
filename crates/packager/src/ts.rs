//! HLS segments that are no CMAF: MPEG-TS (ISO/IEC 13818-1) and packed audio (RFC 8216, 3.2 and 3.4).
//!
//! [`Plan`] says which bytes of the sources a segment needs and makes the segment of them. Below it, [`Muxer`] knows
//! samples and times alone.
//!
//! # A segment
//! It begins with a PAT and a PMT and, where there is video, its first picture; nothing in it needs another segment.
//! PES packets go out by decode time: one per picture, audio in groups of up to 200 ms. The program clock is on the video
//! PID, or the audio PID without video, at most 100 ms apart. AVC and HEVC get access unit delimiters, and parameter
//! sets at each picture that decoding can start at, where they lack them; AAC goes into ADTS frames.
//!
//! # Time
//! Presentation time 0 is the timestamp [`PRESENTATION_START`], in every segment of every rendition. Each timestamp is
//! rounded from its own time. Priming that encoders put before the sound has timestamps before
//! [`PRESENTATION_START`]: a transport stream has no edit list.
//!
//! # Encryption
//! Under SAMPLE-AES ([`SampleAes`](edgepack_drm::SampleAes), "MPEG-2 Stream Encryption Format for HTTP Live Streaming")
//! a [`Plan`] encrypts the samples before they are packetized: one key and one IV for a segment, as its EXT-X-KEY has.
//! The program map names the streams by types of their own, and it and the tag of packed audio carry the setup
//! information of the sound. For AES-128 over the whole segment, [`Segment`] writes into memory of the caller's that has
//! room for the padding.
//!
//! # Continuity counters
//! Any node makes any segment, and segments put together have no gap in their counters: each stream fills a multiple of
//! 16 packets ([`Muxer`] spreads its last bytes), and the one PAT and the one PMT have the segment's number. This costs
//! 15 packets for each stream at most, 7.5 on average (1410 bytes).
use edgepack_isobmff::CodecConfig;

mod audio;
mod bits;
mod clock;
mod encrypt;
mod error;
mod muxer;
mod packed;
mod plan;
pub(crate) mod psi;
mod setup;
mod spans;
mod video;

pub use clock::{PRESENTATION_START, TICKS_PER_SECOND, ticks, timestamp};
pub use error::{Error, Form};
pub use muxer::{Layout, Muxer, Place, Sample};
pub use packed::{PackedAudio, timestamp_tag};
pub use plan::{Plan, Prepared, Segment};
pub use spans::{Span, spans};

/// Whether HLS carries the codec, in this configuration, in a transport stream.
pub fn is_carried(codec: &CodecConfig) -> bool {
    Muxer::new(&[codec], &[]).is_ok() || Muxer::new(&[], &[codec]).is_ok()
}

/// Whether the codec, in this configuration, has a form under SAMPLE-AES in a transport stream: AVC, AAC, AC-3, E-AC-3.
pub fn is_sample_encrypted(codec: &CodecConfig) -> bool {
    Muxer::sample_encrypted(&[codec], &[]).is_ok() || Muxer::sample_encrypted(&[], &[codec]).is_ok()
}

/// What the URLs of packed audio end with: `aac`, `ac3`, `ec3`, `mp3`. None for what has no packed form.
pub fn packed_extension(codec: &CodecConfig) -> Option<&'static str> {
    PackedAudio::new(&[codec])
        .ok()
        .map(|packed| packed.extension())
}

fn unsupported(codec: &CodecConfig, form: Form) -> Error {
    Error::Codec {
        codec: name(codec),
        form,
        reason: None,
    }
}

/// As manifests say it, or as the file does.
fn name(codec: &CodecConfig) -> String {
    match codec {
        CodecConfig::Unsupported(format) => format.to_string(),
        known => known.rfc6381().unwrap_or_default(),
    }
}
