//! Names for what an asset is: the same on every node of a fleet.
use edgepack_drm::{Scheme, TrackEncryption};
use ring::digest::{Context, SHA256};

use super::{Fingerprint, Options, Source};
use crate::FORMAT_VERSION;

/// Every field is of fixed length or led by its length, so that no two assets hash the same bytes.
pub(super) fn fingerprint(sources: &[Source], options: &Options) -> Fingerprint {
    let mut hash = Context::new(&SHA256);
    hash.update(b"edgepack presentation");
    hash.update(&FORMAT_VERSION.to_be_bytes());
    hash.update(&options.target_duration_ms.to_be_bytes());
    for source in sources {
        hash.update(&source.movie.file_len.to_be_bytes());
        hash.update(&length(&source.movie.moov));
        hash.update(&source.movie.moov);
        hash.update(&source.probe);
    }
    Fingerprint(first_bytes(hash))
}

pub(super) fn url_name(
    fingerprint: &Fingerprint,
    name: &str,
    enc: Option<&TrackEncryption>,
) -> String {
    let mut hash = Context::new(&SHA256);
    hash.update(b"edgepack track");
    hash.update(&fingerprint.0);
    hash.update(&length(name.as_bytes()));
    hash.update(name.as_bytes());
    if let Some(enc) = enc {
        hash.update(match enc.scheme {
            Scheme::Cenc => b"cenc",
            Scheme::Cbcs => b"cbcs",
        });
        hash.update(&enc.default_kid.0);
        hash.update(&[
            enc.per_sample_iv_size,
            enc.crypt_byte_block,
            enc.skip_byte_block,
        ]);
        hash.update(enc.constant_iv.as_ref().map_or(&[], |iv| iv));
    }
    let version: [u8; 4] = first_bytes(hash);
    format!("{name}-{:08x}", u32::from_be_bytes(version))
}

pub(super) fn track_identity(fingerprint: &Fingerprint, name: &str) -> Vec<u8> {
    [fingerprint.0.as_slice(), name.as_bytes()].concat()
}

fn length(bytes: &[u8]) -> [u8; 8] {
    u64::try_from(bytes.len()).unwrap_or(u64::MAX).to_be_bytes()
}

fn first_bytes<const N: usize>(hash: Context) -> [u8; N] {
    let digest = hash.finish();
    let mut first = [0; N];
    for (to, from) in first.iter_mut().zip(digest.as_ref()) {
        *to = *from;
    }
    first
}
