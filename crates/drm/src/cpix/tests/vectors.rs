//! DASH-IF's test vectors.
use super::support::schemas;
use crate::cpix::*;
use std::fs;

fn vector(name: &str) -> Option<Vec<u8>> {
    let path = schemas(&format!("cpix-test-vectors/{name}"))?;
    Some(fs::read(path).unwrap())
}

#[test]
fn vectors_in_the_clear_are_read() {
    let Some(bytes) = vector("ClearContentKeysOnly.xml") else {
        return;
    };
    let document = Document::parse(&bytes, &Limits::default()).unwrap();
    assert_eq!(document.keys.len(), 4);
    assert!(
        document
            .keys
            .iter()
            .all(|key| matches!(&key.secret, Some(Secret::Plain(key)) if key.len() == 16))
    );
}

#[test]
fn an_empty_document_is_read() {
    let Some(bytes) = vector("EmptyDocument.xml") else {
        return;
    };
    let document = Document::parse(&bytes, &Limits::default()).unwrap();
    assert_eq!(document, Document::default());
}

#[test]
fn vectors_of_rotation_name_their_periods() {
    let Some(bytes) = vector("KeyRotationMultiKeyMulitPeriod.xml") else {
        return;
    };
    let document = Document::parse(&bytes, &Limits::default()).unwrap();
    let periods: Vec<_> = document.periods.iter().map(|p| (&*p.id, p.index)).collect();
    assert_eq!(periods, [("now", Some(1)), ("next", Some(2))]);
    assert_eq!(document.rules.len(), 4);
    assert_eq!(document.rules[2].periods, ["next"]);
    assert_eq!(document.rules[2].video, [VideoFilter::default()]);
    assert_eq!(document.keys[0].explicit_iv.unwrap()[..2], [0xf4, 0x5b]);
}

#[test]
fn vectors_of_labels_are_read() {
    let Some(bytes) = vector("UsageRulesBasedOnLabels.xml") else {
        return;
    };
    let document = Document::parse(&bytes, &Limits::default()).unwrap();
    assert_eq!(document.rules.len(), 5);
    assert_eq!(document.rules[2].labels, ["SD-Video"]);
}
