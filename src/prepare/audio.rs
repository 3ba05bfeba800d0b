//! Sound: stereo for all, surround where the source has it, at one loudness.

/// How one rendition of a track is coded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Coding {
    Aac,
    /// AAC for slow connections.
    AacLow,
    Opus,
    Surround(Surround),
}

/// Five channels and one for low frequencies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Surround {
    Ac3,
    Eac3,
}

/// The layout that a track is measured and coded in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Layout {
    Stereo,
    Surround,
}

const SURROUND_CHANNELS: u32 = 6;

impl Layout {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Stereo => "stereo",
            Self::Surround => "5.1",
        }
    }

    pub(super) fn fits(self, channels: u32) -> bool {
        self == Self::Stereo || channels >= SURROUND_CHANNELS
    }

    /// From time 0 on without gaps, in floating point, where a mix cannot clip before its gain is applied.
    pub(super) fn filters(self, origin_us: i64) -> String {
        format!(
            "asetpts=PTS-({origin_us}/1000000)/TB,aresample=async=1:first_pts=0,aformat=sample_fmts=fltp:sample_rates=48000:channel_layouts={}",
            self.name()
        )
    }
}

impl Coding {
    pub(super) fn layout(self) -> Layout {
        match self {
            Self::Aac | Self::AacLow | Self::Opus => Layout::Stereo,
            Self::Surround(_) => Layout::Surround,
        }
    }

    /// Of the file's name, after the language.
    pub(super) fn suffix(self) -> &'static str {
        match self {
            Self::Aac => "",
            Self::AacLow => "-low",
            Self::Opus => "-opus",
            Self::Surround(Surround::Ac3) => "-ac3",
            Self::Surround(Surround::Eac3) => "-eac3",
        }
    }

    /// Tracks of one codec and another bitrate are no alternatives within one group.
    pub(super) fn group(self) -> Option<&'static str> {
        (self == Self::AacLow).then_some("aac-low")
    }

    pub(super) fn codec(self) -> &'static str {
        match self {
            Self::Aac | Self::AacLow => "AAC",
            Self::Opus => "Opus",
            Self::Surround(Surround::Ac3) => "AC-3",
            Self::Surround(Surround::Eac3) => "E-AC-3",
        }
    }

    pub(super) fn encoder(self) -> &'static str {
        match self {
            Self::Aac | Self::AacLow => "aac",
            Self::Opus => "libopus",
            Self::Surround(Surround::Ac3) => "ac3",
            Self::Surround(Surround::Eac3) => "eac3",
        }
    }

    pub(super) fn kilobits(self) -> u32 {
        match self {
            Self::Aac => 128,
            Self::AacLow => 64,
            Self::Opus => 96,
            Self::Surround(Surround::Ac3) => 448,
            Self::Surround(Surround::Eac3) => 384,
        }
    }

    pub(super) fn label(self) -> String {
        format!(
            "{} {} {} kb/s",
            self.codec(),
            self.layout().name(),
            self.kilobits()
        )
    }

    /// ffmpeg's options from `-map` on, without format and file. `gain`: decibels, in ffmpeg's notation.
    pub(super) fn arguments(
        self,
        stream: usize,
        origin_us: i64,
        language: Option<&str>,
        gain: &str,
    ) -> Vec<String> {
        let mut arguments = super::only_stream(stream);
        let filters = self.layout().filters(origin_us);
        arguments.extend([
            "-af".into(),
            format!("{filters},volume={gain}dB:precision=float"),
            "-c:a".into(),
            self.encoder().into(),
            "-b:a".into(),
            format!("{}k", self.kilobits()),
        ]);
        if let Some(language) = language {
            arguments.extend(["-metadata:s:a:0".into(), format!("language={language}")]);
        }
        arguments
    }
}
