//! The mezzanine that is measured: 1080p at a constant 6 Mb/s and AAC at 128 kb/s, 64 s, and a certificate.
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::Result;

#[derive(Debug, Clone)]
pub(crate) struct Media {
    /// Mount root; the asset is its folder `bench`.
    pub(crate) root: PathBuf,
    pub(crate) certificate: PathBuf,
    pub(crate) private_key: PathBuf,
}

/// Made once; a later run uses it again.
pub(crate) fn make(dir: &Path) -> Result<Media> {
    std::fs::create_dir_all(dir)?;
    let dir = dir.canonicalize()?;
    let root = dir.join("media");
    let asset = root.join("bench");
    if !asset.is_dir() {
        eprintln!("making the mezzanine …");
        let unfinished = dir.join("media-unfinished");
        std::fs::create_dir_all(&unfinished)?;
        ffmpeg(&unfinished)?;
        std::fs::create_dir_all(&root)?;
        std::fs::rename(&unfinished, &asset)?;
    }
    let (certificate, private_key) = (dir.join("certificate.pem"), dir.join("private-key.pem"));
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()])?;
    std::fs::write(&certificate, made.cert.pem())?;
    std::fs::write(&private_key, made.signing_key.serialize_pem())?;
    Ok(Media {
        root,
        certificate,
        private_key,
    })
}

fn ffmpeg(dir: &Path) -> Result<()> {
    let status = Command::new("ffmpeg")
        .args([
            "-v",
            "error",
            "-nostdin",
            "-y",
            "-f",
            "lavfi",
            "-i",
            "testsrc2=s=1920x1080:r=25:d=64",
        ])
        .args([
            "-f",
            "lavfi",
            "-i",
            "aevalsrc=random(0)*0.3|random(1)*0.3:s=48000:d=64",
        ])
        .args([
            "-map",
            "0:v",
            "-vf",
            "noise=alls=12:allf=t",
            "-c:v",
            "libx264",
            "-preset",
            "ultrafast",
        ])
        .args([
            "-pix_fmt", "yuv420p", "-b:v", "6M", "-minrate", "6M", "-maxrate", "6M", "-bufsize",
            "6M",
        ])
        .args([
            "-x264-params",
            "nal-hrd=cbr",
            "-g",
            "100",
            "-keyint_min",
            "100",
            "-sc_threshold",
            "0",
        ])
        .args(["-movflags", "+faststart"])
        .arg(dir.join("video.mp4"))
        .args([
            "-map",
            "1:a",
            "-c:a",
            "aac",
            "-b:a",
            "128k",
            "-movflags",
            "+faststart",
        ])
        .arg(dir.join("audio.mp4"))
        .status()?;
    if !status.success() {
        return Err("ffmpeg could not make the mezzanine".into());
    }
    Ok(())
}
