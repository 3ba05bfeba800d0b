//! Files in, transport streams out; and what outside readers see in them.
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;

use bytes::Bytes;
use edgepack_drm::SampleAes;
use edgepack_isobmff::{Limits, Movie, MovieReader, Step};
use edgepack_packager::ts::{Plan, spans};
use edgepack_packager::{Options, Presentation, Rendition, Source, SourceContent, SourceRange};

pub(crate) struct Asset {
    pub(crate) presentation: Presentation,
    files: Vec<Bytes>,
}

pub(crate) fn movie(file: &Bytes) -> Movie {
    let mut reader = MovieReader::new(file.len() as u64, Limits::default());
    loop {
        match reader.step().expect("an MP4 file") {
            Step::Need(range) => {
                let bytes = file.slice(range.offset as usize..(range.offset + range.len) as usize);
                reader.supply(range, bytes).expect("what was asked for");
            }
            Step::Done(movie) => return *movie,
        }
    }
}

pub(crate) fn asset<P: AsRef<Path>>(paths: &[P], target_duration_ms: u32) -> Asset {
    let files: Vec<Bytes> = paths
        .iter()
        .map(|path| fs::read(path).expect("the file").into())
        .collect();
    let sources = paths.iter().zip(&files).map(|(path, file)| Source {
        name: path
            .as_ref()
            .file_name()
            .unwrap()
            .to_string_lossy()
            .into_owned(),
        content: SourceContent::Movie(Arc::new(movie(file))),
        probe: [0; 32],
    });
    let options = Options { target_duration_ms };
    let presentation = Presentation::build(sources.collect(), &options).expect("a presentation");
    Asset {
        presentation,
        files,
    }
}

impl Asset {
    pub(crate) fn video(&self) -> Option<&Rendition> {
        self.presentation
            .renditions
            .iter()
            .find(|rendition| rendition.name.starts_with('v'))
    }

    pub(crate) fn audio(&self) -> Option<&Rendition> {
        self.presentation
            .renditions
            .iter()
            .find(|rendition| rendition.name.starts_with("a-"))
    }

    fn payload(&self, ranges: &[SourceRange]) -> Vec<u8> {
        let parts = ranges.iter().map(|range| {
            let start = range.offset as usize;
            &self.files[range.source][start..start + range.len as usize]
        });
        parts.collect::<Vec<_>>().concat()
    }

    pub(crate) fn make(&self, plan: &Plan) -> Vec<u8> {
        let [mut video, mut audio] = plan.source_ranges().map(|ranges| self.payload(ranges));
        assert_eq!(
            plan.payload_lens(),
            [video.len() as u64, audio.len() as u64]
        );
        let segment = plan.mux(&mut video, &mut audio).expect("a segment");
        if let Some(len) = plan.content_length() {
            assert_eq!(len, segment.len() as u64);
        }
        segment
    }

    /// All segments of a transport stream.
    pub(crate) fn segments(
        &self,
        video: Option<&Rendition>,
        audio: Option<&Rendition>,
    ) -> Vec<Vec<u8>> {
        self.segments_under(video, audio, None)
    }

    /// The same under SAMPLE-AES.
    pub(crate) fn segments_under(
        &self,
        video: Option<&Rendition>,
        audio: Option<&Rendition>,
        aes: Option<&SampleAes>,
    ) -> Vec<Vec<u8>> {
        let p = &self.presentation;
        let plans = (0..spans(video, audio).len())
            .map(|number| Plan::new(p, video, audio, number, aes.cloned()));
        plans
            .map(|plan| self.make(&plan.expect("a plan")))
            .collect()
    }

    /// All segments of packed audio.
    pub(crate) fn packed(&self, audio: &Rendition) -> Vec<Vec<u8>> {
        self.packed_under(audio, None)
    }

    /// The same under SAMPLE-AES.
    pub(crate) fn packed_under(&self, audio: &Rendition, aes: Option<&SampleAes>) -> Vec<Vec<u8>> {
        let plans = (0..audio.segments.len())
            .map(|number| Plan::packed(&self.presentation, audio, number, aes.cloned()));
        plans
            .map(|plan| self.make(&plan.expect("a plan")))
            .collect()
    }
}

/// The digests of what ffmpeg decodes of one stream (`0:v:0`), in the order of presentation.
pub(crate) fn decoded(path: &Path, stream: &str) -> Vec<String> {
    digests(path, stream, &["-fps_mode", "passthrough"])
}

/// The digests of its packets as the demultiplexer hands them on, in the order of decoding.
pub(crate) fn demuxed(path: &Path, stream: &str) -> Vec<String> {
    digests(path, stream, &["-c", "copy"])
}

fn digests(path: &Path, stream: &str, how: &[&str]) -> Vec<String> {
    let is_playlist = path
        .extension()
        .is_some_and(|extension| extension == "m3u8");
    // Names of keys end as they like; what a probe decodes of encrypted media is noise.
    let options: &[&str] = if is_playlist {
        &["-v", "fatal", "-allowed_extensions", "ALL"]
    } else {
        &["-v", "error"]
    };
    let output = Command::new("ffmpeg")
        .arg("-nostdin")
        .args(options)
        .arg("-i")
        .arg(path)
        .args(["-map", stream])
        .args(how)
        .args(["-f", "framemd5", "-"])
        .output()
        .expect("ffmpeg");
    let complaints = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success() && complaints.is_empty(),
        "{}: {complaints}",
        path.display()
    );
    let printed = String::from_utf8(output.stdout).unwrap();
    printed
        .lines()
        .filter(|line| !line.starts_with('#'))
        .map(|line| line.rsplit(',').next().unwrap().trim().to_owned())
        .collect()
}

/// A packet as ffprobe sees it; seconds.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Packet {
    pub(crate) pts: f64,
    pub(crate) dts: f64,
    pub(crate) size: usize,
    pub(crate) is_key: bool,
}

/// The packets of one stream (`v:0`). A warning is a failure.
pub(crate) fn packets(path: &Path, stream: &str) -> Vec<Packet> {
    packets_heeding(path, stream, "warning")
}

/// The same, failing with messages of another level.
pub(crate) fn packets_heeding(path: &Path, stream: &str, level: &str) -> Vec<Packet> {
    let output = Command::new("ffprobe")
        .args(["-v", level, "-select_streams", stream, "-show_entries"])
        .args(["packet=pts_time,dts_time,size,flags", "-of", "csv=p=0"])
        .arg(path)
        .stdin(Stdio::null())
        .output()
        .expect("ffprobe");
    let warnings = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success() && warnings.is_empty(),
        "{}: {warnings}",
        path.display()
    );
    let printed = String::from_utf8(output.stdout).unwrap();
    printed
        .lines()
        .filter(|line| !line.is_empty())
        .map(|line| {
            let columns: Vec<&str> = line.split(',').collect();
            let number = |at: usize| columns[at].parse().unwrap_or(f64::NAN);
            Packet {
                pts: number(0),
                dts: number(1),
                size: columns[2].parse().unwrap(),
                is_key: columns[3].starts_with('K'),
            }
        })
        .collect()
}

/// Runs a command to its end and returns what it printed; fails with its errors.
pub(crate) fn run(command: &mut Command) -> String {
    let output = command
        .stdin(Stdio::null())
        .output()
        .expect("the command starts");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}\n{errors}");
    String::from_utf8(output.stdout).expect("UTF-8")
}

pub(crate) fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// None, with a line that says so, where the fixtures are absent.
pub(crate) fn fixture(name: &str) -> Option<PathBuf> {
    let folder = std::env::var_os("EDGEPACK_FIXTURES")
        .map_or_else(|| repository().join("../shared/fixtures"), PathBuf::from);
    let path = folder.join(name);
    if !path.exists() {
        println!("skipped: no fixture {name} (EDGEPACK_FIXTURES names the folder)");
        return None;
    }
    Some(path)
}
