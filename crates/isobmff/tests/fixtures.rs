//! Real files of many encoders, held against ffprobe.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod common;

use std::path::{Path, PathBuf};

use bytes::Bytes;
use common::{assert_same_packets, bytes_of, ffprobe, fixtures, load, packets, read_movie};
use edgepack_isobmff::{CodecConfig, Error, Movie};
use tempfile::TempDir;

/// What the reader makes of each file: the codecs of its tracks, or what is wrong with it.
const FILES: [(&str, &str); 22] = [
    ("bear-1280x720-hevc.mp4", "hev1.1.6.L93.90 + mp4a.40.2"),
    ("bear-1280x720.mp4", "avc1.64001f + mp4a.40.2"),
    ("bear-640x360-aac_he-silent_right.mp4", "mp4a.40.5"),
    ("bear-640x360-av_frag.mp4", "avc1.64001e + mp4a.40.2"),
    ("bear-640x360-ec3.mp4", "avc1.64001e + no ec-3"),
    ("bear-640x360-hevc-hdr10.mp4", "hvc1.2.4.L63.90 + mp4a.40.2"),
    ("bear-640x360-hevc.mp4", "hev1.1.6.L63.90 + mp4a.40.2"),
    ("bear-640x360-no_edit_list.mp4", "avc1.64001e + mp4a.40.2"),
    ("bear-640x360-non_square_pixel-with_pasp.mp4", "avc1.64001e"),
    (
        "bear-640x360-trailing-moov-additional-mdat.mp4",
        "avc1.64001e + mp4a.40.2",
    ),
    ("bear-640x360-trailing-moov.mp4", "avc1.64001e + mp4a.40.2"),
    ("bear-640x360-vp9.mp4", "no vp09 + mp4a.40.2"),
    ("bear-640x360.mp4", "avc1.64001e + mp4a.40.2"),
    ("bear-alac.mp4", "no alac"),
    ("bear-av1.mp4", "no av01"),
    ("bear-dtsx.mp4", "no dtsx"),
    ("bear-flac.mp4", "no fLaC"),
    ("bear-iamf-base-opus.mp4", "no iamf"),
    ("sintel-1024x436.mp4", "avc1.64001f + mp4a.40.2"),
    ("sparks_dovi_5.mp4", "no dvh1"),
    ("sparks_dovi_8.mp4", "hvc1.2.4.L90.90"),
    ("water-mv-hevc.mp4", "hvc1.1.6.L156.B0"),
];

fn outcome(movie: &Result<Movie, Error>) -> String {
    let movie = match movie {
        Ok(movie) => movie,
        Err(error) => return error.to_string(),
    };
    let codecs = movie
        .tracks
        .iter()
        .map(|track| match &track.sample_entries[0].codec {
            CodecConfig::Unsupported(format) => format!("no {format}"),
            codec => codec.rfc6381().unwrap(),
        });
    codecs.collect::<Vec<_>>().join(" + ")
}

/// Those that the reader makes a movie of.
fn movies(folder: &Path) -> impl Iterator<Item = (&'static str, Movie)> {
    FILES
        .iter()
        .filter_map(move |(name, _)| Some((*name, read_movie(&load(&folder.join(name))).ok()?)))
}

/// Counts audio offsets from the moof without saying so: the flag came later than its writer.
const WITHOUT_FLAG: &str = "bear-640x360-av_frag.mp4";

/// Its edit list was cut out without moving the chunk offsets, which lead 72 bytes too far.
const DISPLACED: &str = "bear-640x360-no_edit_list.mp4";
const DISPLACED_BY: u8 = 72;

/// What ffprobe is to look at: the file, or where ffprobe goes by what is wrong, a copy that is right.
fn for_ffprobe(folder: &Path, name: &str, scratch: &TempDir) -> PathBuf {
    let mut bytes = load(&folder.join(name)).to_vec();
    match name {
        WITHOUT_FLAG => set_flag(&mut bytes),
        // Free space before the mdat puts the media where the offsets lead.
        DISPLACED => {
            let free = bytes
                .windows(4)
                .position(|window| window == b"free")
                .unwrap();
            bytes.splice(free + 4..free + 4, [0; DISPLACED_BY as usize]);
            bytes[free - 1] += DISPLACED_BY;
        }
        _ => return folder.join(name),
    }
    let path = scratch.path().join(name);
    std::fs::write(&path, bytes).unwrap();
    path
}

fn set_flag(bytes: &mut [u8]) {
    let headers = bytes.windows(4).enumerate();
    let headers: Vec<usize> = headers
        .filter(|(_, window)| window == b"tfhd")
        .map(|(at, _)| at)
        .collect();
    assert_eq!(headers.len(), 12);
    for at in headers {
        // default-base-is-moof, 0x020000 of the flags behind one byte of version.
        bytes[at + 5] |= 2;
    }
}

#[test]
fn every_file_is_read_or_says_why_not() {
    let Some(folder) = fixtures() else { return };
    for (name, expected) in FILES {
        let outcome = outcome(&read_movie(&load(&folder.join(name))));
        assert!(outcome.starts_with(expected), "{name}: {outcome}");
    }
}

#[test]
fn every_sample_stands_where_ffprobe_sees_it() {
    let Some(folder) = fixtures() else { return };
    let scratch = tempfile::tempdir().unwrap();
    for (name, movie) in movies(&folder) {
        let mut packets = packets(&for_ffprobe(&folder, name, &scratch));
        if name == DISPLACED {
            let moved = packets.iter_mut().flatten();
            moved.for_each(|packet| packet.pos -= u64::from(DISPLACED_BY));
        }
        assert_same_packets(name, &movie, &packets);
    }
}

#[test]
fn fragments_that_count_from_the_moof_without_saying_so_are_told() {
    let Some(folder) = fixtures() else { return };
    for (name, movie) in movies(&folder) {
        let told = movie
            .notes
            .iter()
            .any(|note| note.contains("6 fragments say where their data are"));
        assert_eq!(told, name == WITHOUT_FLAG, "{name}: {:?}", movie.notes);
    }
}

#[test]
fn samples_that_lead_past_the_file_are_found_where_they_lie() {
    let Some(folder) = fixtures() else { return };
    let [displaced, whole] = [DISPLACED, "bear-640x360.mp4"].map(|name| load(&folder.join(name)));
    let movie = read_movie(&displaced).unwrap();
    assert!(movie.notes[0].starts_with("all samples lead 72 bytes past where they lie"));
    let media = |file: &Bytes| -> Vec<Vec<Bytes>> {
        let movie = read_movie(file).unwrap();
        let tracks = movie.tracks.iter();
        tracks
            .map(|track| {
                track
                    .samples
                    .iter_from(0)
                    .map(|sample| bytes_of(file, &sample))
                    .collect()
            })
            .collect()
    };
    assert!(media(&displaced) == media(&whole));
}

#[test]
fn pictures_and_sound_are_what_ffprobe_says() {
    let Some(folder) = fixtures() else { return };
    let scratch = tempfile::tempdir().unwrap();
    let (mut pictures, mut sounds) = (0, 0);
    for (name, movie) in movies(&folder) {
        let path = for_ffprobe(&folder, name, &scratch);
        let seen = movie.tracks.iter().filter_map(|track| {
            let codec = &track.sample_entries[0].codec;
            codec.video().map(|video| {
                vec![
                    video.width.to_string(),
                    video.height.to_string(),
                    shape(video.pixel_aspect),
                ]
            })
        });
        let known = movie
            .tracks
            .iter()
            .any(|track| track.sample_entries[0].codec.video().is_some());
        if known {
            let probed = ffprobe(
                "-select_streams v -show_entries stream=width,height,sample_aspect_ratio",
                &path,
            );
            let probed: Vec<_> = probed
                .iter()
                .map(|row| [&row[..2], &[row[2].replace("N/A", "1:1")]].concat())
                .collect();
            assert_eq!(seen.collect::<Vec<_>>(), probed, "{name}");
            pictures += 1;
        }
        for track in &movie.tracks {
            if let CodecConfig::Aac(config) = &track.sample_entries[0].codec {
                let probed = ffprobe(
                    "-select_streams a -show_entries stream=sample_rate,channels",
                    &path,
                );
                assert_eq!(
                    [config.sample_rate.to_string(), config.channels.to_string()],
                    probed[0][..],
                    "{name}"
                );
                sounds += 1;
            }
        }
    }
    assert!(
        pictures >= 10 && sounds >= 10,
        "{pictures} pictures, {sounds} sounds"
    );
}

fn shape((horizontal, vertical): (u32, u32)) -> String {
    format!("{horizontal}:{vertical}")
}

#[test]
fn high_dynamic_range_is_told() {
    let Some(folder) = fixtures() else { return };
    let movie = read_movie(&load(&folder.join("bear-640x360-hevc-hdr10.mp4"))).unwrap();
    assert_eq!(
        movie.tracks[0].sample_entries[0]
            .codec
            .video()
            .unwrap()
            .colour,
        Some((9, 16, 9, false))
    );
}
