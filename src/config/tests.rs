#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use edgepack_token::Algorithm;
use tempfile::TempDir;

use super::*;

mod documents;
mod drm;
mod faults;
mod keys;
mod live;
mod mount_faults;

/// Something in every section.
const FULL: &str = r#"
[node]
workers = 4
pin_workers = true
drain_timeout = "1m"
public_url = "https://media.example.com"
core_dumps = true
memory = "4GiB"
memory_wait = "2s"
[listen]
http = ["127.0.0.1:8080", "[::1]:8080"]
https = ["127.0.0.1:8443"]
http3 = false
max_connections_per_worker = 5
header_timeout = "1s"
idle_timeout = "2s"
handshake_timeout = "3s"
max_handshakes_per_worker = 8
send_timeout = "20s"
min_send_rate = "2KiB"
request_timeout = "4s"
max_header_bytes = "16KiB"
max_request_body = "1KiB"
max_concurrent_streams = 6
alt_svc_max_age = "1h"
[quic]
congestion = "bbr"
initial_window = "64KiB"
send_window = "1MiB"
max_udp_payload = 1400
early_data = false
retry_handshakes = 7
max_handshakes = 8
[tls]
certificate = "tls.pem"
private_key = "tls.key"
reload_interval = "5s"
kernel = "auto"
client_ca_file = "tls.pem"
[admin]
listen = "[::1]:9091"
[cache]
memory = "2GiB"
sendfile = true
presentations = 7
manifest_memory = "3MiB"
index_memory = "64MiB"
index_dir = "indexes"
index_bytes = "3GiB"
manifest_ttl = "1s"
[storage]
engine = "pread"
queue_depth = 8
read_timeout = "5s"
gap = "0B"
revalidate = "0s"
max_open_files = 9
pread_threads = 10
buffer_memory = "32MiB"
direct = true
[log]
level = "debug"
format = "json"
access = "access.log"
[cors]
allow_origins = ["https://player.example.com"]
allow_credentials = true
max_age = "2h"
[player]
enabled = true
title = "here"
mint_tokens = true
[[mount]]
name = "films"
path = "/vod"
root = "media"
target_duration = "3840ms"
protections = ["clear", "cenc", "cbcs"]
clearkey_licence_server = true
[mount.key]
kid = "01234567-89ab-cdef-0123-456789abcdef"
key = "00112233445566778899aabbccddeeff"
[[mount.asset]]
path = "/films/"
label = "HD"
protections = ["cenc"]
period = 2
kid = "fedcba9876543210fedcba9876543210"
key_file = "content.key"
[mount.interstitials]
max_per_asset = 8
max_assets = 9
[mount.keys]
provider = "static"
[mount.drm]
w3c_common = false
other_systems = ["5e629af5-38da-4063-8977-97ffbd9902d4"]
clear_lead = "10s"
rotate_segments = 100
rotation = "sample-groups"
key_uri = "https://keys.example.com/{kid}"
[mount.drm.widevine]
provider = "shop"
content_id = "{content}"
policy = "hd"
licence_url = "https://licence.example.com/w"
pssh_v1 = true
[mount.drm.playready]
licence_url = "https://licence.example.com/p"
licence_ui_url = "https://licence.example.com/help"
domain_service = "01234567-89ab-cdef-0123-456789abcdef"
custom_attributes = "<A></A>"
header_version = "4.3.0.0"
pssh_v1 = true
[mount.drm.fairplay]
uri = "skd://shop/{kid}"
licence_url = "https://licence.example.com/f"
[[mount.drm.label]]
name = "HD"
kind = "video"
min_height = 577
max_height = 1080
min_bitrate = 1
max_bitrate = 10000000
min_frame_rate = 1
max_frame_rate = 30
hdr = false
hdcp_level = "TYPE-0"
allowed_cpc = ["com.microsoft.playready:SL2000/SL3000", "urn:uuid:edef8ba9-79d6-4ace-a3c8-27dcd51d21ed:"]
[[mount.drm.label]]
name = "AUDIO"
min_channels = 1
max_channels = 6
[mount.token]
required = false
issuer = "shop"
audience = "edge"
leeway = "5s"
require_expiry = false
require_path = true
max_size = "2KiB"
sources = ["cookie", "bearer"]
query_name = "t"
cookie_name = "edge"
cache_entries = 11
[[mount.token.keys]]
id = "a"
algorithm = "HS256"
secret = "hex:000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
[[mount.token.keys]]
algorithm = "HS256"
secret_file = "token.secret"
[[mount.token.keys]]
id = "b"
algorithm = "ES256"
public_key_file = "token.pem"
[[mount]]
path = "/open"
root = "media"
"#;

/// A folder with all that [`FULL`] names.
fn folder() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let write =
        |name: &str, content: &str| std::fs::write(folder.path().join(name), content).unwrap();
    std::fs::create_dir(folder.path().join("media")).unwrap();
    let tls = rcgen::generate_simple_self_signed(vec!["localhost".into()]).unwrap();
    write("tls.pem", &tls.cert.pem());
    write("tls.key", &tls.signing_key.serialize_pem());
    write("token.pem", &tls.signing_key.public_key_pem());
    write("sealing.key", &"5a".repeat(32));
    write("content.key", "ffeeddccbbaa99887766554433221100\n");
    write("token.secret", "a secret of more than thirty-two bytes\n");
    folder
}

fn parse_in(folder: &TempDir, text: &str) -> Result<Config, Vec<ConfigFault>> {
    Config::parse(text, &folder.path().join("edgepack.toml"))
}

/// Every key there is, by section without indices.
fn all_keys() -> BTreeSet<(String, &'static str)> {
    let folder = folder();
    let full = [FULL, live::LIVE].concat();
    let (_, source) = Config::read(&full, &folder.path().join("edgepack.toml"));
    source.asked()
}

#[test]
fn every_key_is_read() {
    let folder = folder();
    let config = parse_in(&folder, FULL).unwrap();
    assert_eq!(
        config.node,
        Node {
            workers: 4,
            pin_workers: true,
            drain_timeout: Duration::from_secs(60),
            public_url: Some("https://media.example.com".into()),
            core_dumps: true,
            memory: Some(4 << 30),
            memory_wait: Duration::from_secs(2),
        }
    );
    assert_eq!(
        config.listen,
        Listen {
            http: vec![
                "127.0.0.1:8080".parse().unwrap(),
                "[::1]:8080".parse().unwrap()
            ],
            https: vec!["127.0.0.1:8443".parse().unwrap()],
            http3: false,
            max_connections_per_worker: 5,
            header_timeout: Duration::from_secs(1),
            idle_timeout: Duration::from_secs(2),
            handshake_timeout: Duration::from_secs(3),
            max_handshakes_per_worker: 8,
            send_timeout: Duration::from_secs(20),
            min_send_rate: 2048,
            request_timeout: Duration::from_secs(4),
            max_header_bytes: 16_384,
            max_request_body: 1024,
            max_concurrent_streams: 6,
            alt_svc_max_age: Duration::from_secs(3600),
        }
    );
    assert_eq!(
        config.tls,
        Some(Tls {
            certificate: folder.path().join("tls.pem"),
            private_key: folder.path().join("tls.key"),
            reload_interval: Duration::from_secs(5),
            kernel: KernelTls::Auto,
            client_ca_file: Some(folder.path().join("tls.pem")),
        })
    );
    assert_eq!(config.admin.listen, "[::1]:9091".parse().unwrap());
    assert_eq!(
        config.cache,
        Cache {
            memory: 2 << 30,
            sendfile: true,
            presentations: 7,
            manifest_memory: 3 << 20,
            index_memory: 64 << 20,
            index_dir: Some(folder.path().join("indexes")),
            index_bytes: 3 << 30,
            manifest_ttl: Duration::from_secs(1),
        }
    );
    assert_eq!(
        config.storage,
        Storage {
            engine: StorageEngine::Pread,
            queue_depth: 8,
            read_timeout: Duration::from_secs(5),
            gap: 0,
            revalidate: Duration::ZERO,
            max_open_files: 9,
            pread_threads: 10,
            buffer_memory: 32 << 20,
            direct: true,
        }
    );
    assert_eq!(
        config.log,
        Log {
            level: LogLevel::Debug,
            format: LogFormat::Json,
            access: AccessLog::File(folder.path().join("access.log")),
        }
    );
    assert_eq!(
        config.cors,
        Cors {
            allow_origins: vec!["https://player.example.com".into()],
            allow_credentials: true,
            max_age: Duration::from_secs(7200),
        }
    );
    assert_eq!(
        config.player,
        Player {
            enabled: true,
            title: "here".into(),
            mint_tokens: true,
        }
    );
    assert_eq!(config.mounts.len(), 2);
    assert_eq!(
        config.mounts[1],
        Mount::new("/open", folder.path().join("media"))
    );
}

#[test]
fn every_key_of_a_mount_is_read() {
    let folder = folder();
    let mut config = parse_in(&folder, FULL).unwrap();
    let mount = config.mounts.remove(0);
    let token = mount.token.clone().unwrap();
    assert_eq!(
        mount,
        Mount {
            interstitials: Interstitials {
                max_per_asset: 8,
                max_assets: 9,
            },
            name: "films".into(),
            path: "/vod".into(),
            root: folder.path().join("media"),
            live: None,
            target_duration: Duration::from_millis(3840),
            protections: vec![Protection::Clear, Protection::Cenc, Protection::Cbcs],
            clearkey_licence_server: true,
            key: Some(ContentKey {
                kid: 0x0123_4567_89ab_cdef_0123_4567_89ab_cdef_u128.to_be_bytes(),
                key: Secret::new(0x0011_2233_4455_6677_8899_aabb_ccdd_eeff_u128.to_be_bytes()),
            }),
            assets: vec![AssetKey {
                path: "films".into(),
                label: Some("HD".into()),
                protections: vec![Protection::Cenc],
                period: Some(2),
                key: ContentKey {
                    kid: 0xfedc_ba98_7654_3210_fedc_ba98_7654_3210_u128.to_be_bytes(),
                    key: Secret::new(0xffee_ddcc_bbaa_9988_7766_5544_3322_1100_u128.to_be_bytes()),
                },
            }],
            keys: Keys::default(),
            drm: mount.drm.clone(),
            token: mount.token.clone(),
        }
    );
    assert_eq!(
        token,
        TokenPolicy {
            keys: token.keys.clone(),
            required: false,
            issuer: Some("shop".into()),
            audience: Some("edge".into()),
            leeway: Duration::from_secs(5),
            require_expiry: false,
            require_path: true,
            max_size: 2048,
            sources: vec![TokenSource::Cookie, TokenSource::Bearer],
            query_name: "t".into(),
            cookie_name: "edge".into(),
            cache_entries: 11,
        }
    );
    let [first, second, third] = &token.keys[..] else {
        panic!("three keys");
    };
    assert_eq!(first.id.as_deref(), Some("a"));
    assert_eq!(
        first.material,
        TokenKeyMaterial::Secret(Secret::new((0..32).collect()))
    );
    assert_eq!(
        second.material,
        TokenKeyMaterial::Secret(Secret::new(
            b"a secret of more than thirty-two bytes".to_vec()
        ))
    );
    assert_eq!(
        (third.algorithm, third.id.as_deref()),
        (Algorithm::Es256, Some("b"))
    );
    assert!(third.verifying_key().is_ok());
}

#[test]
fn the_most_specific_entry_gives_the_key() {
    let key = |byte: u8| ContentKey {
        kid: [byte; 16],
        key: Secret::new([byte; 16]),
    };
    let asset = |path: &str, byte| AssetKey::new(path, key(byte));
    let mount = Mount {
        assets: vec![
            asset("films", 1),
            asset("films/one", 2),
            asset("shows", 3),
            AssetKey {
                label: Some("HD".into()),
                ..asset("shows", 4)
            },
            AssetKey {
                protections: vec![Protection::Cbcs],
                period: Some(1),
                ..asset("shows", 5)
            },
            AssetKey {
                label: Some("SD".into()),
                protections: vec![Protection::Cbcs],
                ..asset("", 6)
            },
        ],
        key: Some(key(9)),
        ..Mount::new("/vod", "/")
    };
    let kid = |asset: &str, label: &str, protection, period| {
        let key = mount.configured_key(asset, label, protection, period);
        key.unwrap().kid[0]
    };
    let usual = |asset: &str| kid(asset, "AUDIO", Protection::Cenc, 0);
    assert_eq!(usual("films/two"), 1);
    assert_eq!(usual("films/one"), 2);
    assert_eq!(usual("films/one/extra"), 2);
    assert_eq!(usual("filmsother"), 9);
    assert_eq!(usual("other"), 9);
    assert_eq!(kid("shows/a", "AUDIO", Protection::Cbcs, 0), 3);
    assert_eq!(kid("shows/a", "AUDIO", Protection::Cbcs, 1), 5);
    assert_eq!(kid("shows/a", "HD", Protection::Cbcs, 1), 4, "label first");
    assert_eq!(kid("shows/a", "SD", Protection::Cbcs, 0), 3, "path first");
    assert_eq!(kid("other", "SD", Protection::Cbcs, 7), 6);
    assert_eq!(kid("other", "SD", Protection::Cenc, 7), 9);
    let without = Mount { key: None, ..mount };
    assert_eq!(
        without.configured_key("other", "SD", Protection::Cenc, 0),
        None
    );
}

#[test]
fn no_secret_is_shown() {
    let folder = folder();
    let config = parse_in(&folder, FULL).unwrap();
    let shown = format!("{config:?} {config:#?}");
    for secret in [
        "00112233",
        "17, 34",
        "ffeeddcc",
        "thirty-two",
        "[0, 1, 2",
        "101112",
    ] {
        assert!(!shown.contains(secret), "{secret}");
    }
    assert!(shown.contains("0123456789abcdef"), "the key id may be seen");
}

#[test]
fn memory_is_shared_between_the_parts_that_are_not_given() {
    let folder = folder();
    let mount = "[[mount]]\npath = \"/vod\"\nroot = \"media\"\n";
    let with = |text: &str| parse_in(&folder, &format!("{text}\n{mount}"));
    let parts = |config: &Config| {
        let cache = &config.cache;
        let buffers = config.storage.buffer_memory;
        [
            cache.memory,
            buffers,
            cache.index_memory,
            cache.manifest_memory,
        ]
        .map(|bytes| bytes >> 20)
    };
    let unset = with("").unwrap();
    assert_eq!(parts(&unset), [1024, 512, 1024, 64]);
    assert_eq!(unset.memory() >> 20, 2624);
    let all = with("[node]\nmemory = \"64MiB\"").unwrap();
    assert_eq!((parts(&all), all.memory() >> 20), ([32, 18, 12, 2], 64));
    let text = "[node]\nmemory = \"1GiB\"\n[cache]\nmemory = \"0B\"\nindex_memory = \"24MiB\"";
    let some = with(text).unwrap();
    assert_eq!(parts(&some), [0, 900, 24, 100]);
    for text in [
        "[node]\nmemory = \"63MiB\"",
        "[node]\nmemory = \"1GiB\"\n[cache]\nmemory = \"2GiB\"",
        "[node]\nmemory = \"1GiB\"\n[cache]\nmemory = \"1020MiB\"",
    ] {
        let faults = with(text).unwrap_err();
        assert_eq!(faults.len(), 1, "{text}: {faults:?}");
        assert_eq!(faults[0].key, "node.memory");
    }
}
