//! What can be wrong with an asset, and with a request for a part of it.

pub type Result<T> = std::result::Result<T, Error>;

#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The file is at fault: it cannot be packaged as it is.
    #[error("{source_name}: {reason}")]
    Source { source_name: String, reason: String },
    /// The asset's description is at fault: it asks for what is not there.
    #[error("{place}: {reason}")]
    Description { place: String, reason: String },
    /// Nothing in the asset's files can be played.
    #[error("no video or audio track with samples in {}", if .source_names.is_empty() { "an asset without files".to_owned() } else { .source_names.join(", ") })]
    NoRenditions { source_names: Vec<String> },
    /// The configuration is at fault.
    #[error(
        "a target duration of {target_duration_ms} ms: it must be between {} and {} ms",
        crate::presentation::MIN_TARGET_DURATION_MS,
        crate::presentation::MAX_TARGET_DURATION_MS
    )]
    TargetDuration { target_duration_ms: u32 },
    /// The request is at fault: segments are counted from 0.
    #[error("{rendition} has {count} segments, there is no segment {number}")]
    NoSuchSegment {
        rendition: String,
        number: usize,
        count: usize,
    },
    /// The request is at fault: this kind of rendition has none of what is asked for.
    #[error("{rendition} has no {what}")]
    NotOffered {
        rendition: String,
        what: &'static str,
    },
    /// The payload handed in is not the one that the plan describes.
    #[error("{rendition}, segment {number}: {reason}")]
    Payload {
        rendition: String,
        number: usize,
        reason: String,
    },
    /// The request is at fault: HLS has this rendition in other forms alone.
    #[error("{rendition}: {source}")]
    Carriage {
        rendition: String,
        source: crate::ts::Error,
    },
    /// The configuration of a live channel is at fault.
    #[error("a live track with {reason}")]
    LineOptions { reason: String },
    /// The encoder is at fault: its CMAF header cannot be packaged.
    #[error("the header of {track}: {reason}")]
    LiveHeader { track: String, reason: String },
    /// The part of a live track that begins at decode time `start` cannot be protected.
    #[error("the part at {start}: {reason}")]
    Part { start: u64, reason: &'static str },
    #[error(transparent)]
    Drm(#[from] edgepack_drm::Error),
}
