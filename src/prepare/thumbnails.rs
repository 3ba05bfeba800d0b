//! Thumbnails: sheets of small pictures, each sheet one JPEG sample of a track.
use std::time::Duration;

use super::probe::Video;
use super::video;
use crate::description::Tiles;

const COLUMNS: u32 = 5;
const ROWS: u32 = 5;
/// Longer side of one thumbnail.
const LENGTH: f64 = 320.0;
const INTERVAL_MS: u64 = 10_000;
/// Below this length, one in ten seconds is hardly one in a scene.
const SHORT_SECONDS: f64 = 300.0;
const SHORT_INTERVAL_MS: u64 = 2_000;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Sheets {
    pub(super) tiles: Tiles,
    /// Of one thumbnail.
    pub(super) width: u32,
    pub(super) height: u32,
}

impl Sheets {
    pub(super) fn new(video: &Video, duration: Option<f64>, interval: Option<Duration>) -> Self {
        let usual = if duration.is_some_and(|seconds| seconds < SHORT_SECONDS) {
            SHORT_INTERVAL_MS
        } else {
            INTERVAL_MS
        };
        let interval_ms = interval.map_or(usual, |interval| interval.as_millis() as u64);
        let share = LENGTH / f64::from(video.width.max(video.height));
        let side =
            |length: u32| (f64::from(length) * share.min(1.0) / 2.0).round().max(1.0) as u32 * 2;
        Self {
            tiles: Tiles {
                columns: COLUMNS,
                rows: ROWS,
                interval_ms,
            },
            width: side(video.width),
            height: side(video.height),
        }
    }

    pub(super) fn label(&self) -> String {
        format!(
            "thumbnails {}×{}, one in {} s",
            self.width,
            self.height,
            self.tiles.interval_ms as f64 / 1000.0
        )
    }

    /// ffmpeg's options from `-map` on, without format and file. A thumbnail shows the middle of its interval.
    pub(super) fn arguments(&self, video: &Video, origin_us: i64) -> Vec<String> {
        let Tiles {
            columns,
            rows,
            interval_ms,
        } = self.tiles;
        let mut filters = video::paced(video, origin_us, &format!("1000/{interval_ms}"));
        filters.push(video::scale(self.width, self.height));
        if video.colour.is_hdr() {
            filters.push(video::tone_map(video));
        }
        // JPEG has BT.601's matrix and the full range (JFIF).
        filters.push(
            "scale=in_range=tv:out_range=pc:out_color_matrix=bt601,format=yuvj420p".to_owned(),
        );
        filters.push(format!("tile=layout={columns}x{rows}"));
        let mut arguments = super::only_stream(video.index);
        let rest = [
            "-vf",
            &filters.join(","),
            "-c:v",
            "mjpeg",
            "-q:v",
            "5",
            "-huffman",
            "optimal",
            "-video_track_timescale",
            "1000",
        ];
        arguments.extend(rest.map(str::to_owned));
        arguments
    }
}
