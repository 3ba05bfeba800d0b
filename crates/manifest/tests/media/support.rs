//! A small ladder made with ffmpeg, packaged.
use std::path::Path;
use std::process::Command;
use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use edgepack_isobmff::{Limits, MovieReader, Step};
use edgepack_packager::{Options, Presentation, Rendition, SegmentPlan, Source};

pub(crate) struct Asset {
    pub(crate) presentation: Presentation,
    pub(crate) files: Vec<Bytes>,
}

/// 25 frames a second for 7.2 s, a key frame every 2 s; two rungs, sound with the first.
pub(crate) fn ladder() -> &'static Asset {
    static LADDER: OnceLock<Asset> = OnceLock::new();
    LADDER.get_or_init(|| {
        let folder = tempfile::tempdir().unwrap();
        let rung = |size: &str, rate: &str, sound: &[&str], name: &str| {
            let picture = format!("testsrc2=s={size}:r=25");
            let output = Command::new("ffmpeg")
                .args("-nostdin -v error -threads 1 -f lavfi -i".split(' '))
                .arg(picture)
                .args("-f lavfi -i sine=f=440:r=48000 -t 7.2".split(' '))
                .args("-c:v libx264 -preset veryfast -g 50 -keyint_min 50".split(' '))
                .args("-sc_threshold 0 -pix_fmt yuv420p -b:v".split(' '))
                .arg(rate)
                .args(sound)
                .arg(folder.path().join(name))
                .output()
                .expect("ffmpeg");
            let problems = String::from_utf8_lossy(&output.stderr).into_owned();
            assert!(output.status.success(), "{problems}");
        };
        rung(
            "480x270",
            "400k",
            &["-c:a", "aac", "-b:a", "96k"],
            "high.mp4",
        );
        rung("320x180", "150k", &["-an"], "low.mp4");
        Asset::of(&[
            folder.path().join("high.mp4"),
            folder.path().join("low.mp4"),
        ])
    })
}

impl Asset {
    fn of<P: AsRef<Path>>(paths: &[P]) -> Self {
        let files: Vec<Bytes> = paths
            .iter()
            .map(|path| std::fs::read(path).unwrap().into())
            .collect();
        let sources = files
            .iter()
            .enumerate()
            .map(|(index, file)| source(index, file))
            .collect();
        let options = Options {
            target_duration_ms: 4000,
        };
        Self {
            presentation: Presentation::build(sources, &options).unwrap(),
            files,
        }
    }

    /// A segment, or a sync sample by itself, whole.
    pub(crate) fn assembled(&self, plan: &SegmentPlan) -> Vec<u8> {
        let mut segment = plan.header().to_vec();
        for range in plan.source_ranges() {
            let file = &self.files[range.source];
            let (start, end) = (range.offset as usize, (range.offset + range.len) as usize);
            segment.extend_from_slice(&file[start..end]);
        }
        segment
    }

    pub(crate) fn segment(&self, rendition: &Rendition, number: usize) -> Vec<u8> {
        let plan = SegmentPlan::new(
            &self.presentation,
            rendition,
            number,
            edgepack_packager::SegmentProtection::Clear,
        )
        .unwrap();
        self.assembled(&plan)
    }
}

fn source(index: usize, file: &Bytes) -> Source {
    let mut reader = MovieReader::new(file.len() as u64, Limits::default());
    loop {
        match reader.step().unwrap() {
            Step::Need(range) => {
                let (start, end) = (range.offset as usize, (range.offset + range.len) as usize);
                reader.supply(range, file.slice(start..end)).unwrap();
            }
            Step::Done(movie) => {
                return Source::of_movie(format!("{index}.mp4"), Arc::new(*movie), [0; 32]);
            }
        }
    }
}

/// Lines of a playlist that are no tags.
pub(crate) fn addresses(playlist: &str) -> Vec<&str> {
    playlist
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .collect()
}

/// What follows a tag, line by line.
pub(crate) fn tagged<'p>(playlist: &'p str, tag: &str) -> Vec<&'p str> {
    playlist
        .lines()
        .filter_map(|line| line.strip_prefix(tag))
        .collect()
}
