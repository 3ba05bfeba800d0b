#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
use std::path::PathBuf;
use std::time::Duration;

use super::*;

fn tokens(carrier: Carrier) -> Tokens {
    Tokens {
        secret: Some("hex:".to_owned() + &"ab".repeat(32)),
        secret_file: None::<PathBuf>,
        key_id: Some("k1".into()),
        carrier,
        name: None,
        prefix: "/t/{token}".into(),
        lifetime: Duration::from_secs(60),
        issuer: None,
        audience: None,
        paths: vec!["/vod/{asset}".into()],
    }
}

fn pass(carrier: Carrier) -> Pass {
    let mint = Mint::new(&tokens(carrier)).unwrap();
    mint.pass(7, "film", 1).unwrap()
}

#[test]
fn a_minted_token_is_believed_for_its_own_title_alone() {
    use edgepack_token::{KeySet, Rules, Verifier, VerifyingKey};
    let pass = pass(Carrier::Path);
    let mut keys = KeySet::new();
    keys.add(VerifyingKey::hs256(Some("k1"), &[0xab; 32]).unwrap())
        .unwrap();
    let verifier = Verifier::new(keys, Rules::default());
    let now = SystemTime::now();
    assert!(verifier.verify(&pass.text, "/vod/film/a.m4s", now).is_ok());
    assert!(
        verifier
            .verify(&pass.text, "/vod/other/a.m4s", now)
            .is_err()
    );
}

#[test]
fn a_path_is_inherited_by_relative_addresses_and_hidden_in_reports() {
    let pass = pass(Carrier::Path);
    let mut manifest: Url = "http://localhost/vod/film/index.m3u8".parse().unwrap();
    pass.on_manifest(&mut manifest);
    let segment = manifest.join("1.m4s").unwrap();
    let mut sent = segment.clone();
    pass.on_request(&mut sent, &mut HeaderMap::new());
    assert_eq!(sent.path(), format!("/t/{}/vod/film/1.m4s", pass.text));
    assert_eq!(pass.hide(sent.as_str()), segment.as_str());
    assert_eq!(pass.plain(&segment).path(), "/vod/film/1.m4s");
    // What the server addresses from the root has no token, as in any player.
    let mut absolute = manifest.join("/vod/film/1.m4s").unwrap();
    pass.on_request(&mut absolute, &mut HeaderMap::new());
    assert_eq!(absolute.path(), "/vod/film/1.m4s");
}

#[test]
fn header_cookie_and_query_carry_it_too() {
    let url: Url = "http://localhost/a".parse().unwrap();
    let send = |carrier| {
        let pass = pass(carrier);
        let (mut url, mut headers) = (url.clone(), HeaderMap::new());
        pass.on_request(&mut url, &mut headers);
        (pass.text, url, headers)
    };
    let (text, _, headers) = send(Carrier::Header);
    assert_eq!(headers["authorization"], format!("Bearer {text}"));
    let (text, _, headers) = send(Carrier::Cookie);
    assert_eq!(headers["cookie"], format!("token={text}"));
    let (text, url, _) = send(Carrier::Query);
    assert_eq!(url.query(), Some(format!("token={text}").as_str()));
}

#[test]
fn a_short_secret_is_refused() {
    let short = Tokens {
        secret: Some("short".into()),
        ..tokens(Carrier::Path)
    };
    assert!(
        Mint::new(&short)
            .unwrap_err()
            .to_string()
            .starts_with("tokens.secret")
    );
}
