//! What the targets that feed the sample encryptor share.
use bytes::Bytes;
use edgepack_drm::{ContentKey, IvSeed, KeyId, SampleEncryptor, Scheme, SegmentAux};
use edgepack_isobmff::CodecConfig;

/// A length in two bytes, and that many bytes.
pub fn field(data: &[u8]) -> Option<(Bytes, &[u8])> {
    let (&len, rest) = data.split_first_chunk()?;
    let (field, rest) = rest.split_at_checked(usize::from(u16::from_be_bytes(len)))?;
    Some((Bytes::copy_from_slice(field), rest))
}

/// Protects two samples of a track, of which the second may depend on the first. `scheme`: its lowest bit.
pub fn protect(scheme: u8, codec: &CodecConfig, samples: [&[u8]; 2]) -> Option<()> {
    let scheme = if scheme & 1 == 0 { Scheme::Cenc } else { Scheme::Cbcs };
    let key = ContentKey::new(KeyId([1; 16]), [2; 16]);
    let seed = IvSeed { cenc_base: u64::MAX, cbcs: [3; 16] };
    let mut encryptor = SampleEncryptor::new(scheme, &key, seed, codec).ok()?;
    for (index, clear) in (0..).zip(samples) {
        let mut aux = SegmentAux::new();
        let mut sample = clear.to_vec();
        if encryptor.encrypt(index, &mut sample, &mut aux).is_err() {
            assert!(aux.is_empty());
            continue;
        }
        let mut at = 0;
        for subsample in aux.samples().next()?.subsamples() {
            let start = at + usize::from(subsample.clear);
            assert_eq!(sample[at..start], clear[at..start]);
            assert!(scheme == Scheme::Cbcs || subsample.protected % 16 == 0);
            at = start + subsample.protected as usize;
        }
        assert_eq!(at, clear.len());
    }
    Some(())
}
