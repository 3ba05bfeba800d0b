#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
use super::*;
use crate::cpix::Fault;
use crate::cpix::tests::keys::{Identity, identity};
use crate::cpix::tests::support::{AUDIO, answer, request};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use ring::rand::SystemRandom;
use ring::signature::{RSA_PKCS1_SHA256, RSA_PKCS1_SHA512, RsaEncoding, RsaKeyPair};
use rsa::pkcs8::EncodePrivateKey;
use std::io::Write;
use std::process::{Command, Stdio};

const DECLARED: &str =
    " xmlns=\"urn:dashif:org:cpix\" xmlns:p=\"urn:ietf:params:xml:ns:keyprov:pskc\"";
const SHA256: &str = "http://www.w3.org/2001/04/xmlenc#sha256";

fn signers(number: usize, required: bool) -> Signers {
    let pem = &identity(number).certificate_pem;
    Signers::from_pem(pem.as_bytes(), required).unwrap()
}

fn parse(text: &str, signers: &Signers) -> Result<Document> {
    Document::parse_signed(text.as_bytes(), &Limits::default(), signers)
}

fn refused(text: &str, signers: &Signers) -> &'static str {
    let error = parse(text, signers).unwrap_err();
    assert_eq!(error.fault(), Fault::Untrusted, "{error}");
    match error {
        Error::Signature(reason) => reason,
        other => panic!("{other}"),
    }
}

/// Content of a `ContentKeyList`, in canonical form.
fn keys(id: &str, byte: u8) -> String {
    let plain = BASE64_STANDARD.encode([byte; 16]);
    format!(
        "<ContentKeyList id=\"{id}\"><ContentKey kid=\"{AUDIO}\"><Data><p:Secret><p:PlainValue>{plain}\
         </p:PlainValue></p:Secret></Data></ContentKey></ContentKeyList>"
    )
}

fn periods(id: &str) -> String {
    format!(
        "<ContentKeyPeriodList id=\"{id}\"><ContentKeyPeriod id=\"one\" index=\"1\"></ContentKeyPeriod>\
         </ContentKeyPeriodList>"
    )
}

fn cpix(content: &str) -> String {
    format!("<CPIX{DECLARED}>{content}</CPIX>")
}

/// A signature over elements by id, made without this crate's canonical form: what is signed is written in it.
fn sign(by: &Identity, parts: &[(&str, &str)]) -> String {
    let references: String = parts
        .iter()
        .map(|(id, part)| {
            let name = part.find([' ', '>']).unwrap();
            let canonical = format!("{}{DECLARED}{}", &part[..name], &part[name..]);
            let digest = digest::digest(&digest::SHA256, canonical.as_bytes());
            let digest = BASE64_STANDARD.encode(digest);
            format!(
                "<Reference URI=\"#{id}\"><DigestMethod Algorithm=\"{SHA256}\"></DigestMethod>\
                 <DigestValue>{digest}</DigestValue></Reference>"
            )
        })
        .collect();
    seal(by, &references, "sha256", &RSA_PKCS1_SHA256)
}

fn seal(
    by: &Identity,
    references: &str,
    name: &str,
    algorithm: &'static dyn RsaEncoding,
) -> String {
    let info = format!(
        "<CanonicalizationMethod Algorithm=\"http://www.w3.org/TR/2001/REC-xml-c14n-20010315\">\
         </CanonicalizationMethod><SignatureMethod \
         Algorithm=\"http://www.w3.org/2001/04/xmldsig-more#rsa-{name}\"></SignatureMethod>{references}"
    );
    let pskc = "xmlns:p=\"urn:ietf:params:xml:ns:keyprov:pskc\"";
    let canonical = format!("<SignedInfo xmlns=\"{DSIG}\" {pskc}>{info}</SignedInfo>");
    let der = by.key.to_pkcs8_der().unwrap();
    let key = RsaKeyPair::from_pkcs8(der.as_bytes()).unwrap();
    let mut value = vec![0; key.public().modulus_len()];
    let random = SystemRandom::new();
    key.sign(algorithm, &random, canonical.as_bytes(), &mut value)
        .unwrap();
    let value = BASE64_STANDARD.encode(value);
    format!(
        "<Signature xmlns=\"{DSIG}\"><SignedInfo>{info}</SignedInfo>\
         <SignatureValue>{value}</SignatureValue></Signature>"
    )
}

#[test]
fn a_signed_document_is_taken() {
    let (keys, periods) = (keys("k", 1), periods("t"));
    let signature = sign(identity(0), &[("k", &keys), ("t", &periods)]);
    let text = cpix(&format!("{keys}{periods}{signature}"));
    let document = parse(&text, &signers(0, true)).unwrap();
    assert_eq!((document.keys.len(), document.signatures), (1, 1));
    // Two signatures cover as well as one.
    let signatures =
        [("k", &keys), ("t", &periods)].map(|part| sign(identity(0), &[(part.0, part.1)]));
    let text = cpix(&format!("{keys}{periods}{}", signatures.concat()));
    assert_eq!(parse(&text, &signers(0, true)).unwrap().signatures, 2);
}

#[test]
fn an_unsigned_document_is_refused_where_signatures_are_required() {
    let text = cpix(&keys("k", 1));
    refused(&text, &signers(0, true));
    refused(&cpix(""), &signers(0, true));
    assert!(parse(&text, &signers(0, false)).is_ok());
}

#[test]
fn a_list_that_is_not_signed_is_refused_where_signatures_are_required() {
    let (keys, periods) = (keys("k", 1), periods("t"));
    let signature = sign(identity(0), &[("k", &keys)]);
    let text = cpix(&format!("{keys}{periods}{signature}"));
    assert_eq!(
        refused(&text, &signers(0, true)),
        "a part of the document is not signed"
    );
    assert!(parse(&text, &signers(0, false)).is_ok());
}

#[test]
fn what_was_changed_after_signing_is_refused() {
    let signature = sign(identity(0), &[("k", &keys("k", 1))]);
    let text = cpix(&format!("{}{signature}", keys("k", 2)));
    for required in [true, false] {
        let reason = refused(&text, &signers(0, required));
        assert_eq!(reason, "what it is over was changed");
    }
}

#[test]
fn a_signature_of_somebody_else_is_refused() {
    let keys = keys("k", 1);
    let text = cpix(&format!("{keys}{}", sign(identity(1), &[("k", &keys)])));
    for required in [true, false] {
        let reason = refused(&text, &signers(0, required));
        assert_eq!(reason, "none of the configured signers made it");
    }
    assert!(parse(&text, &signers(1, true)).is_ok());
    // One good signature does not excuse a bad one.
    let both = format!("{}</CPIX>", sign(identity(0), &[("k", &keys)]));
    let text = text.replace("</CPIX>", &both);
    refused(&text, &signers(0, false));
}

#[test]
fn a_signed_list_elsewhere_does_not_cover_the_one_that_is_read() {
    let (signed, read) = (keys("k", 1), keys("other", 2));
    let signature = sign(identity(0), &[("k", &signed)]);
    let wrapped = format!("<Extension>{signed}</Extension>");
    let text = cpix(&format!("{wrapped}{read}{signature}"));
    assert_eq!(
        refused(&text, &signers(0, true)),
        "a part of the document is not signed"
    );
    // Nor can two elements have the id that is signed.
    let text = cpix(&format!("{wrapped}{}{signature}", keys("k", 2)));
    assert!(matches!(
        parse(&text, &signers(0, true)),
        Err(Error::Duplicate { .. })
    ));
}

#[test]
fn other_algorithms_and_missing_parts_are_refused() {
    let keys = keys("k", 1);
    let signature = sign(identity(0), &[("k", &keys)]);
    let transform = |uri: &str| {
        format!("<Transforms><Transform Algorithm=\"{uri}\"></Transform></Transforms><DigestMethod")
    };
    let xpath = transform("http://www.w3.org/TR/1999/REC-xpath-19991116");
    let commented = transform("http://www.w3.org/TR/2001/REC-xml-c14n-20010315#WithComments");
    for (from, to) in [
        ("rsa-sha256", "rsa-md5"),
        (
            "REC-xml-c14n-20010315\"",
            "REC-xml-c14n-20010315#WithComments\"",
        ),
        ("<SignatureValue>", "<SignatureValue>*"),
        ("<SignedInfo>", "<SignedInfo><SignatureMethod/>"),
        ("SignatureValue", "SignatureWorth"),
        ("SignedInfo", "Information"),
        ("<Signature xmlns", "<Signature><Signature xmlns"),
    ] {
        let changed = signature.replace(from, to);
        let text = cpix(&format!("{keys}{changed}"));
        assert!(parse(&text, &signers(0, false)).is_err(), "{from}");
    }
    // Signed by the right key, and still not taken.
    let digest = "<DigestValue>AAAA</DigestValue>";
    let method = format!("<DigestMethod Algorithm=\"{SHA256}\"></DigestMethod>{digest}");
    let sha1 = "<DigestMethod Algorithm=\"http://www.w3.org/2000/09/xmldsig#sha1\"></DigestMethod>";
    for (references, reason) in [
        (String::new(), "it is over nothing"),
        (
            format!("<Reference URI=\"#q\">{method}</Reference>"),
            "it is over an element that is not there",
        ),
        (
            format!("<Reference URI=\"https://example.com/\">{method}</Reference>"),
            "it is over an element that is not there",
        ),
        (
            format!("<Reference>{method}</Reference>"),
            "a reference without URI",
        ),
        (
            format!("<Reference URI=\"#k\">{sha1}{digest}</Reference>"),
            "a digest other than SHA-256, SHA-384 and SHA-512",
        ),
        (
            format!("<Reference URI=\"#k\">{method}</Reference>").replace("<DigestMethod", &xpath),
            "a transform that CPIX has no use for",
        ),
        (
            format!("<Reference URI=\"#k\">{method}</Reference>")
                .replace("<DigestMethod", &commented),
            "a transform that CPIX has no use for",
        ),
        (
            format!("<Reference URI=\"#k\">{method}</Reference>"),
            "what it is over was changed",
        ),
    ] {
        let signature = seal(identity(0), &references, "sha512", &RSA_PKCS1_SHA512);
        let text = cpix(&format!("{keys}{signature}"));
        assert_eq!(refused(&text, &signers(0, false)), reason, "{references}");
    }
}

#[test]
fn signers_are_certificates() {
    assert!(Signers::from_pem(b"", true).is_err());
    assert!(Signers::from_pem(identity(0).key_pem.as_bytes(), true).is_err());
    let many = identity(0).certificate_pem.repeat(MAX_SIGNERS + 1);
    assert!(Signers::from_pem(many.as_bytes(), true).is_err());
}

/// Signs a document as xmlsec1 does: the second argument canonicalises, the third is `whole` or the ids to sign.
const XMLSEC: &str = r##"
import sys, xmlsec
from lxml import etree
key, method, ids = sys.argv[1], getattr(xmlsec.constants, sys.argv[2]), sys.argv[3:]
root = etree.fromstring(sys.stdin.buffer.read())
xmlsec.tree.add_ids(root, ["id"])
node = xmlsec.template.create(root, method, getattr(xmlsec.constants, "TransformRsaSha512"))
root.append(node)
for name in ids:
    uri = "" if name == "whole" else "#" + name
    ref = xmlsec.template.add_reference(node, xmlsec.constants.TransformSha256, uri=uri)
    if name == "whole":
        xmlsec.template.add_transform(ref, xmlsec.constants.TransformEnveloped)
    xmlsec.template.add_transform(ref, method)
context = xmlsec.SignatureContext()
context.key = xmlsec.Key.from_memory(open(key, "rb").read(), xmlsec.constants.KeyDataFormatPem)
context.sign(node)
sys.stdout.buffer.write(etree.tostring(root, encoding="UTF-8"))
"##;

fn xmlsec(document: &str, method: &str, ids: &[&str]) -> Option<String> {
    let folder = tempfile::tempdir().unwrap();
    let key = folder.path().join("key.pem");
    std::fs::write(&key, &identity(0).key_pem).unwrap();
    let mut child = Command::new("python3")
        .args(["-c", XMLSEC])
        .arg(&key)
        .arg(method)
        .args(ids)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .ok()?;
    child
        .stdin
        .take()
        .unwrap()
        .write_all(document.as_bytes())
        .ok()?;
    let run = child.wait_with_output().unwrap();
    let told = String::from_utf8_lossy(&run.stderr);
    if told.contains("ModuleNotFoundError") {
        return None;
    }
    assert!(run.status.success(), "{told}");
    Some(String::from_utf8(run.stdout).unwrap())
}

#[test]
fn documents_that_xmlsec_signs_are_taken() {
    let xml = answer(&request()).to_xml();
    // Ids, other prefixes, white space, comments: what signers meet.
    let document = xml
        .replace(
            "<cpix:ContentKeyList>",
            "<cpix:ContentKeyList id=\"k\" xmlns:unused=\"urn:u\">\n <!-- k -->",
        )
        .replace("<cpix:DRMSystemList>", "\r\n<cpix:DRMSystemList  id='s'>")
        .replace(
            "<cpix:ContentKeyUsageRuleList>",
            "<cpix:ContentKeyUsageRuleList id=\"r\">",
        )
        .replace("<cpix:CPIX", "<cpix:CPIX xml:lang=\"en\"");
    for method in [
        "TransformInclC14N",
        "TransformInclC14N11",
        "TransformExclC14N",
    ] {
        for ids in [&["whole"][..], &["k", "s", "r"]] {
            let Some(signed) = xmlsec(&document, method, ids) else {
                eprintln!("skipped: no xmlsec in python3");
                return;
            };
            let read = parse(&signed, &signers(0, true));
            let read = read.unwrap_or_else(|error| panic!("{method} {ids:?}: {error}\n{signed}"));
            assert_eq!(read.keys.len(), 2);
            refused(&signed, &signers(1, false));
            let changed = signed.replace("intendedTrackType=\"HD\"", "intendedTrackType=\"SD\"");
            refused(&changed, &signers(0, false));
        }
    }
}
