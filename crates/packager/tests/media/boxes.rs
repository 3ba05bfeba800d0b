//! The boxes as another reader sees them.
use mp4_atom::{Any, DecodeMaybe};

use crate::clips::clip;
use crate::support::asset;

fn atoms(bytes: &[u8]) -> Vec<Any> {
    let mut rest = std::io::Cursor::new(bytes);
    let mut atoms = Vec::new();
    while let Some(atom) = Any::decode_maybe(&mut rest).expect("an atom") {
        atoms.push(atom);
    }
    assert_eq!(rest.position() as usize, bytes.len());
    atoms
}

#[test]
fn a_header_holds_one_track_without_samples() {
    let asset = asset(&[clip("high.mp4")], 4000);
    for (rendition, brand, edits) in [(asset.video(), b"cmf2", 0), (asset.audio(), b"cmfc", 1)] {
        let header = edgepack_packager::cmaf::header(
            &asset.presentation,
            rendition,
            edgepack_packager::HeaderProtection::Clear,
            &[],
        )
        .unwrap();
        let [Any::Ftyp(ftyp), Any::Moov(moov)] = &atoms(&header)[..] else {
            panic!("ftyp and moov")
        };
        assert_eq!(ftyp.major_brand, mp4_atom::FourCC::new(brand));
        assert!(
            ftyp.compatible_brands.contains(&b"cmfc".into())
                && ftyp.compatible_brands.contains(&b"iso6".into())
        );
        let [trak] = &moov.trak[..] else {
            panic!("one track")
        };
        assert_eq!(trak.mdia.mdhd.timescale, rendition.timescale);
        assert_eq!(trak.mdia.minf.stbl.stsd.codecs.len(), 1);
        assert!(trak.mdia.minf.stbl.stts.entries.is_empty());
        let listed = trak
            .edts
            .as_ref()
            .and_then(|edts| edts.elst.as_ref())
            .map_or(0, |elst| elst.entries.len());
        assert_eq!(listed, edits);
        let mvex = moov.mvex.as_ref().expect("mvex");
        assert_eq!(mvex.trex[0].track_id, trak.tkhd.track_id);
    }
}

#[test]
fn a_segment_says_where_and_when_its_samples_are() {
    let asset = asset(&[clip("high.mp4")], 4000);
    for rendition in &asset.presentation.renditions {
        let mut decode_time = 0;
        for (number, segment) in rendition.segments.iter().enumerate() {
            let bytes = asset.clear_segment(rendition, number);
            let [Any::Styp(styp), Any::Moof(moof), Any::Mdat(mdat)] = &atoms(&bytes)[..] else {
                panic!("styp, moof and mdat")
            };
            assert!(styp.compatible_brands.contains(&b"cmfs".into()));
            assert_eq!(moof.mfhd.sequence_number as usize, number + 1);
            let [traf] = &moof.traf[..] else {
                panic!("one track fragment")
            };
            let tfdt = traf.tfdt.as_ref().expect("tfdt").base_media_decode_time;
            assert_eq!((tfdt, tfdt), (segment.base_media_decode_time, decode_time));
            let [trun] = &traf.trun[..] else {
                panic!("one run")
            };
            assert_eq!(trun.samples.len(), segment.sample_count as usize);
            assert_eq!(
                trun.data_offset.unwrap() as usize + bytes.len() - mdat.data.len(),
                {
                    let moof_start = 24;
                    2 * (bytes.len() - mdat.data.len()) - moof_start
                }
            );
            let sizes = trun
                .samples
                .iter()
                .map(|entry| entry.size.or(traf.tfhd.default_sample_size).unwrap() as usize);
            assert_eq!(sizes.sum::<usize>(), mdat.data.len());
            decode_time += trun
                .samples
                .iter()
                .map(|entry| {
                    u64::from(
                        entry
                            .duration
                            .or(traf.tfhd.default_sample_duration)
                            .unwrap(),
                    )
                })
                .sum::<u64>();
        }
    }
}

#[test]
fn the_bytes_of_every_sample_are_those_of_the_source() {
    let asset = asset(&[clip("low.mp4")], 4000);
    let file = std::fs::read(clip("low.mp4")).unwrap();
    for rendition in &asset.presentation.renditions {
        let mut expected = Vec::new();
        for sample in asset
            .presentation
            .track(rendition)
            .unwrap()
            .samples
            .iter_from(0)
        {
            let start = sample.offset as usize;
            expected.extend_from_slice(&file[start..start + sample.size as usize]);
        }
        let mut got = Vec::new();
        for number in 0..rendition.segments.len() {
            for atom in atoms(&asset.clear_segment(rendition, number)) {
                if let Any::Mdat(mdat) = atom {
                    got.extend_from_slice(&mdat.data);
                }
            }
        }
        assert!(got == expected, "{}", rendition.name);
    }
}
