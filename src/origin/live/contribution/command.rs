//! How the child is called.
use std::ffi::OsStr;
use std::time::Duration;

use tokio::process::Command;

use crate::config::{Contribution, Transport};

/// Chunks to a part: the shorter they are, the sooner a part is known to be whole.
const CHUNKS_PER_PART: u32 = 2;
/// What is looked at before the first byte is written, microseconds; ffmpeg's own measure is five seconds.
const ANALYSIS_US: &str = "1000000";

/// What the child reads and writes is fixed by its arguments; its streams are the caller's to set.
///
/// The form of the input is stated and not guessed: a playlist that an encoder sends instead would have ffmpeg open the
/// files and URLs in it.
pub(super) fn command(contribution: &Contribution, part: Duration) -> Command {
    let mut command = Command::new(&contribution.program);
    command.args([
        "-hide_banner",
        "-nostdin",
        "-nostats",
        "-loglevel",
        "warning",
    ]);
    match contribution.transport {
        Transport::Srt => command
            .args(["-f", "mpegts"])
            .args(["-analyzeduration", ANALYSIS_US]),
        Transport::Rtmp { listen: true } => command.args(["-f", "flv", "-listen", "1"]),
        Transport::Rtmp { listen: false } => command.args(["-f", "flv"]),
    };
    command
        .args(&contribution.input_arguments)
        .arg("-i")
        .arg(OsStr::new(contribution.url.expose()));
    command.args(["-map", "0:v?", "-map", "0:a?", "-c", "copy"]);
    if contribution.transport == Transport::Srt {
        // AAC as MPEG-TS has it; fragmented, the muxer does not see to it.
        command.args(["-bsf:a", "aac_adtstoasc"]);
    }
    command.args(["-f", "mp4"]);
    // With the header after the first packets: only they tell all that is in it.
    command.args(["-movflags", "+cmaf+delay_moov+default_base_moof"]);
    let chunk = part / CHUNKS_PER_PART;
    command.args(["-frag_duration", &chunk.as_micros().to_string()]);
    command.args(["-flush_packets", "1"]);
    command.args(&contribution.arguments).arg("pipe:1");
    // A report would hold the URL.
    command
        .env_remove("FFREPORT")
        .env("AV_LOG_FORCE_NOCOLOR", "1");
    // A terminal's Ctrl-C is the node's, which ends the child itself.
    command.process_group(0);
    command
}

#[cfg(test)]
mod tests;
