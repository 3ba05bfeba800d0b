//! Every codec under both schemes, through every outside tool that knows it.
use crate::{clip, ffmpeg, forge, mp4, remux, shaka, trace};
use bytes::Bytes;
use edgepack_drm::Scheme;
use edgepack_isobmff::Handler;
use std::path::{Path, PathBuf};

/// The outside tools to ask, beside mp4forge.
#[derive(Clone, Copy)]
struct Tools {
    ffmpeg: bool,
    /// ffmpeg's reader of HEVC headers.
    slices: bool,
    /// And of AV1 headers.
    tiles: bool,
    /// shaka-packager's word for the stream.
    shaka: Option<&'static str>,
}

const VIDEO: Tools = Tools {
    ffmpeg: true,
    slices: false,
    tiles: false,
    shaka: Some("video"),
};
const HEVC: Tools = Tools {
    slices: true,
    ..VIDEO
};
const AV1: Tools = Tools {
    tiles: true,
    ..VIDEO
};
const AUDIO: Tools = Tools {
    ffmpeg: true,
    slices: false,
    tiles: false,
    shaka: Some("audio"),
};

fn check(what: &str, clear: &Path, tools: Tools) {
    let bytes: Bytes = std::fs::read(clear).unwrap().into();
    let samples = mp4::read(&bytes, 0).samples;
    let packager = tools.shaka.and_then(|_| shaka::packager());
    let packets = if tools.ffmpeg {
        ffmpeg::packets(clear)
    } else {
        String::new()
    };
    for scheme in [Scheme::Cenc, Scheme::Cbcs] {
        let what = format!("{what}, {scheme:?}");
        let protected = remux::protect(&bytes, scheme);
        let iv_size = if scheme == Scheme::Cenc { 8 } else { 0 };
        assert_ne!(mp4::read(&protected, iv_size).samples, samples, "{what}");
        forge::check(&what, &bytes, &protected);
        if tools.ffmpeg {
            let file = clear.with_file_name(format!("{scheme:?}.mp4"));
            std::fs::write(&file, &protected).unwrap();
            assert_eq!(packets.lines().count(), samples.len(), "{what}");
            assert_eq!(ffmpeg::packets(&file), packets, "{what}");
        }
        if scheme == Scheme::Cbcs && tools.slices {
            trace::check_slices(&what, clear, &protected);
        }
        if tools.tiles {
            trace::check_tiles(&what, clear, &protected, scheme);
        }
        if let (Some(packager), Some(stream)) = (&packager, tools.shaka) {
            shaka::compare(packager, &what, clear, stream, scheme, &protected);
        }
    }
}

fn made(
    clips: &[(&str, &[&str])],
    make: fn(&Path, &[&str]) -> Option<PathBuf>,
    tools: impl Fn(&str) -> Tools,
) {
    for (what, options) in clips {
        let folder = tempfile::tempdir().unwrap();
        let Some(clear) = make(folder.path(), options) else {
            return;
        };
        check(what, &clear, tools(what));
    }
}

fn of_encoders(name: &str, handler: Handler, tools: Tools) {
    let Some(file) = clip::fixture(name) else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let clear = clip::of_file(folder.path(), &file, handler);
    check(name, &clear, tools);
}

#[test]
fn avc_of_every_make() {
    made(clip::AVC, clip::avc, |_| VIDEO);
}

#[test]
fn hevc_of_every_make() {
    made(clip::HEVC, clip::hevc, |what| Tools {
        shaka: HEVC.shaka.filter(|_| what != clip::HEVC_WITHOUT_FILTERS),
        ..HEVC
    });
}

#[test]
fn vp9_of_every_make() {
    made(clip::VP9, clip::vp9, |_| VIDEO);
}

#[test]
fn vp9_of_other_encoders() {
    of_encoders("bear-640x360-vp9.mp4", Handler::Video, VIDEO);
}

#[test]
fn av1_of_every_make() {
    made(clip::AV1, clip::av1, |_| AV1);
}

#[test]
fn av1_of_other_encoders() {
    of_encoders("bear-av1.mp4", Handler::Video, AV1);
}

#[test]
fn audio_of_every_codec() {
    made(clip::AUDIO, clip::audio, |what| Tools {
        // shaka-packager does not write MP3 into MP4.
        shaka: AUDIO.shaka.filter(|_| what != "MP3"),
        ..AUDIO
    });
}

#[test]
fn avc_of_other_encoders() {
    for name in [
        "bear-640x360.mp4",
        "bear-1280x720.mp4",
        "sintel-1024x436.mp4",
    ] {
        of_encoders(name, Handler::Video, VIDEO);
    }
}

#[test]
fn hevc_of_other_encoders() {
    for name in [
        "bear-640x360-hevc.mp4",
        "bear-1280x720-hevc.mp4",
        "bear-640x360-hevc-hdr10.mp4",
        "sparks_dovi_5.mp4",
        "sparks_dovi_8.mp4",
    ] {
        of_encoders(name, Handler::Video, HEVC);
    }
}

#[test]
fn hevc_of_two_views() {
    let tools = Tools {
        shaka: None,
        ..HEVC
    };
    of_encoders("water-mv-hevc.mp4", Handler::Video, tools);
}

#[test]
fn audio_of_other_encoders() {
    for name in [
        "bear-640x360.mp4",
        "bear-640x360-aac_he-silent_right.mp4",
        "sintel-1024x436.mp4",
        "bear-640x360-ec3.mp4",
        "bear-flac.mp4",
        "bear-alac.mp4",
        "bear-dtsx.mp4",
        "bear-iamf-base-opus.mp4",
    ] {
        of_encoders(name, Handler::Audio, AUDIO);
    }
}
