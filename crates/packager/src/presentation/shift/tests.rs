#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
use super::*;
use crate::craft::{TrackSpec, movie};

fn placed(track: TrackSpec) -> Placed {
    let is_video = &track.handler == b"vide";
    let movie = movie(&[track]);
    let track = &movie.tracks[0];
    let edits = EditMap::new(track, movie.timescale).unwrap();
    let preroll = Preroll {
        value: 1024,
        timescale: 48_000,
        at_sync: false,
    };
    let survey = if is_video {
        Survey::video(track, &edits)
    } else {
        Survey::audio(track, &edits, preroll)
    };
    Placed {
        is_video,
        timescale: track.timescale,
        preroll,
        edits,
        survey: survey.unwrap().unwrap(),
    }
}

fn shifted<const N: usize>(tracks: [TrackSpec; N]) -> [Shift; N] {
    shifts(&tracks.map(placed)).try_into().unwrap()
}

fn video() -> TrackSpec {
    TrackSpec::video(25_000, 1000, 50, 10)
}

fn audio() -> TrackSpec {
    TrackSpec::audio(48_000, 100)
}

#[test]
fn videos_edit_goes_into_composition_offsets_and_audios_stays() {
    let [video, audio] = shifted([video().delayed(2000, true), audio().edit(0, 1024)]);
    assert_eq!(
        video,
        Shift {
            composition: -2000,
            ..Shift::default()
        }
    );
    assert_eq!(
        audio,
        Shift {
            priming: 1024,
            ..Shift::default()
        }
    );
}

#[test]
fn an_empty_edit_delays_decode_times() {
    let [video, audio] = shifted([video().edit(80, -1).delayed(2000, true), audio()]);
    assert_eq!(
        video,
        Shift {
            decode: 2000,
            composition: -2000,
            ..Shift::default()
        }
    );
    assert_eq!(audio, Shift::default());
}

#[test]
fn what_all_tracks_are_late_by_is_removed_from_all() {
    let [video, audio] = shifted([
        video().edit(500, -1).edit(0, 0),
        audio().edit(540, -1).edit(0, 0),
    ]);
    assert_eq!(video, Shift::default());
    assert_eq!(
        audio,
        Shift {
            decode: 1920,
            ..Shift::default()
        },
        "still 40 ms after the video"
    );
}

#[test]
fn video_alone_without_an_edit_list_starts_at_0_and_is_not_out_of_step() {
    let [video] = shifted([video().delayed(2000, false)]);
    assert_eq!(
        video,
        Shift {
            composition: -2000,
            ..Shift::default()
        }
    );
}

#[test]
fn video_without_an_edit_list_moves_alone_beside_audio() {
    let [video, audio] = shifted([video().delayed(2000, false), audio()]);
    assert_eq!(
        video,
        Shift {
            composition: -2000,
            alone: 2000,
            ..Shift::default()
        }
    );
    assert_eq!(audio, Shift::default());
}

#[test]
fn an_edit_between_sync_samples_stays_in_the_header() {
    let [video] = shifted([video().edit(0, 13_000)]);
    assert_eq!(
        video,
        Shift {
            decode: -10_000,
            priming: 3000,
            ..Shift::default()
        }
    );
}
