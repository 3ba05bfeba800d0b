#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
use rcgen::{CertificateParams, DnType, KeyPair, SanType};

use super::*;

fn certificate(common_name: &str, alternative: &[SanType]) -> ClientCertificate {
    let mut params = CertificateParams::default();
    params
        .distinguished_name
        .push(DnType::CommonName, common_name);
    params.subject_alt_names = alternative.to_vec();
    let made = params.self_signed(&KeyPair::generate().unwrap()).unwrap();
    ClientCertificate::new(made.der())
}

#[test]
fn alternative_names_of_every_kind_count_and_hosts_in_any_case() {
    let uri = "spiffe://example.com/encoder/A";
    let certificate = certificate(
        "common",
        &[
            SanType::DnsName("Encoder-A.example.com".try_into().unwrap()),
            SanType::DnsName("*.b.example.com".try_into().unwrap()),
            SanType::URI(uri.try_into().unwrap()),
            SanType::Rfc822Name("ops@example.com".try_into().unwrap()),
        ],
    );
    for name in [
        "encoder-a.example.com",
        "*.b.example.com",
        uri,
        "ops@example.com",
    ] {
        assert!(certificate.is_called(name), "{name}");
    }
    for name in [
        "",
        "common",
        "encoder-a.example",
        "x.b.example.com",
        &uri.to_lowercase(),
    ] {
        assert!(!certificate.is_called(name), "{name}");
    }
}

#[test]
fn the_common_name_counts_where_it_is_the_only_one() {
    let only = certificate("encoder-a", &[]);
    assert!(only.is_called("encoder-a"));
    assert!(!only.is_called("Encoder-A"));
    assert!(
        only.to_string().starts_with("\"encoder-a\", sha256:"),
        "{only}"
    );
}

#[test]
fn what_is_no_certificate_has_a_fingerprint_and_no_name() {
    let garbage = ClientCertificate::new(&CertificateDer::from(b"garbage".to_vec()));
    assert_eq!(garbage.sha256(), digest(&SHA256, b"garbage").as_ref());
    assert!(!garbage.is_called(""));
}
