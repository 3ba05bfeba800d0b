//! What ffmpeg decodes of header and segments is what it decodes of the source, picture by picture, at the same times.
use std::path::Path;
use std::process::Command;

use edgepack_packager::{Media, Rendition};

use crate::clips::{clip, fixture, run, shaka_packager};
use crate::support::{Asset, Frame, assert_same, asset, frames, frames_of_bytes, hashes};

const TARGET_MS: u32 = 4000;

fn decoded(asset: &Asset, rendition: &Rendition) -> Vec<Frame> {
    let stream = if rendition.name.starts_with('v') {
        "0:v:0"
    } else {
        "0:a:0"
    };
    frames_of_bytes(&asset.clear_file(rendition), stream, &[])
}

/// FFmpeg adds the largest negative composition offset of a fragmented file to all its times, which puts the first
/// picture some frames after 0. That it is at 0 shows in the boxes.
fn without_decode_delay(frames: &mut [Frame]) {
    let first = frames[0].time;
    frames.iter_mut().for_each(|frame| frame.time -= first);
}

/// Where priming ends within a frame, FFmpeg shows the rest of the frame at 0 if it reads the edit list of a progressive
/// file, and the whole frame before 0 in front of fragments.
fn without_part_of_a_frame(frames: &mut Vec<Frame>, rendition: &Rendition) {
    assert!(rendition.priming > 0, "{}", rendition.name);
    frames.remove(0);
}

fn same_as_source(path: &Path) {
    let asset = asset(&[path], TARGET_MS);
    for rendition in &asset.presentation.renditions {
        let stream = if rendition.name.starts_with('v') {
            "0:v:0"
        } else {
            "0:a:0"
        };
        let mut expected = frames(path, stream);
        assert!(expected.len() > 2);
        let mut got = decoded(&asset, rendition);
        if stream == "0:v:0" {
            without_decode_delay(&mut got);
            without_decode_delay(&mut expected);
        } else if got[0].time > 0 {
            without_part_of_a_frame(&mut expected, rendition);
        }
        assert_same(
            &got,
            &expected,
            &format!("{} of {}", rendition.name, path.display()),
        );
    }
}

#[test]
fn video_with_b_frames_and_audio_with_priming_keep_pictures_sound_and_times() {
    for name in [
        "high.mp4",
        "low.mp4",
        "no-b-frames.mp4",
        "ntsc.mp4",
        "open-gop.mp4",
        "coarse-clock.mp4",
        "one-second-gop.mp4",
        "irregular-gop.mp4",
        "variable-rate.mp4",
        "fragmented.mp4",
    ] {
        same_as_source(&clip(name));
    }
}

#[test]
fn every_codec_keeps_pictures_sound_and_times() {
    for name in [
        "hevc.mp4", "av1.mp4", "vp9.mp4", "eac3.mp4", "mp3.mp4", "alac.mp4",
    ] {
        same_as_source(&clip(name));
    }
}

#[test]
fn audio_alone_keeps_sound_and_times() {
    same_as_source(&clip("audio.m4a"));
}

/// FFmpeg guesses another frame rate for fragments, and with it another clock.
#[test]
fn both_views_of_mv_hevc_are_passed_on() {
    let Some(path) = fixture("water-mv-hevc.mp4") else {
        return;
    };
    let asset = asset(&[&path], TARGET_MS);
    let got = decoded(&asset, asset.video());
    assert_eq!(hashes(&got), hashes(&frames(&path, "0:v:0")));
    let stereo = matches!(asset.video().media, Media::Video { stereo: true, .. });
    assert!(stereo);
}

#[test]
fn files_of_other_encoders_keep_pictures_sound_and_times() {
    for name in [
        "bear-640x360.mp4",
        "bear-640x360-trailing-moov.mp4",
        "bear-640x360-trailing-moov-additional-mdat.mp4",
        "bear-1280x720.mp4",
        "bear-640x360-hevc.mp4",
        "bear-1280x720-hevc.mp4",
        "bear-640x360-hevc-hdr10.mp4",
        "bear-av1.mp4",
        "bear-640x360-vp9.mp4",
        "bear-flac.mp4",
        "bear-alac.mp4",
        "bear-640x360-ec3.mp4",
        "sparks_dovi_5.mp4",
        "sparks_dovi_8.mp4",
        "sintel-1024x436.mp4",
    ] {
        if let Some(path) = fixture(name) {
            same_as_source(&path);
        }
    }
}

/// FFmpeg itself cannot decode the sound of this file. It can when shaka-packager has written it anew.
#[test]
fn fragments_of_other_encoders_keep_pictures_and_sound() {
    let (Some(path), Some(packager)) = (fixture("bear-640x360-av_frag.mp4"), shaka_packager())
    else {
        return;
    };
    let asset = asset(&[&path], TARGET_MS);
    let got = decoded(&asset, asset.video());
    assert_eq!(hashes(&got), hashes(&frames(&path, "0:v:0")));
    let sound = decoded(&asset, asset.audio());
    let folder = tempfile::tempdir().unwrap();
    let packaged = folder.path().join("a.mp4");
    run(Command::new(packager).arg(format!(
        "in={},stream=audio,output={}",
        path.display(),
        packaged.display()
    )));
    let packaged = frames(&packaged, "0:a:0");
    assert_eq!(
        hashes(&sound),
        hashes(&packaged)[packaged.len() - sound.len()..]
    );
}

/// Of the source FFmpeg discards the priming, which ends within a frame; behind our edit list it shows it. All whole
/// frames that follow are the same.
#[test]
fn he_aac_keeps_its_sound() {
    let Some(path) = fixture("bear-640x360-aac_he-silent_right.mp4") else {
        return;
    };
    let asset = asset(&[&path], TARGET_MS);
    let (got, expected) = (decoded(&asset, asset.audio()), frames(&path, "0:a:0"));
    assert!(hashes(&got).ends_with(&hashes(&expected)[1..]));
    assert!(
        got.len() - expected.len() <= 3,
        "{} frames of priming",
        got.len() - expected.len()
    );
}

#[test]
fn video_without_an_edit_list_moves_to_the_start_and_says_so() {
    let path = clip("no-edit-list.mp4");
    let asset = asset(&[&path], TARGET_MS);
    let expected = frames(&path, "0:v:0");
    let got = decoded(&asset, asset.video());
    assert_eq!(hashes(&got), hashes(&expected));
    assert_eq!(expected[0].time, 2, "frames of 40 ms");
    let said = &asset.presentation.misalignments;
    assert_eq!(said.len(), 1, "{said:?}");
    assert!(
        said[0].rendition == "v180" && said[0].what.contains("0.080 s earlier"),
        "{said:?}"
    );
    assert_eq!(decoded(&asset, asset.audio()), frames(&path, "0:a:0"));
}

#[test]
fn pictures_hidden_by_the_edit_list_stay_hidden() {
    let path = clip("trimmed.mp4");
    let asset = asset(&[&path], TARGET_MS);
    assert!(asset.video().priming > 0);
    let expected = frames(&path, "0:v:0");
    let got = decoded(&asset, asset.video());
    let shown: Vec<Frame> = got.into_iter().filter(|frame| frame.time >= 0).collect();
    assert_same(&shown, &expected, "shown");
    assert!(
        asset
            .presentation
            .misalignments
            .iter()
            .any(|said| said.what.contains("between two sync samples"))
    );
}
