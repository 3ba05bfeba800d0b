#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
use crate::KeyId;
use crate::cpix::tests::keys::{MAC_KEY, encrypt, encrypt_for, identity};
use crate::cpix::tests::support::{AUDIO, HD, answer, key_of, request};
use crate::cpix::*;

fn ask(alter: impl FnOnce(&mut Document)) -> Result<Vec<Granted>> {
    let recipient = identity(0).recipient();
    let mut request = request();
    request.certificate = Some(recipient.certificate().clone());
    let mut document = answer(&request);
    encrypt_for(identity(0), &mut document);
    alter(&mut document);
    let text = document.to_xml();
    Document::parse(text.as_bytes(), &Limits::default())?.into_records(&request, Some(&recipient))
}

fn refused(alter: impl FnOnce(&mut Document)) -> (Option<KeyId>, &'static str) {
    let error = ask(alter).unwrap_err();
    assert_eq!(error.fault(), Fault::Untrusted, "{error}");
    match error {
        Error::Delivery { kid, reason } => (kid, reason),
        other => panic!("{other}"),
    }
}

fn encrypted(document: &mut Document, key: usize) -> &mut Encrypted {
    match &mut document.keys[key].secret {
        Some(Secret::Encrypted(encrypted)) => encrypted,
        other => panic!("{other:?}"),
    }
}

#[test]
fn encrypted_keys_are_opened() {
    let granted = ask(|_| {}).unwrap();
    assert_eq!(granted[0].record.key.expose(), &key_of(AUDIO));
    assert_eq!(granted[1].record.key.expose(), &key_of(HD));
}

#[test]
fn a_wrong_or_missing_mac_is_refused() {
    let (kid, reason) = refused(|d| encrypted(d, 1).mac.as_mut().unwrap()[63] ^= 1);
    assert_eq!((kid, reason), (Some(HD), "wrong MAC"));
    let (kid, reason) = refused(|d| encrypted(d, 0).value[20] ^= 1);
    assert_eq!((kid, reason), (Some(AUDIO), "wrong MAC"));
    let (kid, reason) = refused(|d| encrypted(d, 0).value[0] ^= 1);
    assert_eq!((kid, reason), (Some(AUDIO), "wrong MAC"));
    let (kid, reason) = refused(|d| encrypted(d, 0).mac = None);
    assert_eq!((kid, reason), (Some(AUDIO), "no MAC"));
    let (_, reason) = refused(|d| encrypted(d, 0).mac.as_mut().unwrap().truncate(32));
    assert_eq!(reason, "wrong MAC");
    let (_, reason) = refused(|d| d.deliveries[0].mac = None);
    assert_eq!(reason, "no MAC method");
}

#[test]
fn a_key_of_another_length_is_refused() {
    let (kid, reason) = refused(|d| {
        let mut longer = encrypt(&vec![1; 24].into());
        std::mem::swap(encrypted(d, 0), &mut longer);
    });
    assert_eq!((kid, reason), (Some(AUDIO), "not 16 bytes"));
}

#[test]
fn keys_for_somebody_else_are_refused() {
    let (_, reason) = refused(|d| encrypt_for(identity(1), d));
    assert_eq!(reason, "not encrypted for the configured certificate");
    let (_, reason) = refused(|d| {
        d.deliveries[0].document_keys[0].secret = identity(1).wrap(&[0; 32]);
    });
    assert_eq!(reason, "a document key that the private key does not open");
}

#[test]
fn keys_in_the_clear_are_refused_where_encryption_was_asked_for() {
    let (kid, _) = refused(|d| {
        d.keys[0].secret = Some(Secret::Plain(key_of(AUDIO).to_vec().into()));
    });
    assert_eq!(kid, Some(AUDIO));
}

#[test]
fn encrypted_keys_need_a_private_key() {
    let request = request();
    let mut document = answer(&request);
    encrypt_for(identity(0), &mut document);
    let error = document.into_records(&request, None).unwrap_err();
    assert!(matches!(error, Error::Delivery { .. }), "{error}");
}

#[test]
fn document_keys_may_be_for_some_keys_each() {
    let granted = ask(|d| {
        let keys = &mut d.deliveries[0].document_keys;
        keys[0].encrypts = vec![HD, AUDIO];
        let mut other = keys[0].clone();
        other.encrypts = vec![KeyId([1; 16])];
        other.secret = identity(0).wrap(&[0; 32]);
        keys.insert(0, other);
    });
    assert_eq!(granted.unwrap()[1].record.key.expose(), &key_of(HD));
    let (kid, _) = refused(|d| d.deliveries[0].document_keys[0].encrypts = vec![HD]);
    assert_eq!(kid, Some(AUDIO));
}

#[test]
fn other_algorithms_are_refused() {
    let sha256 = "http://www.w3.org/2001/04/xmldsig-more#hmac-sha256";
    refused(|d| d.deliveries[0].mac.as_mut().unwrap().algorithm = sha256.to_owned());
    refused(|d| encrypted(d, 0).algorithm = "http://www.w3.org/2001/04/xmlenc#aes128-cbc".into());
    refused(|d| d.deliveries[0].mac.as_mut().unwrap().key = identity(0).wrap(&MAC_KEY[..15]));
    refused(|d| d.deliveries[0].document_keys[0].secret = identity(0).wrap(&[0; 16]));
}

#[test]
fn a_recipient_has_the_key_of_its_certificate() {
    let pem = |number| identity(number);
    let mixed = Recipient::from_pem(pem(0).certificate_pem.as_bytes(), pem(1).key_pem.as_bytes());
    assert!(matches!(mixed, Err(Error::Configuration(_))));
    assert!(Recipient::from_pem(b"", b"").is_err());
    let swapped = Recipient::from_pem(pem(0).key_pem.as_bytes(), pem(0).certificate_pem.as_bytes());
    assert!(swapped.is_err());
}

#[test]
fn nothing_printed_has_key_material() {
    let request = request();
    let document = answer(&request);
    let printed = format!("{document:?} {:?}", identity(0).recipient());
    let granted = document.into_records(&request, None).unwrap();
    let printed = format!("{printed} {granted:?}");
    for kid in [AUDIO, HD] {
        let key = key_of(kid);
        assert!(!printed.contains(&format!("{key:?}")));
        assert!(!printed.contains(&hex::encode(key)));
        let list: Vec<String> = key.iter().map(u8::to_string).collect();
        assert!(!printed.contains(&list.join(", ")));
    }
}
