//! Encoders that show a certificate in the TLS handshake, made as the guide says.
use std::path::{Path, PathBuf};
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

    fn push(&self, node: &Node, name: &str) -> Curl {
        let [certificate, key] = self.files(name);
        push(node)
            .arg("--cert")
            .arg(&certificate)
            .arg("--key")
            .arg(&key)
    }
}

fn push(node: &Node) -> Curl {
    put(&point(node, "video.mp4"), &streams().join("video.mp4"))
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
    for (tls, versions) in [
        ("", &["--http1.1", "--http2"][..]),
        ("kernel = \"auto\"", &["--http1.1"]),
    ] {
        for version in versions {
            let node = folder.node("\"encoder-a.example.com\"", tls);
            let refused = folder.push(&node, "ours-b").arg(version).run().expect(403);
            assert_eq!(refused.reason(), "ingest-refused");
            push(&node).arg(version).run().expect(403);
            let another = folder.push(&node, "theirs-a").arg(version).try_run();
            assert!(another.is_err(), "{another:?}");
            Curl::get(&multivariant(&node)).run().expect(404);
            folder.push(&node, "ours-a").arg(version).run().expect(200);
            Curl::get(&multivariant(&node))
                .arg(version)
                .run()
                .expect(200);
            // Whom the refused certificate is of, for whoever wonders.
            assert!(node.written().contains("encoder-b.example.com"));
        }
    }
}

#[test]
fn a_certificate_is_named_by_its_fingerprint_too() {
    let Some(folder) = Folder::new() else { return };
    let fingerprint = folder.fingerprint("ours-b");
    let node = folder.node(&format!("\"sha256:{fingerprint}\""), "");
    folder
        .push(&node, "ours-a")
        .arg("--tls-max")
        .arg("1.2")
        .run()
        .expect(403);
    folder
        .push(&node, "ours-b")
        .arg("--tls-max")
        .arg("1.2")
        .run()
        .expect(200);
}

#[test]
fn ffmpeg_shows_its_certificate_with_each_of_its_ways_to_push() {
    let Some(folder) = Folder::new() else { return };
    let node = folder.node("\"encoder-a.example.com\"", "");
    let [certificate, key] = folder.files("ours-a");
    let encode = |to: &[&str]| {
        let status = ffmpeg()
            .args(["-i", &streams().join("video.mp4").display().to_string()])
            .args(["-c", "copy", "-f"])
            .args(to)
            .status()
            .unwrap();
        assert!(status.success(), "{to:?}");
    };
    let fragments = "+cmaf+empty_moov+default_base_moof";
    let url = point(&node, "all.mp4");
    let shown = ["-cert_file", &certificate, "-key_file", &key];
    let mut to = vec!["mp4", "-movflags", fragments, "-method", "POST"];
    to.extend(shown);
    to.push(&url);
    encode(&to);
    fetch(&multivariant(&node));
    assert!(Path::new(&certificate).exists());
}
