#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
use super::*;
use crate::{MAX_KEYS, Token, VerifyingKey};
use ring::hmac;

const SECRET: [u8; 32] = [9; 32];
const LIMIT: usize = 4096;

fn decode(text: &str) -> Vec<u8> {
    URL_SAFE_NO_PAD.decode(text).unwrap()
}

fn keys(list: impl IntoIterator<Item = VerifyingKey>) -> KeySet {
    let mut keys = KeySet::new();
    for key in list {
        keys.add(key).unwrap();
    }
    keys
}

fn hs256_keys() -> KeySet {
    keys([VerifyingKey::hs256(None, &SECRET).unwrap()])
}

/// A token of exactly this header and payload, rightly signed with [`SECRET`].
fn signed(header: &str, payload: &str) -> String {
    let input = format!(
        "{}.{}",
        URL_SAFE_NO_PAD.encode(header),
        URL_SAFE_NO_PAD.encode(payload)
    );
    let tag = hmac::sign(
        &hmac::Key::new(hmac::HMAC_SHA256, &SECRET),
        input.as_bytes(),
    );
    format!("{input}.{}", URL_SAFE_NO_PAD.encode(tag))
}

fn authenticate(token: &str, keys: &KeySet) -> Result<Claims, TokenError> {
    Token::parse(token, LIMIT)?.authenticate(keys)
}

fn code(token: &str) -> &'static str {
    authenticate(token, &hs256_keys()).unwrap_err().code()
}

const RFC7515_PAYLOAD: &str = "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";

#[test]
fn the_hs256_example_of_rfc_7515_a_1_verifies() {
    let key = decode(
        "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow",
    );
    let token = format!(
        "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.{RFC7515_PAYLOAD}.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
    );
    let claims = authenticate(&token, &keys([VerifyingKey::hs256(None, &key).unwrap()])).unwrap();
    assert_eq!(claims.issuer.as_deref(), Some("joe"));
    assert_eq!(
        claims.expires_at,
        Some(SystemTime::UNIX_EPOCH + Duration::from_secs(1_300_819_380))
    );
}

#[test]
fn the_es256_example_of_rfc_7515_a_3_verifies() {
    let point = [
        vec![4],
        decode("f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU"),
        decode("x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"),
    ]
    .concat();
    let token = format!(
        "eyJhbGciOiJFUzI1NiJ9.{RFC7515_PAYLOAD}.\
         DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q"
    );
    let claims = authenticate(&token, &keys([VerifyingKey::es256(None, &point).unwrap()])).unwrap();
    assert_eq!(claims.issuer.as_deref(), Some("joe"));
}

#[test]
fn the_ed25519_example_of_rfc_8037_a_4_verifies_and_is_no_claims_set() {
    let point = decode("11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo");
    let token = "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc.\
                 hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg";
    let keys = keys([VerifyingKey::ed25519(None, &point).unwrap()]);
    assert_eq!(
        Compact::parse(token).unwrap().verify_signature(&keys),
        Ok(())
    );
    assert_eq!(
        authenticate(token, &keys),
        Err(Malformed::Json { part: "payload" }.into())
    );
}

#[test]
fn none_and_unknown_algorithms_are_refused() {
    let payload = URL_SAFE_NO_PAD.encode(r#"{"exp":9}"#);
    for alg in ["none", "None", "NONE", "HS512", "RS256", "hs256", ""] {
        let header = URL_SAFE_NO_PAD.encode(format!(r#"{{"alg":"{alg}"}}"#));
        for signature in ["", "AAAA"] {
            assert_eq!(
                code(&format!("{header}.{payload}.{signature}")),
                "token-algorithm",
                "{alg}"
            );
        }
    }
}

#[test]
fn a_public_key_is_never_taken_for_an_hmac_secret() {
    let point = decode("11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo");
    let set = keys([VerifyingKey::ed25519(Some("k"), &point).unwrap()]);
    for header in [r#"{"alg":"HS256"}"#, r#"{"alg":"HS256","kid":"k"}"#] {
        let input = format!(
            "{}.{}",
            URL_SAFE_NO_PAD.encode(header),
            URL_SAFE_NO_PAD.encode("{}")
        );
        let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, &point), input.as_bytes());
        let token = format!("{input}.{}", URL_SAFE_NO_PAD.encode(tag));
        assert_eq!(authenticate(&token, &set), Err(TokenError::Algorithm));
    }
}

#[test]
fn a_key_id_selects_the_key() {
    let set = keys([
        VerifyingKey::hs256(Some("old"), &[1; 32]).unwrap(),
        VerifyingKey::hs256(Some("new"), &SECRET).unwrap(),
    ]);
    let check = |header: &str| authenticate(&signed(header, "{}"), &set).map(drop);
    assert_eq!(check(r#"{"alg":"HS256","kid":"new"}"#), Ok(()));
    assert_eq!(
        check(r#"{"alg":"HS256","kid":"old"}"#),
        Err(TokenError::Signature)
    );
    assert_eq!(
        check(r#"{"alg":"HS256","kid":"other"}"#),
        Err(TokenError::KeyUnknown)
    );
    assert_eq!(
        check(r#"{"alg":"HS256"}"#),
        Ok(()),
        "no key id: every key of the algorithm is tried"
    );
}

#[test]
fn keys_without_an_id_stand_in_for_unknown_ids() {
    let set = keys([
        VerifyingKey::hs256(Some("named"), &[1; 32]).unwrap(),
        VerifyingKey::hs256(None, &SECRET).unwrap(),
    ]);
    let check = |header: &str| authenticate(&signed(header, "{}"), &set).map(drop);
    assert_eq!(check(r#"{"alg":"HS256","kid":"theirs"}"#), Ok(()));
    assert_eq!(
        check(r#"{"alg":"HS256","kid":"named"}"#),
        Err(TokenError::Signature)
    );
}

#[test]
fn the_last_of_the_most_keys_is_still_found() {
    let mut list: Vec<_> = (1..MAX_KEYS)
        .map(|n| VerifyingKey::hs256(None, &[n as u8 + 100; 32]).unwrap())
        .collect();
    list.push(VerifyingKey::hs256(None, &SECRET).unwrap());
    assert!(authenticate(&signed(r#"{"alg":"HS256"}"#, "{}"), &keys(list)).is_ok());
}

#[test]
fn critical_extensions_are_refused() {
    for crit in [r#"["exp"]"#, "[]", "null"] {
        let token = signed(&format!(r#"{{"alg":"HS256","crit":{crit}}}"#), "{}");
        assert_eq!(
            authenticate(&token, &hs256_keys()),
            Err(Malformed::Critical.into())
        );
    }
}

#[test]
fn doubled_names_are_refused_at_any_depth() {
    for (header, payload, part) in [
        (r#"{"alg":"HS256","alg":"HS256"}"#, "{}", "header"),
        (
            r#"{"alg":"HS256"}"#,
            r#"{"exp":1,"exp":99999999999}"#,
            "payload",
        ),
        (
            r#"{"alg":"HS256"}"#,
            r#"{"path":"/a","p\u0061th":"/"}"#,
            "payload",
        ),
        (r#"{"alg":"HS256"}"#, r#"{"x":[{"y":1,"y":2}]}"#, "payload"),
    ] {
        assert_eq!(
            authenticate(&signed(header, payload), &hs256_keys()),
            Err(Malformed::Json { part }.into()),
            "{header} {payload}"
        );
    }
}

#[test]
fn malformed_tokens_say_so() {
    let good = signed(r#"{"alg":"HS256"}"#, "{}");
    let (input, tag) = good.rsplit_once('.').unwrap();
    for token in [
        "x",
        "..",
        "a.b",
        "a.b.c.d",
        "a.b.c.d.e",
        "é.é.é",
        &format!("{input}."), // right form, and no signature: see below
    ] {
        let want = if token.starts_with(input) {
            "token-signature"
        } else {
            "token-malformed"
        };
        assert_eq!(code(token), want, "{token}");
    }
    for token in [
        format!("{input}.{tag}="),
        format!("{input}.{tag} "),
        format!(
            "{input}.{}",
            tag.replace(|c: char| c.is_ascii_alphanumeric(), "+")
        ),
        signed("[]", "{}"),
        signed("{}", "{}"),
        signed(r#"{"alg":5}"#, "{}"),
        signed(r#"{"alg":"HS256","kid":5}"#, "{}"),
        signed(r#"{"alg":"HS256"}{}"#, "{}"),
        signed(r#"{"alg":"HS256"}"#, "[]"),
        signed(r#"{"alg":"HS256"}"#, ""),
        signed(
            r#"{"alg":"HS256"}"#,
            &format!("{}1{}", "[".repeat(200), "]".repeat(200)),
        ),
        signed(r#"{"alg":"HS256"}"#, &"x".repeat(5000)),
    ] {
        assert_eq!(code(&token), "token-malformed", "{token}");
    }
    assert_eq!(code(""), "token-missing");
}

#[test]
fn the_signature_text_has_one_form_only() {
    let good = signed(r#"{"alg":"HS256"}"#, "{}");
    // 32 bytes leave two spare bits in the last letter: setting them names the same bytes.
    let last = good.chars().next_back().unwrap();
    let alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let index = alphabet.find(last).unwrap();
    let twin = format!(
        "{}{}",
        &good[..good.len() - 1],
        &alphabet[index + 1..=index + 1]
    );
    assert_eq!(code(&twin), "token-malformed");
}

#[test]
fn claims_of_the_wrong_type_are_refused() {
    for payload in [
        r#"{"exp":"soon"}"#,
        r#"{"exp":null}"#,
        r#"{"exp":-1}"#,
        r#"{"exp":1e300}"#,
        r#"{"exp":1700000000000}"#,
        r#"{"nbf":[]}"#,
        r#"{"iat":true}"#,
        r#"{"iss":5}"#,
        r#"{"sub":5}"#,
        r#"{"jti":5}"#,
        r#"{"aud":5}"#,
        r#"{"aud":["a",5]}"#,
        r#"{"path":5}"#,
        r#"{"path":{}}"#,
        r#"{"path":["/a",5]}"#,
        r#"{"path":"a"}"#,
        r#"{"path":"/a/../b"}"#,
        r#"{"path":null}"#,
        r#"{"path":["/a","//"]}"#,
    ] {
        assert_eq!(
            code(&signed(r#"{"alg":"HS256"}"#, payload)),
            "token-malformed",
            "{payload}"
        );
    }
}

#[test]
fn fractional_dates_are_read() {
    let token = signed(r#"{"alg":"HS256"}"#, r#"{"exp":1700000000.5}"#);
    let claims = authenticate(&token, &hs256_keys()).unwrap();
    assert_eq!(
        claims.expires_at,
        Some(SystemTime::UNIX_EPOCH + Duration::from_millis(1_700_000_000_500))
    );
}

#[test]
fn audience_and_path_may_be_one_or_many() {
    let read =
        |payload| authenticate(&signed(r#"{"alg":"HS256"}"#, payload), &hs256_keys()).unwrap();
    assert_eq!(read(r#"{"aud":"a"}"#).audience, ["a"]);
    assert_eq!(read(r#"{"aud":["a","b"]}"#).audience, ["a", "b"]);
    assert_eq!(read(r#"{"path":"/a"}"#).paths.unwrap().len(), 1);
    assert_eq!(read(r#"{"path":["/a","/b"]}"#).paths.unwrap().len(), 2);
    assert_eq!(read(r#"{"path":[]}"#).paths, Some(vec![]));
    assert_eq!(read("{}").paths, None);
}

#[test]
fn showing_needs_no_key_and_believes_nothing() {
    let shown = Token::parse(&signed(r#"{"alg":"none"}"#, r#"{"exp":5}"#), LIMIT)
        .unwrap()
        .show_unverified()
        .unwrap();
    assert_eq!(shown.header["alg"], "none");
    assert_eq!(shown.claims["exp"], 5);
}
