#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
use proptest::prelude::*;

use super::super::spans;
use super::*;
use crate::craft::{Entry, TrackSpec, build, source};
use crate::{Kind, Presentation};

const TARGET_MS: u32 = 2000;

fn asset(tracks: &[TrackSpec]) -> Presentation {
    build(vec![source("a.mp4", tracks)], TARGET_MS).unwrap()
}

fn film() -> Presentation {
    asset(&[
        TrackSpec::video(25_000, 1000, 200, 50),
        TrackSpec::audio(48_000, 375),
    ])
}

fn of(p: &Presentation, kind: Kind) -> &Rendition {
    p.renditions
        .iter()
        .find(|rendition| rendition.kind() == kind)
        .unwrap()
}

fn plan(p: &Presentation, number: usize) -> Plan {
    Plan::new(
        p,
        Some(of(p, Kind::Video)),
        Some(of(p, Kind::Audio)),
        number,
        None,
    )
    .unwrap()
}

/// (pts, dts) of the samples of one kind, ticks.
fn times(part: &Option<Gathered>) -> Vec<(i64, i64)> {
    let part = part.as_ref().unwrap();
    let payload = vec![0; usize::try_from(part.len).unwrap()];
    part.samples(&payload)
        .iter()
        .map(|sample| (sample.pts, sample.dts))
        .collect()
}

#[test]
fn a_plan_asks_for_the_bytes_of_both_in_the_order_of_the_file() {
    let p = film();
    let plan = plan(&p, 1);
    let [video, audio] = plan.source_ranges();
    for (ranges, kind, len) in [
        (video, Kind::Video, plan.payload_lens()[0]),
        (audio, Kind::Audio, plan.payload_lens()[1]),
    ] {
        assert_eq!(ranges.iter().map(|range| range.len).sum::<u64>(), len);
        assert_eq!(len, of(&p, kind).segments[1].bytes);
        assert!(
            ranges
                .windows(2)
                .all(|pair| pair[0].offset + pair[0].len < pair[1].offset)
        );
    }
    assert_eq!(plan.content_length(), None);
}

#[test]
fn a_segment_that_does_not_exist_is_refused() {
    let p = film();
    let error = Plan::new(
        &p,
        Some(of(&p, Kind::Video)),
        Some(of(&p, Kind::Audio)),
        4,
        None,
    )
    .unwrap_err();
    assert_eq!(
        error.to_string(),
        "v48+a-und has 4 segments, there is no segment 4"
    );
    let error = Plan::packed(&p, of(&p, Kind::Audio), 4, None).unwrap_err();
    assert_eq!(
        error.to_string(),
        "a-und has 4 segments, there is no segment 4"
    );
    assert!(Plan::new(&p, None, None, 0, None).is_err());
}

#[test]
fn a_codec_without_a_place_is_refused_by_name() {
    let images = TrackSpec {
        handler: *b"vide",
        ..TrackSpec::still(b"vide", Entry::Jpeg, 10)
    };
    let p = asset(&[TrackSpec::video(25_000, 1000, 200, 50), images]);
    let error = Plan::new(&p, Some(of(&p, Kind::Image)), None, 0, None).unwrap_err();
    assert!(
        error
            .to_string()
            .ends_with("jpeg cannot be carried in MPEG-TS"),
        "{error}"
    );
    assert!(matches!(error, Error::Carriage { .. }));
    let error = Plan::packed(&p, of(&p, Kind::Video), 0, None).unwrap_err();
    assert!(
        error
            .to_string()
            .contains("cannot be carried in packed audio"),
        "{error}"
    );
}

#[test]
fn payloads_of_another_length_are_refused() {
    let p = film();
    let plan = plan(&p, 0);
    let [mut video, mut audio] = plan
        .payload_lens()
        .map(|len| vec![0; usize::try_from(len).unwrap()]);
    let error = plan.mux(&mut video, &mut audio[1..]).unwrap_err();
    assert!(matches!(error, Error::Payload { .. }), "{error}");
}

#[test]
fn samples_that_are_no_nal_units_are_the_fault_of_the_source() {
    let p = film();
    let plan = plan(&p, 2);
    let [mut video, mut audio] = plan
        .payload_lens()
        .map(|len| vec![0xff; usize::try_from(len).unwrap()]);
    let error = plan.mux(&mut video, &mut audio).unwrap_err();
    let expected =
        "a.mp4: v48+a-und, segment 2: sample 0 of the segment: a NAL unit reaches beyond its end";
    assert_eq!(error.to_string(), expected);
}

/// One NAL unit in each sample.
fn pictures(plan: &Plan) -> Vec<u8> {
    let lens = plan.video.as_ref().unwrap().lens();
    let sample = |(_, len): (usize, usize)| {
        let mut sample = u32::try_from(len - 4).unwrap().to_be_bytes().to_vec();
        sample.resize(len, 0x41);
        sample
    };
    lens.flat_map(sample).collect()
}

#[test]
fn memory_of_the_caller_is_asked_for_once_and_for_the_exact_length() {
    let p = film();
    let plan = plan(&p, 0);
    let mut video = pictures(&plan);
    let mut audio = vec![0; usize::try_from(plan.payload_lens()[1]).unwrap()];
    let whole = plan.mux(&mut video, &mut audio).unwrap();
    let mut asked = Vec::new();
    let given = plan.mux_into(&mut video, &mut audio, |len| {
        asked.push(len);
        vec![0xaa; len]
    });
    // What was in the memory before does not show.
    assert_eq!(given.unwrap(), whole);
    assert_eq!(asked, [whole.len()]);
    let room = edgepack_drm::aes128::MAX_PADDING;
    let given = plan.mux_into(&mut video, &mut audio, |len| vec![0xaa; len + room]);
    assert_eq!(given.unwrap(), [whole, vec![0xaa; room]].concat());
    assert!(
        plan.mux_into(&mut video, &mut audio, |len| vec![0; len - 1])
            .is_err()
    );
}

#[test]
fn the_length_of_packed_audio_is_known_before_it_is_read() {
    let p = film();
    let plan = Plan::packed(&p, of(&p, Kind::Audio), 1, None).unwrap();
    let mut audio = vec![0; usize::try_from(plan.payload_lens()[1]).unwrap()];
    let segment = plan.mux(&mut [], &mut audio).unwrap();
    assert_eq!(plan.content_length(), Some(segment.len() as u64));
}

#[test]
fn the_length_of_encrypted_packed_audio_is_known_too() {
    let p = film();
    let key = edgepack_drm::ContentKey::new(edgepack_drm::KeyId([1; 16]), [2; 16]);
    let aes = SampleAes::new(&key, [3; 16]);
    let plan = Plan::packed(&p, of(&p, Kind::Audio), 1, Some(aes)).unwrap();
    let mut audio = vec![0; usize::try_from(plan.payload_lens()[1]).unwrap()];
    let segment = plan.mux(&mut [], &mut audio).unwrap();
    assert_eq!(plan.content_length(), Some(segment.len() as u64));
    let clear = Plan::packed(&p, of(&p, Kind::Audio), 1, None).unwrap();
    assert!(clear.content_length() < plan.content_length());
}

#[test]
fn presentation_time_0_is_tick_0_of_both() {
    let video = TrackSpec::video(25_000, 1000, 200, 50).delayed(2000, true);
    let p = asset(&[video, TrackSpec::audio(48_000, 375).edit(0, 1024)]);
    let plan = plan(&p, 0);
    assert_eq!(times(&plan.video)[..2], [(0, -7200), (3600, -3600)]);
    assert_eq!(times(&plan.audio)[..2], [(-1920, -1920), (0, 0)]);
}

#[test]
fn pictures_with_negative_offsets_are_decoded_first() {
    // I P B B: shown as 0 3 1 2, decoded in this order.
    let mut video = TrackSpec::video(25_000, 1000, 200, 52);
    for (i, sample) in video.samples.iter_mut().enumerate() {
        sample.composition_offset = [0, 2000, -1000, -1000][i % 4];
    }
    let p = asset(&[video, TrackSpec::audio(48_000, 375)]);
    let mut before = i64::MIN;
    for number in 0..of(&p, Kind::Video).segments.len() {
        for (pts, dts) in times(&plan(&p, number).video) {
            assert!(dts <= pts && before < dts, "{before} {dts} {pts}");
            before = dts;
        }
    }
}

#[test]
fn an_order_that_the_first_segment_did_not_promise_is_kept_within_the_segment() {
    let mut video = TrackSpec::video(25_000, 1000, 200, 50);
    for (i, sample) in video.samples.iter_mut().enumerate().skip(101) {
        sample.composition_offset = [2000, -1000, -1000][i % 3];
    }
    let p = asset(&[video, TrackSpec::audio(48_000, 375)]);
    let all: Vec<_> = (0..4)
        .flat_map(|number| times(&plan(&p, number).video))
        .collect();
    assert!(all.iter().all(|(pts, dts)| dts <= pts));
    assert!(all.windows(2).all(|pair| pair[0].1 < pair[1].1));
    assert_eq!(
        all[99].1,
        99 * 3600,
        "what goes before is as the source has it"
    );
}

#[test]
fn of_sound_before_a_clip_one_frame_goes_out_and_of_an_encoders_delay_all() {
    for (priming, first) in [
        (1024, -1920),
        (5000, -5 * 1920 + 225),
        (24_000, -1472 * 90 / 48),
    ] {
        let p = asset(&[
            TrackSpec::video(25_000, 1000, 200, 50),
            TrackSpec::audio(48_000, 375).edit(0, priming),
        ]);
        let got = times(&plan(&p, 0).audio)[0].0;
        assert_eq!(got, first, "{priming} samples");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn every_frame_goes_out_once_in_order_and_near_its_pictures(
        pictures in 1..300usize,
        gop in 1..80usize,
        sounds in 1..600usize,
        late_ms in prop_oneof![Just(0u32), 1..9_000u32],
        priming in prop_oneof![Just(0i32), Just(1024)],
    ) {
        let mut sound = TrackSpec::audio(44_100, sounds + 2);
        if late_ms > 0 {
            sound = sound.edit(late_ms, -1);
        }
        let sound = sound.edit(0, priming);
        let p = asset(&[TrackSpec::video(30_000, 1001, pictures, gop), sound]);
        let (video, audio) = (of(&p, Kind::Video), of(&p, Kind::Audio));
        let spans = spans(Some(video), Some(audio));
        let mut heard = Vec::new();
        let mut shown = 0;
        for (number, span) in spans.iter().enumerate() {
            let plan = plan(&p, number);
            if let Some(pictures) = &plan.video {
                shown += times(&Some(pictures.clone())).len();
            }
            let seconds = |time: u64| time as f64 / f64::from(video.timescale);
            for (pts, _) in times(&plan.audio) {
                let at = pts as f64 / 90_000.0;
                // Half a picture early at most, but for the priming.
                prop_assert!(at > seconds(span.start) - 0.05 || number == 0);
                prop_assert!(at < seconds(span.start + span.duration) + 0.001);
                heard.push(pts);
            }
        }
        prop_assert_eq!(shown, pictures);
        prop_assert_eq!(heard.len(), sounds + 2);
        prop_assert!(heard.windows(2).all(|pair| pair[0] < pair[1]));
    }
}
