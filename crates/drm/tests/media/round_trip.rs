//! decrypt(encrypt(x)) = x with the decryptor of these tests, and rules of layout that hold for every sample.
use crate::clip::{self, KEY, key, seed};
use crate::{decrypt, mp4};
use bytes::Bytes;
use edgepack_drm::{SampleEncryptor, Scheme, SegmentAux, Subsample};
use edgepack_isobmff::CodecConfig;
use proptest::prelude::*;
use std::sync::LazyLock;

struct Source {
    codec: CodecConfig,
    samples: Vec<Bytes>,
}

static AVC: LazyLock<Option<Source>> =
    LazyLock::new(|| source(|folder| clip::avc(folder, &["-x264-params", "slices=3"])));
static HEVC: LazyLock<Option<Source>> =
    LazyLock::new(|| source(|folder| clip::hevc(folder, &["-x265-params", "slices=2:ctu=16"])));
static AV1: LazyLock<Option<Source>> =
    LazyLock::new(|| source(|folder| clip::av1(folder, clip::AV1[1].1)));
static VP9: LazyLock<Option<Source>> =
    LazyLock::new(|| source(|folder| clip::vp9(folder, clip::VP9[0].1)));
static AAC: LazyLock<Option<Source>> =
    LazyLock::new(|| source(|folder| clip::audio(folder, clip::AUDIO[0].1)));

fn source(make: impl FnOnce(&std::path::Path) -> Option<std::path::PathBuf>) -> Option<Source> {
    let folder = tempfile::tempdir().unwrap();
    let file = std::fs::read(make(folder.path())?).unwrap().into();
    let track = mp4::read(&file, 0);
    Some(Source {
        codec: mp4::codec(&file),
        samples: track.samples,
    })
}

/// Encrypts and decrypts again; gives the subsamples.
fn check(
    scheme: Scheme,
    codec: &CodecConfig,
    index: u32,
    clear: &[u8],
) -> edgepack_drm::Result<Vec<Subsample>> {
    let mut encryptor = SampleEncryptor::new(scheme, &key(), seed(), codec)?;
    check_next(&mut encryptor, index, clear)
}

/// The next sample of an encryptor that has seen those before.
fn check_next(
    encryptor: &mut SampleEncryptor,
    index: u32,
    clear: &[u8],
) -> edgepack_drm::Result<Vec<Subsample>> {
    let mut aux = SegmentAux::new();
    let mut sample = clear.to_vec();
    encryptor.encrypt(index, &mut sample, &mut aux)?;
    let track = encryptor.track_encryption();
    let written = aux.samples().next().unwrap();
    let subsamples: Vec<_> = written.subsamples().collect();
    let constant_iv = track.constant_iv.unwrap_or_default();
    let parameters = decrypt::Parameters {
        key: &u128::from_str_radix(KEY, 16).unwrap().to_be_bytes(),
        iv: if written.iv.is_empty() {
            &constant_iv
        } else {
            written.iv
        },
        pattern: (track.crypt_byte_block.into(), track.skip_byte_block.into()),
        subsamples: &subsamples,
    };
    decrypt::sample(&mut sample, &parameters);
    assert_eq!(sample, clear);
    Ok(subsamples)
}

#[test]
fn video_comes_back_and_every_slice_is_protected() {
    let Some(source) = &*AVC else { return };
    for scheme in [Scheme::Cenc, Scheme::Cbcs] {
        for (index, sample) in (0..).zip(&source.samples) {
            let subsamples = check(scheme, &source.codec, index, sample).unwrap();
            let protected: Vec<_> = subsamples
                .iter()
                .filter(|subsample| subsample.protected > 0)
                .collect();
            assert_eq!(protected.len(), 3, "{scheme:?} {index}");
            if scheme == Scheme::Cenc {
                assert!(
                    protected
                        .iter()
                        .all(|subsample| subsample.protected % 16 == 0)
                );
            }
        }
    }
}

#[test]
fn audio_comes_back_and_has_no_subsamples() {
    let Some(source) = &*AAC else { return };
    for scheme in [Scheme::Cenc, Scheme::Cbcs] {
        for (index, sample) in (0..).zip(&source.samples) {
            assert!(
                check(scheme, &source.codec, index, sample)
                    .unwrap()
                    .is_empty()
            );
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn audio_of_any_bytes_comes_back(bytes in proptest::collection::vec(any::<u8>(), 0..200), index: u32) {
        let Some(source) = &*AAC else { return Ok(()) };
        for scheme in [Scheme::Cenc, Scheme::Cbcs] {
            check(scheme, &source.codec, index, &bytes).unwrap();
        }
    }

    /// NAL units of random types and bytes: refused, or protected in a way that can be undone.
    #[test]
    fn any_nal_units_are_refused_or_come_back(
        units in proptest::collection::vec((any::<u8>(), proptest::collection::vec(any::<u8>(), 0..90)), 0..6),
        cut in 0_usize..4,
    ) {
        let Some(source) = &*AVC else { return Ok(()) };
        let mut sample = Vec::new();
        for (header, bytes) in units {
            sample.extend_from_slice(&u32::try_from(bytes.len() + 1).unwrap().to_be_bytes());
            sample.push(header);
            sample.extend_from_slice(&bytes);
        }
        sample.truncate(sample.len().saturating_sub(cut));
        for scheme in [Scheme::Cenc, Scheme::Cbcs] {
            if let Ok(subsamples) = check(scheme, &source.codec, 0, &sample) {
                prop_assert!(scheme == Scheme::Cbcs || subsamples.iter().all(|subsample| subsample.protected % 16 == 0));
            }
        }
    }

    /// Real samples with a few bytes changed, so that headers are read to odd ends.
    #[test]
    fn damaged_video_is_refused_or_comes_back(
        codec in 0_usize..4,
        pick: proptest::sample::Index,
        damage in proptest::collection::vec((any::<proptest::sample::Index>(), any::<u8>()), 0..8),
        cut: Option<proptest::sample::Index>,
    ) {
        let Some(source) = &**[&AVC, &HEVC, &AV1, &VP9][codec] else { return Ok(()) };
        let pick = pick.index(source.samples.len());
        let mut sample = source.samples[pick].to_vec();
        for (at, value) in damage {
            let at = at.index(sample.len().min(64));
            sample[at] = value;
        }
        if let Some(cut) = cut {
            sample.truncate(cut.index(sample.len()));
        }
        for scheme in [Scheme::Cenc, Scheme::Cbcs] {
            let mut encryptor = SampleEncryptor::new(scheme, &key(), seed(), &source.codec).unwrap();
            for (index, before) in (0..).zip(&source.samples[..pick]) {
                encryptor.encrypt(index, &mut before.to_vec(), &mut SegmentAux::new()).unwrap();
            }
            let _ = check_next(&mut encryptor, u32::try_from(pick).unwrap(), &sample);
        }
    }

    #[test]
    fn any_parameter_sets_are_refused_or_taken(
        sps in proptest::collection::vec(any::<u8>(), 0..40),
        pps in proptest::collection::vec(any::<u8>(), 0..40),
    ) {
        let Some(Source { codec: CodecConfig::Avc(config), samples }) = &*AVC else { return Ok(()) };
        let mut config = config.clone();
        config.sps.push([&[0x67], &sps[..]].concat().into());
        config.pps.push([&[0x68], &pps[..]].concat().into());
        let _ = check(Scheme::Cenc, &CodecConfig::Avc(config), 0, &samples[0]);
    }
}
