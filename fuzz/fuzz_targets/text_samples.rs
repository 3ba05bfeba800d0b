//! Any bytes as samples of text tracks. Input: timescale, length and bytes of the sample entry's content, then samples,
//! each with duration, length and bytes.
#![no_main]
use edgepack_packager::text::{
    SourceSample, Track, from_stpp, from_tx3g, from_wvtt, imsc1_samples, parse_webvtt,
    webvtt_document, wvtt_samples,
};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let _ = run(data);
});

fn run(data: &[u8]) -> Option<()> {
    let (&timescale, rest) = data.split_first()?;
    let timescale = u32::from(timescale) * 100;
    let (entry, mut rest) = piece(rest)?;
    let mut samples = vec![];
    let mut decode_time = 0;
    while let Some((&duration, behind)) = rest.split_first() {
        let Some((sample, behind)) = piece(behind) else {
            break;
        };
        // One sample in four is preceded by a gap.
        decode_time += u64::from(duration & 3 == 3);
        samples.push(SourceSample {
            decode_time,
            duration: u64::from(duration),
            data: sample.to_vec().into(),
        });
        decode_time += u64::from(duration);
        rest = behind;
    }
    let boxed = |kind: &[u8; 4]| {
        let size = (entry.len() as u32 + 8).to_be_bytes();
        [&size, &kind[..], entry].concat()
    };
    for track in [
        from_wvtt(&boxed(b"wvtt"), timescale, samples.clone()),
        from_tx3g(&boxed(b"tx3g"), timescale, samples.clone()),
        from_stpp(timescale, samples),
    ] {
        if let Ok(track) = track {
            check(&track);
        }
    }
    Some(())
}

fn piece(data: &[u8]) -> Option<(&[u8], &[u8])> {
    let (len, rest) = data.split_first_chunk()?;
    rest.split_at_checked(usize::from(u16::from_be_bytes(*len)))
}

fn check(track: &Track) {
    let read = parse_webvtt(&webvtt_document(track)).expect("our own WebVTT");
    assert_eq!((read.cues().len(), read.warnings()), (track.cues().len(), 0));
    for (read, cue) in read.cues().iter().zip(track.cues()) {
        assert_eq!(read.start, (cue.start + 500) / 1000 * 1000);
    }
    if let Ok(samples) = wvtt_samples(track, 500..4000) {
        let total: u64 = samples.iter().map(|sample| u64::from(sample.duration)).sum();
        assert_eq!(total, 3500);
    }
    let _ = imsc1_samples(track, 500..4000);
}
