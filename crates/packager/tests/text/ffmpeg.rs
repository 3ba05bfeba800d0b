//! Text as ffmpeg reads and makes it.
use std::path::Path;
use std::process::Command;

use bytes::Bytes;
use edgepack_isobmff::{Handler, Limits, MovieReader, Step};
use edgepack_packager::TextForm;
use edgepack_packager::text::{
    SourceSample, Track, from_tx3g, parse_webvtt, webvtt_document, webvtt_segment,
};

use crate::support::{SOURCE, file, plain, run, segments, shown, webvtt};

/// Milliseconds and text of each cue that ffmpeg finds in a file.
fn cues_of(path: &Path) -> Vec<(u64, u64, String)> {
    let srt = run(Command::new("ffmpeg")
        .args(["-nostdin", "-v", "error", "-i"])
        .arg(path)
        .args(["-f", "srt", "-"]));
    let mut cues = vec![];
    for block in srt.split("\n\n").filter(|block| !block.trim().is_empty()) {
        let mut lines = block.trim().lines().skip(1);
        let (start, end) = lines.next().unwrap().split_once(" --> ").unwrap();
        let text: Vec<&str> = lines.collect();
        cues.push((millis(start), millis(end), plain(&text.join(" "))));
    }
    cues
}

fn millis(time: &str) -> u64 {
    let parts = time
        .split([':', ','])
        .map(|part| part.parse::<u64>().unwrap());
    let parts: Vec<u64> = parts.collect();
    ((parts[0] * 60 + parts[1]) * 60 + parts[2]) * 1000 + parts[3]
}

#[test]
fn ffmpeg_reads_from_our_segments_what_it_reads_from_the_source() {
    let folder = tempfile::tempdir().unwrap();
    let source = folder.path().join("source.vtt");
    std::fs::write(&source, SOURCE).unwrap();
    let expected = cues_of(&source);
    assert_eq!(expected.len(), 5);
    let whole = folder.path().join("whole.vtt");
    std::fs::write(&whole, webvtt_document(&webvtt())).unwrap();
    assert_eq!(cues_of(&whole), expected);
    for segment in segments(4000, 22_000) {
        let part = folder.path().join("part.vtt");
        std::fs::write(&part, webvtt_segment(&webvtt(), segment.clone(), 0)).unwrap();
        let overlapping = expected
            .iter()
            .filter(|(start, end, _)| *start < segment.end && *end > segment.start);
        let overlapping: Vec<_> = overlapping.cloned().collect();
        assert_eq!(cues_of(&part), overlapping, "{segment:?}");
    }
}

#[test]
fn ffprobe_sees_our_samples_where_they_are() {
    let folder = tempfile::tempdir().unwrap();
    for (form, expected) in [
        (
            TextForm::WebVtt,
            "0.000000 1.000000 3.000000 4.000000 4.500000 5.250000 8.000000 9.000000",
        ),
        (TextForm::Imsc1, "0.000000 4.000000 8.000000"),
    ] {
        let path = folder.path().join("text.mp4");
        std::fs::write(&path, file(&webvtt(), form, &segments(4000, 12_000))).unwrap();
        let times = run(Command::new("ffprobe")
            .args(["-v", "error", "-show_entries", "packet=pts_time"])
            .args(["-of", "csv=p=0"])
            .arg(&path));
        let times: Vec<&str> = times.split_whitespace().collect();
        assert_eq!(times.join(" "), expected, "{form:?}");
    }
}

/// The text track of an MP4 file.
fn tx3g(file: &Bytes) -> Track {
    let mut reader = MovieReader::new(file.len() as u64, Limits::default());
    let movie = loop {
        match reader.step().expect("an MP4 file") {
            Step::Need(range) => {
                let bytes = file.slice(range.offset as usize..(range.offset + range.len) as usize);
                reader.supply(range, bytes).expect("what was asked for");
            }
            Step::Done(movie) => break movie,
        }
    };
    let track = movie
        .tracks
        .iter()
        .find(|track| track.handler == Handler::Text)
        .expect("text");
    let samples = track.samples.iter_from(0).map(|sample| SourceSample {
        decode_time: sample.decode_time,
        duration: sample.duration.into(),
        data: file.slice(sample.offset as usize..sample.offset as usize + sample.size as usize),
    });
    from_tx3g(&track.sample_entries[0].raw, track.timescale, samples).expect("tx3g")
}

#[test]
fn mov_text_made_by_ffmpeg_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let srt = folder.path().join("source.srt");
    let text = "1\n00:00:01,000 --> 00:00:02,500\nPlain <b>bold</b> & <i>italic</i>\nsecond line\n\n\
        2\n00:00:04,000 --> 00:00:05,000\n🐻 <u>unter</u>\n";
    std::fs::write(&srt, text).unwrap();
    let path = folder.path().join("text.mp4");
    run(Command::new("ffmpeg")
        .args(["-nostdin", "-v", "error", "-i"])
        .arg(&srt)
        .args(["-c:s", "mov_text"])
        .arg(&path));
    let track = tx3g(&std::fs::read(&path).unwrap().into());
    assert_eq!(shown(&track), cues_of(&path));
    let payloads: Vec<_> = track
        .cues()
        .iter()
        .map(|cue| cue.payload.as_str())
        .collect();
    assert_eq!(
        payloads,
        [
            "Plain <b>bold</b> &amp; <i>italic</i>\nsecond line",
            "🐻 <u>unter</u>"
        ]
    );
    let whole = folder.path().join("whole.vtt");
    std::fs::write(&whole, webvtt_document(&track)).unwrap();
    assert_eq!(cues_of(&whole), cues_of(&path));
    assert_eq!(
        shown(&parse_webvtt(&webvtt_document(&track)).unwrap()),
        shown(&track)
    );
}
