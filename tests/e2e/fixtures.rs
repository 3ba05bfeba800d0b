//! Media from encoders that nobody here wrote.
use crate::playback::media_playlists;
use crate::support::media::frames;
use crate::support::{Curl, Serve, tools};

/// AVC and HEVC with AAC, moov first and last, two mdat.
const BIT_EXACT: [&str; 6] = [
    "bear-640x360.mp4",
    "bear-640x360-trailing-moov.mp4",
    "bear-640x360-trailing-moov-additional-mdat.mp4",
    "bear-1280x720.mp4",
    "bear-640x360-hevc.mp4",
    "bear-1280x720-hevc.mp4",
];

#[test]
fn fixtures_decode_bit_exactly() {
    let Some(fixtures) = tools::fixtures() else {
        return;
    };
    let node = Serve::all(&fixtures).start();
    for name in BIT_EXACT {
        let source = fixtures.join(name).display().to_string();
        for playlist in media_playlists(&format!("{}/vod/{name}/clear/index.m3u8", node.http)) {
            let track = playlist.rsplit('/').nth(1).unwrap();
            let stream = if track.starts_with('v') {
                "0:v:0"
            } else {
                "0:a:0"
            };
            assert_eq!(
                frames(&playlist, stream, &[]),
                frames(&source, stream, &[]),
                "{name} {track}"
            );
        }
        let mpd = format!("{}/vod/{name}/clear/manifest.mpd", node.http);
        for stream in ["0:v:0", "0:a:0"] {
            assert_eq!(
                frames(&mpd, stream, &[]),
                frames(&source, stream, &[]),
                "{name} {stream}"
            );
        }
    }
}

#[test]
fn a_codec_that_is_not_packaged_is_an_error_and_not_a_silence() {
    let Some(fixtures) = tools::fixtures() else {
        return;
    };
    let node = Serve::all(&fixtures).start();
    for name in [
        "bear-av1.mp4",
        "bear-640x360-vp9.mp4",
        "bear-640x360-av_frag.mp4",
    ] {
        let answer = Curl::get(&format!("{}/vod/{name}/clear/index.m3u8", node.http))
            .run()
            .expect(502);
        assert_eq!(answer.reason(), "bad-source", "{name}");
    }
    // HEVC cannot be encrypted yet: refused rather than sent in the clear.
    let answer = Curl::get(&format!(
        "{}/vod/bear-640x360-hevc.mp4/cenc/index.m3u8",
        node.http
    ))
    .run()
    .expect(502);
    assert_eq!(answer.reason(), "not-protectable");
}
