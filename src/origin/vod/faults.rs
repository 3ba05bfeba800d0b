//! What goes wrong between a route and its bytes, as viewers, logs and metrics are told.
use http::StatusCode;

use crate::delivery::{Blame, Fault};

pub(super) fn empty_asset(asset: &str) -> Fault {
    Fault::not_found("empty-asset", "the asset's folder holds no media file")
        .detail(format!("asset {asset:?}"))
}

/// A form that the track does not come in: WebVTT of a video, MPEG-TS of subtitles.
pub(super) fn no_such_form(track: &str) -> Fault {
    Fault::not_found("no-such-form", "the track does not come in that form")
        .detail(format!("track {track:?}"))
}

/// CMAF under SAMPLE-AES, MPEG-TS under common encryption.
pub(super) fn not_in_that_form(protection: impl std::fmt::Display) -> Fault {
    Fault::not_found(
        "no-such-form",
        "under this protection the asset does not come in that form",
    )
    .detail(format!("{protection}"))
}

/// One file's byte ranges have to be known before its segments are made.
pub(super) fn sizes_unknown(track: &str) -> Fault {
    Fault::not_found(
        "no-such-form",
        "the track does not come as one file under this protection",
    )
    .detail(format!("track {track:?}"))
}

pub(super) fn no_such_header(number: u32) -> Fault {
    Fault::not_found("no-such-segment", "the track has no such header")
        .detail(format!("header {number}"))
}

pub(super) fn no_segment_at(time: u64) -> Fault {
    Fault::not_found("no-such-segment", "no segment of the track starts there")
        .detail(format!("time {time}"))
}

/// A manifest that cannot be had: because of the filter, or because the asset has no such form.
pub(super) fn not_written(asset: &str, error: edgepack_manifest::Error) -> Fault {
    use edgepack_manifest::Error;
    let detail = format!("asset {asset:?}: {error}");
    match error {
        Error::NothingLeft { .. } => Fault::not_found(
            "filtered-out",
            "the query leaves nothing of the asset to play",
        ),
        Error::NothingToOffer { .. } | Error::NoSuchPlaylist { .. } => {
            Fault::not_found("no-such-form", "the asset does not come in that form")
        }
        Error::Unprotected { .. } => internal("a track without protection in a protected manifest"),
    }
    .detail(detail)
}

/// A codec that has no place in MPEG-TS.
pub(super) fn not_in_ts(asset: &str, detail: impl std::fmt::Display) -> Fault {
    Fault::not_found(
        "no-such-form",
        "the track's codec does not come in that form",
    )
    .detail(format!("asset {asset:?}: {detail}"))
}

/// A track element that today's manifests do not name: a manifest from before the source or its key changed, or a guess.
pub(super) fn no_such_track(track: &str) -> Fault {
    Fault::not_found(
        "no-such-track",
        "the asset has no such track; its source may have changed: reload the manifest",
    )
    .detail(format!("track {track:?}"))
}

pub(super) fn no_such_segment(number: u32, count: usize) -> Fault {
    Fault::not_found("no-such-segment", "the track has no such segment")
        .detail(format!("segment {number} of {count}"))
}

pub(super) fn bad_source(asset: &str, detail: impl std::fmt::Display) -> Fault {
    Fault::new(
        StatusCode::BAD_GATEWAY,
        Blame::Asset,
        "bad-source",
        "the asset's source cannot be packaged",
    )
    .detail(format!("asset {asset:?}: {detail}"))
}

/// Our own mistake: something that was checked turned out otherwise.
pub(in crate::origin) fn internal(detail: impl Into<String>) -> Fault {
    Fault::new(
        StatusCode::INTERNAL_SERVER_ERROR,
        Blame::Node,
        "internal",
        "the node failed to make this response",
    )
    .detail(detail)
}
