#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
use super::*;
use crate::text::Error;

fn document(head: &str, paragraphs: &str) -> Vec<u8> {
    let text = format!(
        r#"<tt xmlns="http://www.w3.org/ns/ttml" xmlns:s="http://www.w3.org/ns/ttml#styling" xml:lang="en"><head>{head}</head><body><div>{paragraphs}</div></body></tt>"#
    );
    text.into_bytes()
}

fn samples(documents: &[Vec<u8>]) -> Vec<SourceSample> {
    let sample = |(number, data): (usize, &Vec<u8>)| SourceSample {
        decode_time: number as u64 * 2000,
        duration: 2000,
        data: data.clone().into(),
    };
    documents.iter().enumerate().map(sample).collect()
}

fn shown(track: &Track) -> Vec<(u64, u64, &str)> {
    let cues = track.cues().iter();
    cues.map(|cue| (cue.start / 1000, cue.end / 1000, cue.payload.as_str()))
        .collect()
}

const STYLE: &str = r#"<styling><style xml:id="a" s:color="red"/></styling>"#;

#[test]
fn only_what_falls_into_its_sample_is_shown_of_a_document() {
    let paragraphs = r#"<p begin="1s" end="9s">a</p><p begin="3s" end="4s">b</p><p>c</p>"#;
    let read = from_stpp(1000, samples(&[document("", paragraphs)])).unwrap();
    assert_eq!(shown(&read), [(0, 2000, "c"), (1000, 2000, "a")]);
    assert_eq!(read.language(), "en");
}

#[test]
fn a_paragraph_that_goes_on_in_the_next_document_is_one() {
    let documents = [
        document(
            STYLE,
            r#"<p begin="1s" end="2s">a</p><p begin="1s" end="5s">b</p>"#,
        ),
        document(
            STYLE,
            r#"<p begin="2s" end="4s">b</p><p begin="2s" end="3s">c</p>"#,
        ),
        document(STYLE, r#"<p begin="4s" end="5s">b</p>"#),
    ];
    let read = from_stpp(1000, samples(&documents)).unwrap();
    assert_eq!(
        shown(&read),
        [(1000, 5000, "b"), (1000, 2000, "a"), (2000, 3000, "c")]
    );
    let out = imsc1_samples(&read, 0..6000).unwrap();
    assert_eq!(out.len(), 1);
    let text = String::from_utf8(out[0].data.clone()).unwrap();
    assert!(
        text.contains(r#"<p begin="00:00:01.000" end="00:00:05.000">b</p>"#),
        "{text}"
    );
    assert_eq!(text.matches("<p ").count(), 3, "{text}");
}

#[test]
fn documents_of_different_heads_stay_apart() {
    let other = STYLE.replace("red", "blue");
    let paragraph = r#"<p style="a" begin="0s" end="9s">x</p>"#;
    let documents = [document(STYLE, paragraph), document(&other, paragraph)];
    let read = from_stpp(1000, samples(&documents)).unwrap();
    let out = imsc1_samples(&read, 1000..8000).unwrap();
    let durations: Vec<_> = out.iter().map(|sample| sample.duration).collect();
    assert_eq!(durations, [1000, 6000]);
    let texts: Vec<_> = out
        .iter()
        .map(|sample| String::from_utf8_lossy(&sample.data))
        .collect();
    assert!(
        texts[0].contains("red") && texts[1].contains("blue"),
        "{texts:?}"
    );
    assert!(
        texts[1].contains(r#"begin="00:00:02.000" end="00:00:04.000""#),
        "{texts:?}"
    );
}

#[test]
fn a_segment_beyond_all_documents_is_empty() {
    let read = from_stpp(1000, samples(&[document(STYLE, "<p>x</p>")])).unwrap();
    let out = imsc1_samples(&read, 2000..4000).unwrap();
    assert_eq!((out.len(), out[0].duration), (1, 2000));
    let text = String::from_utf8_lossy(&out[0].data);
    assert!(
        text.contains(r#"xml:lang="en""#) && !text.contains("<p"),
        "{text}"
    );
}

#[test]
fn a_sample_that_is_not_ttml_is_named() {
    let read = from_stpp(1000, samples(&[document("", ""), b"x".to_vec()]));
    assert!(
        matches!(read, Err(Error::Sample { index: 1, .. })),
        "{read:?}"
    );
}
