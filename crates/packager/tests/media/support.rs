//! Files in, presentations and assembled segments out; and what ffmpeg sees in them.
use std::ffi::OsStr;
use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;

use bytes::Bytes;
use edgepack_drm::{ContentKey, IvSeed, SampleEncryptor, Scheme};
use edgepack_isobmff::{Limits, MovieReader, Step};
use edgepack_packager::{Options, Presentation, Rendition, SegmentPlan, Source, cmaf};

pub(crate) struct Asset {
    pub(crate) presentation: Presentation,
    pub(crate) files: Vec<Bytes>,
}

/// The files as one asset.
pub(crate) fn asset<P: AsRef<Path>>(paths: &[P], target_duration_ms: u32) -> Asset {
    let files: Vec<Bytes> = paths
        .iter()
        .map(|path| fs::read(path).expect("the file").into())
        .collect();
    let sources = paths
        .iter()
        .zip(&files)
        .map(|(path, file)| source(path.as_ref(), file))
        .collect();
    let presentation =
        Presentation::build(sources, &Options { target_duration_ms }).expect("a presentation");
    Asset {
        presentation,
        files,
    }
}

pub(crate) fn source(path: &Path, file: &Bytes) -> Source {
    let mut reader = MovieReader::new(file.len() as u64, Limits::default());
    loop {
        match reader.step().expect("an MP4 file") {
            Step::Need(range) => {
                let bytes = file.slice(range.offset as usize..(range.offset + range.len) as usize);
                reader.supply(range, bytes).expect("what was asked for");
            }
            Step::Done(movie) => {
                let name = path.file_name().unwrap().to_string_lossy().into_owned();
                return Source::of_movie(name, Arc::new(*movie), [0; 32]);
            }
        }
    }
}

impl Asset {
    pub(crate) fn rendition(&self, name: &str) -> &Rendition {
        self.presentation.rendition(name).unwrap_or_else(|| {
            let names: Vec<_> = self
                .presentation
                .renditions
                .iter()
                .map(|rendition| &rendition.name)
                .collect();
            panic!("no {name} among {names:?}")
        })
    }

    pub(crate) fn video(&self) -> &Rendition {
        self.presentation
            .renditions
            .iter()
            .find(|rendition| rendition.name.starts_with('v'))
            .expect("video")
    }

    pub(crate) fn audio(&self) -> &Rendition {
        self.presentation
            .renditions
            .iter()
            .find(|rendition| rendition.name.starts_with("a-"))
            .expect("audio")
    }

    pub(crate) fn payload(&self, plan: &SegmentPlan) -> Vec<u8> {
        let mut payload = Vec::new();
        for range in plan.source_ranges() {
            payload.extend_from_slice(
                &self.files[range.source]
                    [range.offset as usize..(range.offset + range.len) as usize],
            );
        }
        assert_eq!(payload.len() as u64, plan.payload_len());
        payload
    }

    /// Header and segments of a clear rendition, one after the other.
    pub(crate) fn clear_file(&self, r: &Rendition) -> Vec<u8> {
        let mut file = cmaf::header(
            &self.presentation,
            r,
            edgepack_packager::HeaderProtection::Clear,
            &[],
        )
        .expect("a header")
        .to_vec();
        for number in 0..r.segments.len() {
            file.extend(self.clear_segment(r, number));
        }
        file
    }

    pub(crate) fn clear_segment(&self, r: &Rendition, number: usize) -> Vec<u8> {
        let plan = SegmentPlan::new(
            &self.presentation,
            r,
            number,
            edgepack_packager::SegmentProtection::Clear,
        )
        .expect("a plan");
        let segment = [plan.header().to_vec(), self.payload(&plan)].concat();
        assert_eq!(plan.content_length(), Some(segment.len() as u64));
        segment
    }

    pub(crate) fn encryptor(
        &self,
        r: &Rendition,
        scheme: Scheme,
        key: &ContentKey,
    ) -> SampleEncryptor {
        let seed = IvSeed::derive(key, &self.presentation.track_identity(r));
        SampleEncryptor::new(
            scheme,
            key,
            seed,
            self.presentation.codec(r).expect("a codec"),
        )
        .expect("an encryptor")
    }

    /// Header and segments of a protected rendition, one after the other.
    pub(crate) fn protected_file(
        &self,
        r: &Rendition,
        scheme: Scheme,
        key: &ContentKey,
    ) -> Vec<u8> {
        let enc = self.encryptor(r, scheme, key);
        let mut file = cmaf::header(
            &self.presentation,
            r,
            edgepack_packager::HeaderProtection::Protected(enc.track_encryption()),
            &[],
        )
        .expect("a header")
        .to_vec();
        for number in 0..r.segments.len() {
            let mut enc = self.encryptor(r, scheme, key);
            let plan = SegmentPlan::new(
                &self.presentation,
                r,
                number,
                edgepack_packager::SegmentProtection::Header(&enc),
            )
            .expect("a plan");
            let mut payload = self.payload(&plan);
            let header = plan
                .protect(&mut enc, &mut payload)
                .expect("a protected segment");
            if let Some(length) = plan.content_length() {
                assert_eq!(length as usize, header.len() + payload.len());
                assert_eq!(plan.header(), header);
            } else {
                assert!(plan.header().is_empty());
            }
            assert_eq!(plan.pieces(), None);
            file.extend_from_slice(&header);
            file.extend(payload);
        }
        file
    }
}

/// One decoded frame: presentation time in the encoder's time base, and the hash of its content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Frame {
    pub(crate) time: i64,
    pub(crate) hash: String,
}

/// What ffmpeg decodes of one stream (`0:v:0`), in presentation order, with the times that the file gives.
pub(crate) fn frames(path: &Path, stream: &str) -> Vec<Frame> {
    decode(
        fs::File::open(path).unwrap().into(),
        path.as_os_str(),
        stream,
        &[],
    )
}

/// The same of a file in memory. It goes through a pipe, as a player gets it: where FFmpeg can seek, it reads the boxes
/// of all fragments first and then takes the last one's auxiliary information for all samples.
pub(crate) fn frames_of_bytes(file: &[u8], stream: &str, input_options: &[&str]) -> Vec<Frame> {
    let (reader, mut writer) = std::io::pipe().unwrap();
    std::thread::scope(|scope| {
        // A reader that hangs up early shows in what it printed.
        scope.spawn(move || _ = writer.write_all(file));
        decode(reader.into(), "pipe:0".as_ref(), stream, input_options)
    })
}

fn decode(stdin: Stdio, input: &OsStr, stream: &str, input_options: &[&str]) -> Vec<Frame> {
    let mut ffmpeg = Command::new("ffmpeg");
    ffmpeg
        .args(["-v", "error"])
        .args(input_options)
        .arg("-i")
        .arg(input);
    ffmpeg.args([
        "-map",
        stream,
        "-copyts",
        "-fps_mode",
        "passthrough",
        "-f",
        "framemd5",
        "-",
    ]);
    let output = ffmpeg.stdin(stdin).output().expect("ffmpeg");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let printed = String::from_utf8(output.stdout).unwrap();
    let frames = printed
        .lines()
        .filter(|line| !line.starts_with('#'))
        .map(|line| {
            let columns: Vec<&str> = line.split(',').map(str::trim).collect();
            Frame {
                time: columns[2].parse().unwrap(),
                hash: columns[5].to_owned(),
            }
        });
    // FFmpeg takes an edit list in front of fragments for a shift of times: it shows the priming, before 0.
    frames.filter(|frame| frame.time >= 0).collect()
}

pub(crate) fn hashes(frames: &[Frame]) -> Vec<&str> {
    frames.iter().map(|frame| frame.hash.as_str()).collect()
}

/// Fails with the first difference alone: whole lists of hashes fill screens.
pub(crate) fn assert_same(got: &[Frame], expected: &[Frame], what: &str) {
    let differing = got
        .iter()
        .zip(expected)
        .position(|(got, expected)| got != expected);
    if let Some(at) = differing {
        panic!(
            "{what}: frame {at} is {:?} instead of {:?}",
            got[at], expected[at]
        );
    }
    assert_eq!(got.len(), expected.len(), "{what}: frames");
}
