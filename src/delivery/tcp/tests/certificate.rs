//! Another certificate while the node runs.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
use std::io::Read;
use std::process::{Command, Stdio};

use super::{SEGMENT, worker};
use crate::delivery::testing::{Worker, curl};
use crate::delivery::tls::SelfSigned;

fn trusts(worker: &Worker, certificate: &SelfSigned) -> bool {
    let pin = format!("sha256//{}", certificate.spki_sha256);
    let url = worker.https(SEGMENT);
    let output = curl(&["--pinnedpubkey", &pin, "-o", "/dev/null", &url]);
    output.status.success()
}

fn put(worker: &Worker, certificate: &SelfSigned) {
    let dir = tempfile::tempdir().unwrap();
    let (chain, key) = (dir.path().join("cert.pem"), dir.path().join("key.pem"));
    std::fs::write(&chain, &certificate.certificate_pem).unwrap();
    std::fs::write(&key, &certificate.key_pem).unwrap();
    assert!(worker.certificates.reload(&chain, &key).unwrap());
}

#[test]
fn connections_from_then_on_see_it_and_those_that_are_open_go_on() {
    let worker = worker();
    let [old, next] = [(); 2].map(|()| SelfSigned::for_localhost().unwrap());
    put(&worker, &old);
    assert!(trusts(&worker, &old));
    let mut child = Command::new("curl")
        .args(["-skN", &worker.https("/vod/3000000/clear/wait/1.m4s")])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let stdout = child.stdout.as_mut().unwrap();
    stdout.read_exact(&mut [0; 5]).unwrap();
    put(&worker, &next);
    assert!(trusts(&worker, &next));
    assert!(!trusts(&worker, &old));
    worker.release.notify_one();
    let mut rest = Vec::new();
    stdout.read_to_end(&mut rest).unwrap();
    assert!(child.wait().unwrap().success());
    assert_eq!(rest.len(), 3_000_000 - 5);
}
