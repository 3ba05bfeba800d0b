#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
use super::super::tests::{aac, avc, idr, key, seed};
use super::*;
use edgepack_isobmff::CodecConfig;
use proptest::collection::vec;
use proptest::prelude::*;

fn encryptor(scheme: Scheme, codec: &CodecConfig) -> SampleEncryptor {
    SampleEncryptor::new(scheme, &key(), seed(), codec).unwrap()
}

fn sizes(samples: &[Vec<u8>]) -> impl Iterator<Item = usize> {
    samples.iter().map(Vec::len)
}

fn scheme() -> impl Strategy<Value = Scheme> {
    prop_oneof![Just(Scheme::Cenc), Just(Scheme::Cbcs)]
}

proptest! {
    #[test]
    fn all_at_once_is_one_by_one(
        scheme in scheme(),
        first in any::<u16>(),
        lens in vec(0..300_usize, 0..40),
        is_video in any::<bool>(),
    ) {
        let codec = if is_video { avc(4) } else { aac() };
        let sample = |len: &usize| if is_video { idr(4, len + 4) } else { vec![7; *len] };
        let mut samples: Vec<Vec<u8>> = lens.iter().map(sample).collect();
        let mut payload = samples.concat();
        let (mut aux, mut expected) = (SegmentAux::new(), SegmentAux::new());
        encryptor(scheme, &codec)
            .encrypt_all(first.into(), sizes(&samples), &mut payload, &mut aux)
            .unwrap();
        let mut one_by_one = encryptor(scheme, &codec);
        for (index, sample) in (first.into()..).zip(&mut samples) {
            one_by_one.encrypt(index, sample, &mut expected).unwrap();
        }
        prop_assert_eq!(payload, samples.concat());
        prop_assert_eq!(format!("{aux:?}"), format!("{expected:?}"));
    }
}

#[test]
fn a_sample_beyond_the_payload_is_refused_by_its_number() {
    for scheme in [Scheme::Cenc, Scheme::Cbcs] {
        let mut aux = SegmentAux::new();
        let outcome =
            encryptor(scheme, &aac()).encrypt_all(40, [30, 30].into_iter(), &mut [0; 59], &mut aux);
        assert!(matches!(outcome, Err(Error::Sample { sample: 41, .. })));
        assert_eq!(aux.len(), 1);
    }
}
