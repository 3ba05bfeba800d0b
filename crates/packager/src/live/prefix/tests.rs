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
        let got = passed_on(&producer_time(version, 7, 1000), |time| time + 5);
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
    assert_eq!(passed_on(&boxes.concat(), |time| time), expected);
    assert!(has_producer_time(&expected));
    assert_eq!(without_producer_time(&expected), &expected[32..]);
}

#[test]
fn what_is_cut_off_or_lies_about_its_size_is_left_out() {
    let whole = producer_time(1, 1, 9);
    assert!(passed_on(&whole[..31], |time| time).is_empty());
    assert!(passed_on(&boxed(b"prft", b"short"), |time| time).is_empty());
    assert!(passed_on(&[0, 0, 0, 4, b'e', b'm', b's', b'g'], |time| time).is_empty());
    assert!(passed_on(&[0, 0, 0, 0], |time| time).is_empty());
}

#[test]
fn a_time_that_no_longer_fits_32_bits_is_left_out() {
    let late = producer_time(0, 1, u64::from(u32::MAX));
    assert!(passed_on(&late, |time| time + 1).is_empty());
}
