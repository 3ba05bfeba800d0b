//! Segments as shaka-packager cuts the same source to the same target.
use std::path::Path;
use std::process::Command;

use mp4_atom::{Any, DecodeMaybe};

use crate::clips::{clip, fixture, run, shaka_packager};
use crate::support::asset;

/// One segment: decode time, samples, duration of these together.
type Run = (u64, usize, u64);

fn read(segment: &[u8]) -> Run {
    let mut rest = std::io::Cursor::new(segment);
    while let Some(atom) = Any::decode_maybe(&mut rest).expect("an atom") {
        if let Any::Moof(moof) = atom {
            let traf = &moof.traf[0];
            let start = traf.tfdt.as_ref().expect("tfdt").base_media_decode_time;
            let entries = traf.trun.iter().flat_map(|trun| &trun.samples);
            let default = traf.tfhd.default_sample_duration;
            let durations =
                entries.map(|entry| u64::from(entry.duration.or(default).expect("a duration")));
            let durations: Vec<u64> = durations.collect();
            return (start, durations.len(), durations.iter().sum());
        }
    }
    panic!("no moof");
}

fn theirs(packager: &Path, input: &Path, stream: &str, target_ms: u32) -> Vec<Run> {
    let folder = tempfile::tempdir().unwrap();
    run(Command::new(packager).current_dir(&folder).args([
        &format!(
            "in={},stream={stream},init_segment=i.mp4,segment_template=$Number$.m4s",
            input.display()
        ),
        "--segment_duration",
        &(f64::from(target_ms) / 1000.0).to_string(),
        "--mpd_output",
        "m.mpd",
    ]));
    (1..)
        .map_while(|number| std::fs::read(folder.path().join(format!("{number}.m4s"))).ok())
        .map(|segment| read(&segment))
        .collect()
}

fn agree(packager: &Path, input: &Path, target_ms: u32, sound_too: bool) {
    let asset = asset(&[input], target_ms);
    for r in &asset.presentation.renditions {
        let stream = if r.name.starts_with('v') {
            "video"
        } else {
            "audio"
        };
        if stream == "audio" && !sound_too {
            continue;
        }
        let ours: Vec<Run> = (0..r.segments.len())
            .map(|number| read(&asset.clear_segment(r, number)))
            .collect();
        let theirs = theirs(packager, input, stream, target_ms);
        assert_eq!(
            ours,
            theirs,
            "{stream} of {} to {target_ms} ms",
            input.display()
        );
    }
}

#[test]
fn durations_sample_counts_and_decode_times_are_those_of_shaka_packager() {
    let Some(packager) = shaka_packager() else {
        return;
    };
    for (name, targets) in [
        ("high.mp4", &[4000, 3000, 6000][..]),
        ("ntsc.mp4", &[4000, 3000, 6000]),
        ("one-second-gop.mp4", &[4000, 2000]),
        ("irregular-gop.mp4", &[1000, 2000, 4000]),
        ("variable-rate.mp4", &[2000, 4000]),
        ("coarse-clock.mp4", &[4000]),
        ("open-gop.mp4", &[4000]),
    ] {
        for target_ms in targets {
            // Sound is cut at the video's boundaries, theirs at multiples of the target: the same where those are.
            let together = matches!(
                (name, target_ms),
                ("high.mp4", 4000 | 6000) | ("one-second-gop.mp4", _)
            );
            agree(&packager, &clip(name), *target_ms, together);
        }
    }
    agree(&packager, &clip("audio.m4a"), 4000, true);
    for name in [
        "bear-640x360.mp4",
        "bear-1280x720.mp4",
        "bear-640x360-hevc.mp4",
        "bear-av1.mp4",
        "bear-640x360-vp9.mp4",
    ] {
        if let Some(path) = fixture(name) {
            agree(&packager, &path, 1000, false);
        }
    }
}
