#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
use super::{stay_on, usable};

#[test]
fn a_thread_stays_on_its_core_and_others_stay_free() {
    let all = usable().unwrap();
    let last = *all.last().unwrap();
    let own = std::thread::spawn(move || {
        stay_on(last).unwrap();
        usable().unwrap()
    });
    assert_eq!(own.join().unwrap(), [last]);
    assert_eq!(usable().unwrap(), all);
}

#[test]
fn a_core_that_is_not_there_is_an_error() {
    let stays = std::thread::spawn(|| stay_on(1023).is_err());
    // Nobody has as many.
    assert!(stays.join().unwrap() || usable().unwrap().len() > 1000);
}
