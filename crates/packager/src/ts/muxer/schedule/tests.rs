use super::*;

fn pes(pts: i64) -> Pes {
    Pes {
        pts,
        dts: pts,
        samples: 0..1,
        unit: None,
        payload_len: 1,
        is_random_access: false,
        clock: None,
        stuffing: 0,
        packets: 1,
        is_spread: false,
    }
}

/// The events with their clocks, by decode time.
fn events(video: &[i64], audio: &[i64], next: Option<i64>) -> Vec<(Event, Option<i64>)> {
    let mut pictures: Vec<Pes> = video.iter().map(|time| pes(*time)).collect();
    let mut sounds: Vec<Pes> = audio.iter().map(|time| pes(*time)).collect();
    let events = schedule(!video.is_empty(), &mut pictures, &mut sounds, next);
    let (mut pictures, mut sounds) = (pictures.iter(), sounds.iter());
    let clocked = events.into_iter().map(|event| {
        let clock = match event {
            Event::Video => pictures.next().and_then(|pes| pes.clock),
            Event::Audio => sounds.next().and_then(|pes| pes.clock),
            Event::Clock(clock) => Some(clock),
        };
        (event, clock.map(|clock| clock + LEAD))
    });
    clocked.collect()
}

const VIDEO: Event = Event::Video;
const AUDIO: Event = Event::Audio;

fn clock(time: i64) -> (Event, Option<i64>) {
    (Event::Clock(time - LEAD), Some(time))
}

#[test]
fn packets_go_out_by_decode_time_and_pictures_carry_the_clock() {
    let got = events(&[0, 3600, 7200], &[0, 5000], None);
    let expected = [
        (VIDEO, Some(0)),
        (AUDIO, None),
        (VIDEO, Some(3600)),
        (AUDIO, None),
        (VIDEO, Some(7200)),
    ];
    assert_eq!(got, expected);
}

#[test]
fn the_first_picture_goes_before_sounds_that_are_due_a_little_earlier() {
    let got = events(&[0, 3600], &[-1920, 1000], None);
    assert_eq!(got[..2], [(VIDEO, Some(0)), (AUDIO, None)]);
}

#[test]
fn sounds_that_are_due_long_before_the_first_picture_go_first_behind_the_clock() {
    let got = events(&[20_000], &[0], None);
    let expected = [
        clock(0),
        (AUDIO, None),
        clock(9_000),
        clock(18_000),
        (VIDEO, Some(20_000)),
    ];
    assert_eq!(got, expected);
}

#[test]
fn the_clock_is_shown_every_100_ms_up_to_the_next_segment_and_not_beyond() {
    let got = events(&[0, 22_500], &[21_000, 60_000], Some(45_000));
    let expected = [
        (VIDEO, Some(0)),
        clock(9_000),
        clock(18_000),
        (AUDIO, None),
        (VIDEO, Some(22_500)),
        clock(31_500),
        clock(40_500),
        (AUDIO, None),
    ];
    assert_eq!(got, expected);
}

#[test]
fn without_video_the_sounds_carry_the_clock() {
    let got = events(&[], &[0, 8_000, 30_000], Some(45_000));
    let expected = [
        (AUDIO, Some(0)),
        (AUDIO, Some(8_000)),
        clock(17_000),
        clock(26_000),
        (AUDIO, Some(30_000)),
        clock(39_000),
    ];
    assert_eq!(got, expected);
}

#[test]
fn a_hole_of_hours_is_not_filled_with_clocks() {
    let got = events(&[0, i64::MAX], &[], None);
    assert_eq!(got.len(), 2 + MAX_CLOCKS);
    assert_eq!(
        events(&[i64::MIN, i64::MAX], &[i64::MIN], Some(i64::MAX)).len(),
        3 + MAX_CLOCKS
    );
}
