//! Files that are made part by part, over both protocols.
use std::sync::atomic::Ordering::Relaxed;

use super::*;

const FILE: &str = "/vod/3050000/clear/v1/media.mp4";
/// curl's words for a body that ended early, and for a reset stream.
const PARTIAL_FILE: i32 = 18;
const HTTP2_STREAM_ERROR: i32 = 92;

#[test]
fn a_file_of_parts_arrives_whole_and_in_ranges() {
    let worker = worker();
    let data = pattern(3_050_000);
    for (flag, url) in [
        ("--http1.1", worker.http(FILE)),
        ("--http2-prior-knowledge", worker.http(FILE)),
        ("--http1.1", worker.https(FILE)),
        ("--http2", worker.https(FILE)),
    ] {
        worker.opened.store(0, Relaxed);
        let (head, body) = curl_head_and_body(&[flag, &url]);
        assert!(head.contains("content-length: 3050000"), "{head}");
        assert!(body == data, "{flag}: {} bytes", body.len());
        assert_eq!(worker.opened.load(Relaxed), 31);

        let (head, body) = curl_head_and_body(&[flag, "-r", "199990-300009", &url]);
        assert!(
            head.contains("content-range: bytes 199990-300009/3050000"),
            "{head}"
        );
        assert!(body == data[199_990..300_010]);
        assert_eq!(worker.opened.load(Relaxed), 31 + 3);

        let (head, body) = curl_head_and_body(&[flag, "-r", "0-3,-4", &url]);
        assert!(head.contains("multipart/byteranges; boundary="), "{head}");
        assert!(body.windows(4).any(|window| window == &data[3_049_996..]));

        worker.opened.store(0, Relaxed);
        let (head, _) = curl_head_and_body(&[flag, "-I", &url]);
        assert!(head.contains("content-length: 3050000"), "{head}");
        let (head, _) = curl_head_and_body(&[flag, "-r", "3050000-", &url]);
        assert!(head.contains(" 416"), "{head}");
        assert_eq!(worker.opened.load(Relaxed), 0);
    }
}

#[test]
fn a_part_that_fails_breaks_the_answer_off() {
    let worker = worker();
    let file = "/vod/3000000/clear/broken/media.mp4";
    for (flag, url, exit) in [
        ("--http1.1", worker.http(file), PARTIAL_FILE),
        ("--http1.1", worker.https(file), PARTIAL_FILE),
        ("--http2", worker.https(file), HTTP2_STREAM_ERROR),
    ] {
        let output = curl(&[flag, &url]);
        assert_eq!(output.status.code(), Some(exit), "{flag} {url}");
        assert!(output.stdout.len() <= 500_000);
    }
    // What fails before there is a head has a status.
    let (head, _) = curl_head_and_body(&["-r", "600000-600009", &worker.http(file)]);
    assert!(head.contains(" 503") && head.contains("edgepack-reason: storage-busy"));
    worker.await_metric("edgepack_responses_aborted_total", 3.0);
    worker.await_metric(
        "edgepack_faults_total{blame=\"node\",reason=\"storage-busy\"}",
        4.0,
    );
}

#[test]
fn a_viewer_who_hangs_up_has_no_more_parts_made() {
    let worker = worker();
    let file = "/vod/60000000/clear/v1/media.mp4";
    for (flag, url, in_flight) in [
        ("--http1.1", worker.http(file), "h1"),
        ("--http2", worker.https(file), "h2"),
    ] {
        worker.opened.store(0, Relaxed);
        let mut child = Command::new("curl")
            .args(["-skN", flag, &url])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        child
            .stdout
            .as_mut()
            .unwrap()
            .read_exact(&mut [0; 5])
            .unwrap();
        child.kill().unwrap();
        child.wait().unwrap();
        let series = format!("edgepack_requests_in_flight{{protocol=\"{in_flight}\"}}");
        worker.await_metric(&series, 0.0);
        let opened = worker.opened.load(Relaxed);
        assert!((1..600).contains(&opened), "{flag}: {opened} parts");
    }
}
