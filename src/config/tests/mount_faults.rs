//! Faults of mounts, their keys and token policies.
use super::faults::{assert_fault, assert_fault_at, line_of, with};
use super::*;

#[test]
fn mounts_lie_apart_and_off_the_nodes_own_paths() {
    let second = "path = \"/open\"";
    for (path, words) in [
        ("/vod", "overlaps /vod"),
        ("/vod/x", "overlaps /vod"),
        ("/t", "/t is the node's own"),
        ("/t/x", "the node's own"),
        ("/player", "the node's own"),
        ("/healthz", "the node's own"),
        ("/", "no mount path"),
        ("open", "no mount path"),
        ("/open/", "no mount path"),
        ("/op en", "no mount path"),
        ("/a/../b", "no mount path"),
        ("/a//b", "no mount path"),
        ("/%61", "no mount path"),
    ] {
        assert_fault(
            second,
            &format!("path = \"{path}\""),
            "mount[1].path",
            words,
        );
    }
    for path in ["/vodka", "/tt", "/live/one"] {
        assert_eq!(with(second, &format!("path = \"{path}\"")), [], "{path}");
    }
    assert_fault_at(
        FULL.lines().count() - 2,
        "name = \"films\"",
        "name = \"open\"",
        "mount[1].name",
        "the name of mount[0]",
    );
}

/// `assert_fault` expects the line of the replaced text; a clash of names is told at the later mount.
#[test]
fn a_missing_folder_is_named() {
    assert_fault(
        "root = \"media\"\ntarget",
        "root = \"nowhere\"\ntarget",
        "mount[0].root",
        "nowhere is no folder",
    );
}

#[test]
fn protected_mounts_need_keys_and_keys_need_protected_mounts() {
    let folder = folder();
    let mount = |rest: &str| {
        parse_in(
            &folder,
            &format!("[[mount]]\npath = \"/vod\"\nroot = \"media\"\n{rest}"),
        )
        .map_or_else(
            |faults| {
                faults
                    .iter()
                    .map(ToString::to_string)
                    .collect::<Vec<_>>()
                    .join("\n")
            },
            |_| String::new(),
        )
    };
    const KEY: &str = "kid = \"01234567-89ab-cdef-0123-456789abcdef\"\nkey = \"00112233445566778899aabbccddeeff\"\n";
    assert!(
        mount("protections = [\"clear\", \"cenc\"]")
            .contains("\"cenc\" is offered, and there is no key")
    );
    assert_eq!(
        mount(&format!("protections = [\"cenc\"]\n[mount.key]\n{KEY}")),
        ""
    );
    assert_eq!(
        mount(&format!(
            "protections = [\"cenc\"]\n[[mount.asset]]\npath = \"a\"\n{KEY}"
        )),
        ""
    );
    assert!(mount(&format!("[mount.key]\n{KEY}")).contains("only \"clear\" is offered"));
    assert!(mount("clearkey_licence_server = true").contains("protects nothing"));
    assert!(mount("protections = []").contains("an empty list"));
    assert!(mount("protections = [\"clear\", \"clear\"]").contains("repetitions"));
    let assets = format!(
        "protections = [\"cenc\"]\n[[mount.asset]]\npath = \"a/../b\"\n{KEY}[[mount.asset]]\npath = \"c\"\n{KEY}[[mount.asset]]\npath = \"c/\"\n{KEY}"
    );
    let faults = mount(&assets);
    assert!(
        faults.contains("asset[0].path: \"a/../b\" is no path"),
        "{faults}"
    );
    assert!(
        faults.contains("asset[2].path: \"c\" occurs twice"),
        "{faults}"
    );
}

#[test]
fn content_keys_are_sixteen_bytes_of_hex() {
    let kid = "kid = \"01234567-89ab-cdef-0123-456789abcdef\"";
    let key = "key = \"00112233445566778899aabbccddeeff\"";
    for bad in [
        "0123456789abcdef",
        "01234567-89ab-cdef-0123-456789abcdeg",
        "0123-456789ab-cdef-0123-456789abcdef",
        "",
    ] {
        assert_fault(
            kid,
            &format!("kid = \"{bad}\""),
            "mount[0].key.kid",
            "no UUID",
        );
    }
    assert_fault(
        key,
        "key = \"00112233445566778899aabbccddeef\"",
        "mount[0].key.key",
        "31 hex digits, not 32",
    );
    assert_fault(
        key,
        "key = \"00112233445566778899aabbccddeefz\"",
        "mount[0].key.key",
        "character 32 is no hex digit",
    );
    assert_fault_at(
        line_of("[mount.key]"),
        key,
        "",
        "mount[0].key.key",
        "neither `key` nor `key_file`",
    );
    assert_fault(
        key,
        &format!("key_file = \"content.key\"\n{key}"),
        "mount[0].key.key_file",
        "both `key` and `key_file`",
    );
    assert_fault(
        "key_file = \"content.key\"",
        "key_file = \"no.key\"",
        "mount[0].asset[0].key_file",
        "does not exist",
    );
    assert_fault(
        "key_file = \"content.key\"",
        "key_file = \"tls.key\"",
        "mount[0].asset[0].key_file",
        "no hex digit",
    );
}

#[test]
fn one_key_id_stands_for_one_key() {
    assert_fault(
        "kid = \"fedcba9876543210fedcba9876543210\"",
        "kid = \"0123456789abcdef0123456789abcdef\"",
        "mount[0].asset[0].kid",
        "the same key id as mount[0].key.kid",
    );
}

#[test]
fn token_keys_fit_their_algorithm() {
    let secret =
        "secret = \"hex:000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f\"";
    let name = "mount[0].token.keys[0]";
    assert_fault(
        secret,
        "secret = \"hex:0001\"",
        &format!("{name}.secret"),
        "2 bytes is too short",
    );
    assert_fault(
        secret,
        "secret = \"hex:000\"",
        &format!("{name}.secret"),
        "not hex or base64",
    );
    assert_fault_at(
        line_of("[[mount.token.keys]]"),
        secret,
        "",
        &format!("{name}.secret"),
        "neither `secret` nor `secret_file`",
    );
    assert_fault(
        "public_key_file = \"token.pem\"",
        "public_key_file = \"tls.pem\"",
        "mount[0].token.keys[2].public_key_file",
        "no PUBLIC KEY",
    );
    assert_fault_at(
        line_of("public_key_file"),
        "algorithm = \"ES256\"",
        "algorithm = \"EdDSA\"",
        "mount[0].token.keys[2].public_key_file",
        "Ed25519 key",
    );
    assert_fault(
        "algorithm = \"ES256\"",
        "algorithm = \"RS256\"",
        "mount[0].token.keys[2].algorithm",
        "not known here",
    );
    assert_fault(
        "public_key_file = \"token.pem\"",
        "secret = \"x\"\npublic_key_file = \"token.pem\"",
        "mount[0].token.keys[2].secret",
        "verifies with a public key",
    );
    assert_fault_at(
        line_of("id = \"b\"") - 1,
        "id = \"b\"",
        "id = \"a\"",
        "mount[0].token.keys[2]",
        "`a` occurs twice",
    );
}

#[test]
fn a_token_policy_needs_keys_sources_and_plain_names() {
    assert_fault(
        "sources = [\"cookie\", \"bearer\"]",
        "sources = []",
        "mount[0].token.sources",
        "an empty list",
    );
    assert_fault(
        "query_name = \"t\"",
        "query_name = \"a&b\"",
        "mount[0].token.query_name",
        "no plain name",
    );
    assert_fault(
        "cookie_name = \"edge\"",
        "cookie_name = \"\"",
        "mount[0].token.cookie_name",
        "no plain name",
    );
    let folder = folder();
    let text = "[[mount]]\npath = \"/vod\"\nroot = \"media\"\n[mount.token]\n";
    let faults = parse_in(&folder, text).unwrap_err();
    assert_eq!(faults.len(), 1);
    assert!(faults[0].to_string().ends_with(":4: mount[0].token.keys: tokens are checked, and there is no key to check them with; add [[mount.token.keys]]"), "{}", faults[0]);
}
