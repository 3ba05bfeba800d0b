//! What a viewer's query asks a manifest to leave out, and what to put first.
//!
//! A filter chooses among what the asset has and never changes the address of a playlist or segment, so that caches
//! keep one copy of each whatever the filter.
mod admit;
mod key;
mod parse;
mod values;

use crate::codec::Family;

pub use parse::FilterError;

/// Most values in one list.
pub const MAX_VALUES: usize = 16;

/// Empty by default: everything, in the asset's order.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Filter {
    codecs: Vec<Family>,
    heights: Vec<u32>,
    min_height: Option<u32>,
    max_height: Option<u32>,
    min_bitrate: Option<u64>,
    max_bitrate: Option<u64>,
    max_frame_rate: Option<FrameRate>,
    video_ranges: Vec<Range>,
    channels: Vec<u16>,
    languages: Vec<String>,
    audio_languages: Vec<String>,
    text_languages: Vec<String>,
    text: Option<Text>,
    pub(crate) without_trick_play: bool,
    pub(crate) without_thumbnails: bool,
    pub(crate) order: Order,
    default_audio: Option<String>,
}

/// Frames and seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct FrameRate(u32, u32);

/// Dynamic range, as VIDEO-RANGE names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum Range {
    Sdr,
    Pq,
    Hlg,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Text {
    Imsc1,
    WebVtt,
    None,
}

/// Of the video rungs; players start with the first one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub(crate) enum Order {
    /// As the presentation has them: heaviest first.
    #[default]
    Descending,
    Ascending,
    /// The one nearest to so many bits per second first, the others as they are.
    First(u64),
}

/// What views without a filter point to.
static EVERYTHING: Filter = Filter {
    codecs: Vec::new(),
    heights: Vec::new(),
    min_height: None,
    max_height: None,
    min_bitrate: None,
    max_bitrate: None,
    max_frame_rate: None,
    video_ranges: Vec::new(),
    channels: Vec::new(),
    languages: Vec::new(),
    audio_languages: Vec::new(),
    text_languages: Vec::new(),
    text: None,
    without_trick_play: false,
    without_thumbnails: false,
    order: Order::Descending,
    default_audio: None,
};

impl Filter {
    /// The filter that changes nothing.
    pub fn everything() -> &'static Self {
        &EVERYTHING
    }

    /// From the pairs of a query, percent-decoded. Names that are no filter's are passed over: queries carry tokens,
    /// CMCD and the like too. A list may be sent in pieces; anything else once.
    ///
    /// # Errors
    /// [`FilterError`] names the key, its value and what may stand there.
    pub fn parse<'q>(
        pairs: impl IntoIterator<Item = (&'q str, &'q str)>,
    ) -> Result<Self, FilterError> {
        parse::parse(pairs)
    }

    /// The same text for the same filter, however its query was written; empty for [`everything`](Self::everything).
    /// It is a query itself: parsed, it gives the filter back.
    pub fn key(&self) -> String {
        key::key(self)
    }

    pub fn is_everything(&self) -> bool {
        *self == EVERYTHING
    }
}

#[cfg(test)]
mod tests;
