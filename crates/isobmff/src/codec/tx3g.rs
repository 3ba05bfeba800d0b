//! 3GPP timed text: TextSampleEntry (3GPP TS 26.245, 5.16).
use crate::Result;
use crate::boxes::{Fields, Node};

/// How text looks unless a sample says otherwise.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tx3gConfig {
    /// As in the file: scrolling, and whether samples are forced.
    pub display_flags: u32,
    /// −1 right, 0 left, 1 centre.
    pub horizontal_justification: i8,
    /// −1 bottom, 0 top, 1 centre.
    pub vertical_justification: i8,
    /// Red, green, blue, alpha.
    pub background: [u8; 4],
    pub text_box: TextBox,
    pub style: TextStyle,
}

/// Pixels from the top left of the track's own region.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TextBox {
    pub top: i16,
    pub left: i16,
    pub bottom: i16,
    pub right: i16,
}

/// StyleRecord.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TextStyle {
    pub start_char: u16,
    pub end_char: u16,
    pub font_id: u16,
    /// 1 bold, 2 italic, 4 underlined.
    pub face: u8,
    /// Pixels.
    pub font_size: u8,
    /// Red, green, blue, alpha.
    pub colour: [u8; 4],
}

/// Apple's display flags (QuickTime File Format, Subtitle Sample Data).
const ALL_SAMPLES_FORCED: u32 = 0x8000_0000;

impl Tx3gConfig {
    /// All subtitles are to be shown even when subtitles are off.
    pub fn all_forced(&self) -> bool {
        self.display_flags & ALL_SAMPLES_FORCED != 0
    }
}

impl TextStyle {
    pub fn bold(&self) -> bool {
        self.face & 1 != 0
    }

    pub fn italic(&self) -> bool {
        self.face & 2 != 0
    }

    pub fn underline(&self) -> bool {
        self.face & 4 != 0
    }
}

pub(super) fn parse(entry: &Node<'_>) -> Result<Tx3gConfig> {
    let mut fields = entry.fields();
    fields.skip(8)?;
    Ok(Tx3gConfig {
        display_flags: fields.u32()?,
        horizontal_justification: fields.array().map(i8::from_be_bytes)?,
        vertical_justification: fields.array().map(i8::from_be_bytes)?,
        background: fields.array()?,
        text_box: TextBox {
            top: signed(&mut fields)?,
            left: signed(&mut fields)?,
            bottom: signed(&mut fields)?,
            right: signed(&mut fields)?,
        },
        style: TextStyle {
            start_char: fields.u16()?,
            end_char: fields.u16()?,
            font_id: fields.u16()?,
            face: fields.u8()?,
            font_size: fields.u8()?,
            colour: fields.array()?,
        },
    })
}

fn signed(fields: &mut Fields<'_>) -> Result<i16> {
    fields.array().map(i16::from_be_bytes)
}

#[cfg(test)]
mod tests;
