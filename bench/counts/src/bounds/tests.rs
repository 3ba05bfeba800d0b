#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
use super::*;

fn counts(counts: &[(&str, u64)]) -> Vec<(String, u64)> {
    let owned = |(path, count): &(&str, u64)| (path.to_string(), *count);
    counts.iter().map(owned).collect()
}

fn faults(noted: &[(&str, u64)], counted: &[(&str, u64)]) -> Vec<Option<&'static str>> {
    let bounds = Bounds::parse(&render(&counts(noted))).unwrap();
    let verdicts = bounds.verdicts(&counts(counted));
    verdicts.iter().map(|verdict| verdict.fault).collect()
}

#[test]
fn what_was_written_is_read_again_and_holds() {
    let noted = [("plan of a segment, AVC, 4 s", 100_000), ("token", 500)];
    assert_eq!(faults(&noted, &noted), [None, None]);
}

#[test]
fn a_compiler_may_differ_by_a_few_hundredths() {
    assert_eq!(faults(&[("plan", 100_000)], &[("plan", 107_000)]), [None]);
    assert_eq!(faults(&[("plan", 100_000)], &[("plan", 93_000)]), [None]);
    assert_eq!(faults(&[("small", 100)], &[("small", 114)]), [None]);
}

#[test]
fn more_is_a_fault_and_so_is_a_gain_that_nobody_noted() {
    let noted = [("plan", 100_000)];
    assert_eq!(
        faults(&noted, &[("plan", 107_001)]),
        [Some("dearer than noted")]
    );
    assert_eq!(
        faults(&noted, &[("plan", 92_999)]),
        [Some("cheaper than noted")]
    );
}

#[test]
fn a_path_without_bounds_is_a_fault_and_so_are_bounds_without_a_path() {
    assert_eq!(
        faults(&[("old", 10)], &[("new", 10)]),
        [Some("has no bounds"), Some("was not counted")]
    );
}
