//! TTML 1 and IMSC1 text profile (W3C TTML1, TTML-IMSC1) in, IMSC1 text profile out.
//!
//! A document is resolved when it is read: paragraphs get absolute times, a paragraph whose parts come and go becomes
//! one paragraph for each of its states. What styles and places them stays as it was written.
mod color;
mod cue;
mod document;
mod dom;
mod encoding;
mod from_cues;
mod layout;
mod look;
mod place;
mod style;
mod time;
mod timing;
mod write;

pub(super) use document::{Document, Documents};
pub(super) use from_cues::document_of_cues;
pub(super) use write::{empty, write};

use super::track::Builder;
use super::{Cue, Error, MAX_DOCUMENT_BYTES, OPEN_END, Result, Track};
use dom::Element;
use style::Styles;
use time::Clock;

/// Reads a TTML file. A paragraph whose times are malformed is left out and counted ([`Track::warnings`]).
///
/// # Errors
/// [`Error::Xml`], [`Error::NotTtml`]; [`Error::Unsupported`] for times of day and markers; [`Error::Limit`].
pub fn parse_ttml(file: &[u8]) -> Result<Track> {
    let mut builder = Builder::default();
    let (document, cues) = read(file, 0, OPEN_END, &mut builder)?;
    for cue in cues {
        builder.push(cue)?;
    }
    builder.documents(vec![document]);
    Ok(builder.finish())
}

/// A document of which `[from, to)` (microseconds) is shown, and its text as cues.
pub(super) fn read(
    file: &[u8],
    from: u64,
    to: u64,
    builder: &mut Builder,
) -> Result<(Document, Vec<Cue>)> {
    if file.len() > MAX_DOCUMENT_BYTES {
        return Err(Error::limit("bytes of TTML", MAX_DOCUMENT_BYTES));
    }
    let text = encoding::decode(file)?;
    let root = dom::parse(&text)?;
    let clock = Clock::of(&root)?;
    let (document, unreadable) = Document::new(&root, &clock, from, to)?;
    (0..unreadable).for_each(|_| builder.warn());
    if let Some(language) = root.attribute(dom::Ns::Xml, "lang") {
        builder.language(language);
    }
    builder.forced(is_forced(&root));
    let styles = Styles::new(&document.root, &document.head);
    let cues = cue::cues(&document, &styles, builder);
    Ok((document, cues))
}

/// TTML-IMSC1, 7.5.2.
fn is_forced(element: &Element) -> bool {
    element.attribute(dom::Ns::Itts, "forcedDisplay") == Some("true")
        || element.elements().any(is_forced)
}

#[cfg(test)]
mod tests;
