//! What goes wrong between an encoder and its viewers, as either is told.
use edgepack_isobmff::stream::StreamError;
use edgepack_packager::live::Rejected;
use http::StatusCode;

use crate::delivery::{Blame, Fault};

pub(super) fn no_such_channel() -> Fault {
    Fault::not_found("no-such-channel", "No channel has that name.")
}

pub(super) fn no_such_track(track: &str) -> Fault {
    Fault::not_found("no-such-track", "The channel has no such track.")
        .detail(format!("track {track:?}"))
}

pub(super) fn no_such_form() -> Fault {
    Fault::not_found("no-such-form", "Channels do not come in that form.")
}

/// Never was, has gone, or did not come.
pub(super) fn no_such_segment() -> Fault {
    Fault::not_found(
        "no-such-segment",
        "The channel does not have this, no longer or not yet.",
    )
}

/// Of the time that a viewer names nothing is there, no longer or not yet.
pub(super) fn no_such_stretch() -> Fault {
    Fault::not_found("no-such-stretch", "The channel has nothing of that time.")
}

/// Keys of a stretch are one after the other.
pub(super) fn too_many_periods(max: u32) -> Fault {
    Fault::bad_request(
        "bad-stretch",
        format!("The stretch has more than {max} crypto periods."),
    )
}

/// The disk, or what is on it, is at fault.
pub(super) fn not_read(channel: &str, error: &dyn std::fmt::Display) -> Fault {
    Fault::new(
        StatusCode::BAD_GATEWAY,
        Blame::Asset,
        "recording-damaged",
        "What was recorded cannot be read.",
    )
    .detail(format!("channel {channel:?}: {error}"))
}

/// `status` is what makes the CDN go elsewhere.
pub(super) fn not_begun(channel: &str, status: u16) -> Fault {
    Fault::new(
        elsewhere(status),
        Blame::Upstream,
        "channel-not-begun",
        "Nothing has been pushed to the channel so far that could be played.",
    )
    .detail(format!("channel {channel:?}"))
    .retry_after(1)
}

/// The encoder is gone; `status` is what makes the CDN go elsewhere.
pub(super) fn stale(channel: &str, status: u16, silent_ms: u64) -> Fault {
    Fault::new(
        elsewhere(status),
        Blame::Upstream,
        "channel-stale",
        "The channel has got nothing for some time.",
    )
    .detail(format!("channel {channel:?}, silent for {silent_ms} ms"))
    .retry_after(1)
}

fn elsewhere(status: u16) -> StatusCode {
    StatusCode::from_u16(status).unwrap_or(StatusCode::NOT_FOUND)
}

/// RFC 8216bis, 6.2.5.2.
pub(super) fn waited_too_long() -> Fault {
    Fault::new(
        StatusCode::SERVICE_UNAVAILABLE,
        Blame::Upstream,
        "live-not-there",
        "What the request waited for did not come in time.",
    )
    .retry_after(1)
}

pub(super) fn encoder_silent() -> Fault {
    Fault::new(
        StatusCode::REQUEST_TIMEOUT,
        Blame::Viewer,
        "ingest-silent",
        "Nothing came for too long.",
    )
}

pub(super) fn too_many_tracks(limit: usize) -> Fault {
    refused(
        StatusCode::CONFLICT,
        "too-many-tracks",
        format!("The channel takes {limit} tracks at most."),
    )
}

/// Under the name of one that is of another kind, or that has had too many.
pub(super) fn another_track() -> Fault {
    refused(
        StatusCode::PRECONDITION_FAILED,
        "ingest-header",
        "The header is that of another track.".to_owned(),
    )
}

/// The header is of no use here.
pub(super) fn bad_header(error: &edgepack_packager::Error) -> Fault {
    refused(
        StatusCode::PRECONDITION_FAILED,
        "ingest-header",
        format!("The header cannot be used: {error}."),
    )
}

pub(super) fn rejected(error: Rejected) -> Fault {
    let status = match error {
        Rejected::OutOfStep { .. } => StatusCode::CONFLICT,
        Rejected::Bytes { .. } | Rejected::Samples { .. } | Rejected::Prefix { .. } => {
            StatusCode::PAYLOAD_TOO_LARGE
        }
        _ => StatusCode::BAD_REQUEST,
    };
    refused(
        status,
        "ingest-media",
        format!("The media is refused: {error}."),
    )
}

/// DASH-IF Live Media Ingest, 5.3: 412 for media without a header, 415 for what is no CMAF.
pub(super) fn stream(error: &StreamError) -> Fault {
    let (status, code) = match error {
        StreamError::NoHeader { .. }
        | StreamError::BadHeader(_)
        | StreamError::UnknownTrack { .. } => (StatusCode::PRECONDITION_FAILED, "ingest-header"),
        StreamError::NotMp4 { .. } | StreamError::NoFragment { .. } => {
            (StatusCode::UNSUPPORTED_MEDIA_TYPE, "ingest-not-cmaf")
        }
        StreamError::LimitExceeded { .. } => (StatusCode::PAYLOAD_TOO_LARGE, "ingest-too-large"),
        _ => (StatusCode::BAD_REQUEST, "ingest-media"),
    };
    refused(status, code, format!("{error}."))
}

fn refused(status: StatusCode, code: &'static str, message: String) -> Fault {
    Fault::new(status, Blame::Viewer, code, message)
}

/// Our own mistake: something that was checked turned out otherwise.
pub(super) fn internal(detail: impl Into<String>) -> Fault {
    Fault::new(
        StatusCode::INTERNAL_SERVER_ERROR,
        Blame::Node,
        "internal",
        "The node failed to make this response.",
    )
    .detail(detail)
}
