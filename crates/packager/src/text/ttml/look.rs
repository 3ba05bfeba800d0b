//! How a piece of text looks, as far as WebVTT can say it: inherited properties, computed (TTML1, 8.4.2).
use super::color;
use super::style::{Property, Specified};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Look {
    /// White unless said otherwise.
    pub(super) color: [u8; 3],
    pub(super) italic: bool,
    pub(super) bold: bool,
    pub(super) underline: bool,
    pub(super) is_visible: bool,
}

const WHITE: [u8; 3] = [255; 3];

impl Default for Look {
    fn default() -> Self {
        Self {
            color: WHITE,
            italic: false,
            bold: false,
            underline: false,
            is_visible: true,
        }
    }
}

impl Look {
    /// That of an element inside of one that looks like `self`.
    pub(super) fn inside(self, specified: &Specified<'_>) -> Self {
        let mut look = self;
        if let Some(color) = specified.get(Property::Color).and_then(color::of_ttml) {
            look.color = color;
        }
        match specified.get(Property::FontStyle) {
            Some("italic" | "oblique") => look.italic = true,
            Some("normal") => look.italic = false,
            _ => {}
        }
        match specified.get(Property::FontWeight) {
            Some("bold") => look.bold = true,
            Some("normal") => look.bold = false,
            _ => {}
        }
        let decoration = specified.get(Property::TextDecoration).unwrap_or_default();
        for word in decoration.split_ascii_whitespace() {
            match word {
                "underline" => look.underline = true,
                "noUnderline" | "none" => look.underline = false,
                _ => {}
            }
        }
        match specified.get(Property::Visibility) {
            Some("hidden") => look.is_visible = false,
            Some("visible") => look.is_visible = true,
            _ => {}
        }
        look
    }

    /// The class that says the colour: WebVTT knows eight by itself (W3C WebVTT, 5.1).
    pub(super) fn color_class(self) -> Option<ColorClass> {
        if self.color == WHITE {
            return None;
        }
        let known = WEBVTT_COLORS.iter().find(|(_, color)| *color == self.color);
        if let Some((name, _)) = known {
            return Some(ColorClass {
                name: (*name).to_owned(),
                css: None,
            });
        }
        let [red, green, blue] = self.color;
        let hex = format!("{red:02x}{green:02x}{blue:02x}");
        Some(ColorClass {
            css: Some(format!("::cue(.c{hex}) {{ color: #{hex} }}")),
            name: format!("c{hex}"),
        })
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ColorClass {
    pub(super) name: String,
    /// For a class that no player knows by itself.
    pub(super) css: Option<String>,
}

const WEBVTT_COLORS: [(&str, [u8; 3]); 7] = [
    ("lime", [0, 255, 0]),
    ("cyan", [0, 255, 255]),
    ("red", [255, 0, 0]),
    ("yellow", [255, 255, 0]),
    ("magenta", [255, 0, 255]),
    ("blue", [0, 0, 255]),
    ("black", [0, 0, 0]),
];
