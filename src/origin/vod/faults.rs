//! What goes wrong between a route and its bytes, as viewers, logs and metrics are told.
use http::StatusCode;

use crate::delivery::route::Leaf;
use crate::delivery::{Blame, Fault};

pub(super) fn empty_asset(asset: &str) -> Fault {
    Fault::not_found("empty-asset", "the asset's folder holds no media file")
        .detail(format!("asset {asset:?}"))
}

pub(super) fn not_offered() -> Fault {
    Fault::not_found(
        "protection-not-offered",
        "this mount does not offer that protection",
    )
}

pub(super) fn leaf_not_offered(leaf: &Leaf) -> Fault {
    Fault::not_found("not-offered", "the asset is not offered in that form")
        .detail(format!("leaf {leaf}"))
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

pub(super) fn no_key(asset: &str) -> Fault {
    Fault::unavailable("no-key", "the content key of this asset cannot be had", 30).detail(format!(
        "asset {asset:?} has no key in its mount's configuration"
    ))
}

pub(super) fn no_licence_server() -> Fault {
    Fault::not_found(
        "no-licence-server",
        "this mount serves no ClearKey licences",
    )
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

pub(super) fn not_protectable(asset: &str, detail: impl std::fmt::Display) -> Fault {
    Fault::new(
        StatusCode::BAD_GATEWAY,
        Blame::Asset,
        "not-protectable",
        "the asset cannot be encrypted as asked",
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
