#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
use super::*;

#[test]
fn lines_arrive_in_order_and_whole() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("access.log");
    let log = AccessLog::open(Sink::File(path.clone())).unwrap();
    for number in 0..100 {
        log.write(&number);
    }
    log.flush();
    let text = std::fs::read_to_string(path).unwrap();
    let expected: String = (0..100).map(|number| format!("{number}\n")).collect();
    assert_eq!(text, expected);
}

#[test]
fn a_moved_file_is_opened_anew() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("access.log");
    let mut output = Output::open(Sink::File(path.clone())).unwrap();
    output.line(b"before\n");
    std::fs::rename(&path, dir.path().join("access.log.1")).unwrap();
    output.reopen_if_moved();
    output.line(b"after\n");
    output.flush();
    assert_eq!(
        std::fs::read_to_string(dir.path().join("access.log.1")).unwrap(),
        "before\n"
    );
    assert_eq!(std::fs::read_to_string(path).unwrap(), "after\n");
}

#[test]
fn a_stalled_disk_costs_lines_and_no_wait() {
    let (queue, stalled) = mpsc::sync_channel(2);
    let dropped = IntCounter::new("dropped", "dropped").unwrap();
    let log = AccessLog {
        queue,
        dropped: Some(dropped.clone()),
    };
    for number in 0..5 {
        log.write(&number);
    }
    assert_eq!(dropped.get(), 3);
    drop(stalled);
}

#[test]
fn a_directory_that_is_not_there_is_named() {
    let error = AccessLog::open(Sink::File("/nonexistent/access.log".into())).unwrap_err();
    assert!(
        error.to_string().contains("/nonexistent/access.log"),
        "{error}"
    );
}
