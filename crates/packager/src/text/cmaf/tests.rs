#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
use super::*;
use crate::text::Cue;
use crate::text::boxes::boxes;

fn track() -> Track {
    let cue = Cue {
        start: 1_000_000,
        end: 5_000_000,
        payload: "text".to_owned(),
        ..Cue::default()
    };
    let mut track = Track::new([cue]).unwrap();
    track.set_language("de-AT");
    track
}

/// The content of the box at the end of a path.
fn find<'a>(mut data: &'a [u8], path: &[&[u8; 4]]) -> &'a [u8] {
    for kind in path {
        let found = boxes(data).find(|(found, _)| found == *kind);
        data = found.unwrap_or_else(|| panic!("no {kind:?}")).1;
    }
    data
}

#[test]
fn the_header_says_what_kind_of_text_it_is() {
    let webvtt = cmaf_header(&track(), TextForm::WebVtt, 8000);
    let imsc1 = cmaf_header(&track(), TextForm::Imsc1, 8000);
    let mdia = [b"moov", b"trak", b"mdia"].as_slice();
    assert_eq!(&find(find(&webvtt, mdia), &[b"hdlr"])[8..12], b"text");
    assert_eq!(&find(find(&imsc1, mdia), &[b"hdlr"])[8..12], b"subt");
    assert_eq!(find(find(&webvtt, mdia), &[b"minf", b"nmhd"]), [0; 4]);
    assert_eq!(find(find(&imsc1, mdia), &[b"minf", b"sthd"]), [0; 4]);
    assert_eq!(&find(find(&imsc1, mdia), &[b"elng"])[4..], b"de-AT\0");
    assert!(
        find(&webvtt, &[b"ftyp"])
            .chunks(4)
            .any(|brand| brand == b"cwvt")
    );
    assert!(
        find(&imsc1, &[b"ftyp"])
            .chunks(4)
            .any(|brand| brand == b"im1t")
    );
    let entry = &find(find(&imsc1, mdia), &[b"minf", b"stbl", b"stsd"])[8..];
    assert_eq!(
        &find(entry, &[b"stpp"])[8..],
        b"http://www.w3.org/ns/ttml\0\0\0"
    );
    let mehd = find(&webvtt, &[b"moov", b"mvex", b"mehd"]);
    assert_eq!(mehd[4..], 8000u64.to_be_bytes());
}

#[test]
fn an_unknown_language_is_undetermined() {
    let header = cmaf_header(&Track::new([]).unwrap(), TextForm::WebVtt, 0);
    let mdhd = find(&header, &[b"moov", b"trak", b"mdia", b"mdhd"]);
    assert_eq!(mdhd[20..22], [0x55, 0xc4]);
}

#[test]
fn a_segment_begins_at_its_decode_time_and_holds_its_samples() {
    for form in [TextForm::WebVtt, TextForm::Imsc1] {
        let segment = cmaf_segment(&track(), form, 2, 4000..8000).unwrap();
        let traf = find(&segment, &[b"moof", b"traf"]);
        assert_eq!(find(traf, &[b"tfdt"])[4..], 4000u64.to_be_bytes());
        let samples = match form {
            TextForm::WebVtt => wvtt::wvtt_samples(&track(), 4000..8000).unwrap(),
            TextForm::Imsc1 => stpp::imsc1_samples(&track(), 4000..8000).unwrap(),
        };
        let media: Vec<u8> = samples.into_iter().flat_map(|sample| sample.data).collect();
        assert_eq!(find(&segment, &[b"mdat"]), media);
    }
}
