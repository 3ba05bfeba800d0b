#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
use super::*;
use crate::sample::tests::{aac, avc, hex, idr, key, seed};
use crate::{SampleEncryptor, Scheme};
use edgepack_isobmff::BoxWriter;

fn written(aux: &SegmentAux) -> (Vec<u8>, Option<SaioPatch>) {
    let mut w = BoxWriter::new();
    let patch = aux.write_boxes(&mut w);
    (w.into_vec(), patch)
}

#[test]
fn no_samples_write_nothing() {
    let (bytes, patch) = written(&SegmentAux::new());
    assert!(bytes.is_empty() && patch.is_none());
}

#[test]
fn samples_of_one_size_are_told_by_the_default() {
    let encryptor = SampleEncryptor::new(Scheme::Cenc, &key(), seed(), &aac()).unwrap();
    let (bytes, patch) = written(&encryptor.fixed_aux(0, 2).unwrap());
    let expected = [
        &b"\0\0\0\x11saiz\0\0\0\0\x08\0\0\0\x02"[..],
        b"\0\0\0\x14saio\0\0\0\0\0\0\0\x01\0\0\0\0",
        b"\0\0\0\x20senc\0\0\0\0\0\0\0\x02",
        &hex("01234567fffffffe01234567ffffffff"),
    ];
    assert_eq!(bytes, expected.concat());
    assert_eq!(
        patch,
        Some(SaioPatch {
            offset_field: 33,
            first_aux_byte: 53
        })
    );
}

#[test]
fn samples_of_several_sizes_are_told_one_by_one() {
    let mut encryptor = SampleEncryptor::new(Scheme::Cbcs, &key(), seed(), &avc(4)).unwrap();
    let mut aux = SegmentAux::new();
    encryptor.encrypt(0, &mut idr(4, 40), &mut aux).unwrap();
    encryptor
        .encrypt(1, &mut [idr(4, 40), idr(4, 41)].concat(), &mut aux)
        .unwrap();
    let (bytes, patch) = written(&aux);
    let expected = [
        &b"\0\0\0\x13saiz\0\0\0\0\0\0\0\0\x02\x08\x0e"[..],
        b"\0\0\0\x14saio\0\0\0\0\0\0\0\x01\0\0\0\0",
        b"\0\0\0\x26senc\0\0\0\x02\0\0\0\x02",
        b"\0\x01\0\x08\0\0\0\x24",
        b"\0\x02\0\x08\0\0\0\x24\0\x08\0\0\0\x25",
    ];
    assert_eq!(bytes, expected.concat());
    assert_eq!(patch.unwrap().first_aux_byte, bytes.len() - 22);
}

#[test]
fn audio_with_a_constant_iv_has_an_empty_senc() {
    let encryptor = SampleEncryptor::new(Scheme::Cbcs, &key(), seed(), &aac()).unwrap();
    let (bytes, patch) = written(&encryptor.fixed_aux(0, 3).unwrap());
    assert_eq!(bytes, b"\0\0\0\x10senc\0\0\0\0\0\0\0\x03");
    assert!(patch.is_none());
}

#[test]
fn sizes_that_saiz_cannot_say_leave_senc_alone() {
    let mut encryptor = SampleEncryptor::new(Scheme::Cenc, &key(), seed(), &avc(4)).unwrap();
    for (slices, has_saiz) in [(40, true), (41, false)] {
        let mut aux = SegmentAux::new();
        encryptor
            .encrypt(0, &mut idr(4, 40).repeat(slices), &mut aux)
            .unwrap();
        let (bytes, patch) = written(&aux);
        assert_eq!(patch.is_some(), has_saiz, "{slices}");
        assert_eq!(&bytes[4..8], if has_saiz { b"saiz" } else { b"senc" });
        assert_eq!(aux.samples().next().unwrap().subsamples().count(), slices);
    }
}
