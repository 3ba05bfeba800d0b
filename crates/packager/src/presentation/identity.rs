//! Names for what an asset is: the same on every node of a fleet.
use ring::digest::{Context, SHA256};

use super::{Fingerprint, Input, Options, Rendition, Source, SourceContent, TextFormat, Tracks};
use crate::{CryptoPeriod, Encryption, FORMAT_VERSION, Rotation, TrackProtection};

/// Every field is of fixed length or led by its length, so that no two assets hash the same bytes.
pub(super) fn fingerprint(input: &Input, options: &Options) -> Fingerprint {
    let mut hash = Context::new(&SHA256);
    hash.update(b"edgepack presentation");
    hash.update(&FORMAT_VERSION.to_be_bytes());
    hash.update(&options.target_duration_ms.to_be_bytes());
    hash.update(&count(input.sources.len()));
    for source in &input.sources {
        update_source(&mut hash, source);
    }
    for period in &input.periods {
        for end in [period.clip.start_us, period.clip.end_us] {
            hash.update(&[u8::from(end.is_some())]);
            hash.update(&end.unwrap_or(0).to_be_bytes());
        }
        hash.update(&count(period.tracks.len()));
        for choice in &period.tracks {
            hash.update(&count(choice.source));
            let (kind, of) = match choice.tracks {
                Tracks::ByConvention => (0, 0),
                Tracks::Id(id) => (1, id),
                Tracks::Kind(kind) => (2, kind as u32),
            };
            hash.update(&[kind]);
            hash.update(&of.to_be_bytes());
            // Of the settings only the language stands in the media (`mdhd`, `elng`).
            let language = choice.settings.language.as_deref().unwrap_or_default();
            hash.update(&count(language.len()));
            hash.update(language.as_bytes());
        }
    }
    Fingerprint(first_bytes(hash))
}

fn update_source(hash: &mut Context, source: &Source) {
    match &source.content {
        SourceContent::Movie(movie) => {
            hash.update(&[0]);
            hash.update(&movie.file_len.to_be_bytes());
            hash.update(&count(movie.moov.len()));
            hash.update(&movie.moov);
        }
        SourceContent::Text { format, len } => {
            hash.update(match format {
                TextFormat::WebVtt => &[1],
                TextFormat::Ttml => &[2],
            });
            hash.update(&len.to_be_bytes());
        }
    }
    hash.update(&source.probe);
}

pub(super) fn url_name(
    fingerprint: &Fingerprint,
    rendition: &Rendition,
    protection: Option<&TrackProtection>,
) -> String {
    let mut hash = Context::new(&SHA256);
    hash.update(b"edgepack track");
    update_rendition(&mut hash, fingerprint, rendition);
    if let Some(protection) = protection {
        hash.update(&protection.clear_lead.to_be_bytes());
        hash.update(match protection.rotation {
            Rotation::NewHeader => &[0],
            Rotation::SampleGroups => &[1],
        });
        for period in &protection.periods {
            update_crypto_period(&mut hash, period);
        }
    }
    let version: [u8; 4] = first_bytes(hash);
    format!("{}-{:08x}", rendition.name, u32::from_be_bytes(version))
}

fn update_crypto_period(hash: &mut Context, period: &CryptoPeriod) {
    hash.update(&period.first_segment.to_be_bytes());
    hash.update(&period.kid.0);
    hash.update(&period.key_tag);
    match &period.encryption {
        Encryption::Common(enc) => {
            hash.update(&enc.scheme.fourcc());
            hash.update(&[
                enc.per_sample_iv_size,
                enc.crypt_byte_block,
                enc.skip_byte_block,
            ]);
            hash.update(enc.constant_iv.as_ref().map_or(&[], |iv| iv));
        }
        Encryption::Aes128 => hash.update(b"aes-128"),
        Encryption::SampleAes { iv } => {
            hash.update(b"sample-aes");
            hash.update(iv);
        }
    }
}

pub(super) fn track_identity(fingerprint: &Fingerprint, rendition: &Rendition) -> Vec<u8> {
    let mut hash = Context::new(&SHA256);
    update_rendition(&mut hash, fingerprint, rendition);
    let digest: [u8; 32] = first_bytes(hash);
    digest.to_vec()
}

/// Name and samples: names can move from one track to another when settings change the order of renditions.
fn update_rendition(hash: &mut Context, fingerprint: &Fingerprint, rendition: &Rendition) {
    hash.update(&fingerprint.0);
    hash.update(&count(rendition.name.len()));
    hash.update(rendition.name.as_bytes());
    for index in [
        rendition.period,
        rendition.source,
        rendition.track.map_or(0, |track| track + 1),
    ] {
        hash.update(&count(index));
    }
}

fn count(length: usize) -> [u8; 8] {
    u64::try_from(length).unwrap_or(u64::MAX).to_be_bytes()
}

fn first_bytes<const N: usize>(hash: Context) -> [u8; N] {
    let digest = hash.finish();
    let mut first = [0; N];
    for (to, from) in first.iter_mut().zip(digest.as_ref()) {
        *to = *from;
    }
    first
}
