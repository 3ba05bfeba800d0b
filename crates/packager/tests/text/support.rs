//! Sources, segments, outside tools.
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use edgepack_packager::TextForm;
use edgepack_packager::text::{
    SourceSample, TIMESCALE, Track, cmaf_header, cmaf_segment, parse_ttml, parse_webvtt,
};
use mp4_atom::{Any, DecodeMaybe};

/// Cues that overlap, touch, cross boundaries, stand in places; text with tags, escapes and several lines.
pub(crate) const SOURCE: &str = "\
WEBVTT

one
00:00:01.000 --> 00:00:04.500 line:0 align:start
First <b>bold</b>

two
00:00:03.000 --> 00:00:09.000
Second <i>cue</i>
line two

00:00:04.500 --> 00:00:05.250
Third &amp; short

00:00:12.000 --> 00:00:13.000
Fourth

00:00:13.000 --> 00:00:20.125
Fifth 🐻 grüßt
";

pub(crate) const TTML: &str = r##"<?xml version="1.0" encoding="UTF-8"?>
<tt xmlns="http://www.w3.org/ns/ttml" xmlns:ttp="http://www.w3.org/ns/ttml#parameter"
    xmlns:tts="http://www.w3.org/ns/ttml#styling" xmlns:itts="http://www.w3.org/ns/ttml/profile/imsc1#styling"
    xmlns:x="urn:example" ttp:frameRate="25" tts:extent="1280px 720px" xml:lang="fr">
  <head>
    <metadata><x:note/></metadata>
    <styling><style xml:id="s1" tts:color="yellow" tts:fontStyle="italic"/></styling>
    <layout><region xml:id="r1" tts:origin="128px 576px" tts:extent="80% 15%" tts:displayAlign="after" tts:textAlign="center"/></layout>
  </head>
  <body region="r1" begin="1s">
    <div style="s1">
      <p begin="00:00:00:10" end="3s" xml:id="p1">Un &lt;deux&gt;<br/>trois "quatre" &#x2019;</p>
      <p begin="2s" dur="7.5s"><span begin="1s">cinq</span> <span tts:color="#123456" begin="4s">six</span></p>
    </div>
    <div timeContainer="seq" begin="10s"><p dur="1s" itts:forcedDisplay="true">sept</p><p dur="1s">huit</p></div>
  </body>
</tt>"##;

pub(crate) fn webvtt() -> Track {
    parse_webvtt(SOURCE.as_bytes()).expect("WebVTT")
}

pub(crate) fn ttml() -> Track {
    parse_ttml(TTML.as_bytes()).expect("TTML")
}

/// Until `end`, milliseconds.
pub(crate) fn segments(duration: u64, end: u64) -> Vec<Range<u64>> {
    let starts = (0..end).step_by(usize::try_from(duration).unwrap());
    starts.map(|start| start..start + duration).collect()
}

/// Header and segments one after the other.
pub(crate) fn file(track: &Track, form: TextForm, segments: &[Range<u64>]) -> Vec<u8> {
    let end = segments.last().map_or(0, |segment| segment.end);
    let mut file = cmaf_header(track, form, end).to_vec();
    for (number, segment) in (1..).zip(segments) {
        file.extend(cmaf_segment(track, form, number, segment.clone()).expect("a segment"));
    }
    file
}

/// The samples of a fragmented file of one track, as mp4-atom sees them.
pub(crate) fn samples(file: &[u8]) -> Vec<SourceSample> {
    let mut rest = std::io::Cursor::new(file);
    let mut samples = vec![];
    let mut fragment = None;
    while let Some(atom) = Any::decode_maybe(&mut rest).expect("an atom") {
        match atom {
            Any::Moov(moov) => assert_eq!(moov.trak[0].mdia.mdhd.timescale, TIMESCALE),
            Any::Moof(moof) => fragment = Some(moof),
            Any::Mdat(mdat) => {
                let traf = &fragment.take().expect("a moof before its mdat").traf[0];
                let mut decode_time = traf.tfdt.as_ref().expect("tfdt").base_media_decode_time;
                let mut at = 0;
                for entry in traf.trun.iter().flat_map(|trun| &trun.samples) {
                    let size = entry.size.or(traf.tfhd.default_sample_size).unwrap() as usize;
                    let duration = entry
                        .duration
                        .or(traf.tfhd.default_sample_duration)
                        .unwrap();
                    samples.push(SourceSample {
                        decode_time,
                        duration: duration.into(),
                        data: mdat.data[at..at + size].to_vec().into(),
                    });
                    at += size;
                    decode_time += u64::from(duration);
                }
                assert_eq!(at, mdat.data.len());
            }
            _ => {}
        }
    }
    samples
}

/// The sample entry of such a file, header included.
pub(crate) fn sample_entry(file: &[u8], kind: &[u8; 4]) -> Vec<u8> {
    let at = file
        .windows(4)
        .position(|window| window == kind)
        .expect("the entry")
        - 4;
    let size = u32::from_be_bytes(file[at..at + 4].try_into().unwrap()) as usize;
    file[at..at + size].to_vec()
}

/// Begin and end in milliseconds, and text without markup.
pub(crate) fn shown(track: &Track) -> Vec<(u64, u64, String)> {
    let cues = track.cues().iter();
    cues.map(|cue| (cue.start / 1000, cue.end / 1000, plain(&cue.payload)))
        .collect()
}

/// Without tags, with escapes resolved, in one line.
pub(crate) fn plain(text: &str) -> String {
    let mut plain = String::new();
    let mut inside = false;
    for c in text.chars() {
        match c {
            '<' => inside = true,
            '>' if inside => inside = false,
            c if !inside => plain.push(c),
            _ => {}
        }
    }
    let plain = plain
        .replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&amp;", "&");
    plain.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// None, with a line that says so, where the fixtures are absent.
pub(crate) fn fixture(name: &str) -> Option<Vec<u8>> {
    let folder = std::env::var_os("EDGEPACK_FIXTURES")
        .map_or_else(|| repository().join("../shared/fixtures"), PathBuf::from);
    let file = std::fs::read(folder.join(name)).ok();
    if file.is_none() {
        println!("skipped: no fixture {name} (EDGEPACK_FIXTURES names the folder)");
    }
    file
}

/// `EDGEPACK_SHAKA_PACKAGER`, or the npm package of the end-to-end tests.
pub(crate) fn shaka_packager() -> Option<PathBuf> {
    let arch = if cfg!(target_arch = "aarch64") {
        "arm64"
    } else {
        "x64"
    };
    let binary = std::env::var_os("EDGEPACK_SHAKA_PACKAGER").map_or_else(
        || {
            repository().join(format!(
                "tests/node/node_modules/shaka-packager/bin/packager-linux-{arch}"
            ))
        },
        PathBuf::from,
    );
    let there = binary.exists();
    if !there {
        missing("shaka-packager (EDGEPACK_SHAKA_PACKAGER names the binary)");
    }
    there.then_some(binary)
}

pub(crate) fn missing(tool: &str) {
    assert!(
        std::env::var_os("EDGEPACK_REQUIRE_TOOLS").is_none(),
        "a tool is missing; run `make test`"
    );
    println!("skipped: no {tool}");
}

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Runs a command to its end and returns what it printed; fails with its errors.
pub(crate) fn run(command: &mut Command) -> String {
    let output = command
        .stdin(Stdio::null())
        .output()
        .expect("the command starts");
    assert!(
        output.status.success(),
        "{command:?}\n{}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).expect("UTF-8")
}
