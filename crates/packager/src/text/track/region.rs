//! WebVTT regions (W3C WebVTT, 3.4 and 6.2).
use std::fmt;

use super::webvtt::percentage;

/// A part of the picture that cues scroll in. Lengths are percentages of the picture.
#[derive(Debug, Clone, PartialEq)]
pub struct Region {
    /// Without white space.
    pub id: String,
    pub width: f64,
    pub lines: u32,
    /// The point of the region, in percent of itself, that lies on `viewport_anchor`.
    pub region_anchor: (f64, f64),
    pub viewport_anchor: (f64, f64),
    pub scrolls_up: bool,
}

impl Default for Region {
    fn default() -> Self {
        Self {
            id: String::new(),
            width: 100.0,
            lines: 3,
            region_anchor: (0.0, 100.0),
            viewport_anchor: (0.0, 100.0),
            scrolls_up: false,
        }
    }
}

impl Region {
    /// Settings as they stand in a `REGION` block. What is malformed keeps its default.
    pub(in super::super) fn parse(settings: &str) -> Self {
        let mut region = Self::default();
        for setting in settings.split_ascii_whitespace() {
            let Some((name, value)) = setting.split_once(':') else {
                continue;
            };
            match name {
                "id" if !value.contains("-->") => value.clone_into(&mut region.id),
                "width" => region.width = percentage(value).unwrap_or(region.width),
                "lines" if value.bytes().all(|byte| byte.is_ascii_digit()) => {
                    region.lines = value.parse().unwrap_or(region.lines);
                }
                "regionanchor" => {
                    region.region_anchor = point(value).unwrap_or(region.region_anchor);
                }
                "viewportanchor" => {
                    region.viewport_anchor = point(value).unwrap_or(region.viewport_anchor);
                }
                "scroll" if value == "up" => region.scrolls_up = true,
                _ => {}
            }
        }
        region
    }
}

/// As a `REGION` block's lines.
impl fmt::Display for Region {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (region_x, region_y) = self.region_anchor;
        let (viewport_x, viewport_y) = self.viewport_anchor;
        write!(
            f,
            "id:{}\nwidth:{}%\nlines:{}",
            self.id, self.width, self.lines
        )?;
        write!(f, "\nregionanchor:{region_x}%,{region_y}%")?;
        write!(f, "\nviewportanchor:{viewport_x}%,{viewport_y}%")?;
        if self.scrolls_up {
            write!(f, "\nscroll:up")?;
        }
        Ok(())
    }
}

fn point(value: &str) -> Option<(f64, f64)> {
    let (x, y) = value.split_once(',')?;
    Some((percentage(x)?, percentage(y)?))
}
