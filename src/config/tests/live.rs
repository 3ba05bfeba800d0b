//! `[mount.live]`: every key arrives, and what the reference states is what is there without it.
use super::documents::reference;
use super::*;

/// Something in every section of a mount with channels.
pub(super) const LIVE: &str = r#"
[[mount]]
path = "/air"
target_duration = "2s"
[mount.live]
part_duration = "250ms"
window = "2m"
memory = "64MiB"
max_gap = "20s"
stale_after = "5s"
stale_status = 503
ingest_timeout = "10s"
max_tracks = 8
[mount.live.events]
date_ranges = false
max_events = 100
max_interstitials = 10
[mount.live.recording]
directory = "recordings"
harvest_directory = "films"
fsync = "segment"
fsync_interval = "1s"
retention = "7d"
max_bytes = "1TiB"
file_duration = "1m"
queue = "8MiB"
verify = "all"
[[mount.live.channel]]
name = "news"
bearer = "shown by encoders"
user = "encoder"
password_file = "token.secret"
client_certificates = ["encoder-a.example.com", "sha256:00:01:02:03:04:05:06:07:08:09:0A:0B:0C:0D:0E:0F:10:11:12:13:14:15:16:17:18:19:1A:1B:1C:1D:1E:1F"]
[[mount.live.channel.republish]]
name = "second"
url = "https://two.example/live/news/ingest?token=of-the-address"
method = "PUT"
bearer = "shown to the second"
ca_file = "tls.pem"
connect_timeout = "1s"
send_timeout = "2s"
queue_segments = 2
queue = "2MiB"
first_pause = "100ms"
longest_pause = "1s"
[[mount.live.channel.republish]]
url = "http://[::1]:8081/live/news/ingest"
user = "edgepack"
password = "of the third"
[[mount.live.channel]]
name = "stage.2"
[mount.live.channel.ingest]
rtmp = "rtmp://127.0.0.1:1935/live/of-the-stage"
listen = false
program = "/opt/ffmpeg"
input_arguments = ["-analyzeduration", "500000"]
arguments = ["-c:a", "aac"]
first_pause = "100ms"
longest_pause = "1s"
"#;

/// What channels with `client_certificates` need.
const ASKING: &str = "[listen]\nhttps = [\"127.0.0.1:8443\"]\n\
    [tls]\ncertificate = \"tls.pem\"\nprivate_key = \"tls.key\"\nclient_ca_file = \"tls.pem\"\n";

fn live_in(folder: &TempDir, text: &str) -> Live {
    let mut config = parse_in(folder, text).unwrap();
    config.mounts.remove(0).live.unwrap()
}

#[test]
fn every_key_of_a_live_mount_is_read() {
    let folder = folder();
    let ms = Duration::from_millis;
    let second = Republish {
        method: PushMethod::Put,
        authorization: Some(Secret::new("Bearer shown to the second".into())),
        ca_file: Some(folder.path().join("tls.pem")),
        connect_timeout: ms(1000),
        send_timeout: ms(2000),
        queue_segments: 2,
        queue: 2 << 20,
        first_pause: ms(100),
        longest_pause: ms(1000),
        ..Republish::new(
            "second".into(),
            Secret::new("https://two.example/live/news/ingest?token=of-the-address".into()),
        )
    };
    let third = Republish {
        authorization: Some(Secret::new("Basic ZWRnZXBhY2s6b2YgdGhlIHRoaXJk".into())),
        ..Republish::new(
            "[::1]:8081".into(),
            Secret::new("http://[::1]:8081/live/news/ingest".into()),
        )
    };
    let news = Channel {
        name: "news".into(),
        ingest: IngestAccess {
            bearer: Some(Secret::new(b"shown by encoders".to_vec())),
            basic: Some((
                "encoder".into(),
                Secret::new(b"a secret of more than thirty-two bytes".to_vec()),
            )),
            client_certificates: vec![
                ClientName::Name("encoder-a.example.com".into()),
                ClientName::Sha256(std::array::from_fn(|index| index as u8)),
            ],
            closed: false,
        },
        contribution: None,
        republish: vec![second, third],
    };
    let stage = Channel {
        name: "stage.2".into(),
        ingest: IngestAccess {
            closed: true,
            ..IngestAccess::default()
        },
        contribution: Some(Contribution {
            program: "/opt/ffmpeg".into(),
            input_arguments: vec!["-analyzeduration".into(), "500000".into()],
            arguments: vec!["-c:a".into(), "aac".into()],
            first_pause: ms(100),
            longest_pause: ms(1000),
            ..Contribution::new(
                Transport::Rtmp { listen: false },
                Secret::new("rtmp://127.0.0.1:1935/live/of-the-stage".into()),
            )
        }),
        republish: Vec::new(),
    };
    let recording = Recording {
        fsync: Fsync::Segment,
        fsync_interval: ms(1000),
        retention: Some(Duration::from_secs(7 * 86_400)),
        max_bytes: Some(1 << 40),
        file_duration: Duration::from_secs(60),
        queue: 8 << 20,
        verify: Verify::All,
        harvest_directory: Some(folder.path().join("films")),
        ..Recording::new(folder.path().join("recordings"))
    };
    let expected = Live {
        part_duration: ms(250),
        window: Duration::from_secs(120),
        memory: 64 << 20,
        max_gap: Duration::from_secs(20),
        stale_after: Duration::from_secs(5),
        stale_status: 503,
        ingest_timeout: Duration::from_secs(10),
        max_tracks: 8,
        events: LiveEvents {
            date_ranges: false,
            max_events: 100,
            max_interstitials: 10,
        },
        recording: Some(recording),
        channels: vec![news, stage],
    };
    assert_eq!(live_in(&folder, &[ASKING, LIVE].concat()), expected);
    let shown = format!("{expected:?}");
    for secret in [
        "shown",
        "of the",
        "of-the",
        "thirty-two",
        "ZWRn",
        "115, 104",
    ] {
        assert!(!shown.contains(secret), "{secret}: {shown}");
    }
}

#[test]
fn the_reference_states_the_defaults_of_live_mounts() {
    let folder = folder();
    // What is required, by section.
    let required = [
        ("mount.live", ""),
        ("mount.live.recording", "directory = \"recordings\"\n"),
        ("mount.live.channel", "name = \"news\"\n"),
        ("mount.live.channel.ingest", "rtmp = \"rtmp://a/b/c\"\n"),
        ("mount.live.channel.republish", "url = \"http://a/b\"\n"),
    ];
    let rows = reference();
    let text = |with_defaults: bool| {
        let mut text = "[[mount]]\npath = \"/air\"\n".to_owned();
        for (section, keys) in required {
            let title = match section.ends_with("channel") || section.ends_with("republish") {
                true => format!("[[{section}]]"),
                false => format!("[{section}]"),
            };
            text.push_str(&format!("{title}\n{keys}"));
            let of_section = rows.iter().filter(|((of, _), _)| of == section);
            // A row says "true", "false", or something in words where there is no default.
            let defaults = of_section.filter(|(_, default)| {
                let words = default.starts_with(|c: char| c.is_ascii_lowercase());
                !words || matches!(default.as_str(), "true" | "false")
            });
            for ((_, key), default) in defaults.filter(|_| with_defaults) {
                text.push_str(&format!("{key} = {default}\n"));
            }
        }
        text
    };
    assert!(text(true).matches(" = ").count() > text(false).matches(" = ").count() + 25);
    assert_eq!(
        live_in(&folder, &text(true)),
        live_in(&folder, &text(false))
    );
}

#[test]
fn a_live_mount_has_channels_of_different_names_and_no_files() {
    let folder = folder();
    let faults = |lines: &str| {
        let text = format!("[[mount]]\npath = \"/air\"\n{lines}");
        let faults = parse_in(&folder, &text).err().unwrap_or_default();
        faults
            .into_iter()
            .map(|fault| fault.key)
            .collect::<Vec<_>>()
    };
    const NEWS: &str = "[mount.live]\n[[mount.live.channel]]\nname = \"news\"\n";
    assert_eq!(faults(NEWS), [""; 0]);
    assert_eq!(faults("[mount.live]\n"), ["mount[0].live"]);
    assert_eq!(
        faults(&format!("root = \"media\"\n{NEWS}")),
        ["mount[0].root"]
    );
    let key = |index: usize, name: &str| format!("mount[0].live.channel[{index}].{name}");
    let more = |lines: &str| faults(&format!("{NEWS}[[mount.live.channel]]\n{lines}\n"));
    assert_eq!(more("name = \"news\""), [key(1, "name")]);
    for name in ["", ".hidden", "a/b", "a b", &"x".repeat(65)] {
        assert_eq!(
            more(&format!("name = \"{name}\"")),
            [key(1, "name")],
            "{name}"
        );
    }
    assert_eq!(more("name = \"two\"\nuser = \"u\""), [key(1, "user")]);
    assert_eq!(
        faults(&format!(
            "protections = [\"aes128\"]\n{NEWS}[mount.keys]\nprovider = \"derived\"\nsecret = \"0123456789abcdef\"\n"
        )),
        ["mount[0].protections"]
    );
}

#[test]
fn values_of_live_mounts_have_bounds() {
    let folder = folder();
    for (from, to) in [
        ("part_duration = \"250ms\"", "part_duration = \"50ms\""),
        ("window = \"2m\"", "window = \"5s\""),
        ("memory = \"64MiB\"", "memory = \"8MiB\""),
        ("max_gap = \"20s\"", "max_gap = \"11m\""),
        ("stale_after = \"5s\"", "stale_after = \"1s\""),
        ("stale_status = 503", "stale_status = 500"),
        ("ingest_timeout = \"10s\"", "ingest_timeout = \"500ms\""),
        ("max_tracks = 8", "max_tracks = 65"),
    ] {
        assert_eq!(LIVE.matches(from).count(), 1, "{from}");
        let faults = parse_in(&folder, &[ASKING, &LIVE.replace(from, to)].concat()).unwrap_err();
        let [fault] = &faults[..] else {
            panic!("{to}: {faults:?}");
        };
        let key = from.split(" = ").next().unwrap();
        assert_eq!(fault.key, format!("mount[0].live.{key}"), "{to}");
    }
}

#[test]
fn client_certificates_are_names_or_fingerprints_and_somebody_certifies_them() {
    let folder = folder();
    let channel =
        "\n[[mount]]\npath = \"/air\"\n[mount.live]\n[[mount.live.channel]]\nname = \"news\"\n";
    let faults = |tls: &str, list: &str| {
        let text = format!("{tls}{channel}client_certificates = [{list}]\n");
        let faults = parse_in(&folder, &text).err().unwrap_or_default();
        let told = faults.into_iter().map(|fault| (fault.key, fault.message));
        told.collect::<Vec<_>>()
    };
    let key = "mount[0].live.channel[0].client_certificates";
    let digits = "ab".repeat(32);
    assert_eq!(faults(ASKING, "\"encoder-a\""), []);
    assert_eq!(faults(ASKING, &format!("\"sha256:{digits}\"")), []);
    for (list, word) in [
        ("", "empty list"),
        ("\"\"", "no name"),
        ("\" a\"", "no name"),
        ("\"sha256:ab\"", "no fingerprint"),
        (&format!("\"sha256:{digits}ab\""), "no fingerprint"),
        ("\"sha256:zz\"", "no fingerprint"),
    ] {
        let told = faults(ASKING, list);
        let [(of, message)] = &told[..] else {
            panic!("{list}: {told:?}");
        };
        assert!(of.starts_with(key) && message.contains(word), "{told:?}");
    }
    let unasked = ASKING.replace("client_ca_file = \"tls.pem\"\n", "");
    for tls in ["", &unasked] {
        let told = faults(tls, "\"encoder-a\"");
        let [(of, message)] = &told[..] else {
            panic!("{told:?}");
        };
        assert_eq!(of, key);
        assert!(message.contains("no client is asked"), "{message}");
    }
    for (file, word) in [("no.pem", "does not exist"), ("tls.key", "no CERTIFICATE")] {
        let tls = ASKING.replace(
            "client_ca_file = \"tls.pem\"",
            &format!("client_ca_file = \"{file}\""),
        );
        let told = faults(&tls, "\"encoder-a\"");
        let [(of, message)] = &told[..] else {
            panic!("{told:?}");
        };
        assert_eq!(of, "tls.client_ca_file");
        assert!(message.contains(word), "{message}");
    }
}
