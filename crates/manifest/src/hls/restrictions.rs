//! HDCP-LEVEL and ALLOWED-CPC (8216bis, 4.4.6.2): what a device must be able to do to get all keys of a variant.
use edgepack_packager::{HdcpLevel, Restrictions};

use crate::follow::Line;
use crate::text::push_quoted;

/// Of all that may play together: the highest level, and the configurations that everything allows.
pub(super) fn push<'l, 'a: 'l>(out: &mut String, lines: impl Iterator<Item = &'l Line<'l, 'a>>) {
    let mut level: Option<HdcpLevel> = None;
    let mut allowed: Vec<(&str, Vec<&str>)> = Vec::new();
    for line in lines {
        for (_, part) in line.present() {
            if let Some(track) = part.protection {
                level = level.max(track.restrictions.hdcp_level);
                narrow(&mut allowed, &track.restrictions);
            }
        }
    }
    if let Some(level) = level {
        out.push_str(",HDCP-LEVEL=");
        out.push_str(level.as_str());
    }
    for (index, (format, labels)) in allowed.iter().enumerate() {
        out.push_str(if index == 0 { ",ALLOWED-CPC=\"" } else { "," });
        push_quoted(out, format);
        out.push(':');
        for (index, label) in labels.iter().enumerate() {
            if index > 0 {
                out.push('/');
            }
            push_quoted(out, label);
        }
    }
    if !allowed.is_empty() {
        out.push('"');
    }
}

/// A KEYFORMAT that one track does not restrict stays as the others have it.
fn narrow<'p>(allowed: &mut Vec<(&'p str, Vec<&'p str>)>, more: &'p Restrictions) {
    for (format, labels) in &more.allowed_cpc {
        let known = allowed.iter_mut().find(|(known, _)| known == format);
        match known {
            Some((_, known)) => known.retain(|label| labels.iter().any(|other| other == label)),
            None => allowed.push((format, labels.iter().map(String::as_str).collect())),
        }
    }
}
