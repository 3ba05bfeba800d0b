//! Cue settings (W3C WebVTT, 3.3 and 6.3).

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(in super::super) enum Align {
    Start,
    #[default]
    Center,
    End,
    Left,
    Right,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(in super::super) enum LineAlign {
    #[default]
    Start,
    Center,
    End,
}

#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(in super::super) enum Line {
    /// At the bottom.
    #[default]
    Auto,
    /// Lines from the top, negative from the bottom.
    Number(i32),
    Percent(f64),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(in super::super) enum Writing {
    #[default]
    Horizontal,
    GrowingLeft,
    GrowingRight,
}

/// What the settings of a cue say.
#[derive(Debug, Clone, PartialEq)]
pub(in super::super) struct CueSettings {
    pub(in super::super) region: Option<String>,
    pub(in super::super) writing: Writing,
    pub(in super::super) line: Line,
    pub(in super::super) line_align: LineAlign,
    /// Percent; none: as the text's alignment says.
    pub(in super::super) position: Option<f64>,
    pub(in super::super) position_align: Option<LineAlign>,
    pub(in super::super) size: f64,
    pub(in super::super) align: Align,
}

impl Default for CueSettings {
    fn default() -> Self {
        Self {
            region: None,
            writing: Writing::default(),
            line: Line::default(),
            line_align: LineAlign::default(),
            position: None,
            position_align: None,
            size: 100.0,
            align: Align::default(),
        }
    }
}

impl CueSettings {
    /// A malformed setting counts as absent.
    pub(in super::super) fn parse(settings: &str) -> Self {
        let mut parsed = Self::default();
        for setting in settings.split_ascii_whitespace() {
            if let Some((name, value)) = setting.split_once(':') {
                parsed.set(name, value);
            }
        }
        parsed
    }

    fn set(&mut self, name: &str, value: &str) {
        match name {
            "region" if !value.is_empty() => self.region = Some(value.to_owned()),
            "vertical" => {
                self.writing = match value {
                    "rl" => Writing::GrowingLeft,
                    "lr" => Writing::GrowingRight,
                    _ => self.writing,
                }
            }
            "line" => self.set_line(value),
            "position" => self.set_position(value),
            "size" => self.size = percentage(value).unwrap_or(self.size),
            "align" => {
                self.align = match value {
                    "start" => Align::Start,
                    "center" | "middle" => Align::Center,
                    "end" => Align::End,
                    "left" => Align::Left,
                    "right" => Align::Right,
                    _ => self.align,
                }
            }
            _ => {}
        }
    }

    fn set_line(&mut self, value: &str) {
        let (line, align) = value.split_once(',').unwrap_or((value, "start"));
        let Some(align) = line_align(align) else {
            return;
        };
        let line = match percentage(line) {
            Some(percent) => Some(Line::Percent(percent)),
            None => line.parse().ok().map(Line::Number),
        };
        if let Some(line) = line {
            self.line = line;
            self.line_align = align;
        }
    }

    fn set_position(&mut self, value: &str) {
        let (position, align) = match value.split_once(',') {
            Some((position, "line-left")) => (position, Some(LineAlign::Start)),
            Some((position, "center")) => (position, Some(LineAlign::Center)),
            Some((position, "line-right")) => (position, Some(LineAlign::End)),
            Some(_) => return,
            None => (value, None),
        };
        if let Some(percent) = percentage(position) {
            self.position = Some(percent);
            self.position_align = align;
        }
    }
}

fn line_align(value: &str) -> Option<LineAlign> {
    match value {
        "start" => Some(LineAlign::Start),
        "center" => Some(LineAlign::Center),
        "end" => Some(LineAlign::End),
        _ => None,
    }
}

/// `12.5%`: digits with at most one point between them, up to 100.
pub(in super::super) fn percentage(value: &str) -> Option<f64> {
    let number = value.strip_suffix('%')?;
    let (whole, fraction) = number.split_once('.').unwrap_or((number, "0"));
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(whole) || !digits(fraction) {
        return None;
    }
    let percent: f64 = number.parse().ok()?;
    (percent <= 100.0).then_some(percent)
}
