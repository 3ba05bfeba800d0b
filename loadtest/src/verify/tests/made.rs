//! Titles made by ffmpeg.
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use super::super::*;
use crate::hls::MediaPlaylist;

/// A film of eight seconds, as HLS with fragments, with transport streams and with sound alone, and as DASH.
pub(super) fn title() -> &'static Path {
    static TITLE: OnceLock<(tempfile::TempDir, PathBuf)> = OnceLock::new();
    &TITLE
        .get_or_init(|| {
            let dir = tempfile::tempdir().unwrap();
            let path = dir.path().to_owned();
            let film = [
                "-f",
                "lavfi",
                "-i",
                "testsrc=size=160x90:rate=25:duration=8",
                "-f",
                "lavfi",
                "-i",
                "sine=frequency=440:duration=8",
                "-c:v",
                "libx264",
                "-preset",
                "ultrafast",
                "-bf",
                "2",
                "-g",
                "50",
                "-c:a",
                "aac",
                "film.mp4",
            ];
            run(&path, &film);
            let hls = [
                "-i",
                "film.mp4",
                "-c",
                "copy",
                "-f",
                "hls",
                "-hls_time",
                "2",
                "-hls_playlist_type",
                "vod",
            ];
            run(
                &path,
                &[
                    &hls[..],
                    &[
                        "-an",
                        "-hls_segment_type",
                        "fmp4",
                        "-hls_fmp4_init_filename",
                        "init.mp4",
                        "frag.m3u8",
                    ],
                ]
                .concat(),
            );
            run(&path, &[&hls[..], &["ts.m3u8"]].concat());
            run(
                &path,
                &[
                    "-i",
                    "film.mp4",
                    "-c",
                    "copy",
                    "-f",
                    "hls",
                    "-hls_time",
                    "2",
                    "-hls_playlist_type",
                    "vod",
                    "-vn",
                    "-hls_segment_filename",
                    "sound%d.aac",
                    "aac.m3u8",
                ],
            );
            run(
                &path,
                &[
                    "-i",
                    "film.mp4",
                    "-c",
                    "copy",
                    "-f",
                    "dash",
                    "-seg_duration",
                    "2",
                    "-use_timeline",
                    "1",
                    "timeline.mpd",
                ],
            );
            run(
                &path,
                &[
                    "-i",
                    "film.mp4",
                    "-c",
                    "copy",
                    "-f",
                    "dash",
                    "-seg_duration",
                    "2",
                    "-use_timeline",
                    "0",
                    "-use_template",
                    "1",
                    "-init_seg_name",
                    "even-$RepresentationID$.mp4",
                    "-media_seg_name",
                    "even-$RepresentationID$-$Number$.m4s",
                    "even.mpd",
                ],
            );
            run(
                &path,
                &[
                    "-i",
                    "film.mp4",
                    "-c",
                    "copy",
                    "-an",
                    "-f",
                    "mp4",
                    "-movflags",
                    "cmaf+dash+delay_moov",
                    "-encryption_scheme",
                    "cenc-aes-ctr",
                    "-encryption_key",
                    "00112233445566778899aabbccddeeff",
                    "-encryption_kid",
                    "00112233445566778899aabbccddeeff",
                    "cenc.mp4",
                ],
            );
            (dir, path)
        })
        .1
}

fn run(dir: &Path, arguments: &[&str]) {
    let output = Command::new("ffmpeg")
        .args(["-v", "error", "-nostdin", "-y", "-bitexact"])
        .args(arguments)
        .current_dir(dir)
        .output()
        .expect("ffmpeg is there");
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{arguments:?}: {told}");
}

pub(super) fn file(url: &url::Url) -> Vec<u8> {
    let name = url.path().trim_start_matches('/');
    std::fs::read(title().join(name)).expect(name)
}

pub(super) fn playlist(name: &str) -> MediaPlaylist {
    let text = std::fs::read_to_string(title().join(name)).unwrap();
    let url = url::Url::parse("http://edge.test/")
        .unwrap()
        .join(name)
        .unwrap();
    crate::hls::media(&url, &text, &BTreeMap::new(), None).unwrap()
}

pub(super) fn mpd(name: &str) -> crate::dash::Mpd {
    let text = std::fs::read_to_string(title().join(name)).unwrap();
    let url = url::Url::parse("http://edge.test/")
        .unwrap()
        .join(name)
        .unwrap();
    crate::dash::parse(&url, &text, 0.0, None).unwrap()
}

/// Judges all of a list, one behind the other.
fn judge(segments: &[Segment], codecs: &str) {
    let header = segments[0].header.as_ref().map(|header| {
        let (header, found) = header_of(&file(&header.url), codecs);
        assert_eq!(found, []);
        header.unwrap()
    });
    let mut continuity = Continuity::default();
    for segment in segments {
        let bytes = file(&segment.resource.url);
        let found = media(
            &bytes,
            &Announced::segment(segment),
            header.as_ref(),
            &mut continuity,
        );
        assert_eq!(found, [], "{}", segment.resource.url);
    }
    assert!(segments.len() >= 4, "{}", segments.len());
}

fn header_of(bytes: &[u8], codecs: &str) -> (Option<Header>, Vec<Violation>) {
    header(bytes, codecs)
}

#[test]
fn playlists_and_segments_of_ffmpeg_pass() {
    for name in ["frag.m3u8", "ts.m3u8"] {
        let playlist = playlist(name);
        assert_eq!(hls::media(&playlist), [], "{name}");
        assert_eq!(hls::reload(&playlist, &playlist), [], "{name}");
        judge(&playlist.media.segments, "avc1.640028");
    }
}

#[test]
fn mpds_and_segments_of_ffmpeg_pass() {
    for name in ["timeline.mpd", "even.mpd"] {
        let mpd = mpd(name);
        assert_eq!(dash::mpd(&mpd, 0.0), [], "{name}");
        assert_eq!(mpd.media.len(), 2);
        for (media, track) in mpd.media.iter().zip(&mpd.presentation.tracks) {
            judge(&media.segments, &track.rungs[0].codecs);
        }
    }
}

#[test]
fn sound_alone_passes_but_for_its_timestamp() {
    let playlist = playlist("aac.m3u8");
    let mut continuity = Continuity::default();
    for segment in &playlist.media.segments {
        let bytes = file(&segment.resource.url);
        let found = media(&bytes, &Announced::segment(segment), None, &mut continuity);
        // ffmpeg writes a transport stream whatever the name, or frames with a tag.
        assert!(
            found
                .iter()
                .all(|v| v.rule == rules::AUDIO_FRAMES || v.rule == rules::AUDIO_TIMESTAMP),
            "{found:?}"
        );
    }
}

/// The first fragment with a `senc` of `entries` samples behind its `trun`, whole samples encrypted.
fn with_senc(fragments: &[u8], entries: impl Fn(u32) -> u32) -> Vec<u8> {
    let mut all = boxes::boxes(fragments).flatten();
    let moof = all.find(|b| b.kind == *b"moof").unwrap();
    let mdat = all.find(|b| b.kind == *b"mdat").unwrap();
    let mut bytes = fragments[moof.offset..mdat.end()].to_vec();
    let at = |kind: &[u8; 4]| bytes.windows(4).position(|w| w == kind).unwrap() - 4;
    let word = |at: usize| u32::from_be_bytes(bytes[at..at + 4].try_into().unwrap());
    let (traf, trun) = (at(b"traf"), at(b"trun"));
    let count = entries(word(trun + 12));
    let size = 16 + 8 * count;
    let longer: Vec<(usize, u32)> = [0, traf, trun + 16]
        .map(|at| (at, word(at) + size))
        .to_vec();
    let end = traf + word(traf) as usize;
    for (at, value) in longer {
        bytes[at..at + 4].copy_from_slice(&value.to_be_bytes());
    }
    let mut senc = [size, u32::from_be_bytes(*b"senc"), 0, count]
        .map(u32::to_be_bytes)
        .concat();
    senc.extend(vec![7; 8 * count as usize]);
    bytes.splice(end..end, senc);
    bytes
}

#[test]
fn encrypted_fragments_need_an_entry_for_each_sample() {
    let bytes = std::fs::read(title().join("cenc.mp4")).unwrap();
    let moov = boxes::boxes(&bytes)
        .flatten()
        .find(|b| b.kind == *b"moov")
        .unwrap();
    let (header, found) = header(&bytes[..moov.end()], "avc1.640028");
    let header = header.expect("a header");
    assert_eq!(found, []);
    let announced = Announced {
        container: Container::Fragment,
        protection: Protection::Samples,
        number: 1,
        part: None,
        duration: None,
        exact: true,
        media_time: None,
        discontinuity: 0,
        length: None,
    };
    let judge = |bytes: &[u8], announced: &Announced| {
        let found = fragment(bytes, announced, &header, &mut Continuity::default());
        found.into_iter().map(|v| v.rule).collect::<Vec<_>>()
    };
    let fragments = &bytes[moov.end()..];
    let whole = with_senc(fragments, |samples| samples);
    assert_eq!(judge(&whole, &announced), Vec::<&str>::new());
    let clear = Announced {
        protection: Protection::Clear,
        ..announced
    };
    assert_eq!(judge(&whole, &clear), [rules::PROTECTION]);
    let short = with_senc(fragments, |samples| samples - 1);
    assert_eq!(judge(&short, &announced), [rules::SAMPLE_ENCRYPTION]);
    // ffmpeg 5 leaves the entries out of fragments.
    assert!(judge(fragments, &announced).contains(&rules::SAMPLE_ENCRYPTION));
}
