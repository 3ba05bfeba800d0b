//! Headers that others wrote: read by element names; what is not known is passed over, as clients do (3.3.3).
use super::{Algorithm, Header, HeaderKey, HeaderVersion, guid};
use crate::systems::fragment::{Around, Attribute, Node, Parse, walk};
use crate::{Error, KeyId, Result};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// Keys that one header names.
const MAX_KEYS: usize = 256;

impl Header {
    /// Reads the XML of a header.
    ///
    /// # Errors
    /// [`Error::PlayReady`]: ill-formed XML, a version or an algorithm that is not known, values that are not what
    /// they should be.
    pub fn parse(xml: &str) -> Result<Self> {
        let mut reader = Reader::default();
        walk(xml, Around::ANYTHING, |node| reader.take(&node))
            .and_then(|()| reader.finish())
            .map_err(|reason| Error::PlayReady(format!("header: {reason}")))
    }
}

#[derive(Debug, Default)]
struct Reader {
    /// Names of the open elements.
    path: Vec<String>,
    text: String,
    version: Option<HeaderVersion>,
    keys: Vec<HeaderKey>,
    /// Version 4.0 has these beside the KID.
    algorithm: Option<Algorithm>,
    checksum: Option<[u8; 8]>,
    licence_url: Option<String>,
    licence_ui_url: Option<String>,
    domain_service: Option<[u8; 16]>,
    custom_attributes: Option<String>,
    on_demand: bool,
}

impl Reader {
    fn take(&mut self, node: &Node<'_>) -> Parse<()> {
        if self
            .path
            .get(2)
            .is_some_and(|name| name == "CUSTOMATTRIBUTES")
        {
            let end = self.path.len() == 3 && matches!(node, Node::Close(_));
            if !end {
                node.write(self.custom_attributes.get_or_insert_default());
            }
        }
        match node {
            Node::Open(name, attributes) => {
                self.path.push((*name).to_owned());
                self.text.clear();
                self.open(attributes)
            }
            Node::Text(text) => {
                self.text.push_str(text);
                Ok(())
            }
            Node::Close(_) => {
                let outcome = self.close();
                self.path.pop();
                self.text.clear();
                outcome
            }
        }
    }

    fn open(&mut self, attributes: &[Attribute]) -> Parse<()> {
        let path: Vec<&str> = self.path.iter().map(String::as_str).collect();
        let value = |name: &str| {
            let found = attributes.iter().find(|attribute| attribute.name == name);
            found.map(|attribute| attribute.value.as_str())
        };
        match path.as_slice() {
            ["WRMHEADER"] => {
                let text = value("version").ok_or("no version")?;
                let version = HeaderVersion::from_text(text);
                self.version = Some(version.ok_or_else(|| format!("version {text:?}"))?);
            }
            [_] => return Err("the root is not WRMHEADER".to_owned()),
            ["WRMHEADER", "DATA", "PROTECTINFO", "KID"]
            | ["WRMHEADER", "DATA", "PROTECTINFO", "KIDS", "KID"] => {
                let key = HeaderKey {
                    kid: kid(value("VALUE").ok_or("a KID without VALUE")?)?,
                    algorithm: value("ALGID").map(algorithm).transpose()?,
                    checksum: value("CHECKSUM").map(bytes).transpose()?,
                };
                self.push(key)?;
            }
            _ => {}
        }
        Ok(())
    }

    fn close(&mut self) -> Parse<()> {
        let path: Vec<&str> = self.path.iter().map(String::as_str).collect();
        let text = self.text.trim_ascii();
        match path.as_slice() {
            ["WRMHEADER", "DATA", "PROTECTINFO", "ALGID"] => {
                self.algorithm = Some(algorithm(text)?);
            }
            ["WRMHEADER", "DATA", "KID"] => {
                let key = HeaderKey {
                    kid: kid(text)?,
                    algorithm: None,
                    checksum: None,
                };
                self.push(key)?;
            }
            ["WRMHEADER", "DATA", "CHECKSUM"] => self.checksum = Some(bytes(text)?),
            ["WRMHEADER", "DATA", "LA_URL"] => self.licence_url = Some(text.to_owned()),
            ["WRMHEADER", "DATA", "LUI_URL"] => self.licence_ui_url = Some(text.to_owned()),
            ["WRMHEADER", "DATA", "DS_ID"] => self.domain_service = Some(guid(bytes(text)?)),
            ["WRMHEADER", "DATA", "DECRYPTORSETUP"] => self.on_demand = text == "ONDEMAND",
            _ => {}
        }
        Ok(())
    }

    fn push(&mut self, key: HeaderKey) -> Parse<()> {
        if self.keys.len() == MAX_KEYS {
            return Err(format!("more than {MAX_KEYS} keys"));
        }
        self.keys.push(key);
        Ok(())
    }

    fn finish(mut self) -> Parse<Header> {
        let version = self.version.ok_or("no WRMHEADER")?;
        if version == HeaderVersion::V4_0 {
            for key in &mut self.keys {
                key.algorithm = key.algorithm.or(self.algorithm);
                key.checksum = key.checksum.or(self.checksum);
            }
        }
        Ok(Header {
            version,
            keys: self.keys,
            licence_url: self.licence_url,
            licence_ui_url: self.licence_ui_url,
            domain_service: self.domain_service,
            custom_attributes: self.custom_attributes,
            on_demand: self.on_demand,
        })
    }
}

fn kid(text: &str) -> Parse<KeyId> {
    Ok(KeyId(guid(bytes(text)?)))
}

fn bytes<const N: usize>(text: &str) -> Parse<[u8; N]> {
    let bytes = STANDARD.decode(text.trim_ascii());
    bytes
        .ok()
        .and_then(|bytes| bytes.try_into().ok())
        .ok_or_else(|| format!("{text:?} is not {N} bytes in base64"))
}

fn algorithm(text: &str) -> Parse<Algorithm> {
    [Algorithm::AesCtr, Algorithm::AesCbc]
        .into_iter()
        .find(|algorithm| algorithm.text() == text)
        .ok_or_else(|| format!("algorithm {text:?}"))
}
