#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
use super::*;
use crate::admin::Asset;

const FILMS: MountId = MountId(0);

fn schedules(max_per_asset: usize, max_assets: usize) -> Schedules {
    let mut films = Mount::new("/films", "/nowhere");
    films.interstitials = config::Interstitials {
        max_per_asset,
        max_assets,
    };
    Schedules::new(&[Arc::new(films), Arc::new(Mount::new("/open", "/nowhere"))])
}

fn interstitial(id: &str, start_ms: i64) -> Interstitial {
    Interstitial {
        id: id.to_owned(),
        start_ms,
        asset: Asset::List("https://a.example/list.json".to_owned()),
        duration_ms: None,
        planned_duration_ms: None,
        resume_offset_ms: Some(0),
        playout_limit_ms: None,
        choices: Vec::new(),
    }
}

#[test]
fn a_change_is_another_version_of_that_asset_alone() {
    let schedules = schedules(4, 4);
    let version = |asset| schedules.get(FILMS, asset).map(|schedule| schedule.version);
    assert_eq!(version("one"), None);
    let ad = interstitial("ad", 5000);
    assert_eq!(schedules.insert(FILMS, "one", ad.clone()), Ok(true));
    assert_eq!(schedules.insert(FILMS, "two", ad.clone()), Ok(true));
    let (one, two) = (version("one"), version("two"));
    assert!(one.is_some() && two.is_some() && one != two);
    // The same once more changes nothing.
    assert_eq!(schedules.insert(FILMS, "one", ad), Ok(false));
    assert_eq!(version("one"), one);
    let more = interstitial("more", 9000);
    assert_eq!(schedules.insert(FILMS, "one", more), Ok(true));
    assert_ne!(version("one"), one);
    assert_eq!(version("two"), two);
    // The other mount's asset of that name is another one.
    assert!(schedules.get(MountId(1), "one").is_none());
}

#[test]
fn ranges_are_dated_from_the_fixed_beginning() {
    let schedules = schedules(4, 4);
    for (id, start_ms) in [("b", 5000), ("a", 0)] {
        let new = interstitial(id, start_ms);
        schedules.insert(FILMS, "one", new).unwrap();
    }
    let ranges = schedules.get(FILMS, "one").unwrap().date_ranges();
    let starts: Vec<_> = ranges
        .iter()
        .map(|of| (of.id.as_str(), of.start_ms))
        .collect();
    assert_eq!(starts, [("b", ZERO_MS + 5000), ("a", ZERO_MS)]);
}

#[test]
fn the_last_one_removed_leaves_the_asset_as_it_was() {
    let schedules = schedules(4, 1);
    schedules
        .insert(FILMS, "one", interstitial("ad", 0))
        .unwrap();
    assert!(!schedules.remove(FILMS, "one", "other"));
    assert!(!schedules.remove(FILMS, "two", "ad"));
    assert!(schedules.remove(FILMS, "one", "ad"));
    assert!(schedules.get(FILMS, "one").is_none());
    // There is room for another asset again.
    let ad = interstitial("ad", 0);
    assert_eq!(schedules.insert(FILMS, "two", ad), Ok(true));
}

#[test]
fn there_are_only_so_many() {
    let schedules = schedules(2, 1);
    let insert = |asset, id, start_ms| schedules.insert(FILMS, asset, interstitial(id, start_ms));
    assert_eq!(insert("one", "a", 0), Ok(true));
    assert_eq!(insert("one", "a", 1), Err(Refused::Exists));
    assert_eq!(
        insert("two", "a", 0),
        Err(Refused::TooManyAssets { limit: 1 })
    );
    assert_eq!(insert("one", "b", 0), Ok(true));
    assert_eq!(insert("one", "c", 0), Err(Refused::TooMany { limit: 2 }));
    assert_eq!(schedules.counts(), [("films", 2), ("open", 0)]);
    let state = AssetState {
        path: "/films/one".to_owned(),
        interstitials: 2,
    };
    assert_eq!(schedules.states(), [state]);
}
