//! Clips, key frames by themselves, and whole renditions as one file, as ffmpeg and mp4-atom see them.
use edgepack_packager::{Clip, Input, Options, Presentation, SegmentPlan, cmaf, ondemand};
use mp4_atom::{Any, DecodeMaybe};

use crate::clips::clip;
use crate::support::{Asset, asset, frames, frames_of_bytes, hashes, source};

fn clipped(name: &str, start_us: Option<u64>, end_us: Option<u64>) -> Asset {
    let whole = asset(&[clip(name)], 4000);
    let file = std::fs::read(clip(name)).unwrap().into();
    let mut input = Input::by_convention(vec![source(&clip(name), &file)]);
    input.periods[0].clip = Clip { start_us, end_us };
    let options = Options {
        target_duration_ms: 4000,
    };
    Asset {
        presentation: Presentation::compose(input, &options).unwrap(),
        ..whole
    }
}

#[test]
fn a_clip_holds_the_pictures_and_the_sound_of_its_stretch() {
    let asset = clipped("high.mp4", Some(4_900_000), Some(8_200_000));
    let video = frames_of_bytes(&asset.clear_file(asset.video()), "0:v:0", &[]);
    let source = frames(&clip("high.mp4"), "0:v:0");
    // From the sync sample at 4 s on; ffmpeg shows what the last pictures depend on, too.
    let expected = hashes(&source[100..205]);
    assert_eq!(hashes(&video)[..expected.len()], expected);
    assert!(video.len() - expected.len() <= 3, "{}", video.len());
    let audio = frames_of_bytes(&asset.clear_file(asset.audio()), "0:a:0", &[]);
    let source = frames(&clip("high.mp4"), "0:a:0");
    // The first whole frame from 4 s on.
    let first = (4 * 48_000u64).div_ceil(1024) as usize;
    let expected = hashes(&source[first..]);
    assert_eq!(hashes(&audio), expected[..audio.len()]);
    let end = audio.last().unwrap().time + 1024;
    let wanted = 48_000 * 42 / 10;
    assert!((wanted..wanted + 1024).contains(&end), "{end}");
    // Both begin within the same frame of sound.
    assert!((0..1024).contains(&audio[0].time), "{}", audio[0].time);
    assert_eq!(
        audio[0].time,
        (first as i64) * 1024 - 4 * 48_000,
        "at its time"
    );
}

#[test]
fn clips_that_follow_each_other_hold_every_picture_once() {
    let source = frames(&clip("ntsc.mp4"), "0:v:0");
    let mut got = Vec::new();
    // 240 frames of 1001 ÷ 30 000 s are 8.008 s.
    for (start, end) in [(None, Some(8_008_000)), (Some(8_008_000), None)] {
        let asset = clipped("ntsc.mp4", start, end);
        let shown = asset.video().duration() / 1001;
        let decoded = frames_of_bytes(&asset.clear_file(asset.video()), "0:v:0", &[]);
        let shown = decoded.into_iter().take(usize::try_from(shown).unwrap());
        got.extend(shown.map(|frame| frame.hash));
    }
    assert_eq!(got, hashes(&source));
}

#[test]
fn key_frames_by_themselves_are_the_sources_pictures_at_their_times() {
    for name in ["high.mp4", "irregular-gop.mp4", "hevc.mp4", "av1.mp4"] {
        let asset = asset(&[clip(name)], 4000);
        let (p, r) = (&asset.presentation, asset.video());
        let trick = p.trick_play(r).unwrap();
        let mut file = cmaf::header(p, r, edgepack_packager::HeaderProtection::Clear, &[])
            .unwrap()
            .to_vec();
        for (number, frame) in trick.frames.iter().enumerate() {
            let plan = SegmentPlan::keyframe(
                p,
                r,
                number,
                frame,
                edgepack_packager::SegmentProtection::Clear,
            )
            .unwrap();
            file.extend_from_slice(&plan.header());
            file.extend(asset.payload(&plan));
        }
        let got = frames_of_bytes(&file, "0:v:0", &[]);
        let source = frames(&clip(name), "0:v:0");
        assert!(trick.frames.len() >= 2, "{name}");
        let rate = source.len() as f64 / (r.duration() as f64 / f64::from(r.timescale));
        for (frame, got) in trick.frames.iter().zip(&got) {
            let index = frame.start as f64 / f64::from(r.timescale) * rate;
            assert_eq!(got.hash, source[index.round() as usize].hash, "{name}");
        }
        assert_eq!(got.len(), trick.frames.len(), "{name}");
    }
}

#[test]
fn a_rendition_as_one_file_is_indexed_and_decodes() {
    let asset = asset(&[clip("high.mp4")], 4000);
    let p = &asset.presentation;
    for (r, stream) in [(asset.video(), "0:v:0"), (asset.audio(), "0:a:0")] {
        let layout = ondemand::layout(p, r, None).unwrap().unwrap();
        let mut file = layout.head().to_vec();
        for number in 0..r.segments.len() {
            assert_eq!(layout.segment(number).unwrap().start, file.len() as u64);
            file.extend(asset.clear_segment(r, number));
        }
        assert_eq!(layout.total_len(), file.len() as u64);
        let mut index = std::io::Cursor::new(&file[layout.index().start as usize..]);
        let Some(Any::Sidx(sidx)) = Any::decode_maybe(&mut index).unwrap() else {
            panic!("sidx")
        };
        assert_eq!(sidx.references.len(), r.segments.len());
        assert_eq!((sidx.timescale, sidx.first_offset), (r.timescale, 0));
        let got = frames_of_bytes(&file, stream, &[]);
        assert_eq!(
            hashes(&got),
            hashes(&frames_of_bytes(&asset.clear_file(r), stream, &[]))
        );
    }
}
