//! A small real ladder, made once with ffmpeg: three AVC rungs and AAC, with burnt-in timecode
//! where ffmpeg can draw text.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::Error;
use super::encoder::draws_text;

/// Seconds of picture and sound.
const DURATION_S: u32 = 72;
const FRAME_RATE: u32 = 25;
/// Closed GOPs of two seconds: every 4-second segment of every rung starts at the same frame.
const GOP_FRAMES: u32 = 2 * FRAME_RATE;

struct Rung {
    file: &'static str,
    label: &'static str,
    height: u32,
    bitrate_kbps: u32,
}

const RUNGS: [Rung; 3] = [
    Rung {
        file: "video-1080p.mp4",
        label: "1080p  5 Mb/s",
        height: 1080,
        bitrate_kbps: 5_000,
    },
    Rung {
        file: "video-720p.mp4",
        label: "720p  2.5 Mb/s",
        height: 720,
        bitrate_kbps: 2_500,
    },
    Rung {
        file: "video-360p.mp4",
        label: "360p  0.7 Mb/s",
        height: 360,
        bitrate_kbps: 700,
    },
];
const AUDIO_FILE: &str = "audio-en.mp4";

/// Makes the ladder in `dir` unless it is there already; `progress` is told the share done, 0 to 1.
///
/// Files appear under their final name only when ffmpeg ended well, so an interrupted run is repeated.
pub(super) fn make(dir: &Path, mut progress: impl FnMut(f64)) -> Result<(), Error> {
    let finals: Vec<PathBuf> = RUNGS
        .iter()
        .map(|rung| rung.file)
        .chain([AUDIO_FILE])
        .map(|file| dir.join(file))
        .collect();
    if finals.iter().all(|file| file.is_file()) {
        return Ok(());
    }
    std::fs::create_dir_all(dir).map_err(|source| Error::Write {
        path: dir.to_owned(),
        source,
    })?;
    let unfinished = dir.with_extension("unfinished");
    std::fs::create_dir_all(&unfinished).map_err(|source| Error::Write {
        path: unfinished.clone(),
        source,
    })?;

    let mut child = command(&unfinished)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(Error::FfmpegMissing)?;
    if let Some(stdout) = child.stdout.take() {
        for line in BufReader::new(stdout).lines().map_while(Result::ok) {
            if let Some(micros) = line
                .strip_prefix("out_time_us=")
                .and_then(|v| v.parse::<f64>().ok())
            {
                progress((micros / 1e6 / f64::from(DURATION_S)).clamp(0.0, 1.0));
            }
        }
    }
    let output = child.wait_with_output().map_err(Error::FfmpegMissing)?;
    if !output.status.success() {
        let stderr = String::from_utf8_lossy(&output.stderr);
        return Err(Error::FfmpegFailed(
            stderr
                .lines()
                .last()
                .unwrap_or("no reason given")
                .to_owned(),
        ));
    }
    for file in &finals {
        let Some(name) = file.file_name() else {
            continue;
        };
        std::fs::rename(unfinished.join(name), file).map_err(|source| Error::Write {
            path: file.clone(),
            source,
        })?;
    }
    // What is left is an empty folder; a failure to remove it harms nobody.
    let _ = std::fs::remove_dir(&unfinished);
    Ok(())
}

fn command(dir: &Path) -> Command {
    let mut ffmpeg = Command::new("ffmpeg");
    ffmpeg.args(["-v", "error", "-nostdin", "-y", "-progress", "pipe:1"]);
    ffmpeg
        .arg("-filter_complex")
        .arg(filter_graph(draws_text()));
    for (index, rung) in RUNGS.iter().enumerate() {
        let bitrate = rung.bitrate_kbps;
        ffmpeg.args(["-map", &format!("[v{index}]")]);
        ffmpeg.args([
            "-c:v",
            "libx264",
            "-preset",
            "veryfast",
            "-profile:v",
            "high",
            "-pix_fmt",
            "yuv420p",
        ]);
        ffmpeg.args([
            "-b:v",
            &format!("{bitrate}k"),
            "-maxrate",
            &format!("{}k", bitrate * 5 / 4),
        ]);
        ffmpeg.args([
            "-bufsize",
            &format!("{}k", bitrate * 2),
            "-g",
            &GOP_FRAMES.to_string(),
        ]);
        ffmpeg.args([
            "-keyint_min",
            &GOP_FRAMES.to_string(),
            "-sc_threshold",
            "0",
            "-flags",
            "+cgop",
        ]);
        ffmpeg.args(["-t", &DURATION_S.to_string(), "-movflags", "+faststart"]);
        ffmpeg.arg(dir.join(rung.file));
    }
    ffmpeg.args([
        "-map", "[a]", "-c:a", "aac", "-b:a", "128k", "-ac", "2", "-ar", "48000",
    ]);
    ffmpeg.args([
        "-metadata:s:a:0",
        "language=eng",
        "-t",
        &DURATION_S.to_string(),
    ]);
    ffmpeg
        .args(["-movflags", "+faststart"])
        .arg(dir.join(AUDIO_FILE));
    ffmpeg
}

/// Timecode, frame counter and title.
const TEXT: &str = ",drawtext=font=DejaVu Sans Mono:text='%{pts\\:hms}':fontsize=170:fontcolor=white:x=(w-tw)/2:\
    y=(h-th)/2:shadowcolor=black@0.5:shadowx=4:shadowy=4,\
    drawtext=font=DejaVu Sans Mono:text='frame %{n}':fontsize=44:fontcolor=white@0.8:x=(w-tw)/2:y=(h/2)+120,\
    drawtext=font=DejaVu Sans:text='edgepack':fontsize=64:fontcolor=white:x=80:y=80";

/// A slow gradient under a game of life, a timecode and frame counter in the middle, a square that flashes with the
/// beep of every second (lip sync is seen and heard), a bar that fills over the title, and each rung's name.
fn filter_graph(text: bool) -> String {
    let drawn = if text { TEXT } else { "" };
    let mut graph = format!(
        "gradients=s=640x360:r={FRAME_RATE}:d={DURATION_S}:n=4:speed=0.008:x0=0:y0=0:x1=640:y1=360:\
         c0=0x0b1d3a:c1=0x14505c:c2=0x5b2a66:c3=0x0b132b,scale=1920:1080:flags=bilinear,format=yuv420p[sky];\
         life=s=240x135:r={FRAME_RATE}:mold=60:ratio=0.10:death_color=#202020:life_color=#ffffff:\
         mold_color=#000000:seed=7,scale=1920:1080:flags=neighbor,format=yuv420p[life];\
         [sky][life]blend=all_mode=screen:all_opacity=0.16,\
         drawbox=x=0:y=ih-14:w=iw:h=14:color=white@0.15:t=fill,\
         drawbox=x=iw-170:y=70:w=100:h=100:color=0xffd166:t=fill:enable='lt(mod(t,1),0.12)'{drawn}[picture];\
         color=c=0xffd166:s=1920x14:r={FRAME_RATE}:d={DURATION_S}[bar];\
         [picture][bar]overlay=x='-W+W*t/{DURATION_S}':y=H-14:shortest=1,split={}",
        RUNGS.len()
    );
    for index in 0..RUNGS.len() {
        graph.push_str(&format!("[s{index}]"));
    }
    for (index, rung) in RUNGS.iter().enumerate() {
        graph.push_str(&format!(";[s{index}]"));
        if text {
            graph.push_str(&format!(
                "drawtext=font=DejaVu Sans Mono:text='{}':fontsize=56:fontcolor=white:x=80:y=h-130,",
                rung.label
            ));
        }
        graph.push_str(&format!("scale=-2:{}[v{index}]", rung.height));
    }
    graph.push_str(&format!(
        ";aevalsrc=exprs='{left}|{right}':s=48000:d={DURATION_S}[a]",
        left = voice("1"),
        right = voice("1.003")
    ));
    graph
}

/// A plucked arpeggio over four chords, and a short beep at every full second.
fn voice(detune: &str) -> String {
    let root = "if(lt(mod(t,8),2),220,if(lt(mod(t,8),4),174.61,if(lt(mod(t,8),6),261.63,196)))";
    let step = "if(lt(mod(t,1),.25),1,if(lt(mod(t,1),.5),1.25,if(lt(mod(t,1),.75),1.5,2)))";
    let pluck = "min(1,mod(t,.25)*200)*exp(-6*mod(t,.25))";
    let beep = "0.15*lt(mod(t,1),0.08)*sin(2*PI*1000*t)";
    format!("0.22*{pluck}*sin(2*PI*t*{detune}*{root}*{step})+{beep}").replace(',', "\\,")
}
