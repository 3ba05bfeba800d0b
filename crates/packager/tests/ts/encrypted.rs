//! SAMPLE-AES and AES-128: what ffmpeg and a reader of Apple's text find behind them is the clear segments.
use std::fs;
use std::path::{Path, PathBuf};

use edgepack_drm::{ContentKey, KeyId, SampleAes, aes128};
use edgepack_packager::Error;
use edgepack_packager::ts::{Plan, is_sample_encrypted, packed_extension};
use tempfile::TempDir;

use crate::clips::clip;
use crate::decrypt::{self, IV, KEY};
use crate::packed::private_frames;
use crate::reader::{self, Pes};
use crate::support::{Asset, asset, decoded, demuxed, fixture};

const TARGET_MS: u32 = 2000;
const VIDEO: u16 = 0x100;
const AUDIO: u16 = 0x101;

fn key() -> ContentKey {
    ContentKey::new(KeyId([7; 16]), KEY)
}

fn sample_aes() -> SampleAes {
    SampleAes::new(&key(), IV)
}

/// A playlist with its segments and its key.
struct Playlist {
    folder: TempDir,
}

impl Playlist {
    fn new(segments: &[Vec<u8>], extension: &str, method: &str, iv: Option<[u8; 16]>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut text = String::from("#EXTM3U\n#EXT-X-VERSION:5\n#EXT-X-TARGETDURATION:4\n");
        text += "#EXT-X-MEDIA-SEQUENCE:1\n";
        if method != "NONE" {
            fs::write(folder.path().join("content.key"), KEY).unwrap();
            text += &format!("#EXT-X-KEY:METHOD={method},URI=\"content.key\"");
            if let Some(iv) = iv {
                text += &format!(",IV=0x{}", hex::encode(iv));
            }
            text += "\n";
        }
        for (number, segment) in segments.iter().enumerate() {
            let name = format!("{number}.{extension}");
            fs::write(folder.path().join(&name), segment).unwrap();
            text += &format!("#EXTINF:2.0,\n{name}\n");
        }
        text += "#EXT-X-ENDLIST\n";
        fs::write(folder.path().join("index.m3u8"), text).unwrap();
        Self { folder }
    }

    /// Gets a multivariant playlist around it, which is then what is played.
    fn become_rendition_of(&self, variant: &Self) {
        let text = format!(
            "#EXTM3U\n#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"a\",NAME=\"a\",DEFAULT=YES,AUTOSELECT=YES,\
             URI=\"index.m3u8\"\n#EXT-X-STREAM-INF:BANDWIDTH=1000000,AUDIO=\"a\"\n{}\n",
            variant.path().display()
        );
        fs::write(self.folder.path().join("multivariant.m3u8"), text).unwrap();
    }

    fn path(&self) -> PathBuf {
        let multivariant = self.folder.path().join("multivariant.m3u8");
        if multivariant.exists() {
            return multivariant;
        }
        self.folder.path().join("index.m3u8")
    }
}

/// What ffmpeg hands to its decoders. A packet that comes out after the last segment has ended it leaves encrypted, for
/// then it has no key any more.
fn same_packets(encrypted: &Playlist, clear: &Playlist, stream: &str, what: &str) {
    let (mut found, mut expected) = (
        demuxed(&encrypted.path(), stream),
        demuxed(&clear.path(), stream),
    );
    assert_eq!(found.len(), expected.len(), "{what}");
    found.pop();
    expected.pop();
    let differing = found
        .iter()
        .zip(&expected)
        .filter(|(found, expected)| found != expected);
    assert_eq!(
        (differing.count(), expected.len() > 10),
        (0, true),
        "{what}"
    );
}

fn all(asset: &Asset, aes: Option<&SampleAes>) -> Vec<Vec<u8>> {
    asset.segments_under(asset.video(), asset.audio(), aes)
}

fn content(list: &[Pes], decrypted: impl Fn(&[u8]) -> Vec<u8>) -> Vec<(u64, u64, Vec<u8>)> {
    let content = list
        .iter()
        .map(|pes| (pes.pts, pes.dts, decrypted(&pes.data)));
    content.collect()
}

/// Segment by segment, with times; audio as `decrypted` has it.
fn same_as_clear(path: &Path, decrypted: impl Fn(&[u8]) -> Vec<u8>) {
    let asset = asset(&[path], TARGET_MS);
    let (clear, encrypted) = (all(&asset, None), all(&asset, Some(&sample_aes())));
    assert_eq!(clear.len(), encrypted.len());
    let mut grown = 0;
    for (clear, encrypted) in clear.iter().zip(&encrypted) {
        let (clear, encrypted) = (reader::read(clear), reader::read(encrypted));
        encrypted.check_times();
        let as_is = |bytes: &[u8]| bytes.to_vec();
        for (pid, what) in [(VIDEO, "pictures"), (AUDIO, "sound")] {
            let (clear, encrypted) = (clear.of(pid), encrypted.of(pid));
            if clear.is_empty() {
                continue;
            }
            let found = match pid {
                VIDEO => content(encrypted, decrypt::picture),
                _ => content(encrypted, &decrypted),
            };
            let expected = content(clear, as_is);
            assert!(found == expected, "{}: {what}", path.display());
            assert!(
                content(encrypted, as_is) != expected,
                "{}: {what} are clear",
                path.display()
            );
            if pid == VIDEO {
                let bytes = |list: &[Pes]| list.iter().map(|pes| pes.data.len()).sum::<usize>();
                grown += bytes(encrypted) - bytes(clear);
            }
        }
    }
    println!("{}: {grown} bytes of emulation prevention", path.display());
}

#[test]
fn a_reader_of_the_format_finds_the_clear_stream() {
    for name in ["b-frames.mp4", "in-band.mp4", "slices.mp4", "surround.mp4"] {
        same_as_clear(&clip(name), decrypt::aac);
    }
    same_as_clear(&clip("ac3.mp4"), |stream| {
        decrypt::dolby(stream, decrypt::ac3_len)
    });
    same_as_clear(&clip("eac3.mp4"), |stream| {
        decrypt::dolby(stream, decrypt::eac3_len)
    });
    for name in ["bear-1280x720.mp4", "sintel-1024x436.mp4"] {
        if let Some(path) = fixture(name) {
            same_as_clear(&path, decrypt::aac);
        }
    }
}

#[test]
fn the_program_map_names_encrypted_streams_and_sets_their_sound_up() {
    for (name, stream_type, indicator, audio_type) in [
        ("b-frames.mp4", 0xcf, b"aacd", b"zaac"),
        ("ac3.mp4", 0xc1, b"ac3d", b"zac3"),
        ("eac3.mp4", 0xc2, b"ec3d", b"zec3"),
    ] {
        let asset = asset(&[clip(name)], TARGET_MS);
        let segments = all(&asset, Some(&sample_aes()));
        let read = reader::read(&segments[1]);
        assert_eq!(read.streams[&VIDEO], (0xdb, None), "{name}");
        assert_eq!(
            read.streams[&AUDIO],
            (stream_type, Some(*b"apad")),
            "{name}"
        );
        assert_eq!(read.descriptors[&VIDEO], [(15, b"zavc".to_vec())]);
        let [(15, named), (5, registration)] = read.descriptors[&AUDIO].as_slice() else {
            panic!("{name}: {:?}", read.descriptors[&AUDIO]);
        };
        assert_eq!(named, indicator, "{name}");
        assert_eq!(
            registration[..11],
            [b"apad", audio_type, &[0, 0, 1][..]].concat(),
            "{name}"
        );
        let setup = &registration[12..];
        assert_eq!(usize::from(registration[11]), setup.len(), "{name}");
        match indicator {
            // AAC-LC, 44.1 kHz, mono: the AudioSpecificConfig.
            b"aacd" => assert_eq!(setup[..2], [0x12, 0x08]),
            b"ac3d" => assert_eq!(setup, &read.of(AUDIO)[0].data[..10]),
            // 128 kb/s, one programme; 44.1 kHz, 2/0.
            _ => assert_eq!(setup, dec3(&clip(name)), "{name}"),
        }
    }
}

/// The content of the first `dec3` in a file.
fn dec3(path: &Path) -> Vec<u8> {
    let file = fs::read(path).unwrap();
    let at = file.windows(4).position(|bytes| bytes == b"dec3").unwrap();
    let size = u32::from_be_bytes(file[at - 4..at].try_into().unwrap()) as usize;
    file[at + 4..at - 4 + size].to_vec()
}

#[test]
fn ffmpeg_decrypts_a_transport_stream_under_sample_aes() {
    let mut paths: Vec<PathBuf> = [
        "b-frames.mp4",
        "in-band.mp4",
        "ntsc.mp4",
        "surround.mp4",
        "ac3.mp4",
        "eac3.mp4",
    ]
    .map(clip)
    .to_vec();
    paths.extend(
        [
            "bear-1280x720.mp4",
            "sintel-1024x436.mp4",
            "bear-640x360-ec3.mp4",
        ]
        .into_iter()
        .filter_map(fixture),
    );
    for path in paths {
        let asset = asset(&[&path], TARGET_MS);
        let clear = Playlist::new(&all(&asset, None), "ts", "NONE", None);
        let segments = all(&asset, Some(&sample_aes()));
        let encrypted = Playlist::new(&segments, "ts", "SAMPLE-AES", Some(IV));
        for (stream, there) in [("0:v:0", asset.video()), ("0:a:0", asset.audio())] {
            if there.is_some() {
                let what = format!("{}, {stream}", path.display());
                same_packets(&encrypted, &clear, stream, &what);
            }
        }
    }
}

#[test]
fn ffmpeg_decrypts_packed_audio_under_sample_aes() {
    for name in ["b-frames.mp4", "surround.mp4", "ac3.mp4", "eac3.mp4"] {
        let asset = asset(&[clip(name)], TARGET_MS);
        let (video, audio) = (asset.video(), asset.audio().unwrap());
        let codec = asset.presentation.codec(audio).unwrap();
        let extension = match packed_extension(codec).unwrap() {
            // That it wants files of this format to be called.
            "ec3" => "eac3",
            other => other,
        };
        let clear = Playlist::new(&asset.packed(audio), extension, "NONE", None);
        let segments = asset.packed_under(audio, Some(&sample_aes()));
        let encrypted = Playlist::new(&segments, extension, "SAMPLE-AES", Some(IV));
        // Of a rendition alone it reads the setup information: it does not take that from the variants' own playlists.
        let pictures = Playlist::new(&asset.segments(video, None), "ts", "NONE", None);
        for audio in [&clear, &encrypted] {
            audio.become_rendition_of(&pictures);
        }
        same_packets(&encrypted, &clear, "0:a:0", name);
    }
}

#[test]
fn the_tag_of_encrypted_packed_audio_sets_it_up() {
    let asset = asset(&[clip("surround.mp4")], TARGET_MS);
    let audio = asset.audio().unwrap();
    let (clear, encrypted) = (
        asset.packed(audio),
        asset.packed_under(audio, Some(&sample_aes())),
    );
    for (clear, encrypted) in clear.iter().zip(&encrypted) {
        let (clear_frames, clear_stream) = private_frames(clear);
        let (frames, stream) = private_frames(encrypted);
        assert_eq!(frames[0], clear_frames[0]);
        assert_eq!(frames[1].0, b"com.apple.streaming.audioDescription");
        assert_eq!(frames[1].1[..7], *b"zaac\0\0\x01");
        assert_eq!(usize::from(frames[1].1[7]), frames[1].1.len() - 8);
        assert_eq!(frames.len(), 2);
        assert!(decrypt::aac(stream) == clear_stream && stream != clear_stream);
    }
}

/// Its channels are said before the first frame of each group where it is clear, in every frame where it is not.
#[test]
fn channels_without_a_number_are_said_in_every_encrypted_frame() {
    let asset = asset(&[clip("programme.m4a")], TARGET_MS);
    let audio = asset.audio().unwrap();
    let clear = Playlist::new(&asset.packed(audio), "aac", "NONE", None);
    let segments = asset.packed_under(audio, Some(&sample_aes()));
    for segment in &segments {
        let decrypted = decrypt::aac(private_frames(segment).1);
        let frames = reader::adts_frames(&decrypted);
        assert!(frames.iter().all(|(_, block)| block[0] >> 5 == 5));
    }
    let encrypted = Playlist::new(&segments, "aac", "SAMPLE-AES", Some(IV));
    assert_eq!(
        decoded(&encrypted.path(), "0:a:0"),
        decoded(&clear.path(), "0:a:0")
    );
}

#[test]
fn ffmpeg_decrypts_segments_under_aes_128() {
    let asset = asset(&[clip("ntsc.mp4")], TARGET_MS);
    let (video, audio) = (asset.video(), asset.audio());
    for (extension, segments) in [
        ("ts", asset.segments(video, audio)),
        ("aac", asset.packed(audio.unwrap())),
    ] {
        let clear = Playlist::new(&segments, extension, "NONE", None);
        for iv in [Some(IV), None] {
            let encrypted: Vec<Vec<u8>> = (1..)
                .zip(&segments)
                .map(|(sequence, segment)| {
                    let mut buffer = segment.clone();
                    buffer.resize(segment.len() + aes128::MAX_PADDING, 0);
                    let iv = iv.unwrap_or(aes128::iv_of_sequence(sequence));
                    let len = aes128::encrypt_in_place(&key(), &iv, &mut buffer, segment.len());
                    buffer.truncate(len.unwrap());
                    buffer
                })
                .collect();
            let encrypted = Playlist::new(&encrypted, extension, "AES-128", iv);
            let (found, expected) = (
                decoded(&encrypted.path(), "0:a:0"),
                decoded(&clear.path(), "0:a:0"),
            );
            assert!(found == expected, "{extension}");
        }
    }
}

#[test]
fn what_has_no_form_under_sample_aes_is_refused_by_name() {
    for (name, video, reason) in [
        (
            "hevc.mp4",
            true,
            "cannot be carried in MPEG-TS under SAMPLE-AES",
        ),
        (
            "mp3.mp4",
            false,
            "cannot be carried in MPEG-TS under SAMPLE-AES",
        ),
    ] {
        let asset = asset(&[clip(name)], TARGET_MS);
        let (p, aes) = (&asset.presentation, Some(sample_aes()));
        let rendition = if video { asset.video() } else { asset.audio() };
        assert!(!is_sample_encrypted(p.codec(rendition.unwrap()).unwrap()));
        let (video, audio) = if video {
            (rendition, None)
        } else {
            (None, rendition)
        };
        let error = Plan::new(p, video, audio, 0, aes.clone()).unwrap_err();
        assert!(matches!(error, Error::Carriage { .. }));
        assert!(error.to_string().ends_with(reason), "{error}");
        if let Some(audio) = audio {
            let error = Plan::packed(p, audio, 0, aes).unwrap_err();
            assert!(
                error.to_string().ends_with("packed audio under SAMPLE-AES"),
                "{error}"
            );
        }
    }
}
