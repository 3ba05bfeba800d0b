//! The rights management header, WRMHEADER (PlayReady Header Specification, 3): XML in UTF-16, canonical, attributes
//! in alphabetical order, every closing tag written out (3.2).
use super::{checksum, guid};
use crate::systems::fragment::{self, Around};
use crate::{ContentKey, Error, KeyId, Result, Scheme};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use std::fmt;

mod read;

const NAMESPACE: &str = "http://schemas.microsoft.com/DRM/2007/03/PlayReadyHeader";

/// Version of the header. Each client reads those up to its own: 4.0 all, 4.1 PlayReady 2, 4.2 PlayReady 3, 4.3
/// PlayReady 4 (3.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum HeaderVersion {
    /// One key, AES-CTR.
    V4_0,
    /// At most one key, AES-CTR.
    V4_1,
    /// Several keys, AES-CTR.
    V4_2,
    /// Several keys, AES-CTR or AES-CBC.
    V4_3,
}

impl HeaderVersion {
    pub const ALL: [Self; 4] = [Self::V4_0, Self::V4_1, Self::V4_2, Self::V4_3];

    /// The lowest that says all of it, for most clients read it.
    pub fn lowest(scheme: Scheme, keys: usize) -> Self {
        match (scheme, keys) {
            (Scheme::Cbcs, _) => Self::V4_3,
            (Scheme::Cenc, 1) => Self::V4_0,
            (Scheme::Cenc, _) => Self::V4_2,
        }
    }

    /// As in the header: `4.0.0.0`.
    pub fn text(self) -> &'static str {
        match self {
            Self::V4_0 => "4.0.0.0",
            Self::V4_1 => "4.1.0.0",
            Self::V4_2 => "4.2.0.0",
            Self::V4_3 => "4.3.0.0",
        }
    }

    /// Reads `4.0.0.0`, or `4.0` for short.
    pub fn from_text(text: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|version| text == version.text() || text == &version.text()[..3])
    }
}

impl fmt::Display for HeaderVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text())
    }
}

/// ALGID.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Algorithm {
    AesCtr,
    AesCbc,
}

impl Algorithm {
    pub fn text(self) -> &'static str {
        match self {
            Self::AesCtr => "AESCTR",
            Self::AesCbc => "AESCBC",
        }
    }
}

/// A key as the header names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HeaderKey {
    pub kid: KeyId,
    /// None only where a header of version 4.3 leaves it out.
    pub algorithm: Option<Algorithm>,
    /// AES-CTR only.
    pub checksum: Option<[u8; 8]>,
}

impl HeaderKey {
    /// With the checksum, where the scheme has one.
    pub fn new(key: &ContentKey, scheme: Scheme) -> Self {
        Self {
            checksum: (scheme == Scheme::Cenc).then(|| checksum(key.kid, key.expose())),
            ..Self::without_checksum(key.kid, scheme)
        }
    }

    /// For who does not know the key. PlayReady 1 clients before 2.0 want the checksum.
    pub fn without_checksum(kid: KeyId, scheme: Scheme) -> Self {
        let algorithm = match scheme {
            Scheme::Cenc => Algorithm::AesCtr,
            Scheme::Cbcs => Algorithm::AesCbc,
        };
        Self {
            kid,
            algorithm: Some(algorithm),
            checksum: None,
        }
    }
}

/// What the header says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    pub version: HeaderVersion,
    pub keys: Vec<HeaderKey>,
    /// LA_URL: where licences are asked for; absolute.
    pub licence_url: Option<String>,
    /// LUI_URL: a page to get a licence on; absolute.
    pub licence_ui_url: Option<String>,
    /// DS_ID: the domain service, in the order of the UUID's text.
    pub domain_service: Option<[u8; 16]>,
    /// Children of CUSTOMATTRIBUTES: well-formed XML; prefixes declared in it.
    pub custom_attributes: Option<String>,
    /// DECRYPTORSETUP: licences need not be there before playback is set up. From version 4.1 on.
    pub on_demand: bool,
}

impl Header {
    /// The keys in the lowest version that can name them.
    pub fn new(scheme: Scheme, keys: Vec<HeaderKey>) -> Self {
        Self {
            version: HeaderVersion::lowest(scheme, keys.len()),
            keys,
            licence_url: None,
            licence_ui_url: None,
            domain_service: None,
            custom_attributes: None,
            on_demand: false,
        }
    }

    /// # Errors
    /// [`Error::PlayReady`] when the version cannot say it, [`Error::Fragment`] for ill-formed custom attributes.
    pub fn to_xml(&self) -> Result<String> {
        self.check().map_err(Error::PlayReady)?;
        let mut out = format!(
            "<WRMHEADER xmlns=\"{NAMESPACE}\" version=\"{}\"><DATA>",
            self.version
        );
        self.push_keys(&mut out);
        push_text_element(&mut out, "LA_URL", self.licence_url.as_deref());
        push_text_element(&mut out, "LUI_URL", self.licence_ui_url.as_deref());
        let domain_service = self.domain_service.map(|id| STANDARD.encode(guid(id)));
        push_text_element(&mut out, "DS_ID", domain_service.as_deref());
        if let Some(custom) = &self.custom_attributes {
            // Its children are in no namespace (format of each version).
            out.push_str("<CUSTOMATTRIBUTES xmlns=\"\">");
            out.push_str(&fragment::canonical(custom, Around::NO_NAMESPACE)?);
            out.push_str("</CUSTOMATTRIBUTES>");
        }
        if self.on_demand {
            out.push_str("<DECRYPTORSETUP>ONDEMAND</DECRYPTORSETUP>");
        }
        out.push_str("</DATA></WRMHEADER>");
        Ok(out)
    }

    fn push_keys(&self, out: &mut String) {
        match (self.version, self.keys.first()) {
            (HeaderVersion::V4_0, Some(key)) => {
                out.push_str("<PROTECTINFO><KEYLEN>16</KEYLEN><ALGID>AESCTR</ALGID></PROTECTINFO>");
                push_text_element(out, "KID", Some(&STANDARD.encode(guid(key.kid.0))));
                let checksum = key.checksum.map(|checksum| STANDARD.encode(checksum));
                push_text_element(out, "CHECKSUM", checksum.as_deref());
            }
            (_, None) => {}
            (version, Some(_)) => {
                let list = version > HeaderVersion::V4_1;
                out.push_str(if list {
                    "<PROTECTINFO><KIDS>"
                } else {
                    "<PROTECTINFO>"
                });
                for key in &self.keys {
                    push_key(out, key);
                }
                out.push_str(if list {
                    "</KIDS></PROTECTINFO>"
                } else {
                    "</PROTECTINFO>"
                });
            }
        }
    }

    /// What the versions demand (3.3.3, 3.4.3, 3.5.2, 3.6.2).
    fn check(&self) -> std::result::Result<(), String> {
        let version = self.version;
        let fault = |reason: &str| Err(format!("header {version}: {reason}"));
        let algorithm = self.keys.first().and_then(|key| key.algorithm);
        if self.keys.iter().any(|key| key.algorithm != algorithm) {
            return fault("keys of several algorithms");
        }
        let cbc = algorithm == Some(Algorithm::AesCbc);
        if cbc && self.keys.iter().any(|key| key.checksum.is_some()) {
            return fault("a checksum of an AES-CBC key");
        }
        match (version, self.keys.len()) {
            (HeaderVersion::V4_0, 0) => return fault("no key"),
            (HeaderVersion::V4_0 | HeaderVersion::V4_1, 2..) => return fault("more than one key"),
            (HeaderVersion::V4_0, _) if self.on_demand => {
                return fault("DECRYPTORSETUP comes with 4.1.0.0");
            }
            (HeaderVersion::V4_3, _) => {}
            (_, 1..) if cbc => return fault("AES-CBC (cbcs) comes with 4.3.0.0"),
            (_, 1..) if algorithm.is_none() => return fault("a key without its algorithm"),
            _ => {}
        }
        for url in [&self.licence_url, &self.licence_ui_url]
            .into_iter()
            .flatten()
        {
            // Only absolute addresses are allowed.
            if !url.contains("://") {
                return fault(&format!("{url:?} is no absolute URL"));
            }
        }
        if self
            .custom_attributes
            .as_ref()
            .is_some_and(String::is_empty)
        {
            return fault("empty custom attributes");
        }
        Ok(())
    }
}

fn push_key(out: &mut String, key: &HeaderKey) {
    out.push_str("<KID");
    if let Some(algorithm) = key.algorithm {
        out.push_str(&format!(" ALGID=\"{}\"", algorithm.text()));
    }
    if let Some(checksum) = key.checksum {
        out.push_str(&format!(" CHECKSUM=\"{}\"", STANDARD.encode(checksum)));
    }
    let value = STANDARD.encode(guid(key.kid.0));
    out.push_str(&format!(" VALUE=\"{value}\"></KID>"));
}

fn push_text_element(out: &mut String, name: &str, text: Option<&str>) {
    if let Some(text) = text {
        out.push_str(&format!("<{name}>"));
        fragment::push_escaped(out, text, false);
        out.push_str(&format!("</{name}>"));
    }
}
