//! Why a manifest cannot be written.

pub type Result<T> = std::result::Result<T, Error>;

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The request is at fault: its filter removes all video, or all audio, that the asset has.
    #[error("the filter leaves no {kind}")]
    NothingLeft { kind: &'static str },
    /// The request is at fault: nothing of the asset has the form asked for (AV1 in MPEG-TS).
    #[error("nothing in the asset can be offered as {form}")]
    NothingToOffer { form: &'static str },
    /// The request is at fault: there is no such playlist of this track (I-frames of audio).
    #[error("{rendition} has no {wanted}")]
    NoSuchPlaylist {
        rendition: String,
        wanted: &'static str,
    },
    /// The caller is at fault: a protected view names nothing as clear, so this track has no playlist in it.
    #[error("{rendition} has no protection in a protected presentation")]
    Unprotected { rendition: String },
}
