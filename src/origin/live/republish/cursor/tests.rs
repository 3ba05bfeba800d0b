use bytes::Bytes;
use edgepack_packager::live::{Part, Sample};

use super::*;

const QUEUE: Queue = Queue {
    segments: 3,
    bytes: 1000,
};

fn part(size: u32) -> Arc<Part> {
    Arc::new(Part {
        start: 0,
        duration: 1,
        independent: true,
        first_sample: 0,
        prefix: Bytes::new(),
        samples: vec![Sample {
            size,
            duration: 1,
            composition_offset: 0,
            is_sync: true,
        }],
        media: Vec::new(),
    })
}

fn segment(number: u64, parts: usize, complete: bool) -> Segment {
    Segment {
        number,
        start: 0,
        duration: 1,
        wall_clock_ms: 0,
        discontinuity: false,
        epoch: 0,
        header: 0,
        gap: false,
        complete,
        parts: vec![part(10); parts],
    }
}

fn window(segments: Vec<Segment>) -> Window {
    Window {
        timescale: 1,
        segments: segments.into_iter().map(Arc::new).collect(),
        discontinuities_gone: 0,
        ended: false,
    }
}

/// Number and part of all that comes now; `(0, 0)` for the end.
fn all(cursor: &mut Cursor, window: &Window) -> Vec<(u64, usize)> {
    let next = || cursor.next(window);
    std::iter::from_fn(next)
        .map(|next| match next {
            Next::Part(segment, part) => (segment.number, part),
            Next::End => (0, 0),
        })
        .collect()
}

#[test]
fn it_begins_with_the_present_segment_and_follows_part_by_part() {
    let mut cursor = Cursor::new(QUEUE);
    let before = window(vec![segment(7, 2, true), segment(8, 1, false)]);
    assert_eq!(all(&mut cursor, &before), [(8, 0)]);
    let after = window(vec![
        segment(7, 2, true),
        segment(8, 2, true),
        segment(9, 1, false),
    ]);
    assert_eq!(all(&mut cursor, &after), [(8, 1), (9, 0)]);
    assert_eq!(cursor.dropped, 0);
}

#[test]
fn a_broken_connection_begins_the_segment_anew() {
    let mut cursor = Cursor::new(QUEUE);
    let now = window(vec![segment(8, 2, false)]);
    assert_eq!(all(&mut cursor, &now), [(8, 0), (8, 1)]);
    cursor.rewind();
    assert_eq!(all(&mut cursor, &now), [(8, 0), (8, 1)]);
}

#[test]
fn who_falls_behind_by_more_than_the_queue_misses_whole_segments() {
    let mut cursor = Cursor::new(QUEUE);
    assert_eq!(
        all(&mut cursor, &window(vec![segment(1, 1, false)])),
        [(1, 0)]
    );
    // The segment under way is finished first.
    let mut segments = vec![segment(1, 2, true)];
    segments.extend((2..=6).map(|number| segment(number, 1, true)));
    segments.push(segment(7, 1, false));
    let later = window(segments);
    assert_eq!(all(&mut cursor, &later), [(1, 1), (5, 0), (6, 0), (7, 0)]);
    assert_eq!(cursor.dropped, 3);
}

#[test]
fn bytes_that_wait_are_bounded_and_the_present_segment_is_never_dropped() {
    let mut cursor = Cursor::new(Queue {
        segments: 64,
        bytes: 25,
    });
    assert_eq!(
        all(&mut cursor, &window(vec![segment(1, 1, true)])),
        [(1, 0)]
    );
    let later = window(vec![
        segment(2, 1, true),
        segment(3, 1, true),
        segment(4, 9, false),
    ]);
    let present: Vec<_> = (0..9).map(|part| (4, part)).collect();
    assert_eq!(all(&mut cursor, &later), present);
    assert_eq!(cursor.dropped, 2);
}

#[test]
fn what_has_left_the_window_is_dropped() {
    let mut cursor = Cursor::new(QUEUE);
    assert_eq!(
        all(&mut cursor, &window(vec![segment(1, 1, false)])),
        [(1, 0)]
    );
    let later = window(vec![segment(4, 1, true), segment(5, 1, false)]);
    assert_eq!(all(&mut cursor, &later), [(4, 0), (5, 0)]);
    assert_eq!(cursor.dropped, 3);
}

#[test]
fn gaps_are_passed_over_and_the_end_is_told_once() {
    let mut cursor = Cursor::new(QUEUE);
    let gap = Segment {
        gap: true,
        ..segment(2, 0, true)
    };
    let mut now = window(vec![segment(1, 1, true)]);
    assert_eq!(all(&mut cursor, &now), [(1, 0)]);
    now = window(vec![segment(1, 1, true), gap, segment(3, 1, true)]);
    now.ended = true;
    assert_eq!(all(&mut cursor, &now), [(3, 0), (0, 0)]);
    assert_eq!(all(&mut cursor, &now), []);
    assert_eq!(cursor.dropped, 0);
}
