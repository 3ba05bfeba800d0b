//! What goes wrong with keys and what they are for.
use http::StatusCode;

use crate::delivery::{Blame, Fault};

pub(in crate::origin) fn not_offered() -> Fault {
    Fault::not_found(
        "protection-not-offered",
        "this mount does not offer that protection",
    )
}

/// A key that a complete set lacks.
pub(in crate::origin) fn no_key(asset: &str, label: &str, period: u32) -> Fault {
    Fault::unavailable("no-key", "the content key of this asset cannot be had", 30).detail(format!(
        "asset {asset:?} has no key for label {label:?} in crypto period {period}"
    ))
}

/// The mount's labels leave a rendition without a key.
pub(in crate::origin) fn no_label(asset: &str, rendition: &str) -> Fault {
    Fault::unavailable("no-key", "the content key of this asset cannot be had", 30).detail(format!(
        "asset {asset:?}: no [[mount.drm.label]] fits {rendition:?}"
    ))
}

/// The configured systems and the keys do not go together.
pub(in crate::origin) fn not_signalled(asset: &str, detail: impl std::fmt::Display) -> Fault {
    Fault::unavailable(
        "no-key",
        "the protection of this asset cannot be described",
        30,
    )
    .detail(format!("asset {asset:?}: {detail}"))
}

pub(in crate::origin) fn no_licence_server() -> Fault {
    Fault::not_found(
        "no-licence-server",
        "this mount serves no ClearKey licences",
    )
}

pub(in crate::origin) fn not_protectable(asset: &str, detail: impl std::fmt::Display) -> Fault {
    Fault::new(
        StatusCode::BAD_GATEWAY,
        Blame::Asset,
        "not-protectable",
        "the asset cannot be encrypted as asked",
    )
    .detail(format!("asset {asset:?}: {detail}"))
}
