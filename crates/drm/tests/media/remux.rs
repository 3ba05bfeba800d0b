//! Turns a clear fragmented file into an encrypted one with this crate's boxes and ciphers.
use crate::clip::{key, seed};
use crate::mp4::{self, Box, boxes, find};
use bytes::Bytes;
use edgepack_drm::boxes::protect_sample_entry;
use edgepack_drm::{SampleEncryptor, Scheme, SegmentAux, pssh};
use edgepack_isobmff::BoxWriter;

pub fn protect(clear: &Bytes, scheme: Scheme) -> Bytes {
    let entry = mp4::read(clear, 0).entry;
    let codec = mp4::codec(clear);
    let mut w = BoxWriter::new();
    let mut index = 0;
    let mut aux = SegmentAux::new();
    let mut media = Vec::new();
    for b in boxes(clear) {
        match &b.kind {
            b"moov" => {
                let encryptor = SampleEncryptor::new(scheme, &key(), seed(), &codec).unwrap();
                let entry = protect_sample_entry(&entry, encryptor.track_encryption()).unwrap();
                write_moov(&mut w, &b, &entry);
            }
            b"moof" => {
                // An encryptor per fragment, as a segment has one.
                let mut encryptor = SampleEncryptor::new(scheme, &key(), seed(), &codec).unwrap();
                aux.clear();
                media.clear();
                for sample in samples_of(clear, &b) {
                    let start = media.len();
                    media.extend_from_slice(&sample);
                    encryptor
                        .encrypt(index, &mut media[start..], &mut aux)
                        .unwrap();
                    index += 1;
                }
                if let Some(size) = encryptor.fixed_aux_size() {
                    assert_eq!(
                        aux.samples().map(|sample| sample.iv.len()).sum::<usize>(),
                        size * aux.len()
                    );
                }
                write_moof(&mut w, &b, &aux);
            }
            b"mdat" => w.boxed(b"mdat", |w| w.bytes(&media)),
            // Offsets of fragments, which have moved.
            b"mfra" | b"sidx" => {}
            _ => w.bytes(&b.whole),
        }
    }
    w.into_vec().into()
}

/// The samples of one fragment.
fn samples_of(file: &Bytes, moof: &Box) -> Vec<Bytes> {
    let start = moof.whole.as_ptr() as usize - file.as_ptr() as usize;
    let moov = find(file, "moov").unwrap().whole;
    let mdat = mp4::u32_at(file, start + moof.whole.len()) as usize;
    let alone = [&moov[..], &file[start..start + moof.whole.len() + mdat]].concat();
    mp4::read(&alone.into(), 0).samples
}

fn write_moov(w: &mut BoxWriter, b: &Box, entry: &[u8]) {
    match &b.kind {
        b"moov" | b"trak" | b"mdia" | b"minf" | b"stbl" => w.boxed(&b.kind, |w| {
            for child in boxes(&b.content) {
                write_moov(w, &child, entry);
            }
            if &b.kind == b"moov" {
                w.bytes(&pssh::w3c_common(&[key().kid]));
            }
        }),
        b"stsd" => w.full_box(b"stsd", 0, 0, |w| {
            w.u32(1);
            w.bytes(entry);
        }),
        _ => w.bytes(&b.whole),
    }
}

fn write_moof(w: &mut BoxWriter, moof: &Box, aux: &SegmentAux) {
    let start = w.len();
    let mut offset_fields = Vec::new();
    let mut patch = None;
    w.boxed(b"moof", |w| {
        for child in boxes(&moof.content) {
            if &child.kind != b"traf" {
                w.bytes(&child.whole);
                continue;
            }
            w.boxed(b"traf", |w| {
                for child in boxes(&child.content) {
                    if &child.kind == b"trun" {
                        offset_fields.push((w.len() + 16, mp4::u32_at(&child.content, 8)));
                    }
                    w.bytes(&child.whole);
                }
                patch = aux.write_boxes(w);
            });
        }
    });
    let grown = u32::try_from(w.len() - start - moof.whole.len()).unwrap();
    for (at, offset) in offset_fields {
        w.patch_u32(at, offset + grown);
    }
    if let Some(patch) = patch {
        w.patch_u32(
            patch.offset_field,
            u32::try_from(patch.first_aux_byte - start).unwrap(),
        );
    }
}
