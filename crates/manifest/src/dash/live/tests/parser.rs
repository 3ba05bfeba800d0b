//! Live MPDs as a parser of others reads them.
use super::*;
use crate::outside::parsed;

#[test]
fn mpd_parser_reads_live_mpds() {
    let restart = |encoder: Encoder| encoder.restarts(BEGIN_MS + 11_000, BEGIN_MS + 14_000, 0);
    for low_latency in [false, true] {
        let mut studio = Studio::new(vec![restart(Encoder::video()), restart(Encoder::audio())]);
        studio.settings.low_latency = low_latency;
        studio.settings.utc_timing.http_xsdate = None;
        studio.mpd(BEGIN_MS + 9000);
        let mpd = studio.mpd(BEGIN_MS + 22_000);
        let Some(read) = parsed("parse-mpd.mjs", &mpd) else {
            return;
        };
        for address in [
            "v720/6abc1234-886183201.m4s",
            "v720/init-6abc1234-0.mp4",
            "v720/init-6abc1234-1.mp4",
        ] {
            assert!(read.contains(address), "{address}\n{mpd}\n{read}");
        }
    }
}
