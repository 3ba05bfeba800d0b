//! Pictures: size, cadence, colours and rate of one rung, in one codec.
use super::ladder::Size;
use super::probe::Video;
use super::rate::{Cadence, Rate};

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum VideoCodec {
    Avc,
    Hevc,
    Av1,
}

/// How long the encoders may think.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Effort {
    Draft,
    #[default]
    Standard,
    High,
}

/// The filters of [`tone_map`].
pub(super) const TONE_MAPPING: [&str; 2] = ["zscale", "tonemap"];
/// Up to this class, pictures of more than 30 frames a second have half of them.
const SMALL: u32 = 480;

impl VideoCodec {
    pub const ALL: [Self; 3] = [Self::Avc, Self::Hevc, Self::Av1];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Avc => "avc",
            Self::Hevc => "hevc",
            Self::Av1 => "av1",
        }
    }

    pub(super) fn encoder(self) -> &'static str {
        match self {
            Self::Avc => "libx264",
            Self::Hevc => "libx265",
            Self::Av1 => "libsvtav1",
        }
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Avc => "AVC",
            Self::Hevc => "HEVC",
            Self::Av1 => "AV1",
        }
    }

    /// Work per picture, to AVC's.
    pub(super) fn weight(self) -> u64 {
        match self {
            Self::Avc => 1,
            Self::Hevc => 4,
            Self::Av1 => 3,
        }
    }

    fn preset(self, effort: Effort) -> &'static str {
        match (self, effort) {
            (Self::Avc, Effort::Draft) => "veryfast",
            (Self::Avc, Effort::Standard) => "medium",
            (Self::Avc | Self::Hevc, Effort::High) => "slow",
            (Self::Hevc, Effort::Draft) => "ultrafast",
            (Self::Hevc, Effort::Standard) => "medium",
            (Self::Av1, Effort::Draft) => "11",
            (Self::Av1, Effort::Standard) => "8",
            (Self::Av1, Effort::High) => "5",
        }
    }

    fn quality(self, class: u32) -> u32 {
        let base = match self {
            Self::Avc => 21,
            Self::Hevc => 23,
            Self::Av1 => 32,
        };
        // What is small is shown enlarged, and has the bits to spare.
        base + u32::from(class > 1080) + u32::from(class > 1440)
    }
}

/// One video file of the ladder.
#[derive(Debug, Clone, Copy)]
pub(super) struct VideoRung {
    pub(super) codec: VideoCodec,
    pub(super) size: Size,
    pub(super) cadence: Cadence,
    pub(super) effort: Effort,
}

impl VideoRung {
    pub(super) fn rate(&self) -> Rate {
        self.cadence.rate(self.size.class <= SMALL)
    }

    pub(super) fn gop(&self) -> u32 {
        self.cadence.gop(self.size.class <= SMALL)
    }

    pub(super) fn file(&self) -> String {
        format!("{}-{}p.mp4", self.codec.as_str(), self.size.class)
    }

    pub(super) fn label(&self) -> String {
        format!(
            "{} {}×{} {:.3} fps ≤ {} kb/s",
            self.codec.name(),
            self.size.width,
            self.size.height,
            self.rate().per_second(),
            self.max_kilobits()
        )
        .replace(".000 fps", " fps")
    }

    /// The ceiling of quality-led coding: what the rung's pictures may take at most.
    pub(super) fn max_kilobits(&self) -> u32 {
        // AVC, up to 30 frames a second: between two known sizes in proportion to their pixels.
        const KNOWN: [(u32, f64); 8] = [
            (0, 0.0),
            (180, 250.0),
            (360, 800.0),
            (480, 1400.0),
            (720, 3200.0),
            (1080, 6000.0),
            (1440, 10_000.0),
            (2160, 18_000.0),
        ];
        let area = |class: u32| f64::from(class) * f64::from(class);
        let class = self.size.class.min(4320);
        let above = KNOWN
            .iter()
            .position(|(known, _)| *known >= class)
            .unwrap_or(KNOWN.len() - 1)
            .max(1);
        let ((low, less), (high, more)) = (KNOWN[above - 1], KNOWN[above]);
        let share = (area(class) - area(low)) / (area(high) - area(low));
        let avc = less + (more - less) * share;
        let of_codec = match self.codec {
            VideoCodec::Avc => 1.0,
            VideoCodec::Hevc => 0.65,
            VideoCodec::Av1 => 0.55,
        };
        let of_rate = if self.rate().per_second() > 30.5 {
            1.4
        } else {
            1.0
        };
        // Pictures narrower than 16:9 have fewer pixels than their class.
        let whole = area(class) * 16.0 / 9.0;
        let pixels = f64::from(self.size.width) * f64::from(self.size.height);
        let of_shape = (pixels / whole).clamp(0.25, 1.0);
        ((avc * of_codec * of_rate * of_shape / 10.0).round() * 10.0).max(100.0) as u32
    }

    /// Coded pictures, weighed: for the share of the whole work.
    pub(super) fn work(&self, seconds: f64) -> u64 {
        let pixels = u64::from(self.size.width) * u64::from(self.size.height);
        pixels * self.rate().frames_in(seconds) * self.codec.weight()
    }

    /// Ten bits where the source has them and the codec takes them.
    fn is_deep(&self, video: &Video) -> bool {
        self.codec != VideoCodec::Avc && (video.deep || video.colour.is_hdr())
    }

    /// ffmpeg's options from `-map` on, without format and file.
    pub(super) fn arguments(&self, video: &Video, origin_us: i64) -> Vec<String> {
        let (gop, max) = (self.gop().to_string(), self.max_kilobits());
        let mut arguments = super::only_stream(video.index);
        let mut set = |option: &str, value: String| arguments.extend([option.to_owned(), value]);
        set("-vf", self.filters(video, origin_us));
        set("-c:v", self.codec.encoder().into());
        set("-preset", self.codec.preset(self.effort).into());
        set("-crf", self.codec.quality(self.size.class).to_string());
        set("-g", gop.clone());
        match self.codec {
            VideoCodec::Avc => {
                set("-profile:v", "high".into());
                set("-maxrate", format!("{max}k"));
                set("-bufsize", format!("{}k", max * 2));
                set("-keyint_min", gop);
                set("-sc_threshold", "0".into());
                set("-flags", "+cgop".into());
                set("-x264-params", "open-gop=0".into());
                set("-tag:v", "avc1".into());
            }
            VideoCodec::Hevc => {
                set("-keyint_min", gop.clone());
                set("-x265-params", self.x265(video, &gop, max));
                set("-tag:v", "hvc1".into());
            }
            VideoCodec::Av1 => {
                set("-svtav1-params", svt(video, &gop, max));
                set("-tag:v", "av01".into());
            }
        }
        for (option, value) in self.colours(video) {
            set(option, value);
        }
        set(
            "-video_track_timescale",
            self.cadence.timescale().to_string(),
        );
        arguments
    }

    fn filters(&self, video: &Video, origin_us: i64) -> String {
        let mut filters = paced(video, origin_us, &self.rate().to_string());
        filters.push(scale(self.size.width, self.size.height));
        if self.codec == VideoCodec::Avc && video.colour.is_hdr() {
            filters.push(tone_map(video));
        }
        let pixels = if self.is_deep(video) {
            "yuv420p10le"
        } else {
            "yuv420p"
        };
        filters.push(format!("format={pixels}"));
        filters.join(",")
    }

    /// As the source says them; of a tone-mapped picture those of BT.709.
    fn colours(&self, video: &Video) -> Vec<(&'static str, String)> {
        let colour = &video.colour;
        if self.codec == VideoCodec::Avc && colour.is_hdr() {
            return ["-color_primaries", "-color_trc", "-colorspace"]
                .map(|option| (option, "bt709".to_owned()))
                .to_vec();
        }
        [
            ("-color_primaries", &colour.primaries),
            ("-color_trc", &colour.transfer),
            ("-colorspace", &colour.matrix),
        ]
        .into_iter()
        .filter_map(|(option, value)| Some((option, value.clone()?)))
        .collect()
    }

    fn x265(&self, video: &Video, gop: &str, max: u32) -> String {
        let mut params = format!(
            "log-level=error:keyint={gop}:min-keyint={gop}:scenecut=0:open-gop=0:vbv-maxrate={max}:vbv-bufsize={}",
            max * 2
        );
        let colour = &video.colour;
        if colour.transfer.as_deref() == Some("smpte2084") {
            params.push_str(":hdr10=1");
            if let Some(mastering) = &colour.mastering {
                // In steps of 0.00002 and 0.0001 cd/m².
                let shown = mastering.shown(50_000.0, 10_000.0);
                params.push_str(&format!(":master-display={shown}"));
            }
            if let Some((most, average)) = colour.light {
                params.push_str(&format!(":max-cll={most},{average}"));
            }
        }
        params
    }
}

fn svt(video: &Video, gop: &str, max: u32) -> String {
    let mut params = format!("keyint={gop}:scd=0:irefresh-type=2:mbr={max}");
    if let Some(mastering) = &video.colour.mastering {
        params.push_str(&format!(":mastering-display={}", mastering.shown(1.0, 1.0)));
    }
    if let Some((most, average)) = video.colour.light {
        params.push_str(&format!(":content-light={most},{average}"));
    }
    params
}

/// Whole pictures, so many a second from time 0 on.
pub(super) fn paced(video: &Video, origin_us: i64, rate: &str) -> Vec<String> {
    let mut filters = vec![format!("setpts=PTS-({origin_us}/1000000)/TB")];
    if video.interlaced {
        filters.push("bwdif=mode=send_frame:deint=all".to_owned());
    }
    filters.push(format!("fps=fps={rate}:start_time=0"));
    filters
}

/// To square pixels of the usual range.
pub(super) fn scale(width: u32, height: u32) -> String {
    format!("scale={width}:{height}:flags=lanczos:out_range=tv,setsar=1")
}

/// HDR10 or HLG to BT.709.
pub(super) fn tone_map(video: &Video) -> String {
    let named = |value: &Option<String>, usual: &str| value.clone().unwrap_or_else(|| usual.into());
    format!(
        "zscale=transferin={}:primariesin={}:matrixin={}:transfer=linear:npl=100,format=gbrpf32le,\
         zscale=primaries=bt709,tonemap=tonemap=hable:desat=0,zscale=transfer=bt709:matrix=bt709:range=limited",
        named(&video.colour.transfer, "smpte2084"),
        named(&video.colour.primaries, "bt2020"),
        named(&video.colour.matrix, "bt2020nc"),
    )
}

#[cfg(test)]
mod tests;
