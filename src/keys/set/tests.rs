#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
use edgepack_drm::{ContentKey, KeyId};

use super::super::testing::request;
use super::*;

fn given(label: &str, period: u32, kid: u8, key: u8) -> Given {
    let key = ContentKey::new(KeyId([kid; 16]), [key; 16]);
    Given {
        label: label.to_owned(),
        period,
        record: key.into(),
    }
}

#[test]
fn what_was_not_asked_for_is_dropped() {
    let all = vec![
        given("SD", 0, 9, 9),
        given("AUDIO", 1, 4, 4),
        given("HD", 1, 3, 3),
        given("AUDIO", 0, 2, 2),
        given("HD", 0, 1, 1),
        given("HD", 7, 8, 8),
    ];
    let set = KeySet::new(&request("film"), all).unwrap();
    let kids: Vec<_> = set
        .records()
        .map(|(_, _, record)| record.key.kid.0[0])
        .collect();
    assert_eq!(kids, [1, 2, 3, 4]);
    assert!(set.by_kid(KeyId([9; 16])).is_none());
}

#[test]
fn one_key_may_stand_for_several_labels_and_periods() {
    let all = (0..2)
        .flat_map(|period| ["HD", "AUDIO"].map(|label| given(label, period, 1, 1)))
        .collect();
    let set = KeySet::new(&request("film"), all).unwrap();
    assert_eq!(set.records().count(), 4);
    assert!(set.by_kid(KeyId([1; 16])).is_some());
}

#[test]
fn contradictions_are_refused() {
    let with = |more: Given| {
        let mut all: Vec<_> = (0..2)
            .flat_map(|period| ["HD", "AUDIO"].map(|label| given(label, period, 1, 1)))
            .collect();
        all.push(more);
        KeySet::new(&request("film"), all).unwrap_err().to_string()
    };
    assert!(with(given("SD", 0, 1, 2)).contains("two keys under the id"));
    assert!(with(given("HD", 0, 2, 2)).contains("two keys for label"));
}
