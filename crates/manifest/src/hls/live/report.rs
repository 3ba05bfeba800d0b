//! EXT-X-RENDITION-REPORT (8216bis, 4.4.5.4): how far the other playlists are.
use edgepack_packager::live::Window;

use super::Control;
use super::listing::parts;
use crate::text::{push_number, push_path_element};

/// Of another media playlist of the channel: `../{track}/index.m3u8`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Report<'a> {
    /// The URL's track element.
    pub track: &'a str,
    pub last: Position,
}

/// Where a track ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Position {
    /// The last whole segment; none where there is none.
    whole: Option<u64>,
    /// Media sequence number and part index of the last part.
    part: Option<(u64, usize)>,
}

impl Position {
    pub fn of(window: &Window) -> Self {
        let segments = || window.segments.iter().rev();
        let last_part = |number: u64, count: usize| Some((number, count.checked_sub(1)?));
        Self {
            whole: segments()
                .find(|segment| segment.complete)
                .map(|segment| segment.number),
            part: segments().find_map(|segment| last_part(segment.number, parts(segment).len())),
        }
    }
}

impl Report<'_> {
    /// Nothing of a track that has nothing yet.
    pub(super) fn push(&self, out: &mut String, control: &Control) {
        let part = self.last.part.filter(|_| control.part_target_ms.is_some());
        let Some(number) = part.map(|(number, _)| number).or(self.last.whole) else {
            return;
        };
        out.push_str("#EXT-X-RENDITION-REPORT:URI=\"../");
        push_path_element(out, self.track);
        out.push_str("/index.m3u8\",LAST-MSN=");
        push_number(out, number);
        if let Some((_, part)) = part {
            out.push_str(",LAST-PART=");
            push_number(out, part as u64);
        }
        out.push('\n');
    }
}
