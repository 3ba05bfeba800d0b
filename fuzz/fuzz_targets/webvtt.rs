//! Any bytes as a WebVTT file: what was read can be written in every form and read again.
#![no_main]
use edgepack_packager::TextForm;
use edgepack_packager::text::{
    SourceSample, TIMESCALE, Track, cmaf_header, cmaf_segment, from_stpp, from_wvtt,
    imsc1_samples, parse_webvtt, webvtt_document, webvtt_segment, wvtt_samples,
};
use libfuzzer_sys::fuzz_target;

/// From where the first cue begins, milliseconds.
const SEGMENTS: [(u64, u64); 3] = [(0, 1000), (1000, 1500), (1500, 9000)];

fuzz_target!(|data: &[u8]| {
    let Ok(track) = parse_webvtt(data) else {
        return;
    };
    let read = parse_webvtt(&webvtt_document(&track)).expect("our own WebVTT");
    assert_eq!(read.cues(), track.cues());
    assert_eq!(read.styles(), track.styles());
    assert_eq!(read.regions(), track.regions());
    check_segments(&track);
});

fn check_segments(track: &Track) {
    let first = track.cues().first().map_or(0, |cue| cue.start / 1000);
    let entry = sample_entry(&cmaf_header(track, TextForm::WebVtt, 1000));
    for (number, (start, end)) in (1..).zip(SEGMENTS) {
        let segment = first + start..first + end;
        let overlapping = track.overlapping(segment.start * 1000, segment.end * 1000);
        let overlapping = overlapping.count();
        let read = parse_webvtt(&webvtt_segment(track, segment.clone(), 0)).expect("our own WebVTT");
        assert_eq!(read.cues().len(), overlapping);
        for form in [TextForm::WebVtt, TextForm::Imsc1] {
            let _ = cmaf_segment(track, form, number, segment.clone());
        }
        if let Ok(samples) = wvtt_samples(track, segment.clone()) {
            let total: u64 = samples.iter().map(|sample| u64::from(sample.duration)).sum();
            assert_eq!(total, segment.end - segment.start);
            let mut decode_time = segment.start;
            let samples = samples.into_iter().map(|sample| {
                let duration = u64::from(sample.duration);
                decode_time += duration;
                SourceSample {
                    decode_time: decode_time - duration,
                    duration,
                    data: sample.data.into(),
                }
            });
            let read = from_wvtt(&entry, TIMESCALE, samples).expect("our own wvtt");
            assert!(read.cues().len() <= overlapping);
        }
        if let Ok(samples) = imsc1_samples(track, segment.clone()) {
            for sample in samples {
                let sample = SourceSample {
                    decode_time: segment.start,
                    duration: sample.duration.into(),
                    data: sample.data.into(),
                };
                from_stpp(TIMESCALE, [sample]).expect("our own IMSC1");
            }
        }
    }
}

/// The `wvtt` box of a header.
fn sample_entry(header: &[u8]) -> Vec<u8> {
    let at = header.windows(4).position(|window| window == b"wvtt").expect("wvtt") - 4;
    let size = u32::from_be_bytes(header[at..at + 4].try_into().expect("a size"));
    header[at..at + size as usize].to_vec()
}
