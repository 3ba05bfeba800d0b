//! What cannot be carried in a transport stream or as packed audio.

/// Faults of the media, seen from below: whose presentation and segment it is, the caller knows.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// HLS has no form for this codec, or for this configuration of it.
    #[error("{codec} cannot be carried in {form}{}", .reason.map(|reason| format!(": {reason}")).unwrap_or_default())]
    Codec {
        /// RFC 6381, or the sample entry's type.
        codec: String,
        form: Form,
        /// Where it is not the codec as such.
        reason: Option<&'static str>,
    },
    /// The source is at fault: a sample contradicts its codec's configuration. Counted from 0 within the segment.
    #[error("sample {index} of the segment: {reason}")]
    Sample { index: usize, reason: &'static str },
    /// The caller's fault: memory of another length than the segment's.
    #[error("{got} bytes of room for a segment of {needed}")]
    Room { needed: usize, got: usize },
}

/// What HLS carries beside CMAF.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    TransportStream,
    PackedAudio,
    /// The same under SAMPLE-AES.
    EncryptedTransportStream,
    EncryptedPackedAudio,
}

impl std::fmt::Display for Form {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::TransportStream => "MPEG-TS",
            Self::PackedAudio => "packed audio",
            Self::EncryptedTransportStream => "MPEG-TS under SAMPLE-AES",
            Self::EncryptedPackedAudio => "packed audio under SAMPLE-AES",
        })
    }
}
