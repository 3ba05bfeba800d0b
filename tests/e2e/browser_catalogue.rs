//! Real players in headless Chromium against all that a title can have: codecs, forms, languages, subtitles, seams.
//!
//! What is heard is told by its pitch, what is seen by the height of the picture and the text on it.
use std::path::Path;

use serde_json::{Value, json};

use crate::support::browser::{
    DASH, DASH_FILE, DASH_TIME, HLS, HLS_FILE, HLS_TS, SHAKA, SHAKA_FILE, SHAKA_HLS, SHAKA_TIME,
    act_each, in_ways,
};
use crate::support::{Node, Serve};
use crate::{codecs, stitched};

pub(crate) mod plain;

/// Pitch of the sounds, in Hz.
pub(crate) const ENGLISH: u32 = 440;
pub(crate) const GERMAN: u32 = 330;
const BUMPER: u32 = 880;

fn start(root: &Path) -> Node {
    Serve::all(root).section("[player]\nenabled = true").start()
}

#[test]
fn pictures_of_every_codec_that_chromium_decodes_are_played_to_the_end() {
    let node = start(codecs::root());
    // Past the first boundary of two segments, which lies at 4 s or before.
    let steps = json!([{"until": {"more": 4.5, "height": 180}}, {"until": {"ended": true}}]);
    let plays = [
        ("avc-open-gop.mp4", &HLS),
        ("avc-odd-rate.mp4", &SHAKA),
        ("av1.mp4", &HLS),
        ("av1.mp4", &DASH),
        ("vp9.mp4", &HLS),
        ("vp9.mp4", &SHAKA),
    ];
    act_each(&node, "clear", &steps, &plays);
}

#[test]
fn sound_of_every_codec_that_chromium_decodes_is_heard() {
    let node = start(codecs::root());
    let steps = json!([{"until": {"time": 4.5, "tone": 440}}]);
    let plays = [
        ("aac-44100.mp4", &SHAKA),
        ("opus.mp4", &HLS),
        ("opus.mp4", &DASH),
        ("flac.mp4", &HLS),
        ("flac.mp4", &SHAKA),
        // Chromium decodes MP3 by itself, but not inside MP4.
        ("mp3.mp4", &HLS_TS),
    ];
    act_each(&node, "clear", &steps, &plays);
}

#[test]
fn rungs_and_languages_are_switched_while_playing() {
    let node = start(plain::root());
    let steps = json!([
        {"until": {"time": 0.5, "tone": ENGLISH}},
        {"pin": 180},
        {"until": {"height": 180, "tone": ENGLISH}},
        {"selectAudio": "de"},
        {"until": {"audio": "de", "tone": GERMAN, "height": 180}},
        {"pin": 360},
        {"until": {"height": 360, "tone": GERMAN}},
    ]);
    let plays = in_ways("plain", &[&HLS, &DASH, &SHAKA, &SHAKA_HLS]);
    act_each(&node, "clear", &steps, &plays);
}

#[test]
fn subtitles_are_shown_at_their_time() {
    let node = start(plain::root());
    let steps = json!([
        {"until": {"time": 0.2}},
        {"selectText": "en"},
        {"until": {"time": 1, "cue": "One to four"}},
        {"selectText": "de"},
        {"until": {"time": 6, "cue": "Über die Naht"}},
        {"selectText": null},
        {"until": {"cue": ""}},
    ]);
    // WebVTT through HLS, IMSC1 through DASH.
    let plays = in_ways("plain", &[&HLS, &SHAKA_HLS, &SHAKA, &DASH]);
    for result in act_each(&node, "clear", &steps, &plays)
        .into_iter()
        .flatten()
    {
        let shown = |step: usize| result["steps"][step]["seen"]["time"].as_f64().unwrap();
        assert!((1.0..4.0).contains(&shown(1)), "{result}");
        assert!((6.0..9.0).contains(&shown(2)), "{result}");
    }
}

#[test]
fn transport_streams_play_over_their_seams_with_another_rung_language_and_subtitles() {
    let node = start(plain::root());
    let steps = json!([
        {"until": {"time": 0.2, "tone": ENGLISH}},
        {"selectText": "de"},
        {"pin": 180},
        {"until": {"height": 180, "request": "/v180[^/]*/[0-9]+\\.ts$"}},
        {"selectAudio": "de"},
        {"until": {"tone": GERMAN, "request": "\\.aac$"}},
        {"until": {"time": 6, "cue": "Über die Naht"}},
        {"seek": 12},
        {"until": {"ended": true}},
    ]);
    act_each(&node, "clear", &steps, &[("plain", &HLS_TS)]);
}

#[test]
fn single_files_play_by_their_ranges() {
    let node = start(plain::root());
    let steps = json!([
        {"until": {"time": 1, "tone": ENGLISH}},
        {"selectAudio": "de"},
        {"until": {"tone": GERMAN, "request": "/a-de[^/]*/media\\.mp4$"}},
        {"seek": 11},
        {"until": {"time": 11.2, "more": 0.5}},
        {"seek": 5},
        {"until": {"before": 9, "more": 0.5, "tone": GERMAN}},
    ]);
    let plays = in_ways("plain", &[&HLS_FILE, &DASH_FILE, &SHAKA_FILE]);
    for result in act_each(&node, "clear", &steps, &plays)
        .into_iter()
        .flatten()
    {
        let requests = result["requests"].as_array().unwrap();
        let mut files = requests.iter().filter(|request| {
            request["url"]
                .as_str()
                .is_some_and(|url| url.ends_with("/media.mp4"))
        });
        assert!(files.all(|request| request["status"] == 206), "{result}");
    }
}

#[test]
fn seeking_lands_and_plays_on() {
    let node = start(plain::root());
    let steps = json!([
        {"until": {"time": 0.5}},
        {"seek": 10.3},
        {"until": {"time": 10.3, "before": 13, "more": 0.5}},
        {"seek": 3.9},
        {"until": {"time": 3.9, "before": 8, "more": 0.5}},
        {"seek": 13},
        {"until": {"ended": true}},
    ]);
    let plays = in_ways("plain", &[&HLS, &HLS_TS, &DASH_TIME, &SHAKA]);
    act_each(&node, "clear", &steps, &plays);
}

#[test]
fn trick_play_fetches_key_frames_and_playback_goes_on_after_it() {
    let node = start(plain::root());
    let steps = json!([
        {"until": {"time": 0.5}},
        {"trick": 4},
        {"until": {"time": 4, "request": "/i[0-9]+\\.m4s$"}},
        {"trick": 1},
        {"until": {"more": 0.5, "tone": ENGLISH}},
        {"seek": 13},
        {"until": {"ended": true}},
    ]);
    let plays = in_ways("plain", &[&SHAKA, &SHAKA_HLS]);
    act_each(&node, "clear", &steps, &plays);
}

#[test]
fn the_page_shows_thumbnails_where_the_pointer_is() {
    let node = start(plain::root());
    // The middle of fourteen seconds lies on the second sheet of four.
    let steps = json!([
        {"until": {"time": 0.2}},
        {"hover": "#scrub"},
        {"until": {"request": "/thumbs[^/]*/2\\.jpg$"}},
    ]);
    let plays = in_ways("plain", &[&HLS, &SHAKA]);
    act_each(&node, "clear", &steps, &plays);
}

/// Two seconds of bumper, six of film, the bumper again.
fn over_both_seams() -> Value {
    json!([
        {"until": {"time": 0.5, "tone": BUMPER}},
        {"until": {"time": 2.5, "before": 8, "tone": ENGLISH}},
        {"until": {"time": 8.4, "tone": BUMPER}},
        {"until": {"time": 9.9, "ended": true}},
    ])
}

#[test]
fn a_stitched_asset_plays_over_its_seams_in_every_player() {
    let node = start(stitched::root());
    let plays = in_ways("film", &[&HLS, &DASH, &SHAKA, &SHAKA_HLS]);
    act_each(&node, "clear", &over_both_seams(), &plays);
}

#[test]
fn a_stitched_asset_plays_over_its_seams_in_every_form() {
    let node = start(stitched::root());
    let plays = in_ways("film", &[&HLS_TS, &HLS_FILE, &SHAKA_TIME, &SHAKA_FILE]);
    act_each(&node, "clear", &over_both_seams(), &plays);
}

#[test]
fn a_protected_stitched_asset_plays_over_its_seams() {
    let node = start(stitched::root());
    act_each(&node, "cbcs", &over_both_seams(), &[("film", &SHAKA)]);
    act_each(&node, "cenc", &over_both_seams(), &[("film", &DASH)]);
}

#[test]
fn a_language_of_the_film_is_chosen_between_its_bumpers_and_subtitles_move_with_their_clip() {
    let node = start(stitched::root());
    let steps = json!([
        {"until": {"time": 2.2, "tone": ENGLISH}},
        {"selectText": "en"},
        {"until": {"time": 3, "before": 4.5, "cue": "shown a second in"}},
        {"selectAudio": "de"},
        {"until": {"before": 8, "tone": GERMAN}},
        {"until": {"time": 8.4, "tone": BUMPER}},
        {"seek": 4.5},
        {"until": {"before": 8, "tone": GERMAN}},
    ]);
    // Not dash.js: with the next period loaded already it appends another language to that one's window.
    let plays = in_ways("film", &[&HLS, &SHAKA]);
    act_each(&node, "clear", &steps, &plays);
}
