//! A picture in fragments of a fifth of a second, and the clock that they come by.
use std::process::{Command, Stdio};
use std::sync::LazyLock;
use std::time::{Duration, Instant, SystemTime};

use bytes::Bytes;

/// Seconds.
pub(crate) const PART: f64 = 0.2;
/// Of a segment, which lasts a second and begins with a key frame.
pub(crate) const PARTS: usize = 5;
/// Segments that there are.
pub(crate) const SEGMENTS: usize = 24;
/// Ticks of a second in the media.
pub(crate) const TIMESCALE: u64 = 12_800;

pub(crate) struct Fragments {
    pub(crate) header: Bytes,
    pub(crate) parts: Vec<Bytes>,
}

pub(crate) static FRAGMENTS: LazyLock<Fragments> = LazyLock::new(|| {
    let folder = tempfile::tempdir().unwrap();
    let arguments = format!(
        "-nostdin -v error -f lavfi -i testsrc2=s=320x180:r=25 -t {SEGMENTS} -c:v libx264 -preset ultrafast \
         -tune zerolatency -g 25 -keyint_min 25 -sc_threshold 0 -pix_fmt yuv420p -f mp4 \
         -movflags empty_moov+default_base_moof+cmaf -frag_duration 200000 live.mp4"
    );
    let made = Command::new("ffmpeg")
        .args(arguments.split_whitespace())
        .current_dir(folder.path())
        .stdout(Stdio::null())
        .status()
        .unwrap();
    assert!(made.success());
    let file = Bytes::from(std::fs::read(folder.path().join("live.mp4")).unwrap());
    let mut header_end = 0;
    let mut parts = Vec::new();
    let mut at = 0;
    let mut begin = 0;
    while at + 8 <= file.len() {
        let length = u32::from_be_bytes(file[at..at + 4].try_into().unwrap()) as usize;
        match &file[at + 4..at + 8] {
            b"moof" => {
                if header_end == 0 {
                    header_end = at;
                }
                begin = at;
            }
            b"mdat" => parts.push(file.slice(begin..at + length)),
            _ => {}
        }
        at += length;
    }
    assert_eq!(parts.len(), SEGMENTS * PARTS);
    Fragments {
        header: file.slice(..header_end),
        parts,
    }
});

/// The bytes of a segment.
pub(crate) fn segment(number: usize) -> Bytes {
    let at = number * PARTS;
    FRAGMENTS.parts[at..at + PARTS].concat().into()
}

/// The fragments at the pace of their time.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pace {
    begun: Instant,
    /// Seconds of the stream that are there when the first viewer comes.
    ahead: f64,
    /// The wall clock at its first picture.
    pub(crate) zero: SystemTime,
}

impl Pace {
    pub(crate) fn starting(ahead: f64) -> Self {
        LazyLock::force(&FRAGMENTS);
        Self {
            begun: Instant::now(),
            ahead,
            zero: SystemTime::now() - Duration::from_secs_f64(ahead),
        }
    }

    /// Seconds of the stream so far.
    pub(crate) fn age(&self) -> f64 {
        self.begun.elapsed().as_secs_f64() + self.ahead
    }

    /// Parts that are there.
    pub(crate) fn there(&self) -> usize {
        ((self.age() / PART) as usize).min(SEGMENTS * PARTS)
    }

    /// Parts that may be asked for: an MPD tells its clock in milliseconds, and clocks drift apart.
    pub(crate) fn promised(&self) -> usize {
        const EARLY: f64 = 0.02;
        (((self.age() + EARLY) / PART) as usize).min(SEGMENTS * PARTS)
    }

    /// When so many parts are there.
    pub(crate) fn moment(&self, parts: usize) -> Instant {
        let at = parts as f64 * PART - self.ahead + 0.005;
        self.begun + Duration::from_secs_f64(at.max(0.0))
    }

    /// Until the part of that index is there.
    pub(crate) async fn until(&self, part: usize) {
        tokio::time::sleep_until(self.moment(part + 1).into()).await;
    }
}
