#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use edgepack_drm::{KeyId, Scheme};
use edgepack_packager::{Media, Presentation};
use proptest::prelude::*;

use super::*;
use crate::sample::{audio, ladder, outline, presentation, protection, video};

fn mpd_of(presentation: &Presentation) -> String {
    write(&outline(presentation, None))
}

/// The MPD schema, where this machine has it.
fn schema() -> Option<PathBuf> {
    let beside = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/schemas");
    let folder = std::env::var_os("EDGEPACK_SCHEMAS").map_or_else(|| beside.into(), PathBuf::from);
    let file = folder.join("DASH-MPD.xsd");
    if !file.exists() {
        println!("skipped: no {} (set EDGEPACK_SCHEMAS)", file.display());
        return None;
    }
    Some(file)
}

fn assert_valid(mpd: &str) {
    let Some(schema) = schema() else { return };
    let mut xmllint = Command::new("xmllint")
        .args(["--noout", "--nonet", "--schema"])
        .arg(schema)
        .arg("-")
        .stdin(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("xmllint");
    xmllint
        .stdin
        .take()
        .unwrap()
        .write_all(mpd.as_bytes())
        .unwrap();
    let output = xmllint.wait_with_output().unwrap();
    assert!(
        output.status.success(),
        "{}\n{mpd}",
        String::from_utf8_lossy(&output.stderr)
    );
}

#[test]
fn a_clear_ladder_with_two_languages() {
    let mpd = mpd_of(&ladder());
    assert_valid(&mpd);
    insta::assert_snapshot!(mpd);
}

#[test]
fn a_protected_ladder() {
    for (scheme, name) in [(Scheme::Cenc, "cenc"), (Scheme::Cbcs, "cbcs")] {
        let ladder = ladder();
        let protection = protection(&ladder, scheme);
        let mpd = write(&outline(&ladder, Some(&protection)));
        assert_valid(&mpd);
        insta::assert_snapshot!(format!("a_protected_ladder_{name}"), mpd);
    }
}

#[test]
fn rungs_on_other_keys_are_sets_of_their_own_that_may_be_switched() {
    let ladder = ladder();
    let mut protection = protection(&ladder, Scheme::Cenc);
    protection.tracks[0].default_kid = KeyId([0x77; 16]);
    let mpd = write(&outline(&ladder, Some(&protection)));
    assert_valid(&mpd);
    assert_eq!(mpd.matches("contentType=\"video\"").count(), 2);
    assert_eq!(
        mpd.matches("77777777-7777-7777-7777-777777777777").count(),
        1
    );
    for value in ["0", "1"] {
        let peer = format!("adaptation-set-switching:2016\" value=\"{value}\"");
        assert_eq!(mpd.matches(&peer).count(), 1, "{mpd}");
    }
}

#[test]
fn rungs_of_other_timescales_carry_their_own_timelines_and_stay_aligned() {
    let mut low = video(640, 360, 900_000, 3);
    low.timescale = 90_000;
    for segment in &mut low.segments {
        segment.start *= 3;
        segment.duration *= 3;
    }
    let mpd = mpd_of(&presentation(vec![video(1280, 720, 3_000_000, 3), low]));
    assert_valid(&mpd);
    assert_eq!(mpd.matches("<SegmentTimeline>").count(), 2);
    assert!(mpd.contains("timescale=\"90000\"") && mpd.contains("segmentAlignment=\"true\""));
}

#[test]
fn rungs_cut_elsewhere_are_not_called_aligned() {
    let rungs = vec![video(1280, 720, 3_000_000, 3), video(640, 360, 900_000, 4)];
    let mpd = mpd_of(&presentation(rungs));
    assert_valid(&mpd);
    assert!(mpd.contains("segmentAlignment=\"false\""), "{mpd}");
}

#[test]
fn the_picture_shape_is_named_when_all_rungs_share_it_but_for_rounding() {
    let of = |width, height| {
        let rungs = vec![
            video(1280, 720, 3_000_000, 1),
            video(width, height, 900_000, 1),
        ];
        mpd_of(&presentation(rungs)).contains("par=\"16:9\"")
    };
    assert!(of(854, 480));
    assert!(!of(640, 480));
}

#[test]
fn a_jump_in_the_timeline_is_named() {
    let mut rung = video(640, 360, 900_000, 3);
    for segment in &mut rung.segments[2..] {
        segment.start += 5;
    }
    let mpd = mpd_of(&presentation(vec![rung]));
    assert!(mpd.contains("<S t=\"0\" d=\"120120\" r=\"1\"/>"), "{mpd}");
    assert!(mpd.contains("<S t=\"240245\" d=\"120120\"/>"), "{mpd}");
}

#[test]
fn high_dynamic_range_is_essential_and_unspecified_colour_is_silent() {
    let with = |colour| {
        let mut rung = video(640, 360, 900_000, 1);
        let Media::Video {
            colour: of_rung, ..
        } = &mut rung.media
        else {
            unreachable!()
        };
        *of_rung = colour;
        let mpd = mpd_of(&presentation(vec![rung]));
        assert_valid(&mpd);
        mpd
    };
    let hdr = with(Some((9, 16, 9, true)));
    assert_eq!(hdr.matches("<EssentialProperty").count(), 4);
    assert!(hdr.contains("cicp:TransferCharacteristics\" value=\"16\""));
    assert!(!with(Some((2, 2, 2, false))).contains("cicp"));
    assert!(!with(None).contains("cicp"));
}

#[test]
fn what_is_no_language_tag_is_undetermined() {
    for (language, expected) in [
        ("en", "en"),
        ("pt-BR", "pt-BR"),
        ("", "und"),
        ("not a tag", "und"),
        ("1a", "und"),
    ] {
        let mpd = mpd_of(&presentation(vec![audio(language, 2, 131_000, 1)]));
        assert_valid(&mpd);
        assert!(mpd.contains(&format!("lang=\"{expected}\"")), "{mpd}");
    }
}

#[test]
fn a_two_hour_ladder_is_written_at_once() {
    let mut renditions: Vec<_> = (0..6)
        .map(|rung| video(1920, 1080 - rung, 6_000_000, 1800))
        .collect();
    renditions.extend([audio("en", 2, 131_000, 1800), audio("de", 2, 131_000, 1800)]);
    let ladder = presentation(renditions);
    let outline = outline(&ladder, None);
    let best = (0..20)
        .map(|_| {
            let start = Instant::now();
            let mpd = write(&outline);
            assert!(mpd.capacity() >= mpd.len());
            start.elapsed()
        })
        .min()
        .unwrap();
    println!("two-hour MPD: {best:?}");
    // Ten times the aim, for unoptimised builds on busy machines.
    assert!(best < Duration::from_millis(10), "{best:?}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]
    #[test]
    fn no_string_from_a_source_makes_the_document_invalid(
        language: String,
        name: String,
        codecs in "[ -~]{0,20}",
        licence_url: String,
    ) {
        let mut sound = audio(&language, 2, 131_000, 1);
        sound.name.clone_from(&name);
        let mut rung = video(640, 360, 900_000, 1);
        rung.codecs = codecs;
        let presentation = presentation(vec![rung, sound]);
        let mut protection = protection(&presentation, Scheme::Cenc);
        protection.systems = vec![crate::System::ClearKey { licence_url }];
        let mpd = write(&outline(&presentation, Some(&protection)));
        assert_well_formed(&mpd);
    }
}

fn assert_well_formed(mpd: &str) {
    let mut depth = 0_i32;
    for (at, _) in mpd.match_indices('<') {
        let tag = &mpd[at..=at + mpd[at..].find('>').unwrap()];
        assert!(!tag[1..].contains('<'), "{tag}");
        assert_eq!(tag.matches('"').count() % 2, 0, "{tag}");
        depth += match () {
            () if tag.starts_with("</") => -1,
            () if tag.starts_with("<?") || tag.ends_with("/>") => 0,
            () => 1,
        };
    }
    assert_eq!(depth, 0, "{mpd}");
    assert!(!mpd.chars().any(|c| c < ' ' && c != '\n'));
}
