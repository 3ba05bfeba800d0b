#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
use super::*;

struct Files {
    dir: tempfile::TempDir,
}

impl Files {
    fn new() -> Self {
        Self {
            dir: tempfile::tempdir().unwrap(),
        }
    }

    fn put(&self, name: &str, content: &str) -> PathBuf {
        let path = self.dir.path().join(name);
        std::fs::write(&path, content).unwrap();
        path
    }
}

#[test]
fn a_self_signed_certificate_is_loaded() {
    let made = SelfSigned::for_localhost().unwrap();
    let files = Files::new();
    let (certificate, key) = (
        files.put("cert.pem", &made.certificate_pem),
        files.put("key.pem", &made.key_pem),
    );
    let certificates = Certificates::load(&certificate, &key).unwrap();
    tcp_config(certificates, None).unwrap();
    assert_eq!(BASE64_STANDARD.decode(made.spki_sha256).unwrap().len(), 32);
}

#[test]
fn every_fault_names_its_file() {
    let (one, other) = (
        SelfSigned::for_localhost().unwrap(),
        SelfSigned::for_localhost().unwrap(),
    );
    let files = Files::new();
    let certificate = files.put("cert.pem", &one.certificate_pem);
    let key = files.put("key.pem", &one.key_pem);
    let foreign = files.put("foreign.pem", &other.key_pem);
    let garbage = files.put("garbage.pem", "garbage");
    let broken = files.put(
        "broken.pem",
        "-----BEGIN CERTIFICATE-----\n!!!\n-----END CERTIFICATE-----\n",
    );
    let missing = files.dir.path().join("missing.pem");
    for (certificate, key, named, word) in [
        (&missing, &key, "missing.pem", "No such file"),
        (&certificate, &missing, "missing.pem", "No such file"),
        (&garbage, &key, "garbage.pem", "no certificate"),
        (&broken, &key, "broken.pem", "PEM"),
        (&certificate, &garbage, "garbage.pem", "no private key"),
        (&certificate, &certificate, "cert.pem", "no private key"),
        (
            &certificate,
            &foreign,
            "foreign.pem",
            "not that of the certificate",
        ),
    ] {
        let error = Certificates::load(certificate, key)
            .unwrap_err()
            .to_string();
        assert!(error.contains(named) && error.contains(word), "{error}");
    }
}

#[test]
fn a_reload_that_fails_changes_nothing() {
    let made = SelfSigned::for_localhost().unwrap();
    let next = SelfSigned::for_localhost().unwrap();
    let files = Files::new();
    let (certificate, key) = (
        files.put("cert.pem", &made.certificate_pem),
        files.put("key.pem", &made.key_pem),
    );
    let certificates = Certificates::load(&certificate, &key).unwrap();
    let current = || certificates.0.read().unwrap().cert[0].clone();
    let first = current();
    files.put("cert.pem", &next.certificate_pem);
    certificates.reload(&certificate, &key).unwrap_err();
    assert_eq!(current(), first);
    files.put("key.pem", &next.key_pem);
    assert!(certificates.reload(&certificate, &key).unwrap());
    assert_ne!(current(), first);
    assert!(
        !certificates.reload(&certificate, &key).unwrap(),
        "the same again"
    );
}
