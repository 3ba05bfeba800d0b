//! Encoders that show a certificate in the TLS handshake, made as the guide says.
use std::path::PathBuf;
use std::process::Command;

use tempfile::TempDir;

use super::{put, streams};
use crate::support::client::fetch;
use crate::support::media::ffmpeg;
use crate::support::tools::{available, output};
use crate::support::{Curl, Node, Serve};

/// Authorities and those whom they certify: `ours` has `a` and `b`, `theirs` has an `a` of the same name.
struct Folder(TempDir);

impl Folder {
    fn new() -> Option<Self> {
        let there = Command::new("openssl").arg("version").output().is_ok();
        if !available("openssl", there) {
            return None;
        }
        let folder = Self(TempDir::new().unwrap());
        for authority in ["ours", "theirs"] {
            folder.make(authority, &["-subj", "/CN=Our encoders"]);
            let [certificate, key] = folder.files(authority);
            for name in ["a", "b"] {
                let alternative = format!("subjectAltName=DNS:encoder-{name}.example.com");
                folder.make(
                    &format!("{authority}-{name}"),
                    &[
                        "-CA",
                        &certificate,
                        "-CAkey",
                        &key,
                        "-subj",
                        "/CN=encoder",
                        "-addext",
                        "basicConstraints=critical,CA:FALSE",
                        "-addext",
                        &alternative,
                    ],
                );
            }
        }
        Some(folder)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn make(&self, name: &str, arguments: &[&str]) {
        let [certificate, key] = self.files(name);
        output(
            Command::new("openssl")
                .args(["req", "-x509", "-newkey", "ec", "-nodes", "-days", "365"])
                .args(["-pkeyopt", "ec_paramgen_curve:P-256"])
                .args(["-keyout", &key, "-out", &certificate])
                .args(arguments),
        );
    }

    /// Certificate and key.
    fn files(&self, name: &str) -> [String; 2] {
        ["pem", "key"].map(|kind| self.path(&format!("{name}.{kind}")).display().to_string())
    }

    fn fingerprint(&self, name: &str) -> String {
        let [certificate, _] = self.files(name);
        let told = output(Command::new("openssl").args([
            "x509",
            "-in",
            &certificate,
            "-noout",
            "-fingerprint",
            "-sha256",
        ]));
        told.trim().rsplit('=').next().unwrap().to_owned()
    }

    /// A node that lets in those of `list` whom `ours` certifies.
    fn node(&self, list: &str, tls: &str) -> Node {
        let authority = self.path("ours.pem").display().to_string();
        Serve::live("", &format!("client_certificates = [{list}]"))
            .tls(&format!("client_ca_file = \"{authority}\"\n{tls}"))
            .start()
    }

    fn shown(&self, name: &str, request: Curl) -> Curl {
        let [certificate, key] = self.files(name);
        let request = request.arg("--cert").arg(&certificate);
        request.arg("--key").arg(&key)
    }
}

fn push(node: &Node) -> Curl {
    put(&point(node, "video.mp4"), &streams().join("video.mp4"))
}

/// A request that asks for the same rights and has no body.
fn ask(node: &Node) -> Curl {
    Curl::get(&point(node, "video.mp4")).arg("-X").arg("DELETE")
}

fn point(node: &Node, name: &str) -> String {
    format!("{}/live/news/ingest/{name}", node.https)
}

fn multivariant(node: &Node) -> String {
    format!("{}/live/news/clear/index.m3u8", node.https)
}

#[test]
fn the_named_one_pushes_others_do_not_and_viewers_need_none() {
    let Some(folder) = Folder::new() else { return };
    // The kernel takes over where it can: whoever is at the other end stays who it is.
    for (tls, version) in [
        ("", "--http1.1"),
        ("", "--http2"),
        ("kernel = \"auto\"", "--http1.1"),
    ] {
        let node = folder.node("\"encoder-a.example.com\"", tls);
        ask(&node).arg(version).run().expect(403);
        let another = folder.shown("theirs-a", ask(&node)).arg(version).try_run();
        assert!(another.is_err(), "{another:?}");
        let refused = folder.shown("ours-b", ask(&node)).arg(version).run();
        assert_eq!(refused.expect(403).reason(), "ingest-refused");
        // The log has whose certificate it was.
        while !node.next_line().contains("encoder-b.example.com") {}
        Curl::get(&multivariant(&node)).run().expect(404);
        let taken = folder.shown("ours-a", push(&node)).arg(version).run();
        taken.expect(200);
        let viewer = Curl::get(&multivariant(&node)).arg(version).run();
        viewer.expect(200);
    }
}

#[test]
fn a_certificate_is_named_by_its_fingerprint_too() {
    let Some(folder) = Folder::new() else { return };
    let fingerprint = folder.fingerprint("ours-b");
    let node = folder.node(&format!("\"sha256:{fingerprint}\""), "");
    for version in ["1.2", "1.3"] {
        for (name, status) in [("ours-a", 403), ("ours-b", 200)] {
            let asked = folder.shown(name, ask(&node)).arg("--tls-max").arg(version);
            asked.run().expect(status);
        }
    }
}

#[test]
fn ffmpeg_shows_its_certificate() {
    let Some(folder) = Folder::new() else { return };
    let node = folder.node("\"encoder-a.example.com\"", "");
    let [certificate, key] = folder.files("ours-a");
    let encode = |shown: &[&str]| {
        ffmpeg()
            .args(["-i", &streams().join("video.mp4").display().to_string()])
            .args(["-c", "copy", "-f", "dash", "-ldash", "1", "-streaming", "1"])
            .args(["-use_template", "1", "-use_timeline", "0"])
            .args(["-seg_duration", "2", "-method", "PUT"])
            .args(["-http_persistent", "1"])
            .args(shown)
            .arg(point(&node, "manifest.mpd"))
            .output()
            .unwrap();
    };
    encode(&[]);
    Curl::get(&multivariant(&node)).run().expect(404);
    let files = format!("cert_file={certificate}:key_file={key}");
    encode(&["-http_opts", &files]);
    fetch(&multivariant(&node));
}
