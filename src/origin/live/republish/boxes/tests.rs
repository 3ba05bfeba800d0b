use edgepack_isobmff::stream::{Item, StreamLimits, StreamReader};

use super::*;

#[test]
fn a_producer_time_is_read_as_it_was_meant() {
    let mut reader = StreamReader::new(StreamLimits::default());
    reader.push(producer_time(1_700_000_000_123, 90_000));
    reader.end();
    let Ok(Some(Item::Trailing(prelude))) = reader.next() else {
        panic!("no time")
    };
    let [time] = &prelude.producer_times[..] else {
        panic!("{prelude:?}")
    };
    assert_eq!(time.unix_us.map(|us| us / 1000), Some(1_700_000_000_123));
    assert_eq!((time.media_time, time.track_id), (90_000, TRACK_ID));
}

#[test]
fn the_end_says_its_own_size() {
    let end = end();
    assert_eq!(end.len(), 24);
    assert_eq!(end[20..], 24_u32.to_be_bytes());
}
