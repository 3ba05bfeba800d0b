//! 3GPP timed text (3GPP TS 26.245, 5.16 and 5.17), which MP4 tools call `mov_text`.
use super::boxes::{boxes, sample_entry_content};
use super::joiner::{Joiner, Piece};
use super::track::Builder;
use super::webvtt;
use super::{Error, MAX_DOCUMENT_BYTES, Result, SourceSample, Track};

/// Some samples, and all samples, are shown to those too who asked for no text.
const FORCED: u32 = 0xc000_0000;

const BOLD: u8 = 1;
const ITALIC: u8 = 2;
const UNDERLINE: u8 = 4;
const WHITE: [u8; 3] = [255; 3];

/// Where text stands and how it looks unless a sample says otherwise.
#[derive(Debug, Clone, Copy)]
struct Config {
    display_flags: u32,
    settings: &'static str,
    style: Style,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Style {
    face: u8,
    color: [u8; 3],
}

/// A style of the characters from `start` to before `end`.
#[derive(Debug, Clone, Copy)]
struct StyleRecord {
    start: usize,
    end: usize,
    style: Style,
}

/// A track from its sample entry (the whole `tx3g` box) and all its samples, in order.
///
/// # Errors
/// [`Error::SampleEntry`], [`Error::Sample`] for what is not `tx3g`; [`Error::Limit`].
pub fn from_tx3g(
    sample_entry: &[u8],
    timescale: u32,
    samples: impl IntoIterator<Item = SourceSample>,
) -> Result<Track> {
    let config = config(sample_entry)?;
    let mut builder = Builder::default();
    builder.forced(config.display_flags & FORCED != 0);
    let mut joiner = Joiner::default();
    for (index, sample) in samples.into_iter().enumerate() {
        if index == super::MAX_CUES {
            return Err(Error::limit("samples", super::MAX_CUES));
        }
        if sample.data.len() > MAX_DOCUMENT_BYTES {
            return Err(Error::limit("bytes of a sample", MAX_DOCUMENT_BYTES).in_sample(index));
        }
        let (start, end) = sample.interval(timescale);
        let text = Text::parse(&sample.data, &config).map_err(|reason| Error::Sample {
            index,
            reason: reason.to_owned(),
        })?;
        builder.forced(text.is_forced);
        let payload = text.payload(&mut builder);
        let piece = (!payload.trim().is_empty()).then(|| Piece {
            source: None,
            id: String::new(),
            settings: config.settings.to_owned(),
            payload,
        });
        joiner.sample(start, end, piece.map(|piece| (start..end, piece)));
    }
    joiner.finish(&mut builder)?;
    Ok(builder.finish())
}

fn config(sample_entry: &[u8]) -> Result<Config> {
    let malformed = |reason: &str| Error::SampleEntry {
        reason: reason.to_owned(),
    };
    let content = sample_entry_content(sample_entry, b"tx3g");
    let content = content.ok_or_else(|| malformed("not a tx3g box"))?;
    // Flags, justification, background, text box, default style.
    let fields: &[u8; 30] = content
        .first_chunk()
        .ok_or_else(|| malformed("the tx3g box is too short"))?;
    let style = style(&fields[18..]).ok_or_else(|| malformed("no default style"))?;
    let [horizontal, vertical] = [fields[4], fields[5]].map(u8::cast_signed);
    Ok(Config {
        display_flags: u32::from_be_bytes([fields[0], fields[1], fields[2], fields[3]]),
        settings: match (horizontal, vertical) {
            (0, 0) => "line:0 position:0% align:left",
            (1, 0) => "line:0",
            (-1, 0) => "line:0 position:100% align:right",
            (0, _) => "position:0% align:left",
            (-1, _) => "position:100% align:right",
            _ => "",
        },
        style: style.style,
    })
}

/// A style record: characters, font, face, size, colour.
fn style(record: &[u8]) -> Option<StyleRecord> {
    let record: &[u8; 12] = record.first_chunk()?;
    let number = |at: usize| usize::from(u16::from_be_bytes([record[at], record[at + 1]]));
    Some(StyleRecord {
        start: number(0),
        end: number(2),
        style: Style {
            face: record[6] & (BOLD | ITALIC | UNDERLINE),
            color: [record[8], record[9], record[10]],
        },
    })
}

#[derive(Debug)]
struct Text {
    text: String,
    default: Style,
    styles: Vec<StyleRecord>,
    is_forced: bool,
}

impl Text {
    fn parse(sample: &[u8], config: &Config) -> std::result::Result<Self, &'static str> {
        let mut parsed = Self {
            text: String::new(),
            default: config.style,
            styles: vec![],
            is_forced: false,
        };
        // Some writers end a line of text with a sample of no bytes instead of an empty text.
        if sample.is_empty() {
            return Ok(parsed);
        }
        let (len, rest) = sample
            .split_first_chunk()
            .ok_or("no room for the length of the text")?;
        let (text, modifiers) = rest
            .split_at_checked(usize::from(u16::from_be_bytes(*len)))
            .ok_or("the text is longer than the sample")?;
        parsed.text = decode(text);
        for (kind, content) in boxes(modifiers) {
            match &kind {
                b"styl" => {
                    let records = content.get(2..).unwrap_or_default();
                    parsed.styles = records.chunks_exact(12).filter_map(style).collect();
                }
                b"frcd" => parsed.is_forced = true,
                _ => {}
            }
        }
        Ok(parsed)
    }

    /// Cue text with tags around what is styled.
    fn payload(&self, builder: &mut Builder) -> String {
        let characters: Vec<char> = self.text.chars().collect();
        let mut styles = vec![self.default; characters.len()];
        // Records follow each other in order and do not overlap; what a later one says again does not count.
        let mut styled_up_to = 0;
        for record in &self.styles {
            let end = record.end.min(characters.len());
            let start = record.start.max(styled_up_to).min(end);
            styles[start..end].fill(record.style);
            styled_up_to = styled_up_to.max(end);
        }
        let mut payload = String::new();
        let mut at = 0;
        while let Some(style) = styles.get(at) {
            let alike = styles[at..].iter().take_while(|next| *next == style);
            let len = alike.count();
            let text: String = characters[at..at + len].iter().collect();
            write_styled(&mut payload, *style, &text, builder);
            at += len;
        }
        payload
    }
}

fn write_styled(payload: &mut String, style: Style, text: &str, builder: &mut Builder) {
    let text = webvtt::escape(&text.replace("\r\n", "\n").replace('\r', "\n"));
    if text.trim().is_empty() {
        return payload.push_str(&text);
    }
    let faces = [(BOLD, "b"), (ITALIC, "i"), (UNDERLINE, "u")];
    let faces = faces.iter().filter(|(face, _)| style.face & face != 0);
    let mut tags: Vec<(String, &str)> = vec![];
    // Black is what writers leave there who say nothing; on the background of captions nobody could read it.
    if style.color != WHITE && style.color != [0; 3] {
        let [red, green, blue] = style.color;
        let hex = format!("{red:02x}{green:02x}{blue:02x}");
        builder.push_style(&format!("::cue(.c{hex}) {{ color: #{hex} }}"));
        tags.push((format!("c.c{hex}"), "c"));
    }
    tags.extend(faces.map(|(_, tag)| ((*tag).to_owned(), *tag)));
    for (open, _) in &tags {
        payload.push_str(&format!("<{open}>"));
    }
    payload.push_str(&text);
    for (_, close) in tags.iter().rev() {
        payload.push_str(&format!("</{close}>"));
    }
}

/// UTF-8, or UTF-16 behind a byte order mark.
fn decode(text: &[u8]) -> String {
    let unit: fn([u8; 2]) -> u16 = match text {
        [0xfe, 0xff, ..] => u16::from_be_bytes,
        [0xff, 0xfe, ..] => u16::from_le_bytes,
        _ => return String::from_utf8_lossy(text).into_owned(),
    };
    let units: Vec<u16> = text[2..]
        .chunks_exact(2)
        .map(|pair| unit([pair[0], pair[1]]))
        .collect();
    String::from_utf16_lossy(&units)
}

#[cfg(test)]
mod tests;
