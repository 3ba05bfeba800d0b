//! `edgepack prepare` as its user meets it: the real binary, the real ffmpeg, what ffprobe says of the outputs.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use edgepack::description::{Description, Kind};
use tempfile::TempDir;

const PATIENCE: Duration = Duration::from_secs(60);

fn edgepack(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_edgepack"));
    command.args(arguments).stdin(Stdio::null());
    command
}

fn run(arguments: &[&str]) -> Output {
    edgepack(arguments).output().unwrap()
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

fn ffmpeg(arguments: &[&str]) -> String {
    let output = Command::new("ffmpeg")
        .args(["-hide_banner", "-nostdin", "-nostats", "-y"])
        .args(arguments)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", stderr(&output));
    stderr(&output)
}

fn ffprobe(file: &Path, arguments: &[&str]) -> Vec<String> {
    let output = Command::new("ffprobe")
        .args(["-v", "error", "-of", "csv=p=0"])
        .args(arguments)
        .arg(file)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", stderr(&output));
    stdout(&output).lines().map(str::to_owned).collect()
}

/// Four seconds of 50 pictures, a loud and a quiet language, subtitles inside and beside.
fn source() -> &'static Path {
    static SOURCE: OnceLock<PathBuf> = OnceLock::new();
    SOURCE.get_or_init(|| {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("prepare-source");
        std::fs::create_dir_all(&folder).unwrap();
        let cues =
            "1\n00:00:00,500 --> 00:00:01,500\nHello\n\n2\n00:00:02,000 --> 00:00:03,000\nWorld\n";
        let subtitles = folder.join("film.fr.forced.srt");
        std::fs::write(&subtitles, cues).unwrap();
        let film = folder.join("film.mkv");
        let inputs = [
            "testsrc2=s=1280x720:r=50:d=4",
            "sine=f=440:d=4,volume=14dB",
            "sine=f=880:d=4,volume=-12dB",
        ];
        let mut arguments = vec!["-v", "error"];
        for input in inputs {
            arguments.extend(["-f", "lavfi", "-i", input]);
        }
        arguments.extend(["-i", text(&subtitles)]);
        for stream in ["0", "1", "2", "3"] {
            arguments.extend(["-map", stream]);
        }
        arguments.extend([
            "-c:v",
            "libx264",
            "-preset",
            "ultrafast",
            "-c:a",
            "aac",
            "-c:s",
            "srt",
        ]);
        arguments.extend([
            "-metadata:s:a:0",
            "language=eng",
            "-metadata:s:a:1",
            "language=ger",
        ]);
        arguments.extend(["-metadata:s:s:0", "language=eng", text(&film)]);
        ffmpeg(&arguments);
        film
    })
}

fn prepare<'a>(dir: &'a Path, more: &[&'a str]) -> Vec<&'a str> {
    let mut arguments = vec![
        "prepare",
        text(source()),
        text(dir),
        "--codec",
        "avc",
        "--effort",
        "draft",
    ];
    arguments.extend(more);
    arguments
}

/// A whole run's outputs, made once. Others copy them.
fn prepared() -> &'static Path {
    static PREPARED: OnceLock<PathBuf> = OnceLock::new();
    PREPARED.get_or_init(|| {
        let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join("prepare-asset");
        if dir.exists() {
            std::fs::remove_dir_all(&dir).unwrap();
        }
        let output = run(&prepare(&dir, &["--jobs", "2"]));
        assert!(output.status.success(), "{}", stderr(&output));
        assert!(
            stdout(&output).contains("10 made, 0 kept"),
            "{}",
            stdout(&output)
        );
        dir
    })
}

fn copy_of_prepared() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let status = Command::new("cp")
        .args([
            "-a",
            &format!("{}/.", prepared().display()),
            text(folder.path()),
        ])
        .status();
    assert!(status.unwrap().success());
    folder
}

#[test]
fn key_frames_of_all_rungs_are_at_the_same_moments() {
    let key_frames = |rung: &str| -> Vec<String> {
        ffprobe(
            &prepared().join(rung),
            &[
                "-select_streams",
                "v",
                "-show_entries",
                "packet=pts_time,flags",
            ],
        )
        .iter()
        .filter(|line| line.contains('K'))
        .map(|line| line.split(',').next().unwrap().to_owned())
        .collect()
    };
    for rung in ["avc-720p.mp4", "avc-480p.mp4", "avc-360p.mp4"] {
        assert_eq!(key_frames(rung), ["0.000000", "2.000000"], "{rung}");
    }
    let stream = |rung: &str| {
        let entries = "stream=width,height,pix_fmt,avg_frame_rate,nb_frames";
        ffprobe(&prepared().join(rung), &["-show_entries", entries])
    };
    assert_eq!(stream("avc-720p.mp4"), ["1280,720,yuv420p,50/1,200"]);
    assert_eq!(stream("avc-480p.mp4"), ["854,480,yuv420p,25/1,100"]);
    assert_eq!(stream("avc-360p.mp4"), ["640,360,yuv420p,25/1,100"]);
}

#[test]
fn every_language_has_the_same_loudness_and_no_peak_over_the_ceiling() {
    for file in ["audio-en.mp4", "audio-de.mp4", "audio-en-low.mp4"] {
        let file = prepared().join(file);
        let printed = ffmpeg(&[
            "-v",
            "info",
            "-i",
            text(&file),
            "-af",
            "ebur128=peak=true:framelog=verbose",
            "-f",
            "null",
            "-",
        ]);
        let level = |label: &str| -> f64 {
            let line = printed
                .lines()
                .rfind(|line| line.trim_start().starts_with(label))
                .unwrap();
            line.split_whitespace().nth(1).unwrap().parse().unwrap()
        };
        assert!(
            (level("I:") + 16.0).abs() < 0.5,
            "{} LUFS in {}",
            level("I:"),
            file.display()
        );
        assert!(
            level("Peak:") < -1.0,
            "{} dBTP in {}",
            level("Peak:"),
            file.display()
        );
    }
}

#[test]
fn subtitles_become_webvtt_and_thumbnails_sheets() {
    for file in ["text-en.vtt", "text-fr-forced.vtt"] {
        let text = std::fs::read_to_string(prepared().join(file)).unwrap();
        assert!(
            text.starts_with("WEBVTT\n") && text.contains("00:02.000 --> 00:03.000\nWorld"),
            "{text}"
        );
    }
    let entries = "stream=codec_name,codec_tag_string,width,height:packet=pts_time,duration_time";
    let sheets = ffprobe(&prepared().join("thumbs.mp4"), &["-show_entries", entries]);
    assert_eq!(sheets, ["0.000000,50.000000", "mjpeg,mp4v,1600,900"]);
}

#[test]
fn the_description_holds_against_the_files() {
    let output = run(&["check", "--asset", text(prepared())]);
    assert!(output.status.success(), "{}", stdout(&output));
    let description = Description::load(&prepared().join("asset.toml")).unwrap();
    let tracks = &description.periods[0].tracks;
    assert_eq!(tracks.len(), 10);
    let of = |kind| {
        tracks
            .iter()
            .filter(|track| track.kind == Some(kind))
            .count()
    };
    assert_eq!(
        (
            of(Kind::Video),
            of(Kind::Audio),
            of(Kind::Text),
            of(Kind::Image)
        ),
        (3, 4, 2, 1)
    );
    let german = tracks
        .iter()
        .find(|track| track.file == "audio-de.mp4")
        .unwrap();
    assert_eq!(german.language.as_deref(), Some("de"));
    assert_eq!(german.name.as_deref(), Some("Deutsch"));
    assert_eq!(
        ffprobe(
            &prepared().join("audio-de.mp4"),
            &["-show_entries", "stream_tags=language"]
        ),
        ["deu"]
    );
}

#[test]
fn another_run_makes_only_what_is_missing_or_differs() {
    let dir = copy_of_prepared();
    let output = run(&prepare(dir.path(), &[]));
    assert!(
        stdout(&output).contains("0 made, 10 kept"),
        "{}",
        stdout(&output)
    );

    std::fs::remove_file(dir.path().join("text-en.vtt")).unwrap();
    let output = run(&prepare(dir.path(), &["--loudness", "-23"]));
    assert!(output.status.success(), "{}", stderr(&output));
    let told = stderr(&output);
    assert!(
        stdout(&output).contains("5 made, 5 kept"),
        "{}{told}",
        stdout(&output)
    );
    // It was measured before.
    assert!(!told.contains("started  loudness"), "{told}");

    let output = run(&prepare(
        dir.path(),
        &["--loudness", "-23", "--no-thumbnails", "--quiet"],
    ));
    assert!(output.status.success());
    assert!(
        output.stdout.is_empty() && output.stderr.is_empty(),
        "{}",
        stderr(&output)
    );
    let description = std::fs::read_to_string(dir.path().join("asset.toml")).unwrap();
    assert!(!description.contains("thumbs.mp4"));
}

#[test]
fn a_dry_run_makes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("asset");
    let output = run(&prepare(&dir, &["--dry-run", "--rungs", "360p"]));
    assert!(output.status.success(), "{}", stderr(&output));
    let plan = stdout(&output);
    assert!(
        plan.contains("avc-360p.mp4") && !plan.contains("avc-720p.mp4"),
        "{plan}"
    );
    assert!(
        plan.contains("-g 50") && plan.contains("loudnorm"),
        "{plan}"
    );
    assert!(!dir.exists());
}

#[test]
fn a_file_of_somebody_else_stays() {
    let dir = tempfile::tempdir().unwrap();
    let theirs = dir.path().join("audio-de.mp4");
    std::fs::write(&theirs, "theirs").unwrap();
    let output = run(&prepare(dir.path(), &[]));
    assert_eq!(output.status.code(), Some(1));
    assert!(
        stderr(&output).contains("audio-de.mp4 is there"),
        "{}",
        stderr(&output)
    );
    assert_eq!(std::fs::read_to_string(&theirs).unwrap(), "theirs");
}

/// An ffmpeg that behaves as `script` says; `$REAL` is the true one.
struct Tools {
    folder: TempDir,
}

impl Tools {
    fn new(script: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let real = |tool: &str| {
            let paths = std::env::var_os("PATH").unwrap();
            let mut places = std::env::split_paths(&paths).map(|place| place.join(tool));
            places.find(|place| place.is_file()).expect(tool)
        };
        std::os::unix::fs::symlink(real("ffprobe"), folder.path().join("ffprobe")).unwrap();
        let wrapper = folder.path().join("ffmpeg");
        let script = format!(
            "#!/bin/sh\nREAL={}\nHERE={}\n{script}\n",
            real("ffmpeg").display(),
            folder.path().display()
        );
        std::fs::write(&wrapper, script).unwrap();
        std::fs::set_permissions(&wrapper, std::fs::Permissions::from_mode(0o755)).unwrap();
        Self { folder }
    }

    fn edgepack(&self, arguments: &[&str]) -> Command {
        let mut command = edgepack(arguments);
        let path = std::env::var("PATH").unwrap();
        command.env("PATH", format!("{}:{path}", self.folder.path().display()));
        command
    }

    fn wait_for(&self, name: &str, child: &mut Child) -> String {
        let start = Instant::now();
        loop {
            if let Ok(content) = std::fs::read_to_string(self.folder.path().join(name))
                && content.ends_with('\n')
            {
                return content.trim().to_owned();
            }
            assert_eq!(child.try_wait().unwrap(), None, "it ended before");
            assert!(start.elapsed() < PATIENCE, "{name} does not come");
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}

/// Whether the process is gone, or but a name in its parent's table.
fn has_ended(pid: &str) -> bool {
    std::fs::read(format!("/proc/{pid}/cmdline")).map_or(true, |line| line.is_empty())
}

#[test]
fn an_interrupted_run_ends_ffmpeg_and_is_gone_on_with() {
    let tools = Tools::new(
        "case \"$*\" in *audio-de.mp4.part) echo $$ > $HERE/reached; exec sleep 600 ;; esac\nexec $REAL \"$@\"",
    );
    for (signal, made_before) in [("-INT", 3), ("-TERM", 3)] {
        let folder = tempfile::tempdir().unwrap();
        let dir = folder.path().join("asset");
        let arguments = prepare(&dir, &["--rungs", "360p", "--no-thumbnails"]);
        let mut child = tools
            .edgepack(&arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let ffmpeg = tools.wait_for("reached", &mut child);
        let kill = Command::new("kill")
            .args([signal, &child.id().to_string()])
            .status();
        assert!(kill.unwrap().success());
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(1), "{signal}");
        assert!(
            stderr(&output).contains("run the command again"),
            "{}",
            stderr(&output)
        );
        let start = Instant::now();
        while !has_ended(&ffmpeg) {
            assert!(start.elapsed() < PATIENCE, "ffmpeg goes on alone");
            std::thread::sleep(Duration::from_millis(10));
        }
        assert!(!dir.join("asset.toml").exists());
        assert!(!dir.join("audio-de.mp4").exists());
        std::fs::remove_file(tools.folder.path().join("reached")).unwrap();

        let output = run(&arguments);
        assert!(output.status.success(), "{}", stderr(&output));
        let told = format!("{} made, {made_before} kept", 7 - made_before);
        assert!(stdout(&output).contains(&told), "{}", stdout(&output));
        assert!(dir.join("asset.toml").exists());
        let left: Vec<_> = std::fs::read_dir(dir.join(".prepare"))
            .unwrap()
            .map(|entry| entry.unwrap().file_name())
            .filter(|name| text(Path::new(name)).ends_with(".part"))
            .collect();
        assert!(left.is_empty(), "{left:?}");
    }
}

#[test]
fn an_ffmpeg_that_stands_still_is_stopped() {
    let tools = Tools::new(
        "case \"$*\" in *-encoders*|*-filters*) exec $REAL \"$@\" ;; esac\necho $$ > $HERE/reached\nexec sleep 600",
    );
    let folder = tempfile::tempdir().unwrap();
    let arguments = prepare(folder.path(), &["--stall-timeout", "1s"]);
    let output = tools.edgepack(&arguments).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(
        stderr(&output).contains("made no progress for 1s"),
        "{}",
        stderr(&output)
    );
    let pid = std::fs::read_to_string(tools.folder.path().join("reached")).unwrap();
    let start = Instant::now();
    while !has_ended(pid.trim()) {
        assert!(start.elapsed() < PATIENCE);
        std::thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn what_ffmpeg_complains_of_is_told() {
    let tools = Tools::new(
        "case \"$*\" in *.part) echo 'No space left on device' >&2; exit 1 ;; esac\nexec $REAL \"$@\"",
    );
    let folder = tempfile::tempdir().unwrap();
    let output = tools
        .edgepack(&prepare(folder.path(), &[]))
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    let told = "avc-720p.mp4: ffmpeg failed: No space left on device";
    assert!(stderr(&output).contains(told), "{}", stderr(&output));
}

#[test]
fn a_missing_ffmpeg_or_encoder_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let output = edgepack(&prepare(folder.path(), &[]))
        .env("PATH", "")
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(
        stderr(&output).contains("install ffmpeg"),
        "{}",
        stderr(&output)
    );

    let tools = Tools::new(
        "case \"$*\" in *-encoders*) $REAL \"$@\" | grep -v libx264; exit 0 ;; esac\nexec $REAL \"$@\"",
    );
    let output = tools
        .edgepack(&prepare(folder.path(), &[]))
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(
        stderr(&output).contains("has no libx264"),
        "{}",
        stderr(&output)
    );
    assert!(
        !folder.path().join(".prepare").exists(),
        "found out before anything is made"
    );
}

#[test]
fn a_source_that_is_no_film_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let source = folder.path().join("film.mp4");
    std::fs::write(&source, "no film at all").unwrap();
    let output = run(&["prepare", text(&source), text(folder.path())]);
    assert_eq!(output.status.code(), Some(1));
    assert!(
        stderr(&output).contains(text(&source)),
        "{}",
        stderr(&output)
    );
}
