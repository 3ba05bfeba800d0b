#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
use proptest::prelude::*;

use super::*;

fn cue(start: u64, end: u64) -> Cue {
    Cue {
        start,
        end,
        payload: "x".to_owned(),
        ..Cue::default()
    }
}

proptest! {
    #[test]
    fn what_overlaps_is_found_however_cues_lie(
        cues in prop::collection::vec((0u64..100, 1u64..60), 0..40), from in 0u64..120, len in 0u64..50,
    ) {
        let track = Track::new(cues.iter().map(|(start, len)| cue(*start, start + len))).unwrap();
        let to = from + len;
        let found: Vec<usize> = track.overlapping(from, to).map(|(number, _)| number).collect();
        let all = track.cues().iter().enumerate();
        let expected: Vec<usize> = all
            .filter(|(_, cue)| len > 0 && cue.start < to && cue.end > from)
            .map(|(number, _)| number)
            .collect();
        prop_assert_eq!(found, expected);
    }
}

#[test]
fn a_later_region_of_the_same_name_counts() {
    let mut builder = Builder::default();
    for width in [10.0, 20.0] {
        builder.push_region(Region {
            id: "a".to_owned(),
            width,
            ..Region::default()
        });
    }
    let widths: Vec<_> = builder
        .finish()
        .regions()
        .iter()
        .map(|region| region.width)
        .collect();
    assert_eq!(widths, [20.0]);
}

#[test]
fn the_number_of_cues_is_bounded() {
    let cues = (0..=MAX_CUES as u64).map(|number| cue(number, number + 1));
    assert_eq!(Track::new(cues), Err(Error::limit("cues", MAX_CUES)));
}

#[test]
fn timestamps_of_a_clip_count_from_its_begin() {
    let spoken = Cue {
        payload: "a <00:00:03.000>b".to_owned(),
        ..cue(1_000_000, 5_000_000)
    };
    let clip = Track::new([spoken]).unwrap().clipped(2_000_000, 4_000_000);
    let expected = Cue {
        payload: "a <00:00:01.000>b".to_owned(),
        ..cue(0, 2_000_000)
    };
    assert_eq!(clip.cues(), [expected]);
}

#[test]
fn a_track_can_begin_later_and_end_earlier() {
    let track = Track::new([cue(0, 10), cue(20, 30), cue(40, 50)]).unwrap();
    let times =
        |track: Track| -> Vec<_> { track.cues().iter().map(|c| (c.start, c.end)).collect() };
    assert_eq!(times(track.on_time_line(5, 28)), [(5, 15), (25, 28)]);
    assert_eq!(times(track.on_time_line(-25, 100)), [(0, 5), (15, 25)]);
    assert_eq!(times(track.on_time_line(i64::MIN, 100)), []);
    assert_eq!(times(track.on_time_line(i64::MAX, 100)), []);
}
