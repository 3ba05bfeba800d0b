//! Text of any origin made fit to stand in a WebVTT file: what is clean already comes back as it is.
use std::borrow::Cow;

/// One line without an arrow, which would make it a cue's time line.
pub(in super::super) fn clean_id(id: &str) -> String {
    let id = without_nul(id).replace(['\n', '\r'], " ");
    without_arrow(id.trim(), "->").into_owned()
}

/// Settings with single spaces between them.
pub(in super::super) fn clean_settings(settings: &str) -> String {
    let settings = without_nul(settings);
    settings
        .split_ascii_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
}

/// Cue text: an empty line would end the cue, an arrow would begin the next.
pub(in super::super) fn clean_payload(payload: &str) -> String {
    let text = with_line_feeds(payload);
    let text = without_arrow(text.trim_matches('\n'), "--&gt;");
    if !text.contains("\n\n") {
        return text.into_owned();
    }
    let lines = text.split('\n');
    let lines: Vec<&str> = lines
        .map(|line| if line.is_empty() { "&nbsp;" } else { line })
        .collect();
    lines.join("\n")
}

/// The text of a `STYLE` block: without empty lines, which would end it.
pub(in super::super) fn clean_block(text: &str) -> String {
    let text = with_line_feeds(text);
    let text = without_arrow(&text, "->");
    let lines: Vec<&str> = text.split('\n').filter(|line| !line.is_empty()).collect();
    lines.join("\n")
}

fn with_line_feeds(text: &str) -> Cow<'_, str> {
    let text = without_nul(text);
    if text.contains('\r') {
        Cow::Owned(text.replace("\r\n", "\n").replace('\r', "\n"))
    } else {
        text
    }
}

fn without_nul(text: &str) -> Cow<'_, str> {
    if text.contains('\0') {
        Cow::Owned(text.replace('\0', "\u{fffd}"))
    } else {
        Cow::Borrowed(text)
    }
}

/// The replacement may bring forth another arrow: `--->` becomes `-->` with `->`.
fn without_arrow<'a>(text: &'a str, replacement: &str) -> Cow<'a, str> {
    let mut text = Cow::Borrowed(text);
    while text.contains("-->") {
        text = Cow::Owned(text.replace("-->", replacement));
    }
    text
}
