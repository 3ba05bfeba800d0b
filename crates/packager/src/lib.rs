//! Timelines and segment plans: what a CMAF header and segment consist of, before any byte is read.
//!
//! [`Presentation::build`] turns the movies of one asset into renditions whose segments begin together;
//! [`cmaf::header`] writes a rendition's CMAF header; [`SegmentPlan`] says which bytes of the source make a
//! segment and writes the boxes before them. No file, clock or task: all of it is a pure function of its arguments.
#![forbid(unsafe_code)]

pub mod cmaf;
#[cfg(test)]
mod craft;
mod error;
mod fragment;
pub mod image;
pub mod live;
pub mod ondemand;
pub mod plan;
pub mod presentation;
pub mod protection;
pub mod scte35;
pub mod text;
pub mod timeline;
mod timing;
pub mod ts;

pub use error::{Error, Result};
pub use plan::{Piece, SegmentPlan, SourceRange};
pub use presentation::{
    Accessibility, CaptionChannel, ChannelLayout, Clip, ClosedCaptions, Fingerprint, Input, Kind,
    Media, Misalignment, Options, Period, PeriodInput, Presentation, Rendition, Role, Segment,
    Source, SourceContent, TextForm, TextFormat, TextSample, Tiles, TrackChoice, TrackSettings,
    Tracks, TrickFrame, TrickPlay, VideoRange,
};
pub use protection::{
    CryptoPeriod, Encryption, HdcpLevel, HeaderProtection, Restrictions, Rotation,
    SegmentProtection, TrackProtection,
};

/// Part of every fingerprint: raised whenever the bytes made from the same source change.
pub const FORMAT_VERSION: u32 = 2;
