//! TTML in samples: XMLSubtitleSampleEntry (ISO/IEC 14496-30, 5.3 and 14496-12, 12.6.3).
use crate::Result;
use crate::boxes::Node;

/// The three strings of an `stpp` entry, and the MIME type of its documents.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StppConfig {
    /// XML namespaces, separated by spaces.
    pub namespace: String,
    /// URLs of schemas, separated by spaces; profiles stand here, too.
    pub schema_location: String,
    pub auxiliary_mime_types: String,
    /// Of a `mime` box: `application/ttml+xml;codecs=im1t`.
    pub content_type: Option<String>,
}

/// Processor profiles (TTML Media Type Definition and Profile Registry, 5.2), each with what names it in a document.
const PROFILES: [(&str, &str); 6] = [
    ("im2t", "imsc1.1/text"),
    ("im2i", "imsc1.1/image"),
    ("im1t", "imsc1/text"),
    ("im1i", "imsc1/image"),
    ("etd1", "urn:ebu:tt:distribution"),
    ("tt2f", "ttml2-full"),
];

impl StppConfig {
    /// `stpp.ttml.im1t`, where the profile is known, else `stpp` (TTML Media Type Definition, 4).
    pub fn rfc6381(&self) -> String {
        match self.profile() {
            Some(profile) => format!("stpp.ttml.{profile}"),
            None => "stpp".to_owned(),
        }
    }

    /// The registered short name of the processor profile: `im1t` IMSC1 text, `im1i` IMSC1 image.
    pub fn profile(&self) -> Option<&'static str> {
        let codecs = self
            .content_type
            .as_deref()
            .and_then(|content_type| content_type.split_once("codecs="))
            .map_or("", |(_, codecs)| codecs);
        let known = |name: &str| {
            codecs
                .split(|c: char| !c.is_ascii_alphanumeric())
                .any(|word| word == name)
        };
        let names = [&self.schema_location, &self.namespace];
        PROFILES
            .iter()
            .find(|(name, _)| known(name))
            .or_else(|| {
                PROFILES
                    .iter()
                    .find(|(_, part)| names.iter().any(|text| text.contains(part)))
            })
            .map(|(name, _)| *name)
    }
}

/// Fields of a SampleEntry.
const FIELDS: usize = 8;

pub(super) fn parse(entry: &Node<'_>) -> Result<StppConfig> {
    let mut fields = entry.fields();
    fields.skip(FIELDS)?;
    let content = fields.rest();
    let unended = || entry.malformed("a string without its end");
    let (namespace, rest) = string(&content).ok_or_else(unended)?;
    let (schema_location, rest) = string(rest).ok_or_else(unended)?;
    // Some writers leave the last string out when no box stands behind it.
    let (auxiliary_mime_types, rest) = if rest.is_empty() {
        (String::new(), rest)
    } else {
        string(rest).ok_or_else(unended)?
    };
    let boxes = FIELDS + content.len() - rest.len();
    let mut content_type = None;
    for child in entry.children(boxes) {
        let child = child?;
        if child.kind().0 == *b"mime" {
            let mut fields = child.fields();
            fields.version_and_flags()?;
            let text = fields.rest();
            let text = text.split(|byte| *byte == 0).next().unwrap_or(&[]);
            content_type = Some(String::from_utf8_lossy(text).into_owned());
        }
    }
    Ok(StppConfig {
        namespace,
        schema_location,
        auxiliary_mime_types,
        content_type,
    })
}

/// A string that a zero byte ends, and what is behind it.
fn string(data: &[u8]) -> Option<(String, &[u8])> {
    let end = data.iter().position(|byte| *byte == 0)?;
    let text = String::from_utf8_lossy(&data[..end]).into_owned();
    Some((text, &data[end + 1..]))
}

#[cfg(test)]
mod tests;
