//! DASH-IF's test vectors.
use super::keys::identity;
use super::support::schemas;
use crate::cpix::*;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use std::fs;
use std::process::Command;

fn vector(name: &str) -> Option<Vec<u8>> {
    let path = schemas(&format!("cpix-test-vectors/{name}"))?;
    Some(fs::read(path).unwrap())
}

#[test]
fn vectors_in_the_clear_are_read() {
    let Some(bytes) = vector("ClearContentKeysOnly.xml") else {
        return;
    };
    let document = Document::parse(&bytes, &Limits::default()).unwrap();
    assert_eq!(document.keys.len(), 4);
    assert!(
        document
            .keys
            .iter()
            .all(|key| matches!(&key.secret, Some(Secret::Plain(key)) if key.len() == 16))
    );
}

#[test]
fn an_empty_document_is_read() {
    let Some(bytes) = vector("EmptyDocument.xml") else {
        return;
    };
    let document = Document::parse(&bytes, &Limits::default()).unwrap();
    assert_eq!(document, Document::default());
}

#[test]
fn vectors_of_rotation_name_their_periods() {
    let Some(bytes) = vector("KeyRotationMultiKeyMulitPeriod.xml") else {
        return;
    };
    let document = Document::parse(&bytes, &Limits::default()).unwrap();
    let periods: Vec<_> = document.periods.iter().map(|p| (&*p.id, p.index)).collect();
    assert_eq!(periods, [("now", Some(1)), ("next", Some(2))]);
    assert_eq!(document.rules.len(), 4);
    assert_eq!(document.rules[2].periods, ["next"]);
    assert_eq!(document.rules[2].video, [VideoFilter::default()]);
    assert_eq!(document.keys[0].explicit_iv.unwrap()[..2], [0xf4, 0x5b]);
}

#[test]
fn vectors_of_labels_are_read() {
    let Some(bytes) = vector("UsageRulesBasedOnLabels.xml") else {
        return;
    };
    let document = Document::parse(&bytes, &Limits::default()).unwrap();
    assert_eq!(document.rules.len(), 5);
    assert_eq!(document.rules[2].labels, ["SD-Video"]);
}

/// The vectors' private keys stand in PKCS #12, whose password is the file's name.
fn private_key(name: &str) -> Option<Vec<u8>> {
    let path = schemas(&format!("cpix-test-vectors/{name}.pfx"))?;
    let run = |legacy: &[&str]| {
        let run = Command::new("openssl")
            .args(["pkcs12", "-nodes", "-nocerts", "-in"])
            .arg(&path)
            .arg("-passin")
            .arg(format!("pass:{name}"))
            .args(legacy)
            .output();
        run.ok().filter(|run| run.status.success())
    };
    // Old ciphers of PKCS #12 are apart in OpenSSL 3.
    let run = run(&[]).or_else(|| run(&["-legacy"]));
    if run.is_none() {
        eprintln!("skipped: openssl does not open {name}.pfx");
    }
    run.map(|run| run.stdout)
}

fn certificate(name: &str) -> Option<String> {
    let der = vector(&format!("{name}.cer"))?;
    let base64 = BASE64_STANDARD.encode(der);
    Some(format!(
        "-----BEGIN CERTIFICATE-----\n{base64}\n-----END CERTIFICATE-----\n"
    ))
}

fn recipient(name: &str) -> Option<Recipient> {
    let (certificate, key) = (certificate(name)?, private_key(name)?);
    Some(Recipient::from_pem(certificate.as_bytes(), &key).unwrap())
}

/// Opens every key of a document.
fn open(document: &Document, recipient: &Recipient) -> Result<Vec<(String, String)>> {
    let keyring = recipient.open(document)?;
    let open = |key: &Key| match &key.secret {
        Some(Secret::Encrypted(encrypted)) => {
            let opened = keyring.content_key(key.kid, encrypted)?;
            Ok((key.kid.to_string(), BASE64_STANDARD.encode(*opened)))
        }
        other => panic!("{other:?}"),
    };
    document.keys.iter().map(open).collect()
}

#[test]
fn encrypted_vectors_are_opened() {
    let Some((bytes, recipient)) = vector("EncryptedContentKeys.xml").zip(recipient("Cert1"))
    else {
        return;
    };
    let document = Document::parse(&bytes, &Limits::default()).unwrap();
    let opened = open(&document, &recipient).unwrap();
    let opened: Vec<_> = opened.iter().map(|(kid, key)| (&**kid, &**key)).collect();
    // As the vectors' description has them.
    let expected = [
        (
            "bd5adf51-cf04-410f-aac3-ec63a69e929e",
            "3rWoHYasQubO6HbJGrGtLw==",
        ),
        (
            "d2920429-87ab-41e6-a4c5-a8c836b6312e",
            "O5w9FdZiwmQK4uIXzAziaQ==",
        ),
        (
            "e17ba4b8-faff-4d30-bcba-7485e3f2e884",
            "Cwu/3hSBBRQ7SurBdZD5ow==",
        ),
        (
            "0ae6b9ad-92d2-4ebe-882b-1d07dee70715",
            "FB6/Eck9Y9SXy6bY8UU/Mw==",
        ),
    ];
    assert_eq!(opened, expected);
}

#[test]
fn each_recipient_of_a_vector_opens_the_same_keys() {
    let Some(bytes) = vector("EncryptedContentKeysWithMultipleRecipients.xml") else {
        return;
    };
    let document = Document::parse(&bytes, &Limits::default()).unwrap();
    assert_eq!(document.deliveries.len(), 4);
    let all = ["Cert1", "Cert2", "Cert3", "Cert4"];
    let recipients = all.iter().filter_map(|name| recipient(name));
    let opened: Vec<_> = recipients
        .map(|recipient| open(&document, &recipient).unwrap())
        .collect();
    assert!(opened.windows(2).all(|pair| pair[0] == pair[1]));
}

#[test]
fn the_vector_with_a_wrong_mac_is_refused() {
    let Some(bytes) = vector("Invalid_WrongMac.xml") else {
        return;
    };
    // It can be read: the fault shows when the key is opened.
    let document = Document::parse(&bytes, &Limits::default()).unwrap();
    if let Some(recipient) = recipient("Cert1") {
        let error = open(&document, &recipient).unwrap_err();
        let kid = Some(document.keys[0].kid);
        let reason = "wrong MAC";
        assert_eq!(error, Error::Delivery { kid, reason });
    }
}

#[test]
fn an_encrypted_vector_gives_nothing_to_somebody_else() {
    for name in ["EncryptedContentKeys.xml", "Invalid_WrongMac.xml"] {
        let Some(bytes) = vector(name) else {
            return;
        };
        let document = Document::parse(&bytes, &Limits::default()).unwrap();
        let error = open(&document, &identity(0).recipient()).unwrap_err();
        assert_eq!(error.fault(), Fault::Untrusted);
    }
}

fn signers(names: &[&str], required: bool) -> Option<Signers> {
    let pems: Option<Vec<String>> = names.iter().map(|name| certificate(name)).collect();
    Some(Signers::from_pem(pems?.concat().as_bytes(), required).unwrap())
}

#[test]
fn signed_vectors_are_taken_from_their_signers() {
    // The second is UTF-16, with prefixes of its own, and comments that came after the signatures.
    for (name, by, signatures) in [
        ("Complex.xml", ["Cert3", "Cert4"], 9),
        ("EvenMoreComplex.xml", ["Cert1", "Cert2"], 6),
    ] {
        let Some((bytes, signers)) = vector(name).zip(signers(&by, true)) else {
            return;
        };
        let document = Document::parse_signed(&bytes, &Limits::default(), &signers).unwrap();
        assert_eq!(document.signatures, signatures, "{name}");
    }
}

#[test]
fn signed_vectors_are_refused_from_others() {
    let Some((bytes, signers)) = vector("Complex.xml").zip(signers(&["Cert3"], false)) else {
        return;
    };
    let error = Document::parse_signed(&bytes, &Limits::default(), &signers).unwrap_err();
    assert_eq!(error.fault(), Fault::Untrusted, "{error}");
}

#[test]
fn vectors_with_bad_signatures_are_refused() {
    for name in [
        "Invalid_BadContentKeysSignature.xml",
        "Invalid_BadDocumentSignature.xml",
    ] {
        let all = ["Cert1", "Cert2", "Cert3", "Cert4"];
        let Some((bytes, signers)) = vector(name).zip(signers(&all, false)) else {
            return;
        };
        let error = Document::parse_signed(&bytes, &Limits::default(), &signers).unwrap_err();
        // A namespace declared on the root changes what is signed and the signature's own description alike.
        assert!(matches!(error, Error::Signature(_)), "{name}: {error}");
    }
}
