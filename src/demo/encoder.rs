//! What the demo's channel shows: a test picture with the time of day and a beep every second, encoded by ffmpeg as it
//! goes and pushed to the node.
use std::io::Read;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

const FRAME_RATE: u32 = 25;
/// Closed GOPs as long as the mount's segments.
const GOP_FRAMES: u32 = 2 * FRAME_RATE;
/// As long as a part: what low latency goes by.
const CHUNK_SECONDS: &str = "0.5";
/// Height and kilobits per second.
const RUNGS: [(u32, u32); 2] = [(720, 1_800), (360, 500)];
/// An encoder that ended is started again after so long, and twice as long after each further time.
const BACK_OFF: Duration = Duration::from_secs(1);
const BACK_OFF_MAX: Duration = Duration::from_secs(30);
/// How often a running encoder is looked after.
const LOOK_EVERY: Duration = Duration::from_millis(200);
/// Of what ffmpeg says.
const MAX_SAID: u64 = 4096;

/// An encoder that runs from `start` to `stop`, whatever becomes of single processes. Clones are the same one.
#[derive(Debug, Clone, Default)]
pub(super) struct Encoder {
    shared: Arc<Shared>,
}

#[derive(Debug, Default)]
struct Shared {
    state: Mutex<State>,
    stopped: Condvar,
}

#[derive(Debug, Default)]
struct State {
    child: Option<Child>,
    stopped: bool,
}

impl Encoder {
    /// Pushes to this ingest address, without a slash at its end. Returns at once.
    pub(super) fn start(&self, ingest: String) {
        let encoder = self.clone();
        std::thread::spawn(move || encoder.supervise(&ingest));
    }

    /// Ends the process that runs.
    pub(super) fn stop(&self) {
        let mut state = self.lock();
        state.stopped = true;
        if let Some(child) = &mut state.child {
            // It may have ended by itself.
            let _ = child.kill();
            let _ = child.wait();
        }
        drop(state);
        self.shared.stopped.notify_all();
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        let state = self.shared.state.lock();
        state.unwrap_or_else(PoisonError::into_inner)
    }

    fn supervise(&self, ingest: &str) {
        let text = draws_text();
        let mut back_off = BACK_OFF;
        loop {
            match self.run(command(ingest, text)) {
                None => return,
                Some(how) => tracing::warn!(%how, "the demo's encoder ended; it is started again"),
            }
            if self.pause(back_off) {
                return;
            }
            back_off = (back_off * 2).min(BACK_OFF_MAX);
        }
    }

    /// Until the process ends: how. None when it was told to stop.
    fn run(&self, mut command: Command) -> Option<String> {
        let mut state = self.lock();
        if state.stopped {
            return None;
        }
        let mut child = match command.spawn() {
            Ok(child) => child,
            Err(error) => return Some(format!("ffmpeg cannot be started: {error}")),
        };
        let said = child.stderr.take();
        state.child = Some(child);
        drop(state);
        let said = std::thread::spawn(move || said.map(last_words).unwrap_or_default());
        loop {
            if self.pause(LOOK_EVERY) {
                return None;
            }
            let mut state = self.lock();
            let ended = state.child.as_mut().map(Child::try_wait);
            if let Some(Ok(None)) = ended {
                continue;
            }
            state.child = None;
            drop(state);
            let status = ended.and_then(Result::ok).flatten();
            let status = status.map_or_else(String::new, |status: ExitStatus| status.to_string());
            return Some(format!("{status}: {}", said.join().unwrap_or_default()));
        }
    }

    /// Whether it was told to stop, by then at the latest.
    fn pause(&self, time: Duration) -> bool {
        let state = self.lock();
        let waited = self
            .shared
            .stopped
            .wait_timeout_while(state, time, |state| !state.stopped);
        let (state, _) = waited.unwrap_or_else(PoisonError::into_inner);
        state.stopped
    }
}

/// Reads all of it, so that the process never waits, and keeps the end.
fn last_words(mut from: impl Read) -> String {
    let mut said = Vec::new();
    let mut piece = [0; 1024];
    let most = usize::try_from(MAX_SAID).unwrap_or(usize::MAX);
    while let Ok(read @ 1..) = from.read(&mut piece) {
        said.extend_from_slice(&piece[..read]);
        let excess = said.len().saturating_sub(most);
        said.drain(..excess);
    }
    let said = String::from_utf8_lossy(&said);
    said.lines().last().unwrap_or_default().to_owned()
}

/// Not every ffmpeg can: the filter wants a library, and the library a font.
pub(super) fn draws_text() -> bool {
    let mut ffmpeg = Command::new("ffmpeg");
    ffmpeg.args(["-v", "quiet", "-nostdin", "-f", "lavfi"]);
    ffmpeg.args(["-i", "color=s=64x64:r=1:d=1"]);
    ffmpeg.args(["-vf", "drawtext=font=DejaVu Sans Mono:text=0"]);
    ffmpeg.args(["-frames:v", "1", "-f", "null", "-"]);
    let status = ffmpeg
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    status.is_ok_and(|status| status.success())
}

fn command(ingest: &str, text: bool) -> Command {
    let mut ffmpeg = Command::new("ffmpeg");
    ffmpeg.args(["-v", "error", "-nostdin"]);
    // Without text, the picture that counts seconds by itself.
    let source = if text { "testsrc2" } else { "testsrc" };
    let picture = format!("{source}=s=1280x720:r={FRAME_RATE}");
    let sound = "aevalsrc=exprs='0.2*lt(mod(t,1),0.08)*sin(2*PI*1000*t)':s=48000";
    for input in [picture.as_str(), sound] {
        ffmpeg.args(["-re", "-f", "lavfi", "-i", input]);
    }
    ffmpeg.arg("-filter_complex").arg(graph(text));
    for (index, (_, kbps)) in RUNGS.iter().enumerate() {
        ffmpeg.args(["-map", &format!("[v{index}]")]);
        ffmpeg.args([format!("-b:v:{index}"), format!("{kbps}k")]);
        ffmpeg.args([format!("-maxrate:v:{index}"), format!("{kbps}k")]);
        ffmpeg.args([format!("-bufsize:v:{index}"), format!("{}k", kbps / 2)]);
    }
    let gop = GOP_FRAMES.to_string();
    ffmpeg.args(["-c:v", "libx264", "-preset", "ultrafast"]);
    ffmpeg.args(["-tune", "zerolatency", "-pix_fmt", "yuv420p"]);
    ffmpeg.args(["-g", &gop, "-keyint_min", &gop, "-sc_threshold", "0"]);
    ffmpeg.args(["-map", "1:a", "-c:a", "aac", "-b:a", "96k", "-ac", "2"]);
    ffmpeg.args(["-f", "dash", "-ldash", "1", "-streaming", "1"]);
    ffmpeg.args(["-use_template", "1", "-use_timeline", "0"]);
    ffmpeg.args(["-seg_duration", "2", "-frag_type", "duration"]);
    ffmpeg.args(["-frag_duration", CHUNK_SECONDS]);
    ffmpeg.args(["-adaptation_sets", "id=0,streams=v id=1,streams=a"]);
    ffmpeg.args(["-method", "PUT", "-http_persistent", "1"]);
    ffmpeg.arg(format!("{ingest}/manifest.mpd"));
    ffmpeg
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped());
    ffmpeg
}

/// The time of day in tenths of a second, a square that flashes with the beep, and a bar that goes over the picture once
/// a second of the clock.
fn graph(text: bool) -> String {
    let mut graph =
        "[0:v]drawbox=x=iw-150:y=50:w=100:h=100:color=0xffd166:t=fill:enable='lt(mod(t,1),0.12)'"
            .to_owned();
    if text {
        graph.push_str(
            ",drawbox=x=(iw-720)/2:y=(ih-170)/2:w=720:h=170:color=black@0.6:t=fill,\
             drawtext=font=DejaVu Sans Mono:fontsize=110:fontcolor=white:x=(w-tw)/2:y=(h-th)/2:\
             text='%{localtime\\:%H\\\\\\:%M\\\\\\:%S}.%{eif\\:mod(floor(time(0)*10)\\,10)\\:d}'",
        );
    }
    graph.push_str(&format!(
        "[picture];color=c=0xffd166:s=1280x14:r={FRAME_RATE}[bar];\
         [picture][bar]overlay=x='-W+W*mod(time(0),1)':y=H-14:shortest=1,split={}",
        RUNGS.len()
    ));
    for index in 0..RUNGS.len() {
        graph.push_str(&format!("[s{index}]"));
    }
    for (index, (height, _)) in RUNGS.iter().enumerate() {
        graph.push_str(&format!(";[s{index}]scale=-2:{height}[v{index}]"));
    }
    graph
}
