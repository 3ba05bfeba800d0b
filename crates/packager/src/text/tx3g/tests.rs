#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
use super::*;

fn entry(flags: u32, justification: [u8; 2], face: u8, color: [u8; 3]) -> Vec<u8> {
    let mut content = vec![0; 8];
    content.extend(flags.to_be_bytes());
    content.extend(justification);
    content.extend([0; 4 + 8]);
    content.extend([0, 0, 0, 0, 0, 1, face, 18]);
    content.extend(color);
    content.push(255);
    boxed(b"tx3g", &content)
}

fn plain_entry() -> Vec<u8> {
    entry(0, [1, 255], 0, WHITE)
}

fn boxed(kind: &[u8; 4], content: &[u8]) -> Vec<u8> {
    let size = u32::try_from(8 + content.len()).unwrap().to_be_bytes();
    [&size, kind, content].concat()
}

fn text(text: &[u8], modifiers: &[u8]) -> Vec<u8> {
    let len = u16::try_from(text.len()).unwrap().to_be_bytes();
    [&len, text, modifiers].concat()
}

fn read(entry: &[u8], samples: &[Vec<u8>]) -> Result<Track> {
    let sample = |(number, data): (usize, &Vec<u8>)| SourceSample {
        decode_time: number as u64 * 1000,
        duration: 1000,
        data: data.clone().into(),
    };
    from_tx3g(entry, 1000, samples.iter().enumerate().map(sample))
}

fn payload(entry: &[u8], sample: Vec<u8>) -> String {
    read(entry, &[sample]).unwrap().cues()[0].payload.clone()
}

#[test]
fn an_empty_text_is_a_gap() {
    let track = read(
        &plain_entry(),
        &[
            text(b"a", b""),
            text(b"", b""),
            vec![],
            text(b"b & <c>", b""),
        ],
    )
    .unwrap();
    let shown: Vec<_> = track
        .cues()
        .iter()
        .map(|c| (c.start, c.end, c.payload.as_str()))
        .collect();
    assert_eq!(
        shown,
        [
            (0, 1_000_000, "a"),
            (3_000_000, 4_000_000, "b &amp; &lt;c&gt;")
        ]
    );
}

#[test]
fn a_text_that_goes_on_is_one_cue() {
    let track = read(&plain_entry(), &[text(b"a", b""), text(b"a", b"")]).unwrap();
    assert_eq!((track.cues().len(), track.end()), (1, 2_000_000));
}

#[test]
fn styles_count_characters_and_become_tags() {
    let record = |start: u8, end: u8, face: u8, color: [u8; 3]| {
        let mut record = vec![0, start, 0, end, 0, 1, face, 18];
        record.extend(color);
        record.push(255);
        record
    };
    let records = [
        record(0, 2, BOLD, WHITE),
        record(2, 3, ITALIC | UNDERLINE, [0x80, 0x90, 0xa0]),
        // Overlaps what came before, and reaches beyond the text.
        record(1, 200, BOLD, WHITE),
    ];
    let styl = boxed(b"styl", &[vec![0, 3], records.concat()].concat());
    let sample = text("äöü\nx".as_bytes(), &styl);
    let track = read(&plain_entry(), &[sample]).unwrap();
    assert_eq!(
        track.cues()[0].payload,
        "<b>äö</b><c.c8090a0><i><u>ü</u></i></c><b>\nx</b>"
    );
    assert_eq!(track.styles(), ["::cue(.c8090a0) { color: #8090a0 }"]);
}

#[test]
fn utf_16_is_told_by_its_byte_order_mark() {
    let little: Vec<u8> = "\u{feff}ä🐻"
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    let big: Vec<u8> = "\u{feff}ä🐻"
        .encode_utf16()
        .flat_map(u16::to_be_bytes)
        .collect();
    assert_eq!(payload(&plain_entry(), text(&little, b"")), "ä🐻");
    assert_eq!(payload(&plain_entry(), text(&big, b"")), "ä🐻");
}

#[test]
fn the_sample_entry_says_style_place_and_who_sees_it() {
    let track = read(&entry(0, [0, 0], ITALIC, WHITE), &[text(b"a", b"")]).unwrap();
    assert_eq!(track.cues()[0].payload, "<i>a</i>");
    assert_eq!(track.cues()[0].settings, "line:0 position:0% align:left");
    assert!(!track.has_forced());
    let track = read(&entry(0x8000_0000, [1, 255], 0, WHITE), &[text(b"a", b"")]).unwrap();
    assert!(track.has_forced());
    let forced = text(b"a", &boxed(b"frcd", &[]));
    assert!(read(&plain_entry(), &[forced]).unwrap().has_forced());
}

#[test]
fn what_is_malformed_is_refused_with_its_place() {
    let refused = read(&boxed(b"tx3g", &[0; 20]), &[]);
    assert!(
        matches!(refused, Err(Error::SampleEntry { .. })),
        "{refused:?}"
    );
    let refused = read(&plain_entry(), &[text(b"a", b""), vec![0, 9, b'a']]);
    assert!(
        matches!(refused, Err(Error::Sample { index: 1, .. })),
        "{refused:?}"
    );
}
