//! The same text through shaka-packager 3.4.2: sample boundaries, payloads and documents.
use std::path::Path;
use std::process::Command;

use edgepack_packager::TextForm;
use edgepack_packager::text::{
    Cue, SourceSample, TIMESCALE, Track, from_stpp, from_wvtt, parse_ttml, parse_webvtt,
    webvtt_segment,
};

use crate::support::{
    SOURCE, file, fixture, run, sample_entry, samples, segments, shaka_packager, shown, webvtt,
};

const SEGMENT: u64 = 4000;

/// The segments of `source`, in a file behind their header.
fn package(packager: &Path, folder: &Path, source: &Path, format: &str) -> Vec<u8> {
    let folder = folder.join(format);
    let at = |name: &str| folder.join(name).display().to_string();
    run(Command::new(packager)
        .arg(format!(
            "in={},stream=text,format={format},init_segment={},segment_template={}",
            source.display(),
            at("init.mp4"),
            at("$Number$.m4s")
        ))
        .args(["--segment_duration", &(SEGMENT / 1000).to_string()]));
    let mut file = std::fs::read(folder.join("init.mp4")).unwrap();
    for number in 1.. {
        match std::fs::read(folder.join(format!("{number}.m4s"))) {
            Ok(segment) => file.extend(segment),
            Err(_) => break,
        }
    }
    file
}

/// A sample's time, and of each of its cues what stands in the boxes that both write.
type Described = (u64, u64, Vec<(Vec<u8>, Vec<u8>)>);

fn described(sample: &SourceSample) -> Described {
    let boxes = |mut data: &[u8]| {
        let mut found = vec![];
        while let Some((size, _)) = data.split_first_chunk::<4>() {
            let size = u32::from_be_bytes(*size) as usize;
            found.push((data[4..8].to_vec(), data[8..size].to_vec()));
            data = &data[size..];
        }
        found
    };
    let cues = boxes(&sample.data)
        .into_iter()
        .filter(|(kind, _)| kind == b"vttc");
    let cues = cues.map(|(_, cue)| {
        let find = |kind: &[u8; 4]| {
            let found = boxes(&cue).into_iter().find(|(found, _)| found == kind);
            found.map(|(_, content)| content).unwrap_or_default()
        };
        (find(b"iden"), find(b"payl"))
    });
    (sample.decode_time, sample.duration, cues.collect())
}

#[test]
fn wvtt_samples_equal_those_of_shaka_packager() {
    let Some(packager) = shaka_packager() else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let source = folder.path().join("source.vtt");
    std::fs::write(&source, SOURCE).unwrap();
    let theirs = package(&packager, folder.path(), &source, "mp4");
    let theirs: Vec<_> = samples(&theirs).iter().map(described).collect();
    let end = theirs
        .last()
        .map(|(start, duration, _)| start + duration)
        .unwrap();
    let ours = file(&webvtt(), TextForm::WebVtt, &segments(SEGMENT, end));
    let ours: Vec<_> = samples(&ours).iter().map(described).collect();
    assert!(ours.len() > 8, "{ours:?}");
    assert_eq!(ours, theirs);
}

#[test]
fn wvtt_of_shaka_packager_is_read_as_the_source() {
    let Some(packager) = shaka_packager() else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let source = folder.path().join("source.vtt");
    std::fs::write(&source, SOURCE).unwrap();
    let theirs = package(&packager, folder.path(), &source, "mp4");
    let read = from_wvtt(&sample_entry(&theirs, b"wvtt"), TIMESCALE, samples(&theirs)).unwrap();
    let words = |track: &Track| -> Vec<_> {
        let cues = track.cues().iter();
        cues.map(
            |Cue {
                 start,
                 end,
                 id,
                 payload,
                 ..
             }| (*start, *end, id.clone(), payload.clone()),
        )
        .collect()
    };
    assert_eq!(words(&read), words(&webvtt()));
}

#[test]
fn documents_of_shaka_packager_show_the_same_as_ours() {
    let Some(packager) = shaka_packager() else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    // It knows no tags in TTML.
    let plain = SOURCE
        .replace("<b>", "")
        .replace("</b>", "")
        .replace("<i>", "")
        .replace("</i>", "");
    let plain = plain.replace("&amp;", "+");
    let source = folder.path().join("source.vtt");
    std::fs::write(&source, &plain).unwrap();
    let theirs = package(&packager, folder.path(), &source, "ttml+mp4");
    let theirs = samples(&theirs);
    let track = parse_webvtt(plain.as_bytes()).unwrap();
    let ours = samples(&file(&track, TextForm::Imsc1, &segments(SEGMENT, 24_000)));
    assert_eq!(theirs.len(), ours.len());
    for (their, our) in theirs.into_iter().zip(ours) {
        assert_eq!(
            (their.decode_time, their.duration),
            (our.decode_time, our.duration)
        );
        let shown = |sample| shown(&from_stpp(TIMESCALE, [sample]).unwrap());
        assert_eq!(shown(their), shown(our));
    }
}

#[test]
fn webvtt_segments_hold_the_cues_that_shaka_packager_puts_there() {
    let Some(packager) = shaka_packager() else {
        return;
    };
    for (name, source) in [
        ("source.vtt", Some(SOURCE.as_bytes().to_vec())),
        ("bear-english.vtt", fixture("bear-english.vtt")),
    ] {
        let Some(source) = source else { continue };
        let folder = tempfile::tempdir().unwrap();
        let input = folder.path().join(name);
        std::fs::write(&input, &source).unwrap();
        run(Command::new(&packager)
            .arg(format!(
                "in={},stream=text,format=webvtt,segment_template={}",
                input.display(),
                folder.path().join("$Number$.vtt").display()
            ))
            .args(["--segment_duration", "2"]));
        let track = parse_webvtt(&source).unwrap();
        for (number, segment) in (1..).zip(segments(2000, track.end() / 1000)) {
            let theirs = std::fs::read(folder.path().join(format!("{number}.vtt"))).unwrap();
            let theirs = parse_webvtt(&theirs).unwrap();
            let ours = parse_webvtt(&webvtt_segment(&track, segment, 0)).unwrap();
            assert_eq!(shown(&ours), shown(&theirs), "{name}, segment {number}");
            assert_eq!(ours.styles().len(), theirs.styles().len(), "{name}");
        }
    }
}

#[test]
fn side_files_of_another_maker_are_read() {
    let (Some(vtt), Some(ttml)) = (fixture("bear-english.vtt"), fixture("bear-english.ttml"))
    else {
        return;
    };
    let cue = |start, end, text: &str| (start, end, text.to_owned());
    let second = cue(1000, 4700, "He 's... um... doing bear-like stuff.");
    let first = "Yup, that's a bear, eh.";
    let vtt = parse_webvtt(&vtt).unwrap();
    assert_eq!(shown(&vtt), [cue(0, 800, first), second.clone()]);
    assert_eq!(vtt.styles(), ["::cue { color:lime }"]);
    let ttml = parse_ttml(&ttml).unwrap();
    assert_eq!(shown(&ttml), [cue(100, 800, first), second]);
    assert_eq!((ttml.language(), ttml.warnings()), ("en", 0));
}
