//! Faults: each found, at its line, with what to do; and all of them in one run.
use super::*;

/// [`FULL`] with one piece of text replaced: its faults.
pub(super) fn with(from: &str, to: &str) -> Vec<ConfigFault> {
    assert_eq!(FULL.matches(from).count(), 1, "{from}");
    let folder = folder();
    parse_in(&folder, &FULL.replace(from, to))
        .err()
        .unwrap_or_default()
}

pub(super) fn line_of(text: &str) -> usize {
    FULL.lines().position(|line| line.contains(text)).unwrap() + 1
}

/// Exactly one fault, of `key`, at the line of what was replaced, whose text contains `words`.
pub(super) fn assert_fault(from: &str, to: &str, key: &str, words: &str) {
    assert_fault_at(line_of(from.lines().next().unwrap()), from, to, key, words);
}

pub(super) fn assert_fault_at(line: usize, from: &str, to: &str, key: &str, words: &str) {
    let faults = with(from, to);
    let [fault] = &faults[..] else {
        panic!("{to}: {faults:#?}");
    };
    assert_eq!(fault.key, key, "{to}");
    assert!(fault.to_string().contains(words), "{to}: {fault}");
    assert_eq!(fault.line, Some(line), "{to}: {fault}");
    assert!(!fault.remedy.is_empty());
}

#[test]
fn a_misspelt_key_is_named_with_what_was_meant() {
    assert_fault(
        "workers = 4",
        "wokers = 4",
        "node.wokers",
        "did you mean `workers`?",
    );
    assert_fault(
        "leeway = ",
        "lee_way = ",
        "mount[0].token.lee_way",
        "did you mean `leeway`?",
    );
    assert_fault(
        "workers = 4",
        "colour = 4",
        "node.colour",
        "known in [node]: workers, pin_workers, drain_timeout, public_url",
    );
}

#[test]
fn a_misspelt_section_is_named_with_what_was_meant() {
    assert_fault("[cors]", "[cores]", "cores", "did you mean `cors`?");
    let faults = with("[mount.key]", "[mount.kye]");
    assert!(
        faults[0].to_string().contains("did you mean `key`?"),
        "{faults:?}"
    );
}

#[test]
fn values_of_the_wrong_kind_say_what_is_wanted() {
    for (from, to, key, words) in [
        (
            "workers = 4",
            "workers = \"4\"",
            "node.workers",
            "an integer is wanted, not text",
        ),
        (
            "workers = 4",
            "workers = -1",
            "node.workers",
            "out of bounds",
        ),
        (
            "workers = 4",
            "workers = 5000",
            "node.workers",
            "choose from 0 to 1024",
        ),
        (
            "drain_timeout = \"1m\"",
            "drain_timeout = 60",
            "node.drain_timeout",
            "write it as \"4s\"",
        ),
        (
            "drain_timeout = \"1m\"",
            "drain_timeout = \"1 minute\"",
            "node.drain_timeout",
            "no duration",
        ),
        (
            "idle_timeout = \"2s\"",
            "idle_timeout = \"0s\"",
            "listen.idle_timeout",
            "choose from 100ms to 1h",
        ),
        (
            "memory = \"2GiB\"",
            "memory = \"2G\"",
            "cache.memory",
            "no size",
        ),
        (
            "memory = \"2GiB\"",
            "memory = \"32TiB\"",
            "cache.memory",
            "choose from 0B to 16TiB",
        ),
        (
            "http3 = false",
            "http3 = \"no\"",
            "listen.http3",
            "true or false is wanted",
        ),
        (
            "engine = \"pread\"",
            "engine = \"uring\"",
            "storage.engine",
            "\"auto\", \"io_uring\", \"pread\"",
        ),
        (
            "kernel = \"auto\"",
            "kernel = \"on\"",
            "tls.kernel",
            "\"auto\", \"off\"",
        ),
        (
            "level = \"debug\"",
            "level = \"Debug\"",
            "log.level",
            "did you mean \"debug\"?",
        ),
        (
            "http = [\"127.0.0.1:8080\", \"[::1]:8080\"]",
            "http = [\":8080\"]",
            "listen.http",
            "no IP address",
        ),
        (
            "http = [\"127.0.0.1:8080\", \"[::1]:8080\"]",
            "http = \"[::]:80\"",
            "listen.http",
            "a list is wanted",
        ),
        (
            "listen = \"[::1]:9091\"",
            "listen = \"localhost:9091\"",
            "admin.listen",
            "no IP address",
        ),
        (
            "protections = [\"clear\", \"cenc\", \"cbcs\"]",
            "protections = [\"cenc\", \"cbsc\"]",
            "mount[0].protections",
            "did you mean \"cbcs\"?",
        ),
        (
            "target_duration = \"3840ms\"",
            "target_duration = \"1ms\"",
            "mount[0].target_duration",
            "choose from 500ms to 1m",
        ),
    ] {
        assert_fault(from, to, key, words);
    }
}

#[test]
fn a_section_that_is_a_value_is_refused() {
    let folder = folder();
    let check = |text: &str| {
        format!(
            "{:?}",
            parse_in(&folder, text)
                .unwrap_err()
                .iter()
                .map(ToString::to_string)
                .collect::<Vec<_>>()
        )
    };
    assert!(check("node = 5").contains("node: a section is wanted, not integer"));
    assert!(check("[mount]\npath = \"/vod\"").contains("write `[[mount]]`"));
    assert!(
        check("[[mount]]\npath = \"/vod\"\nroot = \"media\"\ntoken = true")
            .contains("token: a section is wanted")
    );
}

#[test]
fn addresses_collide_when_one_holds_the_others_port() {
    let admin = "listen = \"[::1]:9091\"";
    assert_fault(
        admin,
        "listen = \"127.0.0.1:8443\"",
        "admin.listen",
        "taken by listen.https",
    );
    assert_fault(
        admin,
        "listen = \"0.0.0.0:8080\"",
        "admin.listen",
        "taken by listen.http",
    );
    assert_fault(
        admin,
        "listen = \"[::]:8080\"",
        "admin.listen",
        "taken by listen.http",
    );
    assert_eq!(
        with(admin, "listen = \"[::]:8443\""),
        [],
        "the other family"
    );
    assert_eq!(
        with(admin, "listen = \"127.0.0.2:8443\""),
        [],
        "another address"
    );
    let both = "http = [\"127.0.0.1:8080\", \"[::1]:8080\"]";
    assert_eq!(
        with(both, "http = [\"0.0.0.0:80\", \"[::]:80\"]"),
        [],
        "both families"
    );
    assert_fault(
        both,
        "http = [\"0.0.0.0:80\", \"127.0.0.1:80\"]",
        "listen.http",
        "127.0.0.1:80 is taken",
    );
    assert_eq!(
        with(both, "http = [\"127.0.0.1:0\", \"127.0.0.1:0\"]"),
        [],
        "ports of the system's choice"
    );
}

#[test]
fn https_and_certificate_need_each_other() {
    assert_fault_at(
        line_of("[tls]"),
        "https = [\"127.0.0.1:8443\"]",
        "https = []",
        "tls",
        "nothing listens with it",
    );
    let tls = "[tls]\ncertificate = \"tls.pem\"\nprivate_key = \"tls.key\"\n\
               reload_interval = \"5s\"\nkernel = \"auto\"\nclient_ca_file = \"tls.pem\"\n";
    let faults = with(tls, "");
    assert_eq!(faults.len(), 1);
    assert_eq!(faults[0].key, "listen.https");
    assert_fault(
        "private_key = \"tls.key\"",
        "private_key = \"token.pem\"",
        "tls.private_key",
        "no PRIVATE KEY",
    );
    assert_fault(
        "certificate = \"tls.pem\"",
        "certificate = \"no.pem\"",
        "tls.certificate",
        "does not exist",
    );
    let faults = with("certificate = \"tls.pem\"\n", "");
    assert_eq!(faults.len(), 1, "{faults:?}");
    assert_eq!(
        (faults[0].key.as_str(), faults[0].line),
        ("tls.certificate", Some(line_of("[tls]")))
    );
}

#[test]
fn bounds_of_quic_fit_each_other() {
    assert_fault(
        "retry_handshakes = 7",
        "retry_handshakes = 9",
        "quic.retry_handshakes",
        "before any had to prove its address",
    );
    assert_fault_at(
        line_of("send_window = "),
        "initial_window = \"64KiB\"\nsend_window = \"1MiB\"",
        "initial_window = \"128KiB\"\nsend_window = \"64KiB\"",
        "quic.send_window",
        "less than `initial_window`",
    );
    assert_fault(
        "congestion = \"bbr\"",
        "congestion = \"bbr2\"",
        "quic.congestion",
        "did you mean \"bbr\"?",
    );
}

#[test]
fn nowhere_to_listen_and_nothing_to_serve_are_faults() {
    let folder = folder();
    let faults = parse_in(&folder, "[listen]\nhttp = []").unwrap_err();
    assert_eq!(faults.len(), 2, "{faults:?}");
    assert!(faults[0].to_string().contains("no [[mount]]"));
    assert!(faults[1].to_string().contains("listens nowhere"));
}

#[test]
fn urls_and_origins_are_checked() {
    let url = "public_url = \"https://media.example.com\"";
    for bad in [
        "media.example.com",
        "https://media.example.com/",
        "https://media.example.com/x",
        "ftp://x",
        "",
    ] {
        assert_fault(
            url,
            &format!("public_url = \"{bad}\""),
            "node.public_url",
            "scheme and host",
        );
    }
    let origins = "allow_origins = [\"https://player.example.com\"]";
    assert_fault(
        origins,
        "allow_origins = [\"player.example.com\"]",
        "cors.allow_origins",
        "no origin",
    );
    assert_fault(
        origins,
        "allow_origins = [\"https://a.example/\"]",
        "cors.allow_origins",
        "no origin",
    );
    let faults = with(origins, "allow_origins = [\"*\", \"https://a.example\"]");
    let keys: Vec<_> = faults.iter().map(|fault| fault.key.as_str()).collect();
    assert_eq!(keys, ["cors.allow_origins", "cors.allow_credentials"]);
}

#[test]
fn an_access_log_needs_its_folder() {
    assert_fault(
        "access = \"access.log\"",
        "access = \"no/access.log\"",
        "log.access",
        "no file in an existing folder",
    );
    assert_fault(
        "access = \"access.log\"",
        "access = \"media\"",
        "log.access",
        "no file in an existing folder",
    );
}

#[test]
fn text_that_is_not_toml_is_told_by_line_and_nothing_else_is() {
    let folder = folder();
    let faults = parse_in(&folder, "[node]\nworkers = = 4\n").unwrap_err();
    assert!(
        faults.iter().all(|fault| fault.line == Some(2)),
        "{faults:?}"
    );
    let faults = parse_in(&folder, "[node]\nworkers = 4\nworkers = 5\n").unwrap_err();
    assert_eq!(faults[0].line, Some(3), "{faults:?}");
}

#[test]
fn all_faults_are_found_in_one_run_and_told_by_line() {
    let folder = folder();
    let text = r#"[node]
wokers = 4
drain_timeout = "x"
[listen]
http = ["nowhere"]
[tls]
certificate = "no.pem"
[storage]
engine = 5
gap = "17GiB"
[[mount]]
path = "/vod"
root = "nowhere"
protections = ["cenc"]
[[mount]]
path = "/vod/x"
root = "media"
"#;
    let faults = parse_in(&folder, text).unwrap_err();
    let lines: Vec<_> = faults.iter().filter_map(|fault| fault.line).collect();
    assert_eq!(lines, [2, 3, 5, 6, 9, 10, 13, 14, 16], "{faults:#?}");
}

#[test]
fn a_fault_is_one_line_with_file_line_key_message_and_remedy() {
    let fault = ConfigFault {
        file: "edge.toml".into(),
        line: Some(3),
        key: "node.wokers".into(),
        message: "there is no key `wokers` in [node]".into(),
        remedy: "did you mean `workers`?".into(),
    };
    assert_eq!(
        fault.to_string(),
        "edge.toml:3: node.wokers: there is no key `wokers` in [node]; did you mean `workers`?"
    );
}

#[test]
fn a_configuration_that_cannot_be_read_is_one_fault() {
    let folder = folder();
    for path in [folder.path().join("no.toml"), folder.path().to_owned()] {
        let faults = Config::load(&path).unwrap_err();
        assert_eq!(faults.len(), 1);
        assert!(
            faults[0].to_string().contains("cannot be read"),
            "{}",
            faults[0]
        );
    }
}
