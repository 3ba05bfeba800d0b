//! `[mount.keys]`: each provider's values, and what does not go together.
use super::documents::reference;
use super::*;

/// The keys of a mount with these lines below `[mount.keys]`, or the faults' text.
fn keys_in(folder: &TempDir, lines: &str) -> Result<Keys, String> {
    let text = format!(
        "[[mount]]\npath = \"/vod\"\nroot = \"media\"\nprotections = [\"cbcs\"]\n[mount.keys]\n{lines}"
    );
    match parse_in(folder, &text) {
        Ok(mut config) => Ok(config.mounts.remove(0).keys),
        Err(faults) => Err(faults
            .iter()
            .map(ToString::to_string)
            .collect::<Vec<_>>()
            .join("\n")),
    }
}

fn keys(lines: &str) -> Result<Keys, String> {
    keys_in(&folder(), lines)
}

fn assert_fault(lines: &str, words: &str) {
    let faults = keys(lines).unwrap_err();
    assert!(
        faults.contains(words) && faults.lines().count() == 1,
        "{lines}:\n{faults}"
    );
}

const URL: &str = "url = \"https://keys.example.com/{content}\"\n";

#[test]
fn every_value_of_a_json_server_arrives() {
    let folder = folder();
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    write("auth", "shop:secret words\n");
    write("cache.key", &format!("{}\n", "0f".repeat(32)));
    let lines = "provider = \"http\"\nurl = \"https://keys.example.com:8443/{mount}/{content}?p={protection}&l={labels}\"\n\
        method = \"POST\"\nauthorization_file = \"auth\"\nca_file = \"tls.pem\"\nclient_certificate = \"tls.pem\"\n\
        client_key = \"tls.key\"\nconnect_timeout = \"1s\"\ntimeout = \"3s\"\nmax_attempts = 2\nmax_connections = 4\n\
        ttl = \"10m\"\nmax_stale = \"0s\"\nunready_after = \"1m\"\nmax_sets = 7\ncache_dir = \"keys\"\n\
        cache_key_file = \"cache.key\"\n";
    let keys = keys_in(&folder, lines).unwrap();
    let path = |name: &str| Some(folder.path().join(name));
    assert_eq!(
        keys,
        Keys {
            provider: KeyProvider::Http {
                server: KeyServer {
                    url:
                        "https://keys.example.com:8443/{mount}/{content}?p={protection}&l={labels}"
                            .into(),
                    authorization: Some(Secret::new("Basic c2hvcDpzZWNyZXQgd29yZHM=".into())),
                    ca_file: path("tls.pem"),
                    client_certificate: path("tls.pem"),
                    client_key: path("tls.key"),
                    connect_timeout: Duration::from_secs(1),
                    timeout: Duration::from_secs(3),
                    max_attempts: 2,
                    max_connections: 4,
                },
                post: true,
            },
            ttl: Duration::from_secs(600),
            max_stale: Some(Duration::ZERO),
            unready_after: Some(Duration::from_secs(60)),
            max_sets: 7,
            cache: Some(KeyCache {
                dir: folder.path().join("keys"),
                key: Secret::new([0x0f; 32]),
            }),
        }
    );
    let shown = format!("{keys:?}");
    assert!(
        !shown.contains("c2hvc") && !shown.contains("15, 15"),
        "{shown}"
    );
}

#[test]
fn the_reference_states_the_defaults_of_servers() {
    let stated: String = reference()
        .into_iter()
        .filter(|((section, _), _)| section == "mount.keys")
        .filter(|((_, key), default)| {
            key != "provider" && default.starts_with(['"', '1', '3', '8'])
        })
        .filter(|((_, key), _)| !["method", "content_id"].contains(&key.as_str()))
        .map(|((_, key), default)| format!("{key} = {default}\n"))
        .collect();
    assert!(stated.contains("ttl"), "{stated}");
    let plain = keys(&format!("provider = \"http\"\n{URL}")).unwrap();
    assert_eq!(
        keys(&format!("provider = \"http\"\n{URL}{stated}")).unwrap(),
        plain
    );
    assert_eq!(
        plain,
        Keys::new(KeyProvider::Http {
            server: KeyServer::new("https://keys.example.com/{content}"),
            post: false,
        })
    );
}

#[test]
fn every_value_of_a_speke_server_arrives() {
    let lines = "provider = \"speke\"\nurl = \"https://keys.example.com/speke\"\ncontent_id = \"{mount}-{content}\"\n\
        systems = [\"fairplay\", \"5e629af5-38da-4063-8977-97ffbd9902d4\"]\n";
    let KeyProvider::Speke(speke) = keys(lines).unwrap().provider else {
        panic!("another provider");
    };
    assert_eq!(speke.content_id, "{mount}-{content}");
    let systems = speke.systems.unwrap();
    assert_eq!((systems[0][0], systems[1][0]), (0x94, 0x5e));
    let short = keys("provider = \"speke\"\nurl = \"https://keys.example.com/speke\"\n").unwrap();
    let server = KeyServer::new("https://keys.example.com/speke");
    assert_eq!(
        short,
        Keys::new(KeyProvider::Speke(Box::new(Speke::new(server))))
    );
}

#[test]
fn speke_gives_no_keys_for_whole_segments() {
    let text = "[[mount]]\npath = \"/vod\"\nroot = \"media\"\nprotections = [\"cbcs\", \"aes128\"]\n\
        [mount.keys]\nprovider = \"speke\"\nurl = \"https://a/\"\n";
    let faults = parse_in(&folder(), text).unwrap_err();
    assert_eq!(
        (faults.len(), faults[0].key.as_str()),
        (1, "mount[0].protections")
    );
}

#[test]
fn derived_keys_need_a_secret_that_cannot_be_guessed() {
    let secret = "provider = \"derived\"\nsecret = \"hex:000102030405060708090a0b0c0d0e0f\"\n";
    assert_eq!(
        keys(secret).unwrap().provider,
        KeyProvider::Derived {
            secret: Secret::new((0..16).collect())
        }
    );
    assert_fault(
        "provider = \"derived\"\nsecret = \"short\"\n",
        "not 16 bytes or more",
    );
    assert_fault(
        "provider = \"derived\"\nsecret = \"hex:zz\"\n",
        "not 16 bytes or more",
    );
    assert_fault(
        "provider = \"derived\"\n",
        "neither `secret` nor `secret_file`",
    );
}

#[test]
fn values_of_other_providers_are_refused() {
    for (lines, words) in [
        (
            "url = \"https://a\"\n",
            "only the provider \"http\" and \"speke\"",
        ),
        ("provider = \"static\"\nttl = \"1h\"\n", "mount[0].keys.ttl"),
        (
            "provider = \"speke\"\nurl = \"https://a/\"\nmethod = \"GET\"\n",
            "only the provider \"http\"",
        ),
        (
            "provider = \"http\"\nurl = \"https://a/\"\nsystems = []\n",
            "only the provider \"speke\"",
        ),
        (
            "provider = \"http\"\nurl = \"https://a/\"\nsecret = \"x\"\n",
            "only the provider \"derived\"",
        ),
    ] {
        let faults = keys(lines).unwrap_err();
        assert!(faults.contains(words), "{lines}:\n{faults}");
    }
    assert_fault(
        "provider = \"spek\"\nurl = \"x\"\n",
        "did you mean \"speke\"?",
    );
}

#[test]
fn servers_have_urls_without_credentials_and_known_places() {
    let url = |url: &str| format!("provider = \"http\"\nurl = \"{url}\"\n");
    for bad in [
        "keys.example.com",
        "ftp://keys.example.com/",
        "https://user:word@keys.example.com/",
        "https:///path",
        "https://{mount}.example.com/",
    ] {
        assert_fault(&url(bad), "is no URL of a server");
    }
    assert_fault(&url("https://a/{asset}"), "no place `{asset}`");
    assert_fault(&url("https://a/{content"), "no place `{content`");
    assert_fault(&url("https://a/}"), "no place `}`");
    assert_fault(
        "provider = \"speke\"\nurl = \"https://a/{content}\"\n",
        "no place `{content}`",
    );
    assert_fault(
        "provider = \"speke\"\nurl = \"https://a/\"\ncontent_id = \"{label}\"\n",
        "no place `{label}`",
    );
    assert_fault("provider = \"http\"\n", "`url` is missing");
    assert!(keys(&url("http://127.0.0.1:8000/{label}/{period}")).is_ok());
}

#[test]
fn certificates_come_whole_and_for_https() {
    let with = |lines: &str| format!("provider = \"http\"\n{URL}{lines}");
    assert_fault(
        &with("client_certificate = \"tls.pem\"\n"),
        "`client_key` is missing",
    );
    assert_fault(
        &with("client_key = \"tls.key\"\n"),
        "`client_certificate` is missing",
    );
    assert_fault(
        &with("client_certificate = \"tls.pem\"\nclient_key = \"token.pem\"\n"),
        "no PRIVATE KEY",
    );
    assert_fault(&with("ca_file = \"tls.key\"\n"), "no CERTIFICATE");
    assert_fault(&with("ca_file = \"no.pem\"\n"), "does not exist");
    assert_fault(
        "provider = \"http\"\nurl = \"http://a/\"\nca_file = \"tls.pem\"\n",
        "knows no certificates",
    );
    let speke = |lines: &str| format!("provider = \"speke\"\nurl = \"https://a/\"\n{lines}");
    assert_fault(
        &speke("document_certificate_file = \"tls.pem\"\n"),
        "`document_key_file` is missing",
    );
    assert_fault(
        &speke("document_certificate_file = \"tls.pem\"\ndocument_key_file = \"tls.key\"\n"),
        "not an RSA key",
    );
    assert_fault(
        &speke("signer_certificate_file = \"tls.key\"\n"),
        "no CERTIFICATE",
    );
    assert_fault(&speke("systems = [\"widevin\"]\n"), "no DRM system");
    assert_fault(&speke("systems = [\"w3c\", \"w3c\"]\n"), "named twice");
}

#[test]
fn keys_on_disk_are_sealed() {
    let with = |lines: &str| format!("provider = \"http\"\n{URL}{lines}");
    assert_fault(
        &with("cache_dir = \"keys\"\n"),
        "`cache_key_file` is missing",
    );
    assert_fault(
        &with("cache_key_file = \"sealing.key\"\n"),
        "`cache_dir` is missing",
    );
    assert_fault(
        &with("cache_dir = \"keys\"\ncache_key_file = \"content.key\"\n"),
        "does not hold 32 bytes",
    );
    let folder = folder();
    std::fs::write(
        folder.path().join("cache.key"),
        "hex:".to_owned() + &"aa".repeat(32),
    )
    .unwrap();
    let lines = with("cache_dir = \"no/keys\"\ncache_key_file = \"cache.key\"\n");
    let faults = keys_in(&folder, &lines).unwrap_err();
    assert!(faults.contains("does not exist"), "{faults}");
}

#[test]
fn times_stand_in_proportion() {
    let with = |lines: &str| format!("provider = \"http\"\n{URL}{lines}");
    assert_fault(&with("timeout = \"1s\"\n"), "longer than `timeout`");
    assert_fault(&with("ttl = \"1ms\"\n"), "choose from 1s");
    assert_fault(&with("max_attempts = 0\n"), "choose from 1 to 10");
}

#[test]
fn one_source_of_keys() {
    let folder = folder();
    let text = "[[mount]]\npath = \"/vod\"\nroot = \"media\"\nprotections = [\"cbcs\"]\n[mount.key]\n\
        kid = \"01234567-89ab-cdef-0123-456789abcdef\"\nkey = \"00112233445566778899aabbccddeeff\"\n\
        [mount.keys]\nprovider = \"derived\"\nsecret = \"0123456789abcdef\"\n";
    let faults = parse_in(&folder, text).unwrap_err();
    assert_eq!(faults.len(), 1, "{faults:?}");
    assert!(
        faults[0]
            .to_string()
            .contains("and \"derived\" is to give them")
    );
    let clear = text.replace("[\"cbcs\"]", "[\"clear\"]");
    assert!(parse_in(&folder, &clear).is_err());
}

#[test]
fn entries_for_one_asset_differ_in_what_they_are_for() {
    let folder = folder();
    let entry = |rest: &str, byte: &str| {
        format!(
            "[[mount.asset]]\n{rest}kid = \"{}\"\nkey = \"{}\"\n",
            byte.repeat(16),
            byte.repeat(16)
        )
    };
    let parse = |entries: &[String]| {
        let text = format!(
            "[[mount]]\npath = \"/vod\"\nroot = \"media\"\nprotections = [\"cenc\", \"cbcs\"]\n{}",
            entries.concat()
        );
        parse_in(&folder, &text).map_err(|faults| faults[0].to_string())
    };
    let all = entry("", "01");
    let cenc = entry("protections = [\"cenc\"]\n", "02");
    let both = entry("protections = [\"cbcs\", \"cenc\"]\n", "03");
    let hd = entry("label = \"HD\"\n", "04");
    let later = entry("period = 1\n", "05");
    assert!(parse(&[all.clone(), cenc.clone(), hd, later]).is_ok());
    assert!(parse(&[cenc, both]).unwrap_err().contains("occurs twice"));
    assert!(
        parse(&[all.clone(), all])
            .unwrap_err()
            .contains("occurs twice")
    );
    let clear = entry("protections = [\"clear\"]\n", "06");
    assert!(
        parse(&[clear])
            .unwrap_err()
            .contains("not offered with keys")
    );
    let empty = entry("path = \"/\"\n", "07");
    assert!(parse(&[empty]).unwrap_err().contains("names no asset"));
}
