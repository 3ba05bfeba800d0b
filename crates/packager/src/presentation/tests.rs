#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
use edgepack_drm::{KeyId, Scheme, TrackEncryption};

use super::*;
use crate::Encryption;
use crate::craft::{Entry, TrackSpec, build, source};

mod cost;
mod properties;

fn video(count: usize) -> TrackSpec {
    TrackSpec::video(25_000, 1000, count, 50)
}

fn audio(count: usize) -> TrackSpec {
    TrackSpec::audio(48_000, count)
}

fn names(p: &Presentation) -> Vec<&str> {
    p.renditions
        .iter()
        .map(|rendition| rendition.name.as_str())
        .collect()
}

#[test]
fn rungs_are_named_by_height_and_sorted_by_bandwidth() {
    let mut heavy = video(250);
    heavy.samples.iter_mut().for_each(|sample| sample.size *= 2);
    let p = build(
        vec![source("a.mp4", &[video(250)]), source("b.mp4", &[heavy])],
        4000,
    )
    .unwrap();
    assert_eq!(names(&p), ["v48", "v48-2"]);
    assert_eq!((p.renditions[0].source, p.renditions[1].source), (1, 0));
    assert!(p.renditions[0].peak_bandwidth > p.renditions[1].peak_bandwidth);
}

#[test]
fn one_audio_rendition_per_language_the_one_with_the_highest_bit_rate() {
    let mut better = audio(470).language(b"deu");
    better
        .samples
        .iter_mut()
        .for_each(|sample| sample.size *= 2);
    let sources = vec![
        source("b.mp4", &[audio(470).language(b"deu"), audio(470)]),
        source("a.mp4", &[better, audio(470)]),
    ];
    let p = build(sources, 4000).unwrap();
    assert_eq!(names(&p), ["a-de", "a-und"]);
    assert_eq!(p.renditions[0].source, 1, "the better one");
    assert_eq!(
        p.renditions[1].source, 1,
        "equal: the name that sorts first"
    );
}

#[test]
fn tracks_that_are_neither_video_nor_audio_are_ignored_and_listed() {
    let mut time_code = video(1);
    time_code.handler = *b"tmcd";
    let p = build(vec![source("a.mp4", &[video(100), time_code])], 4000).unwrap();
    assert_eq!(names(&p), ["v48"]);
    assert_eq!(
        p.ignored,
        ["a.mp4: track 2 (tmcd): neither video, audio nor text"]
    );
}

#[test]
fn an_asset_with_nothing_to_play_is_refused() {
    let error = build(vec![], 4000).unwrap_err();
    assert_eq!(
        error.to_string(),
        "no video or audio track with samples in an asset without files"
    );
    let error = build(vec![source("a.mp4", &[video(0)])], 4000).unwrap_err();
    assert_eq!(
        error.to_string(),
        "no video or audio track with samples in a.mp4"
    );
}

#[test]
fn a_source_that_cannot_be_packaged_is_named() {
    let track = video(100).edit(1000, 0).edit(1000, 50_000);
    let error = build(vec![source("a.mp4", &[track])], 4000).unwrap_err();
    assert_eq!(
        error.to_string(),
        "a.mp4: track 1: an edit list with several edits, where media goes on at 2.000 s after 1.000 s: \
         describe the pieces as clips, or write the file anew without edits"
    );
}

#[test]
fn a_codec_that_is_not_packaged_is_named() {
    for (handler, text) in [(*b"vide", "video"), (*b"soun", "audio")] {
        let mut track = video(100);
        (track.handler, track.entries) = (handler, vec![Entry::Unknown]);
        let error = build(vec![source("a.mp4", &[track])], 4000).unwrap_err();
        assert_eq!(
            error.to_string(),
            format!("a.mp4: track 1: {text} of codec xxxx, which is not supported")
        );
    }
    let mut subtitles = video(100);
    (subtitles.handler, subtitles.entries) = (*b"text", vec![Entry::Unknown]);
    let p = build(vec![source("a.mp4", &[video(100), subtitles])], 4000).unwrap();
    assert_eq!(
        p.ignored,
        ["a.mp4: track 2 (text): text of codec xxxx, which is not supported"]
    );
}

#[test]
fn a_track_that_changes_its_codec_is_refused() {
    let mut track = video(100);
    track.entries.push(Entry::Jpeg);
    let error = build(vec![source("a.mp4", &[track])], 4000).unwrap_err();
    assert_eq!(
        error.to_string(),
        "a.mp4: track 1: video of codec jpeg, which is not supported"
    );
}

#[test]
fn a_target_duration_of_0_is_refused() {
    assert!(matches!(
        build(vec![], 0),
        Err(Error::TargetDuration {
            target_duration_ms: 0
        })
    ));
}

#[test]
fn the_fingerprint_follows_source_and_options() {
    let of = |track: TrackSpec, target| {
        build(vec![source("a.mp4", &[track])], target)
            .unwrap()
            .fingerprint
    };
    assert_eq!(of(video(100), 4000), of(video(100), 4000));
    assert_ne!(of(video(100), 4000), of(video(100), 5000));
    assert_ne!(of(video(100), 4000), of(video(101), 4000));
}

#[test]
fn the_url_name_follows_rendition_scheme_key_and_clear_lead() {
    let p = build(vec![source("a.mp4", &[video(100), audio(100)])], 4000).unwrap();
    let enc = |scheme, kid| {
        let encryption = Encryption::Common(TrackEncryption {
            scheme,
            default_kid: KeyId([kid; 16]),
            per_sample_iv_size: 8,
            constant_iv: None,
            crypt_byte_block: 0,
            skip_byte_block: 0,
        });
        TrackProtection::of_one_key("ALL", KeyId([kid; 16]), [0; 8], encryption)
    };
    let hash = |rendition: &Rendition, enc: Option<&TrackProtection>| {
        let name = p.url_name(rendition, enc);
        name.strip_prefix(&format!("{}-", rendition.name))
            .unwrap()
            .to_owned()
    };
    let [video, audio] = &p.renditions[..] else {
        panic!("two renditions")
    };
    let mut replaced = enc(Scheme::Cenc, 1);
    replaced.periods[0].key_tag = [1; 8];
    let mut led = enc(Scheme::Cenc, 1);
    led.clear_lead = 1;
    let mut all = vec![
        hash(video, None),
        hash(audio, None),
        hash(video, Some(&enc(Scheme::Cenc, 1))),
        hash(video, Some(&enc(Scheme::Cbcs, 1))),
        hash(video, Some(&enc(Scheme::Cenc, 2))),
        hash(video, Some(&replaced)),
        hash(video, Some(&led)),
    ];
    assert!(all.iter().all(|hash| hash.len() == 8));
    all.sort();
    all.dedup();
    assert_eq!(all.len(), 7);
    assert_ne!(p.track_identity(video), p.track_identity(audio));
}

#[test]
fn key_frames_stand_on_the_presentation_timeline() {
    let p = build(
        vec![source("a.mp4", &[video(120).delayed(2000, true)])],
        4000,
    )
    .unwrap();
    let times: Vec<_> = p
        .trick_play(&p.renditions[0])
        .unwrap()
        .frames
        .iter()
        .map(|frame| (frame.sample, frame.start))
        .collect();
    assert_eq!(times, [(0, 0), (50, 50_000), (100, 100_000)]);
}

#[test]
fn a_delay_of_all_tracks_moves_them_together() {
    let tracks = [
        video(100).edit(1000, -1).edit(0, 0),
        audio(188).edit(1000, -1).edit(0, 1024),
    ];
    let p = build(vec![source("a.mp4", &tracks)], 4000).unwrap();
    for rendition in &p.renditions {
        assert_eq!(
            rendition.segments[0].base_media_decode_time, 0,
            "{}",
            rendition.name
        );
    }
    assert_eq!(p.misalignments, []);
}

#[test]
fn composition_offsets_that_do_not_fit_are_refused() {
    let mut track = video(100).edit(0, 0);
    track.samples[60].composition_offset = i32::MAX;
    assert!(build(vec![source("a.mp4", &[track.clone()])], 4000).is_ok());
    track.edits.clear();
    track
        .samples
        .iter_mut()
        .take(60)
        .for_each(|sample| sample.composition_offset = -5000);
    let error = build(vec![source("a.mp4", &[track])], 4000)
        .unwrap_err()
        .to_string();
    assert!(error.contains("32 bits"), "{error}");
}
