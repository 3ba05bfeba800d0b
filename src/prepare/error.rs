//! What stops a preparation.
use std::path::PathBuf;
use std::time::Duration;

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(
        "{tool} cannot be started ({source}); install ffmpeg (Debian: apt-get install ffmpeg) and try again"
    )]
    Missing {
        tool: &'static str,
        source: std::io::Error,
    },
    #[error(
        "this ffmpeg has no {encoder}, which makes {codec}; install one that has it, or choose another codec"
    )]
    NoEncoder {
        codec: &'static str,
        encoder: &'static str,
    },
    #[error(
        "the source is HDR, which AVC and thumbnails do not carry, and this ffmpeg has no filter `{filter}` to map its tones; choose --codec hevc or av1 with --no-thumbnails, or an ffmpeg with zimg"
    )]
    NoToneMapping { filter: &'static str },
    #[error(
        "the source is Dolby Vision profile 5, whose picture has no HDR10 or SDR form; prepare from a master in HDR10, HLG or SDR"
    )]
    DolbyVisionOnly,
    #[error("{path}: {why}")]
    Source { path: PathBuf, why: String },
    #[error("{output}: ffmpeg failed: {why}")]
    Failed { output: String, why: String },
    #[error(
        "{output}: ffmpeg made no progress for {}; it was stopped. Run the command again to go on, with a longer --stall-timeout if the machine is that busy",
        humantime::format_duration(*.after)
    )]
    Stalled { output: String, after: Duration },
    #[error("interrupted; run the command again to go on")]
    Interrupted,
    #[error(
        "{} is there, and edgepack prepare has not made it; move it away or choose another folder",
        .0.display()
    )]
    NotOurs(PathBuf),
    #[error("another edgepack prepare works in {}", .0.display())]
    Busy(PathBuf),
    #[error("{path}: {source}")]
    Io {
        path: PathBuf,
        source: std::io::Error,
    },
    #[error("the ladder does not fit together: {0}")]
    Misaligned(String),
}

impl Error {
    pub(super) fn source_file(path: &std::path::Path, why: impl std::fmt::Display) -> Self {
        Self::Source {
            path: path.to_owned(),
            why: why.to_string(),
        }
    }

    pub(super) fn io(path: &std::path::Path) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.to_owned();
        |source| Self::Io { path, source }
    }
}
