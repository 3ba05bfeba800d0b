//! Any bytes as an `emsg` box, as a sample of an event track, and as what stands before a part: errors or events, and as
//! many as the limits allow.
#![no_main]
use std::sync::Arc;

use bytes::Bytes;
use edgepack_isobmff::emsg::{Event, EventTime};
use edgepack_packager::live::events::{EventLimits, Events, Seen};
use edgepack_packager::live::{Clock, Part, Segment, Window};
use libfuzzer_sys::fuzz_target;

const LIMITS: EventLimits = EventLimits {
    max_events: 4,
    max_bytes: 256,
};

fuzz_target!(|data: &[u8]| {
    let data = Bytes::copy_from_slice(data);
    if let Ok(event) = Event::parse(data.clone()) {
        assert!(event.timescale > 0 && event.raw.len() <= data.len());
        let again = Event::parse(event.to_version_1(9).into()).expect("what was written");
        assert_eq!(again.time, EventTime::At(9));
        assert_eq!((again.scheme, again.value), (event.scheme, event.value));
        assert_eq!((again.id, again.duration), (event.id, event.duration));
        assert_eq!(again.message, event.message);
    }
    let mut events = Events::new(LIMITS);
    let clock = Clock { zero_us: 1 << 50 };
    events.sample(&data, 1 << 40, 90_000, clock, 1 << 40);
    check(&events);
    events.scan(&window(data), &mut Seen::default(), 1 << 40);
    check(&events);
    events.evict(i64::MAX, 1 << 40);
    assert!(events.iter().all(|event| event.start_ms == i64::MAX || event.duration.is_some()));
});

fn check(events: &Events) {
    assert!(events.iter().count() <= LIMITS.max_events);
    let bytes = events.iter().map(|event| event.message.len());
    assert!(bytes.sum::<usize>() <= LIMITS.max_bytes);
    assert!(events.ranges().count() <= 2 * LIMITS.max_events);
    assert!(events.removed().count() <= LIMITS.max_events);
}

/// One part, and the bytes before it.
fn window(prefix: Bytes) -> Window {
    let part = Part {
        start: 90_000,
        duration: 45_000,
        independent: true,
        first_sample: 0,
        prefix,
        samples: Vec::new(),
        media: Vec::new(),
    };
    let segment = Segment {
        number: 1,
        start: 90_000,
        duration: 45_000,
        wall_clock_ms: 1 << 40,
        discontinuity: false,
        epoch: 0,
        header: 0,
        gap: false,
        complete: false,
        parts: vec![Arc::new(part)],
    };
    Window {
        timescale: 90_000,
        segments: vec![Arc::new(segment)],
        discontinuities_gone: 0,
        ended: false,
    }
}
