//! A second reader that is not ours: mux.js, which knows AVC and AAC.
use std::fs;
use std::process::Command;

use serde_json::Value;

use crate::clips::clip;
use crate::reader::{self, Pes, adts_frames, nal_units};
use crate::support::{asset, repository, run};

/// What mux.js finds in a stream; none without it.
fn demuxed(stream: &[u8]) -> Option<Value> {
    let folder = repository().join("tests/node");
    if !folder.join("node_modules/mux.js").exists() {
        let required = std::env::var_os("EDGEPACK_REQUIRE_TOOLS").is_some();
        assert!(!required, "a tool is missing; run `make test`");
        println!("skipped: no mux.js (npm ci in tests/node)");
        return None;
    }
    let file = tempfile::NamedTempFile::new().unwrap();
    fs::write(file.path(), stream).unwrap();
    let printed = run(Command::new("node")
        .arg(folder.join("demux-ts.mjs"))
        .arg(file.path()));
    Some(serde_json::from_str(&printed).unwrap())
}

/// As the script prints it.
fn described(list: &[Pes]) -> Value {
    let described = list.iter().map(|pes| {
        let digest = ring::digest::digest(&ring::digest::SHA256, &pes.data);
        serde_json::json!({
            "pts": pes.pts,
            "dts": pes.dts,
            "bytes": pes.data.len(),
            "digest": hex::encode(digest),
        })
    });
    described.collect()
}

#[test]
fn mux_js_finds_the_same_packets_units_and_frames() {
    for name in ["b-frames.mp4", "ntsc.mp4", "in-band.mp4"] {
        let asset = asset(&[clip(name)], 2000);
        let stream = asset.segments(asset.video(), asset.audio()).concat();
        let Some(found) = demuxed(&stream) else {
            return;
        };
        let read = reader::read(&stream);
        let (pictures, sounds) = (read.of(0x100), read.of(0x101));
        assert!(
            found["pes"]["video"] == described(pictures),
            "{name}: video"
        );
        assert!(found["pes"]["audio"] == described(sounds), "{name}: audio");

        let units = |kind: u8| {
            let all = pictures.iter().flat_map(|pes| nal_units(&pes.data));
            all.filter(|unit| unit[0] & 0x1f == kind).count()
        };
        assert_eq!(found["units"]["access_unit_delimiter_rbsp"], pictures.len());
        for (kind, name) in [(7, "seq_parameter_set_rbsp"), (8, "pic_parameter_set_rbsp")] {
            assert_eq!(found["units"][name], units(kind));
            assert_eq!(
                units(kind),
                asset.video().unwrap().segments.len(),
                "one at each sync sample"
            );
        }
        let frames: usize = sounds.iter().map(|pes| adts_frames(&pes.data).len()).sum();
        assert_eq!(found["frames"].as_array().unwrap().len(), frames);
    }
}

#[test]
fn mux_js_reads_each_segment_alone() {
    let asset = asset(&[clip("b-frames.mp4")], 2000);
    for segment in asset.segments(asset.video(), asset.audio()) {
        let Some(found) = demuxed(&segment) else {
            return;
        };
        assert_eq!(
            found["pes"]["video"],
            described(reader::read(&segment).of(0x100))
        );
    }
}
