//! CPIX documents, by hand.
use std::path::Path;

use aes::cipher::block_padding::Pkcs7;
use aes::cipher::{BlockModeEncrypt as _, KeyIvInit as _};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD as BASE64;
use ring::hmac;
use ring::rand::{SecureRandom as _, SystemRandom};
use rsa::pkcs8::{DecodePrivateKey as _, EncodePrivateKey as _, LineEnding};
use rsa::rand_core::{TryCryptoRng, TryRng};
use rsa::{Oaep, RsaPrivateKey};

/// Expands to three gigabytes where entities are taken.
pub(super) const BOMB: &str = "<?xml version=\"1.0\"?><!DOCTYPE CPIX [<!ENTITY a \"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\">\
    <!ENTITY b \"&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;\"><!ENTITY c \"&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;\">\
    <!ENTITY d \"&c;&c;&c;&c;&c;&c;&c;&c;&c;&c;\"><!ENTITY e \"&d;&d;&d;&d;&d;&d;&d;&d;&d;&d;\">\
    <!ENTITY f \"&e;&e;&e;&e;&e;&e;&e;&e;&e;&e;\"><!ENTITY g \"&f;&f;&f;&f;&f;&f;&f;&f;&f;&f;\">]>\
    <CPIX xmlns=\"urn:dashif:org:cpix\" contentId=\"&g;\"/>";
/// Reads a file where outside entities are taken.
pub(super) const OUTSIDE: &str = "<?xml version=\"1.0\"?><!DOCTYPE CPIX [<!ENTITY a SYSTEM \"file:///etc/hostname\">]>\
    <CPIX xmlns=\"urn:dashif:org:cpix\" contentId=\"&a;\"/>";

pub(crate) fn key_of(kid: [u8; 16]) -> [u8; 16] {
    kid.map(|byte| byte ^ 0x5a)
}

/// The answer to a request, with one thing wrong if the mode says so.
pub(super) fn good(request: &str, mode: &str, folder: &Path) -> String {
    let encryption = request
        .contains("X509Certificate")
        .then(|| Encryption::new(folder))
        .filter(|_| mode != "clear");
    let mut keys = String::new();
    for (at, element) in elements(request, "ContentKey").into_iter().enumerate() {
        let kid = attribute(element, "kid").unwrap();
        let scheme = attribute(element, "commonEncryptionScheme").unwrap();
        let bytes = uuid(&kid);
        let (kid, scheme) = match mode {
            "missing-key" if at == 1 => continue,
            "wrong-kid" if at == 1 => ("00000000-0000-4000-8000-000000000000".to_owned(), scheme),
            "other-scheme" => (kid, "cenc".to_owned()),
            _ => (kid, scheme),
        };
        let secret = match &encryption {
            None => format!(
                "<p:PlainValue>{}</p:PlainValue>",
                BASE64.encode(key_of(bytes))
            ),
            Some(encryption) => encryption.content_key(&key_of(bytes), mode == "bad-mac"),
        };
        keys += &format!(
            "<ContentKey kid=\"{kid}\" commonEncryptionScheme=\"{scheme}\"><Data><p:Secret>{secret}</p:Secret></Data></ContentKey>"
        );
    }
    let systems: String = elements(request, "DRMSystem")
        .into_iter()
        .map(system)
        .collect();
    let content_id = match mode {
        "other-content" => "another".to_owned(),
        _ => attribute(request, "contentId").unwrap(),
    };
    format!(
        "<?xml version=\"1.0\"?><CPIX xmlns=\"urn:dashif:org:cpix\" xmlns:cpix=\"urn:dashif:org:cpix\" \
         xmlns:p=\"urn:ietf:params:xml:ns:keyprov:pskc\" xmlns:e=\"http://www.w3.org/2001/04/xmlenc#\" \
         xmlns:d=\"http://www.w3.org/2000/09/xmldsig#\" contentId=\"{content_id}\" version=\"2.3\">{}\
         <ContentKeyList>{keys}</ContentKeyList><DRMSystemList>{systems}</DRMSystemList>{}{}</CPIX>",
        encryption
            .map(|encryption| encryption.delivery(request))
            .unwrap_or_default(),
        section(request, "ContentKeyPeriodList"),
        section(request, "ContentKeyUsageRuleList"),
    )
}

/// What was asked of a DRM system.
fn system(element: &str) -> String {
    let (kid, id) = (
        attribute(element, "kid").unwrap(),
        attribute(element, "systemId").unwrap(),
    );
    let mut pssh = 36_u32.to_be_bytes().to_vec();
    pssh.extend(b"pssh\0\0\0\0");
    pssh.extend(uuid(&id));
    pssh.extend(4_u32.to_be_bytes());
    pssh.extend(&uuid(&kid)[..4]);
    let pssh = BASE64.encode(pssh);
    let mut inside = String::new();
    if element.contains("PSSH") {
        inside += &format!("<PSSH>{pssh}</PSSH>");
    }
    if element.contains("ContentProtectionData") {
        let xml = format!("<pssh xmlns=\"urn:mpeg:cenc:2013\">{pssh}</pssh>");
        inside += &format!(
            "<ContentProtectionData>{}</ContentProtectionData>",
            BASE64.encode(xml)
        );
    }
    for (playlist, tag) in [("media", "#EXT-X-KEY"), ("master", "#EXT-X-SESSION-KEY")] {
        if element.contains("HLSSignalingData") {
            let line = format!(
                "{tag}:METHOD=SAMPLE-AES,URI=\"skd://{kid}\",KEYFORMAT=\"com.apple.streamingkeydelivery\""
            );
            inside += &format!(
                "<HLSSignalingData playlist=\"{playlist}\">{}</HLSSignalingData>",
                BASE64.encode(line)
            );
        }
    }
    format!("<DRMSystem kid=\"{kid}\" systemId=\"{id}\">{inside}</DRMSystem>")
}

/// Start tags and contents of the elements of a name.
fn elements<'r>(request: &'r str, name: &str) -> Vec<&'r str> {
    let (start, end) = (format!("<cpix:{name} "), format!("</cpix:{name}>"));
    request
        .match_indices(&start)
        .map(|(at, _)| {
            let rest = &request[at..];
            &rest[..rest.find(&end).unwrap_or(rest.len())]
        })
        .collect()
}

fn section(request: &str, name: &str) -> String {
    let (start, end) = (format!("<cpix:{name}"), format!("</cpix:{name}>"));
    match (request.find(&start), request.find(&end)) {
        (Some(from), Some(to)) => request[from..to + end.len()].to_owned(),
        _ => String::new(),
    }
}

pub(super) fn attribute(text: &str, name: &str) -> Option<String> {
    let (_, rest) = text.split_once(&format!(" {name}=\""))?;
    rest.split('"').next().map(str::to_owned)
}

fn uuid(text: &str) -> [u8; 16] {
    hex::decode(text.replace('-', ""))
        .unwrap()
        .try_into()
        .unwrap()
}

const RECIPIENT: &str = "recipient.key";

/// An RSA key and its certificate: `recipient.key`, `recipient.pem`.
pub(super) fn write_recipient(folder: &Path) {
    let key = RsaPrivateKey::new(&mut Noise, 2048).unwrap();
    let key = key.to_pkcs8_pem(LineEnding::LF).unwrap().to_string();
    let pair = rcgen::KeyPair::from_pem(&key).unwrap();
    let certificate = rcgen::CertificateParams::new(Vec::new())
        .unwrap()
        .self_signed(&pair)
        .unwrap();
    std::fs::write(folder.join(RECIPIENT), key).unwrap();
    std::fs::write(folder.join("recipient.pem"), certificate.pem()).unwrap();
}

/// Keys of one document.
struct Encryption {
    recipient: RsaPrivateKey,
    document_key: [u8; 32],
    mac_key: [u8; 64],
}

impl Encryption {
    fn new(folder: &Path) -> Self {
        let pem = std::fs::read_to_string(folder.join(RECIPIENT)).unwrap();
        let (mut document_key, mut mac_key) = ([0; 32], [0; 64]);
        let random = SystemRandom::new();
        random.fill(&mut document_key).unwrap();
        random.fill(&mut mac_key).unwrap();
        Self {
            recipient: RsaPrivateKey::from_pkcs8_pem(&pem).unwrap(),
            document_key,
            mac_key,
        }
    }

    fn content_key(&self, key: &[u8; 16], bad_mac: bool) -> String {
        let mut iv = [0; 16];
        SystemRandom::new().fill(&mut iv).unwrap();
        let mut value = iv.to_vec();
        value.extend(
            cbc::Encryptor::<aes::Aes256>::new(&self.document_key.into(), &iv.into())
                .encrypt_padded_vec::<Pkcs7>(key),
        );
        let mac_key = hmac::Key::new(hmac::HMAC_SHA512, &self.mac_key);
        let mut mac = hmac::sign(&mac_key, &value).as_ref().to_vec();
        mac[0] ^= u8::from(bad_mac);
        format!(
            "<p:EncryptedValue><e:EncryptionMethod Algorithm=\"http://www.w3.org/2001/04/xmlenc#aes256-cbc\"/>\
             <e:CipherData><e:CipherValue>{}</e:CipherValue></e:CipherData></p:EncryptedValue><p:ValueMAC>{}</p:ValueMAC>",
            BASE64.encode(value),
            BASE64.encode(mac)
        )
    }

    fn delivery(&self, request: &str) -> String {
        let (_, certificate) = request.split_once("X509Certificate>").unwrap();
        let certificate = certificate.split('<').next().unwrap();
        let wrapped = |secret: &[u8]| {
            let public = self.recipient.to_public_key();
            let value = public
                .encrypt(&mut Noise, Oaep::<sha1::Sha1>::new(), secret)
                .unwrap();
            format!(
                "<e:EncryptionMethod Algorithm=\"http://www.w3.org/2001/04/xmlenc#rsa-oaep-mgf1p\"/>\
                 <e:CipherData><e:CipherValue>{}</e:CipherValue></e:CipherData>",
                BASE64.encode(value)
            )
        };
        format!(
            "<DeliveryDataList><DeliveryData><DeliveryKey><d:X509Data><d:X509Certificate>{certificate}</d:X509Certificate>\
             </d:X509Data></DeliveryKey><DocumentKey><Data><p:Secret><p:EncryptedValue>{}</p:EncryptedValue></p:Secret>\
             </Data></DocumentKey><MACMethod Algorithm=\"http://www.w3.org/2001/04/xmldsig-more#hmac-sha512\">\
             <Key>{}</Key></MACMethod></DeliveryData></DeliveryDataList>",
            wrapped(&self.document_key),
            wrapped(&self.mac_key)
        )
    }
}

/// The system's randomness, as the RSA crate wants it.
struct Noise;

impl TryRng for Noise {
    type Error = std::convert::Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Self::Error> {
        let mut bytes = [0; 4];
        self.try_fill_bytes(&mut bytes)?;
        Ok(u32::from_ne_bytes(bytes))
    }

    fn try_next_u64(&mut self) -> Result<u64, Self::Error> {
        let mut bytes = [0; 8];
        self.try_fill_bytes(&mut bytes)?;
        Ok(u64::from_ne_bytes(bytes))
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Self::Error> {
        SystemRandom::new().fill(bytes).unwrap();
        Ok(())
    }
}

impl TryCryptoRng for Noise {}
