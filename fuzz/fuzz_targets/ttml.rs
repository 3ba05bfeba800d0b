//! Any bytes as a TTML file: what was read can be written as IMSC1 and as WebVTT, and both can be read.
#![no_main]
use edgepack_packager::text::{imsc1_samples, parse_ttml, parse_webvtt, webvtt_document, wvtt_samples};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Ok(track) = parse_ttml(data) else {
        return;
    };
    let first = track.cues().first().map_or(0, |cue| cue.start / 1000);
    for segment in [first..first + 1000, first + 1000..first + 9000] {
        if let Ok(samples) = imsc1_samples(&track, segment.clone()) {
            for sample in samples {
                let read = parse_ttml(&sample.data).expect("our own IMSC1");
                let shown = track.overlapping(segment.start * 1000, segment.end * 1000);
                assert_eq!(read.cues().len(), shown.count());
            }
        }
        let _ = wvtt_samples(&track, segment);
    }
    let read = parse_webvtt(&webvtt_document(&track)).expect("our own WebVTT");
    assert_eq!((read.cues().len(), read.warnings()), (track.cues().len(), 0));
    let clip = track.on_time_line(-500_000, 5_000_000);
    assert!(clip.end() <= 5_000_000);
});
