#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
use super::*;

fn certificate(folder: &Path, name: &str) -> Tls {
    let made = rcgen::generate_simple_self_signed(vec!["localhost".into()]).unwrap();
    let tls = Tls::new(
        folder.join(format!("{name}.pem")),
        folder.join(format!("{name}.key")),
    );
    std::fs::write(&tls.certificate, made.cert.pem()).unwrap();
    std::fs::write(&tls.private_key, made.signing_key.serialize_pem()).unwrap();
    tls
}

#[test]
fn a_certificate_with_its_key_is_good() {
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(check_certificate(&certificate(folder.path(), "a")), []);
}

#[test]
fn the_key_of_another_certificate_is_found_out() {
    let folder = tempfile::tempdir().unwrap();
    let tls = Tls {
        private_key: certificate(folder.path(), "b").private_key,
        ..certificate(folder.path(), "a")
    };
    let wrong = check_certificate(&tls);
    assert_eq!(
        wrong,
        [(
            "private_key",
            "the private key is not the certificate's".to_owned()
        )]
    );
}

#[test]
fn each_of_both_files_is_named_when_it_is_missing_or_holds_something_else() {
    let folder = tempfile::tempdir().unwrap();
    let good = certificate(folder.path(), "a");
    let keys = |tls: &Tls| {
        check_certificate(tls)
            .iter()
            .map(|(key, _)| *key)
            .collect::<Vec<_>>()
    };
    let missing = folder.path().join("missing.pem");
    let swapped = Tls::new(good.private_key.clone(), good.certificate.clone());
    assert_eq!(keys(&swapped), ["certificate", "private_key"]);
    assert_eq!(
        keys(&Tls::new(missing.clone(), missing.clone())),
        ["certificate", "private_key"]
    );
    assert_eq!(
        keys(&Tls {
            private_key: missing,
            ..good
        }),
        ["private_key"]
    );
}

#[test]
fn folders_and_giant_files_are_not_read() {
    let folder = tempfile::tempdir().unwrap();
    assert!(bytes(folder.path()).unwrap_err().contains("not a file"));
    let giant = folder.path().join("giant");
    File::create(&giant)
        .unwrap()
        .set_len(MAX_FILE_BYTES + 1)
        .unwrap();
    assert!(bytes(&giant).unwrap_err().contains("larger than"));
}

#[test]
fn token_secrets_are_text_hex_or_base64() {
    let read = |written: &[u8]| token_secret(written).map(|secret| secret.expose().clone());
    assert_eq!(read(b"plain"), Some(b"plain".to_vec()));
    assert_eq!(read(b"hex:00ff"), Some(vec![0, 255]));
    assert_eq!(read(b"base64:AP8="), Some(vec![0, 255]));
    assert_eq!(read(b"hex:0"), None);
    assert_eq!(read(b"base64:*"), None);
}

#[test]
fn one_line_end_is_dropped() {
    assert_eq!(without_line_end(b"a\r\n"), b"a");
    assert_eq!(without_line_end(b"a\n\n"), b"a\n");
    assert_eq!(without_line_end(b" a "), b" a ");
}
