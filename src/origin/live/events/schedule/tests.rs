#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
use edgepack_manifest::hls::live::Value;

use super::*;
use crate::admin::Asset;
use crate::origin::interstitials::CLASS;

const NOW_MS: i64 = 1_700_000_000_000;
const OLDEST_MS: i64 = NOW_MS - 60_000;
const SKIP_MS: u64 = 12_000;

fn interstitial(id: &str, start_ms: i64) -> Interstitial {
    Interstitial {
        id: id.to_owned(),
        start_ms,
        asset: Asset::Uri("https://a.example/1.m3u8".to_owned()),
        duration_ms: Some(10_000),
        planned_duration_ms: None,
        resume_offset_ms: Some(-500),
        playout_limit_ms: Some(9000),
        choices: vec![("X-RESTRICT", "SKIP".to_owned())],
    }
}

fn insert(schedule: &mut Schedule, new: Interstitial, now_ms: i64) -> Result<bool, Refused> {
    schedule.insert(new, OLDEST_MS, now_ms, SKIP_MS)
}

#[test]
fn an_interstitial_is_a_date_range_of_its_class() {
    let mut schedule = Schedule::new(4);
    let ad = interstitial("ad", NOW_MS + 5000);
    assert_eq!(insert(&mut schedule, ad.clone(), NOW_MS), Ok(true));
    let ranges: Vec<_> = schedule.ranges().collect();
    let attribute = |name: &str, value| (name.to_owned(), value);
    assert_eq!(
        ranges,
        [DateRange {
            id: "ad".to_owned(),
            class: Some(CLASS.to_owned()),
            start_ms: NOW_MS + 5000,
            end_ms: None,
            duration_ms: Some(10_000),
            planned_duration_ms: None,
            end_on_next: false,
            attributes: vec![
                attribute(
                    "X-ASSET-URI",
                    Value::Text("https://a.example/1.m3u8".to_owned())
                ),
                attribute("X-RESUME-OFFSET", Value::Seconds(-500)),
                attribute("X-PLAYOUT-LIMIT", Value::Seconds(9000)),
                attribute("X-RESTRICT", Value::Text("SKIP".to_owned())),
            ],
            added_ms: NOW_MS,
        }]
    );
    let version = schedule.version();
    assert_eq!(insert(&mut schedule, ad, NOW_MS + 1), Ok(false));
    assert_eq!(schedule.version(), version);
}

#[test]
fn what_players_were_told_stays_what_it_is() {
    let mut schedule = Schedule::new(4);
    insert(&mut schedule, interstitial("ad", NOW_MS), NOW_MS).unwrap();
    let other = || interstitial("ad", NOW_MS + 1);
    assert_eq!(insert(&mut schedule, other(), NOW_MS), Err(Refused::Exists));
    // Removed, it may come back when no delta update tells of the removal any more.
    assert!(schedule.remove("ad", NOW_MS));
    assert!(!schedule.remove("ad", NOW_MS));
    assert_eq!(
        insert(&mut schedule, other(), NOW_MS + 2000),
        Err(Refused::JustRemoved { retry_after_s: 10 })
    );
    assert_eq!(insert(&mut schedule, other(), NOW_MS + 12_001), Ok(true));
    assert_eq!(schedule.removed().count(), 0);
}

#[test]
fn there_are_no_more_than_the_limit_and_none_that_nobody_will_see() {
    let mut schedule = Schedule::new(1);
    let past = interstitial("a", OLDEST_MS - 10_001);
    assert_eq!(insert(&mut schedule, past, NOW_MS), Err(Refused::Past));
    let late = interstitial("a", NOW_MS + MAX_AHEAD_MS + 1);
    assert!(matches!(
        insert(&mut schedule, late, NOW_MS),
        Err(Refused::TooFarAhead { limit_s: 86_400 })
    ));
    insert(&mut schedule, interstitial("a", OLDEST_MS - 10_000), NOW_MS).unwrap();
    assert_eq!(
        insert(&mut schedule, interstitial("b", NOW_MS), NOW_MS),
        Err(Refused::TooMany { limit: 1 })
    );
}

#[test]
fn one_goes_with_the_window_unless_it_is_for_whoever_joins() {
    let mut schedule = Schedule::new(4);
    insert(&mut schedule, interstitial("ad", NOW_MS), NOW_MS).unwrap();
    let opener = Interstitial {
        choices: vec![("CUE", "PRE,ONCE".to_owned())],
        ..interstitial("opener", NOW_MS)
    };
    insert(&mut schedule, opener, NOW_MS).unwrap();
    let ids = |schedule: &Schedule| {
        let list = schedule.list().into_iter();
        list.map(|one| one.id).collect::<Vec<_>>()
    };
    schedule.evict(NOW_MS + 10_000, NOW_MS + 70_000, SKIP_MS);
    assert_eq!(ids(&schedule), ["ad", "opener"]);
    schedule.evict(NOW_MS + 10_001, NOW_MS + 70_001, SKIP_MS);
    assert_eq!(ids(&schedule), ["opener"]);
    let gone: Vec<_> = schedule.removed().map(|gone| gone.removed_ms).collect();
    assert_eq!(gone, [NOW_MS + 70_001]);
    schedule.evict(NOW_MS + 30_000, NOW_MS + 82_002, SKIP_MS);
    assert_eq!(schedule.removed().count(), 0);
}
