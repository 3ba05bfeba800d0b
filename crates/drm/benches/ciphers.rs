//! GB/s of media encrypted in place, one core, per scheme and codec: `cargo bench -p edgepack-drm`. An argument names
//! the rows to run (`-- cbcs`).
//!
//! Each figure is the best of many rounds over a segment that fits no first-level cache: what the code can do, not what a
//! busy machine leaves of it.
#![allow(clippy::unwrap_used, clippy::expect_used)]
use std::time::{Duration, Instant};

use aes::Aes128Enc;
use aes::cipher::{BlockCipherEncrypt, KeyInit};
use bytes::Bytes;
use cbc::cipher::{BlockModeEncrypt, KeyIvInit};
use edgepack_drm::{
    ContentKey, IvSeed, KeyId, SampleAes, SampleEncryptor, Scheme, SegmentAux, aes128,
};
use edgepack_isobmff::codec::{AacConfig, AvcConfig, ChannelLayout, VideoInfo};
use edgepack_isobmff::{CodecConfig, FourCc};

const SEGMENT: usize = 3 << 20;
const ROUND: Duration = Duration::from_millis(700);
const KEY: [u8; 16] = [0x2b; 16];

fn main() {
    // `cargo test` starts it as well, and does not measure.
    if !std::env::args().any(|argument| argument == "--bench") {
        return;
    }
    let wanted = std::env::args()
        .skip(1)
        .find(|argument| !argument.starts_with('-'));
    let row = |name: &str, bytes: usize, run: &mut dyn FnMut()| {
        if wanted
            .as_ref()
            .is_none_or(|wanted| name.contains(wanted.as_str()))
        {
            println!("{name:<44} {:>7.2} GB/s", best(bytes, run));
        }
    };
    let key = ContentKey::new(KeyId([1; 16]), KEY);
    let mut segment = noise(SEGMENT + aes128::MAX_PADDING);

    row("memory, read and written", SEGMENT, &mut || {
        segment.iter_mut().for_each(|byte| *byte ^= 0x55);
        std::hint::black_box(&mut segment);
    });
    row("one CBC chain, block by block", SEGMENT, &mut || {
        bare_chain(&mut segment);
    });
    row("one CBC chain of the crate cbc", SEGMENT, &mut || {
        let mut chain = cbc::Encryptor::<Aes128Enc>::new(&KEY.into(), &[0; 16].into());
        let (blocks, _) = segment[..SEGMENT].as_chunks_mut::<16>();
        blocks
            .iter_mut()
            .for_each(|block| chain.encrypt_block(block.into()));
    });
    row("AES-128, whole segment", SEGMENT, &mut || {
        aes128::encrypt_in_place(&key, &[0; 16], &mut segment, SEGMENT).unwrap();
    });

    for (name, unit) in [
        ("AVC, 1 slice of 60 KB", 60_000),
        ("AVC, slices of 8 KB", 8_000),
    ] {
        let samples = pictures(unit);
        for scheme in [Scheme::Cenc, Scheme::Cbcs] {
            samples_row(
                &row,
                &format!("{scheme:?}, {name}"),
                scheme,
                &avc(),
                &samples,
            );
        }
    }
    for size in [400, 1500] {
        let samples = vec![size; SEGMENT / size];
        let samples = (noise(SEGMENT / size * size), samples);
        for scheme in [Scheme::Cenc, Scheme::Cbcs] {
            let name = format!("{scheme:?}, AAC frames of {size} B");
            samples_row(&row, &name, scheme, &aac(), &samples);
            batch_row(
                &row,
                &format!("{name}, all at once"),
                scheme,
                &aac(),
                &samples,
            );
        }
    }
    let sample_aes = SampleAes::new(&key, [0; 16]);
    let (mut payload, sizes) = pictures(60_000);
    row("SAMPLE-AES, AVC", payload.len(), &mut || {
        restored(&mut payload, &sizes);
        let mut rest = payload.as_mut_slice();
        for size in &sizes {
            let (sample, after) = rest.split_at_mut(*size);
            sample_aes.encrypt_unit(&mut sample[4..]).unwrap();
            std::hint::black_box(edgepack_drm::sample_aes::escapes(&sample[4..]));
            rest = after;
        }
    });
    row("SAMPLE-AES, AAC frames of 400 B", SEGMENT, &mut || {
        sample_aes.encrypt_frames(segment[..SEGMENT].chunks_mut(400));
    });
}

type Row<'r> = &'r dyn Fn(&str, usize, &mut dyn FnMut());

/// Sample by sample.
fn samples_row(
    row: Row<'_>,
    name: &str,
    scheme: Scheme,
    codec: &CodecConfig,
    (payload, sizes): &(Vec<u8>, Vec<usize>),
) {
    let mut payload = payload.clone();
    let mut aux = SegmentAux::new();
    row(name, payload.len(), &mut || {
        let mut encryptor = encryptor(scheme, codec);
        restored(&mut payload, sizes);
        aux.clear();
        let mut rest = payload.as_mut_slice();
        for (index, size) in (0..).zip(sizes) {
            let (sample, after) = rest.split_at_mut(*size);
            encryptor.encrypt(index, sample, &mut aux).unwrap();
            rest = after;
        }
    });
}

fn batch_row(
    row: Row<'_>,
    name: &str,
    scheme: Scheme,
    codec: &CodecConfig,
    (payload, sizes): &(Vec<u8>, Vec<usize>),
) {
    let mut payload = payload.clone();
    let mut aux = SegmentAux::new();
    row(name, payload.len(), &mut || {
        aux.clear();
        encryptor(scheme, codec)
            .encrypt_all(0, sizes.iter().copied(), &mut payload, &mut aux)
            .unwrap();
    });
}

/// Slice headers stay clear, but for SAMPLE-AES, whose readers expect no second layer on them.
fn restored(payload: &mut [u8], sizes: &[usize]) {
    let mut at = 0;
    for size in sizes {
        if payload[at + 4..at + 5] == HEADER[..1] {
            payload[at + 4..at + 4 + HEADER.len()].copy_from_slice(&HEADER);
        }
        at += size;
    }
}

fn encryptor(scheme: Scheme, codec: &CodecConfig) -> SampleEncryptor {
    let key = ContentKey::new(KeyId([1; 16]), KEY);
    let seed = IvSeed {
        cenc_base: 1,
        cbcs: [2; 16],
    };
    SampleEncryptor::new(scheme, &key, seed, codec).unwrap()
}

fn bare_chain(segment: &mut [u8]) {
    let aes = Aes128Enc::new(&KEY.into());
    let mut previous = [0; 16];
    for block in segment[..SEGMENT].as_chunks_mut::<16>().0 {
        for (byte, other) in block.iter_mut().zip(previous) {
            *byte ^= other;
        }
        aes.encrypt_block(block.into());
        previous = *block;
    }
}

/// GB/s of the fastest run.
fn best(bytes: usize, run: &mut dyn FnMut()) -> f64 {
    let end = Instant::now() + ROUND;
    let mut fastest = f64::INFINITY;
    while Instant::now() < end {
        let start = Instant::now();
        run();
        fastest = fastest.min(start.elapsed().as_secs_f64());
    }
    bytes as f64 / fastest / 1e9
}

/// Bytes that no run repeats, from a linear congruential generator; none is 0, so that none begins a start code.
fn noise(len: usize) -> Vec<u8> {
    let mut state = 1_u32;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 24) as u8 | 1
    };
    (0..len).map(|_| next()).collect()
}

/// An IDR slice of the parameter sets below.
const HEADER: [u8; 4] = [0x65, 0b1000_1000, 0b1000_0100, 0b0000_1000];

/// Samples of one slice each, and their sizes: the slices are independent, as those of one picture are.
fn pictures(unit: usize) -> (Vec<u8>, Vec<usize>) {
    let count = SEGMENT / unit;
    let mut payload = Vec::new();
    for _ in 0..count {
        payload.extend_from_slice(&u32::try_from(unit).unwrap().to_be_bytes());
        payload.extend_from_slice(&HEADER);
        payload.extend(noise(unit - HEADER.len()));
    }
    (payload, vec![4 + unit; count])
}

fn avc() -> CodecConfig {
    CodecConfig::Avc(AvcConfig {
        format: FourCc(*b"avc1"),
        profile: 66,
        compatibility: 0xc0,
        level: 30,
        nal_length_size: 4,
        sps: vec![Bytes::from_static(&[
            0x67,
            66,
            0xc0,
            30,
            0b1111_1010,
            0b0111_1000,
        ])],
        pps: vec![Bytes::from_static(&[
            0x68,
            0b1100_1110,
            0b0011_1000,
            0b1000_0000,
        ])],
        video: VideoInfo::default(),
    })
}

fn aac() -> CodecConfig {
    CodecConfig::Aac(AacConfig {
        object_type_indication: 0x40,
        audio_object_type: 2,
        sample_rate: 48_000,
        channels: 2,
        layout: ChannelLayout::of_cicp(2),
        core_object_type: 2,
        core_sample_rate: 48_000,
        frame_length: 1024,
        audio_specific_config: Bytes::from_static(&[0x11, 0x90]),
    })
}
