//! MPDs as a parser of others reads them.
use edgepack_drm::Scheme;
use edgepack_packager::Rotation;
use edgepack_packager::protection::Every;

use super::*;
use crate::Method;
use crate::outside::parsed;
use crate::sample::{bumper_and_film, protection, scheduled, trick_play};

#[test]
fn mpd_parser_reads_every_mpd() {
    let asset = bumper_and_film();
    let trick = trick_play(&asset);
    let protection = protection(&asset, Scheme::Cenc);
    let clear = View {
        trick_play: &trick,
        ..View::new(&asset)
    };
    let protected = View {
        protection: Some(&protection),
        ..clear
    };
    let every = Some(Every::Segments(2));
    let rotated = scheduled(&asset, Method::Cbcs, every, 0, Rotation::NewHeader);
    let rotated = View {
        protection: Some(&rotated),
        ..clear
    };
    for (view, template) in [
        (clear, Template::Number),
        (clear, Template::Time),
        (protected, Template::Number),
        (rotated, Template::Number),
        (rotated, Template::Time),
    ] {
        let mpd = mpd_with(view, template);
        let Some(read) = parsed("parse-mpd.mjs", &mpd) else {
            return;
        };
        let first = match template {
            Template::Number => "v1080/1.m4s",
            Template::Time => "v1080/t0.m4s",
        };
        for address in [first, "v1080/init.mp4"] {
            assert!(read.contains(address), "{address}\n{mpd}\n{read}");
        }
    }
}
