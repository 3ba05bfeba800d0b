//! Any bytes as samples, at any times: an error, or a segment of whole packets.
#![no_main]
use bytes::Bytes;
use edgepack_isobmff::codec::{AacConfig, AvcConfig, ChannelLayout, VideoInfo};
use edgepack_isobmff::{CodecConfig, FourCc};
use edgepack_packager::ts::{Muxer, PackedAudio, Place, Sample};
use libfuzzer_sys::fuzz_target;

/// pts, dts, sync and description in one byte, data.
type Spec = (i64, i64, u8, Vec<u8>);

fn samples(specs: &[Spec]) -> Vec<Sample<'_>> {
    specs
        .iter()
        .map(|(pts, dts, flags, data)| Sample {
            pts: *pts,
            dts: *dts,
            is_sync: flags & 1 == 1,
            description: usize::from(flags >> 1 & 1),
            data,
        })
        .collect()
}

fuzz_target!(|input: (u8, usize, Vec<u8>, Vec<Spec>, Vec<Spec>)| {
    let (choice, number, specific, video, audio) = input;
    let avc = CodecConfig::Avc(AvcConfig {
        format: FourCc(*b"avc1"),
        profile: 66,
        compatibility: 0,
        level: 10,
        nal_length_size: choice & 7,
        sps: vec![Bytes::copy_from_slice(&specific)],
        pps: vec![],
        video: VideoInfo::default(),
    });
    let aac = CodecConfig::Aac(AacConfig {
        object_type_indication: 0x40,
        audio_object_type: 2,
        sample_rate: 48_000,
        channels: 2,
        layout: ChannelLayout::default(),
        core_object_type: 2,
        core_sample_rate: 48_000,
        frame_length: 1024,
        audio_specific_config: Bytes::copy_from_slice(&specific),
    });
    let (video, audio) = (samples(&video), samples(&audio));
    let place = Place { number, starts_over: choice & 8 != 0, next: None };
    for (pictures, sounds) in [(&[&avc][..], &[&aac][..]), (&[&avc], &[]), (&[], &[&aac])] {
        let Ok(muxer) = Muxer::new(pictures, sounds) else { continue };
        let video = if pictures.is_empty() { &[][..] } else { &video };
        let audio = if sounds.is_empty() { &[][..] } else { &audio };
        if let Ok(segment) = muxer.segment(place, video, audio) {
            assert_eq!(segment.len() % 188, 0);
            assert!(segment.chunks(188).all(|packet| packet[0] == 0x47));
        }
    }
    if let Ok(packed) = PackedAudio::new(&[&aac])
        && let Ok(len) = packed.len(&audio)
    {
        packed.write(&audio, &mut vec![0; len]).expect("room");
    }
});
