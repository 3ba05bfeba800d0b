#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
use edgepack_isobmff::BoxWriter;

use super::*;

const NTP: u64 = 0x1122_3344_5566_7788;

fn producer_time(version: u8, track: u32, media_time: u64) -> Vec<u8> {
    let mut w = BoxWriter::new();
    w.full_box(b"prft", version, 24, |w| {
        w.u32(track);
        w.u64(NTP);
        match version {
            0 => w.u32(media_time as u32),
            _ => w.u64(media_time),
        }
    });
    w.into_vec()
}

fn boxed(kind: &[u8; 4], content: &[u8]) -> Vec<u8> {
    let mut w = BoxWriter::new();
    w.boxed(kind, |w| w.bytes(content));
    w.into_vec()
}

#[test]
fn producer_time_names_our_track_and_our_time() {
    for version in [0, 1] {
        let got = passed_on(&producer_time(version, 7, 1000), |time| time + 5, |_| 0);
        assert_eq!(got, producer_time(version, 1, 1005), "version {version}");
    }
}

#[test]
fn producer_time_comes_first_and_once_and_events_stay_as_they_are() {
    let (first, second) = (boxed(b"emsg", b"one"), boxed(b"emsg", b"two"));
    let boxes = [
        boxed(b"styp", b"msdh"),
        first.clone(),
        producer_time(1, 1, 9),
        second.clone(),
        producer_time(1, 1, 10),
    ];
    let expected = [producer_time(1, 1, 9), first, second].concat();
    assert_eq!(passed_on(&boxes.concat(), |time| time, |_| 0), expected);
    assert!(has_producer_time(&expected));
    assert_eq!(without_producer_time(&expected), &expected[32..]);
}

#[test]
fn what_is_cut_off_or_lies_about_its_size_is_left_out() {
    let whole = producer_time(1, 1, 9);
    assert!(passed_on(&whole[..31], |time| time, |_| 0).is_empty());
    assert!(passed_on(&boxed(b"prft", b"short"), |time| time, |_| 0).is_empty());
    assert!(passed_on(&[0, 0, 0, 4, b'e', b'm', b's', b'g'], |time| time, |_| 0).is_empty());
    assert!(passed_on(&[0, 0, 0, 0], |time| time, |_| 0).is_empty());
}

#[test]
fn a_time_that_no_longer_fits_32_bits_is_left_out() {
    let late = producer_time(0, 1, u64::from(u32::MAX));
    assert!(passed_on(&late, |time| time + 1, |_| 0).is_empty());
}

/// Version 0 counts from the encoder's segment, which need not be one of ours.
#[test]
fn an_event_that_is_relative_to_the_encoders_segment_gets_a_time_of_its_own() {
    let mut w = BoxWriter::new();
    w.full_box(b"emsg", 0, 0, |w| {
        w.bytes(b"urn:x\0v\0");
        [500, 250, 20, 7].into_iter().for_each(|field| w.u32(field));
        w.bytes(b"message");
    });
    let got = passed_on(&w.into_vec(), |time| time, |units| 30 * u64::from(units));
    let event = Event::parse(got.into()).unwrap();
    assert_eq!(event.time, EventTime::At(30 * 500 + 250));
    assert_eq!(
        (event.timescale, event.duration, event.id),
        (500, Some(20), 7)
    );
    assert_eq!((&event.scheme[..], &event.value[..]), ("urn:x", "v"));
    assert_eq!(&event.message[..], b"message");
}
