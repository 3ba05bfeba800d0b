//! Playlists as a parser of others reads them.
use edgepack_drm::Scheme;
use edgepack_packager::Rotation;
use edgepack_packager::protection::Every;

use super::*;
use crate::Method;
use crate::outside::parsed;
use crate::sample::{bumper_and_film, protection, scheduled, trick_play};

#[test]
fn m3u8_parser_reads_every_playlist() {
    let asset = bumper_and_film();
    let trick = trick_play(&asset);
    let protection = protection(&asset, Scheme::Cbcs);
    let clear = View {
        trick_play: &trick,
        ..View::new(&asset)
    };
    let protected = View {
        protection: Some(&protection),
        ..clear
    };
    let under = |method, every, lead| scheduled(&asset, method, every, lead, Rotation::NewHeader);
    let every = Some(Every::Segments(1));
    let rotated = under(Method::Cbcs, every, 4000);
    let whole = under(Method::Aes128, every, 0);
    let in_stream = under(Method::SampleAes, None, 0);
    let [rotated, whole, in_stream] = [&rotated, &whole, &in_stream].map(|protection| View {
        protection: Some(protection),
        ..clear
    });
    let of = |name: &str| {
        let of_period = |prefix: &str| asset.rendition(&format!("{prefix}{name}"));
        of_period("p2-").or_else(|| of_period("")).unwrap()
    };
    for playlist in [
        multivariant(protected),
        multivariant_ts(clear),
        media(clear, of("v1080")),
        media(protected, of("a-de")),
        media(clear, of("t-en")),
        iframes(protected, of("v360")),
        media(clear, of("thumbs")),
        media_ts(clear, of("v720"), Some(of("a-en"))),
        media_packed(clear, of("a-de")),
        media(rotated, of("v720")),
        iframes(rotated, of("v720")),
        media(whole, of("v720")),
        media_ts(whole, of("v720"), Some(of("a-en"))),
        media_packed(in_stream, of("a-de")),
        multivariant_ts(in_stream),
    ] {
        let playlist = playlist.unwrap();
        let Some(read) = parsed("parse-hls.mjs", &playlist) else {
            return;
        };
        let expected = if playlist.contains("EXT-X-STREAM-INF") {
            lines(&playlist, "#EXT-X-STREAM-INF").len()
        } else {
            lines(&playlist, "#EXTINF").len()
        };
        // Every variant, and every segment, is an object with an address of its own.
        let addresses = read.matches("\"uri\": ").count() - read.matches("\"map\": ").count();
        assert!(
            addresses >= expected,
            "{addresses} {expected}\n{playlist}\n{read}"
        );
    }
}
