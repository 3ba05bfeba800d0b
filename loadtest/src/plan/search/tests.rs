#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
use proptest::prelude::*;

use super::*;

/// Runs a search against a server that carries `carries` viewers.
fn search(limits: Limits, carries: u64) -> (Search, Vec<u64>, Ended) {
    let mut search = Search::new(limits).unwrap();
    let mut tried = Vec::new();
    loop {
        match search.next_load() {
            Err(ended) => return (search, tried, ended),
            Ok(load) => {
                tried.push(load);
                search.record(load, load <= carries);
            }
        }
    }
}

#[test]
fn it_grows_then_halves() {
    let (search, tried, ended) = search(Limits::default(), 730);
    assert_eq!(tried, [50, 100, 200, 400, 800, 600, 700, 750, 725]);
    assert_eq!(ended, Ended::Found);
    // 50 of 750 is above the resolution of 37: what lies between 700 and 750 is halved once more.
    assert_eq!((search.holds(), search.breaks()), (Some(725), Some(750)));
}

#[test]
fn a_start_above_what_holds_goes_down() {
    let (search, tried, ended) = search(Limits::default(), 9);
    assert_eq!(tried, [50, 25, 12, 6, 9, 10]);
    assert_eq!((search.holds(), search.breaks()), (Some(9), Some(10)));
    assert_eq!(ended, Ended::Found);
}

#[test]
fn one_viewer_too_many_is_told() {
    let (search, tried, ended) = search(Limits::default(), 0);
    assert_eq!(tried, [50, 25, 12, 6, 3, 1]);
    assert_eq!(ended, Ended::NothingHolds);
    assert_eq!(search.holds(), None);
}

#[test]
fn the_largest_load_is_tried_and_not_exceeded() {
    let limits = Limits {
        most: 300,
        ..Limits::default()
    };
    let (search, tried, ended) = search(limits, u64::MAX);
    assert_eq!(tried, [50, 100, 200, 300]);
    assert_eq!(ended, Ended::MostViewers);
    assert_eq!((search.holds(), search.breaks()), (Some(300), None));
}

#[test]
fn steps_are_bounded() {
    let limits = Limits {
        steps: 3,
        ..Limits::default()
    };
    let (search, tried, ended) = search(limits, u64::MAX);
    assert_eq!(tried.len(), 3);
    assert_eq!((search.holds(), ended), (Some(200), Ended::Steps));
}

#[test]
fn what_broke_counts_more_than_what_held() {
    let mut search = Search::new(Limits::default()).unwrap();
    search.record(100, true);
    search.record(80, false);
    assert_eq!((search.holds(), search.breaks()), (None, Some(80)));
    search.record(90, true);
    assert_eq!(search.holds(), None);
}

#[test]
fn limits_that_make_no_sense_are_refused() {
    let fault = |change: fn(&mut Limits)| {
        let mut limits = Limits::default();
        change(&mut limits);
        Search::new(limits).unwrap_err()
    };
    assert_eq!(fault(|l| l.start = 0), SearchError::Start);
    assert_eq!(fault(|l| l.start = l.most + 1), SearchError::Start);
    assert_eq!(fault(|l| l.growth = 1.0), SearchError::Growth);
    assert_eq!(fault(|l| l.growth = f64::NAN), SearchError::Growth);
    assert_eq!(fault(|l| l.resolution = 0.0), SearchError::Resolution);
    assert_eq!(fault(|l| l.steps = 0), SearchError::Steps);
}

proptest! {
    #[test]
    fn what_is_found_lies_within_the_resolution(
        carries in 1_u64..200_000,
        start in 1_u64..5_000,
        growth in 1.05_f64..10.0,
        resolution in 0.001_f64..0.5,
    ) {
        let limits = Limits { start, growth, resolution, most: 1_000_000, steps: 1000 };
        let (search, tried, ended) = search(limits, carries);
        prop_assert_eq!(ended, Ended::Found);
        let (holds, breaks) = (search.holds().unwrap(), search.breaks().unwrap());
        prop_assert!(holds <= carries && carries < breaks);
        prop_assert!((breaks - holds) as f64 <= (breaks as f64 * resolution).max(1.0));
        let mut sorted = tried.clone();
        sorted.sort_unstable();
        sorted.dedup();
        prop_assert_eq!(sorted.len(), tried.len(), "no load is tried twice");
    }
}
