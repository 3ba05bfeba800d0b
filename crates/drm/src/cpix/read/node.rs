//! An element as CPIX takes it apart: children by name, attributes by type, secrets.
use super::fault;
use crate::KeyId;
use crate::cpix::document::{Encrypted, Secret};
use crate::cpix::xml::{Id, Tree, is_space};
use crate::cpix::{CPIX, Error, PSKC, Result, XENC};
use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::{GeneralPurpose, GeneralPurposeConfig};
use zeroize::Zeroizing;

/// Servers are known to leave bits behind the last byte: they change nothing.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_allow_trailing_bits(true),
);

/// An element and its tree.
#[derive(Clone, Copy)]
pub(in crate::cpix) struct Node<'t> {
    pub(in crate::cpix) tree: &'t Tree,
    pub(in crate::cpix) id: Id,
}

impl<'t> Node<'t> {
    pub(in crate::cpix) fn root(tree: &'t Tree) -> Self {
        Self {
            tree,
            id: Tree::ROOT,
        }
    }

    pub(in crate::cpix) fn children(&self) -> impl Iterator<Item = Self> + use<'t> {
        let tree = self.tree;
        tree.children(self.id).map(move |id| Self { tree, id })
    }

    /// Children of one name, if they are no more than `limit`.
    pub(in crate::cpix) fn at_most(
        &self,
        ns: &str,
        name: &str,
        limit: usize,
        what: &'static str,
    ) -> Result<Vec<Self>> {
        let mut found = Vec::new();
        for child in self.children() {
            if self.tree.get(child.id).is(ns, name) {
                if found.len() == limit {
                    return Err(Error::Limit { what, limit });
                }
                found.push(child);
            }
        }
        Ok(found)
    }

    /// The only child of a name.
    pub(in crate::cpix) fn child(&self, ns: &str, name: &'static str) -> Result<Option<Self>> {
        match self.at_most(ns, name, 2, name)?.as_slice() {
            [] => Ok(None),
            [only] => Ok(Some(*only)),
            _ => Err(Error::Duplicate {
                element: name,
                kid: None,
            }),
        }
    }

    pub(super) fn list<T>(
        &self,
        list: &'static str,
        item: &'static str,
        limit: usize,
        read: impl Fn(Self) -> Result<T>,
    ) -> Result<Vec<T>> {
        match self.child(CPIX, list)? {
            Some(list) => list
                .at_most(CPIX, item, limit, item)?
                .into_iter()
                .map(read)
                .collect(),
            None => Ok(Vec::new()),
        }
    }

    pub(in crate::cpix) fn raw(&self, name: &str) -> Option<&'t str> {
        self.tree.get(self.id).attribute(name)
    }

    pub(in crate::cpix) fn attribute(&self, name: &str) -> Option<String> {
        self.raw(name).map(str::to_owned)
    }

    pub(super) fn uuid(&self, name: &'static str) -> Result<KeyId> {
        let text = self.raw(name).ok_or_else(|| fault(name, "missing"))?;
        uuid(text).ok_or_else(|| fault(name, "not a UUID"))
    }

    /// `xs:integer` within what CPIX allows.
    pub(super) fn number(&self, element: &'static str, name: &str) -> Result<Option<u32>> {
        self.raw(name)
            .map(|text| text.trim_matches(is_space).parse())
            .transpose()
            .map_err(|_| fault(element, "not a number of 32 bits"))
    }

    pub(super) fn boolean(&self, element: &'static str, name: &str) -> Result<Option<bool>> {
        match self.raw(name).map(|text| text.trim_matches(is_space)) {
            None => Ok(None),
            Some("true" | "1") => Ok(Some(true)),
            Some("false" | "0") => Ok(Some(false)),
            Some(_) => Err(fault(element, "neither true nor false")),
        }
    }

    /// The whole text. None if there are elements in it.
    pub(super) fn text(&self) -> Option<Zeroizing<String>> {
        let pieces = self.tree.text(self.id)?;
        let mut text = Zeroizing::new(String::with_capacity(pieces.iter().map(|p| p.len()).sum()));
        pieces.iter().for_each(|piece| text.push_str(piece));
        Some(text)
    }

    pub(in crate::cpix) fn base64(&self) -> Option<Zeroizing<Vec<u8>>> {
        decode(&self.tree.text(self.id)?)
    }

    /// `pskc:Secret` below.
    pub(super) fn secret(&self) -> std::result::Result<Option<Secret>, &'static str> {
        let one = |node: &Self, ns, name| node.child(ns, name).map_err(|_| "given twice");
        let Some(secret) = one(self, PSKC, "Secret")? else {
            return Ok(None);
        };
        let plain = one(&secret, PSKC, "PlainValue")?;
        let encrypted = one(&secret, PSKC, "EncryptedValue")?;
        let mac = one(&secret, PSKC, "ValueMAC")?;
        match (plain, encrypted) {
            (Some(plain), None) => Ok(Some(Secret::Plain(plain.base64().ok_or("not base64")?))),
            (None, Some(value)) => {
                let mac = mac.map(|mac| mac.base64().ok_or("not base64"));
                Ok(Some(Secret::Encrypted(Encrypted {
                    mac: mac.transpose()?.map(|mac| mac.to_vec()),
                    ..value.encrypted()?
                })))
            }
            (None, None) => Err("a secret without value"),
            (Some(_), Some(_)) => Err("both plain and encrypted"),
        }
    }

    /// `xenc:EncryptedDataType`.
    pub(super) fn encrypted(&self) -> std::result::Result<Encrypted, &'static str> {
        let one = |node: &Self, name| node.child(XENC, name).map_err(|_| "given twice");
        let method = one(self, "EncryptionMethod")?.ok_or("without EncryptionMethod")?;
        let data = one(self, "CipherData")?.ok_or("without CipherData")?;
        let value = one(&data, "CipherValue")?.ok_or("without CipherValue")?;
        Ok(Encrypted {
            algorithm: method.attribute("Algorithm").ok_or("without Algorithm")?,
            value: value.base64().ok_or("not base64")?.to_vec(),
            mac: None,
        })
    }
}

pub(super) fn uuid(text: &str) -> Option<KeyId> {
    (text.len() == 36).then(|| text.parse().ok()).flatten()
}

/// White space may stand anywhere (`xs:base64Binary`).
pub(super) fn decode(pieces: &[&str]) -> Option<Zeroizing<Vec<u8>>> {
    let length = pieces.iter().map(|piece| piece.len()).sum();
    let mut digits = Zeroizing::new(Vec::with_capacity(length));
    for piece in pieces {
        digits.extend(piece.bytes().filter(|b| !is_space(char::from(*b))));
    }
    let room = base64::decoded_len_estimate(digits.len());
    let mut bytes = Zeroizing::new(vec![0; room]);
    let length = BASE64.decode_slice(&*digits, &mut bytes).ok()?;
    bytes.truncate(length);
    Some(bytes)
}
