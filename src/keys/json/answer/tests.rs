#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
use super::*;

const KID: &str = "01234567-89ab-cdef-0123-456789abcdef";
const KEY: &str = "00112233445566778899aabbccddeeff";
const WIDEVINE: &str = "edef8ba9-79d6-4ace-a3c8-27dcd51d21ed";

fn one(body: &str) -> Result<Given, KeyError> {
    read(body.as_bytes(), &["HD"], 0..1).map(|mut given| given.remove(0))
}

fn refused(body: &str) -> String {
    let error = one(body).unwrap_err();
    let text = error.to_string();
    assert!(!text.contains("0011") && !text.contains("ABEiM"), "{text}");
    assert!(matches!(error, KeyError::Wrong(_)));
    text
}

#[test]
fn sixteen_bytes_come_in_many_forms() {
    for (kid, key) in [
        (KID, KEY),
        (
            "0123456789ABCDEF0123456789ABCDEF",
            "00112233-4455-6677-8899-AABBCCDDEEFF",
        ),
        ("ASNFZ4mrze8BI0VniavN7w==", "ABEiM0RVZneImaq7zN3u/w=="),
        ("ASNFZ4mrze8BI0VniavN7w", "ABEiM0RVZneImaq7zN3u_w"),
        ("ASNFZ4mrze8BI0VniavN7w", "ABEiM0RVZneImaq7zN3u\\/w=="),
    ] {
        for name in ["kid", "key_id", "keyId"] {
            let given = one(&format!("{{\"{name}\": \"{kid}\", \"key\": \"{key}\"}}")).unwrap();
            assert_eq!(given.record.key.kid.to_string(), KID);
            assert_eq!(hex::encode(given.record.key.expose()), KEY);
        }
    }
}

#[test]
fn objects_lists_and_key_sets_are_understood() {
    let entry = format!("{{\"kid\": \"{KID}\", \"key\": \"{KEY}\", \"more\": [1]}}");
    assert!(one(&entry).is_ok());
    assert!(one(&format!(" [{entry}]")).is_ok());
    assert!(one(&format!("{{\"keys\": [{entry}], \"type\": \"temporary\"}}")).is_ok());
    // A JSON Web Key Set (RFC 7517), as ClearKey licences are.
    let jwk = "{\"keys\": [{\"kty\": \"oct\", \"kid\": \"ASNFZ4mrze8BI0VniavN7w\", \"k\": \"ABEiM0RVZneImaq7zN3u_w\"}]}";
    assert_eq!(one(jwk).unwrap().record.key.kid.to_string(), KID);
}

#[test]
fn labels_and_periods_choose_and_absent_ones_are_for_all() {
    let entry = |kid: u8, rest: &str| {
        let kid = format!("{kid:02x}").repeat(16);
        format!("{{\"kid\": \"{kid}\", \"key\": \"{kid}\"{rest}}}")
    };
    let body = [
        entry(1, ""),
        entry(2, ", \"label\": \"HD\""),
        entry(3, ", \"label\": \"HD\", \"period\": 1"),
        entry(4, ", \"period\": 1"),
    ]
    .join(",");
    let given = read(format!("[{body}]").as_bytes(), &["SD", "HD"], 0..3).unwrap();
    let kids: Vec<_> = given
        .iter()
        .map(|given| given.record.key.kid.0[0])
        .collect();
    assert_eq!(kids, [1, 2, 4, 3, 1, 2]);
    let rivals = refused(&format!("[{},{}]", entry(1, ""), entry(2, "")));
    assert!(rivals.contains("nothing says which"), "{rivals}");
    let missing = refused(&entry(1, ", \"label\": \"SD\""));
    assert!(missing.contains("no key for label \"HD\""), "{missing}");
}

#[test]
fn initialisation_data_comes_as_boxes_or_as_what_stands_in_them() {
    let with = |pssh: &str| {
        one(&format!(
            "{{\"kid\": \"{KID}\", \"key\": \"{KEY}\", \"pssh\": {pssh}}}"
        ))
    };
    let data = base64_of(b"data");
    let mut whole = 36_u32.to_be_bytes().to_vec();
    whole.extend(b"pssh\0\0\0\0");
    whole.extend(WIDEVINE.parse::<KeyId>().unwrap().0);
    whole.extend(4_u32.to_be_bytes());
    whole.extend(b"data");
    let one_box = base64_of(&whole);
    let two_boxes = base64_of(&whole.repeat(2));
    for (pssh, count) in [
        (
            format!("[{{\"uuid\": \"{WIDEVINE}\", \"data\": \"{data}\"}}]"),
            1,
        ),
        (
            format!("[{{\"uuid\": \"{WIDEVINE}\", \"data\": \"{one_box}\"}}]"),
            1,
        ),
        (format!("\"{two_boxes}\""), 2),
        (format!("[\"{one_box}\", \"{one_box}\"]"), 2),
    ] {
        let said = with(&pssh).unwrap().record.said;
        assert_eq!(said.len(), count);
        for said in said {
            assert_eq!(said.pssh.as_deref(), Some(&whole[..]));
            assert_eq!(KeyId(said.system_id).to_string(), WIDEVINE);
        }
    }
    for bad in [
        "\"AAAA\"".to_owned(),
        "\"***\"".to_owned(),
        format!("[{{\"uuid\": \"no\", \"data\": \"{data}\"}}]"),
    ] {
        let error = with(&bad).unwrap_err().to_string();
        assert!(error.contains("`pssh`"), "{error}");
    }
}

fn base64_of(bytes: &[u8]) -> String {
    base64::engine::general_purpose::STANDARD.encode(bytes)
}

#[test]
fn an_iv_is_taken_as_it_is() {
    let with = |iv: &str| {
        one(&format!(
            "{{\"kid\": \"{KID}\", \"key\": \"{KEY}\", \"iv\": \"{iv}\"}}"
        ))
    };
    let iv = "0F0E0D0C0B0A09080706050403020100";
    for written in [
        iv.to_owned(),
        format!("0x{iv}"),
        "Dw4NDAsKCQgHBgUEAwIBAA==".into(),
    ] {
        assert_eq!(with(&written).unwrap().record.explicit_iv.unwrap()[0], 15);
    }
    assert!(with("0011").is_err());
}

#[test]
fn rubbish_is_refused_without_being_repeated() {
    for body in [
        "",
        "null",
        "\"00112233445566778899aabbccddeeff\"",
        "{\"kid\": \"00112233445566778899aabbccddeeff\"",
        "[]",
        "{\"keys\": []}",
        "{\"keys\": [{\"key\": \"00112233445566778899aabbccddeeff\"}]}",
        "{\"kid\": \"01234567-89ab-cdef-0123-456789abcdef\"}",
        "{\"kid\": \"01234567-89ab-cdef-0123-456789abcdef\", \"key\": \"0011\"}",
        "{\"kid\": \"01234567-89ab-cdef-0123-456789abcdef\", \"key\": [\"00112233\"]}",
        "{\"kid\": \"x\", \"key\": \"00112233445566778899aabbccddeeff\"}",
        "<html>00112233445566778899aabbccddeeff</html>",
    ] {
        refused(body);
    }
    refused(&"[".repeat(100_000));
    refused(&format!("[{}1", "1,".repeat(100_000)));
}
