//! Titles made by ffmpeg, once.
use std::collections::HashMap;
use std::process::{Command, Stdio};
use std::sync::{Arc, LazyLock};

use bytes::Bytes;

/// Files by path.
pub(crate) type Files = Arc<HashMap<String, Bytes>>;

pub(crate) const SECONDS: f64 = 6.0;

fn make(arguments: &str) -> Files {
    let folder = tempfile::tempdir().unwrap();
    let source = "-f lavfi -i testsrc2=s=320x180:r=25 -f lavfi -i sine=r=48000 -t 6 \
        -map 0:v -map 0:v -map 1:a -c:v libx264 -preset ultrafast -g 50 -keyint_min 50 -sc_threshold 0 \
        -pix_fmt yuv420p -b:v:0 150k -maxrate:v:0 180k -bufsize:v:0 180k -s:v:1 640x360 \
        -b:v:1 1500k -minrate:v:1 1500k -maxrate:v:1 1500k -bufsize:v:1 1500k -c:a aac -b:a 64k";
    let output = Command::new("ffmpeg")
        .args(["-nostdin", "-v", "error"])
        .args(source.split_whitespace())
        .args(
            arguments
                .split_whitespace()
                .map(|it| it.replace('_', " ").replace('~', "_")),
        )
        .current_dir(folder.path())
        .stdout(Stdio::null())
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let files = std::fs::read_dir(folder.path()).unwrap().map(|entry| {
        let entry = entry.unwrap();
        let name = entry.file_name().into_string().unwrap();
        (
            format!("/{name}"),
            std::fs::read(entry.path()).unwrap().into(),
        )
    });
    Arc::new(files.collect())
}

/// `/main.m3u8`: two rungs and audio apart, fragmented MP4, segments of two seconds.
pub(crate) fn hls() -> Files {
    static FILES: LazyLock<Files> = LazyLock::new(|| {
        make(
            "-f hls -hls~time 2 -hls~playlist~type vod -hls~segment~type fmp4 -hls~flags independent~segments \
             -hls~fmp4~init~filename init%v.mp4 -hls~segment~filename s%v-%d.m4s \
             -var~stream~map v:0,agroup:a_v:1,agroup:a_a:0,agroup:a,default:yes \
             -master~pl~name main.m3u8 v%v.m3u8",
        )
    });
    Arc::clone(&FILES)
}

/// `/main.mpd`: the same.
pub(crate) fn dash() -> Files {
    static FILES: LazyLock<Files> = LazyLock::new(|| {
        make(
            "-f dash -seg~duration 2 -use~template 1 -use~timeline 1 \
             -init~seg~name init$RepresentationID$.mp4 -media~seg~name s$RepresentationID$-$Number$.m4s \
             -adaptation~sets id=0,streams=v_id=1,streams=a main.mpd",
        )
    });
    Arc::clone(&FILES)
}
