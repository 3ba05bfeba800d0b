//! The boxes as another reader sees them.
use edgepack_packager::TextForm;
use edgepack_packager::text::{TIMESCALE, from_stpp, from_wvtt};
use mp4_atom::{Any, DecodeMaybe};

use crate::support::{file, sample_entry, samples, segments, shown, ttml, webvtt};

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
fn a_text_track_reads_as_header_and_fragments_without_gap() {
    let segments = segments(4000, 22_000);
    for form in [TextForm::WebVtt, TextForm::Imsc1] {
        let file = file(&webvtt(), form, &segments);
        let atoms = atoms(&file);
        assert!(
            matches!(&atoms[..2], [Any::Ftyp(_), Any::Moov(_)]),
            "{form:?}"
        );
        assert_eq!(atoms.len(), 2 + 3 * segments.len());
        let mut end = 0;
        for sample in samples(&file) {
            assert_eq!(sample.decode_time, end, "{form:?}");
            end += sample.duration;
        }
        assert_eq!(end, 24_000, "{form:?}");
    }
}

#[test]
fn cues_are_whole_again_when_the_segments_are_read_back() {
    let track = webvtt();
    for duration in [500, 2000, 4000, 30_000] {
        let segments = segments(duration, 22_000);
        let wvtt = file(&track, TextForm::WebVtt, &segments);
        let read = from_wvtt(&sample_entry(&wvtt, b"wvtt"), TIMESCALE, samples(&wvtt)).unwrap();
        assert_eq!(read.cues(), track.cues(), "{duration} ms");
        let stpp = file(&track, TextForm::Imsc1, &segments);
        let read = from_stpp(TIMESCALE, samples(&stpp)).unwrap();
        assert_eq!(shown(&read), shown(&track), "{duration} ms");
    }
}

#[test]
fn ttml_is_whole_again_when_its_segments_are_read_back() {
    let track = ttml();
    assert!(track.has_forced());
    let expected = [
        (1400, 4000, "Un <deux> trois \"quatre\" ’"),
        (4000, 7000, "cinq"),
        (7000, 10_500, "cinq six"),
        (11_000, 12_000, "sept"),
        (12_000, 13_000, "huit"),
    ];
    let expected: Vec<_> = expected
        .iter()
        .map(|(s, e, text)| (*s, *e, (*text).to_owned()))
        .collect();
    assert_eq!(shown(&track), expected);
    for duration in [1000, 4000] {
        let stpp = file(&track, TextForm::Imsc1, &segments(duration, 14_000));
        let read = from_stpp(TIMESCALE, samples(&stpp)).unwrap();
        assert_eq!(read.cues(), track.cues(), "{duration} ms");
        assert_eq!(read.styles(), track.styles());
        assert!(read.has_forced());
    }
}
