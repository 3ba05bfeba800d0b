//! The data of a Widevine `pssh`: a `WidevinePsshData` message in protocol buffers' wire format.
use crate::{Error, KeyId, Result};

#[cfg(test)]
mod tests;

/// Bytes that [`WidevineData::parse`] takes.
pub const MAX_BYTES: usize = 64 * 1024;
/// Key ids of one message.
pub const MAX_KIDS: usize = 256;

/// What a Widevine box says. Fields that Google marks obsolete are kept only to show what others wrote.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct WidevineData {
    /// Obsolete: 1 stands for AES-CTR. Packagers leave it out and write the protection scheme.
    pub algorithm: Option<u64>,
    pub key_ids: Vec<KeyId>,
    /// The content provider's name.
    pub provider: Option<String>,
    pub content_id: Option<Vec<u8>>,
    /// The name of a registered policy.
    pub policy: Option<String>,
    /// Number of the crypto period, where keys rotate.
    pub crypto_period_index: Option<u32>,
    /// `scheme_type`, as a number in the order of its characters.
    pub protection_scheme: Option<[u8; 4]>,
}

/// Field numbers of the message.
mod field {
    pub(super) const ALGORITHM: u64 = 1;
    pub(super) const KEY_ID: u64 = 2;
    pub(super) const PROVIDER: u64 = 3;
    pub(super) const CONTENT_ID: u64 = 4;
    pub(super) const POLICY: u64 = 6;
    pub(super) const CRYPTO_PERIOD_INDEX: u64 = 7;
    pub(super) const PROTECTION_SCHEME: u64 = 9;
}

impl WidevineData {
    /// The message, fields in the order of their numbers.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = Vec::new();
        if let Some(algorithm) = self.algorithm {
            push_number(&mut out, field::ALGORITHM, algorithm);
        }
        for kid in &self.key_ids {
            push_bytes(&mut out, field::KEY_ID, &kid.0);
        }
        if let Some(provider) = &self.provider {
            push_bytes(&mut out, field::PROVIDER, provider.as_bytes());
        }
        if let Some(content_id) = &self.content_id {
            push_bytes(&mut out, field::CONTENT_ID, content_id);
        }
        if let Some(policy) = &self.policy {
            push_bytes(&mut out, field::POLICY, policy.as_bytes());
        }
        if let Some(index) = self.crypto_period_index {
            push_number(&mut out, field::CRYPTO_PERIOD_INDEX, index.into());
        }
        if let Some(scheme) = self.protection_scheme {
            let number = u32::from_be_bytes(scheme).into();
            push_number(&mut out, field::PROTECTION_SCHEME, number);
        }
        out
    }

    /// Reads a message; fields that are not known are passed over, and of single ones the last counts, as in all
    /// protocol buffers.
    ///
    /// # Errors
    /// [`Error::Widevine`] with the offset of the field at fault.
    pub fn parse(bytes: &[u8]) -> Result<Self> {
        if bytes.len() > MAX_BYTES {
            return Err(Error::Widevine {
                offset: 0,
                reason: "too long",
            });
        }
        let mut data = Self::default();
        let mut rest = bytes;
        while !rest.is_empty() {
            let offset = bytes.len() - rest.len();
            rest = data
                .take_field(rest)
                .map_err(|reason| Error::Widevine { offset, reason })?;
        }
        Ok(data)
    }

    fn take_field<'a>(&mut self, bytes: &'a [u8]) -> Parse<&'a [u8]> {
        let (number, value, rest) = take_field(bytes)?;
        match (number, value) {
            (field::ALGORITHM, Value::Number(number)) => self.algorithm = Some(number),
            (field::KEY_ID, Value::Bytes(kid)) => {
                if self.key_ids.len() == MAX_KIDS {
                    return Err("too many key ids");
                }
                let kid = kid.try_into().map_err(|_| "a key id is not 16 bytes")?;
                self.key_ids.push(KeyId(kid));
            }
            (field::PROVIDER, Value::Bytes(text)) => self.provider = Some(utf8(text)?),
            (field::CONTENT_ID, Value::Bytes(id)) => self.content_id = Some(id.to_vec()),
            (field::POLICY, Value::Bytes(text)) => self.policy = Some(utf8(text)?),
            (field::CRYPTO_PERIOD_INDEX, Value::Number(number)) => {
                self.crypto_period_index = Some(fits(number)?);
            }
            (field::PROTECTION_SCHEME, Value::Number(number)) => {
                self.protection_scheme = Some(fits(number)?.to_be_bytes());
            }
            (
                field::ALGORITHM
                | field::KEY_ID
                | field::PROVIDER
                | field::CONTENT_ID
                | field::POLICY
                | field::CRYPTO_PERIOD_INDEX
                | field::PROTECTION_SCHEME,
                _,
            ) => return Err("a field of another type"),
            _ => {}
        }
        Ok(rest)
    }
}

type Parse<T> = std::result::Result<T, &'static str>;

const SHORT: &str = "ends too early";

enum Value<'a> {
    Number(u64),
    Bytes(&'a [u8]),
    /// Four or eight bytes.
    Fixed,
}

/// Field number, value, and what follows.
fn take_field(bytes: &[u8]) -> Parse<(u64, Value<'_>, &[u8])> {
    let (tag, rest) = take_varint(bytes)?;
    let (value, rest) = match tag & 7 {
        0 => {
            let (number, rest) = take_varint(rest)?;
            (Value::Number(number), rest)
        }
        1 => (Value::Fixed, rest.get(8..).ok_or(SHORT)?),
        2 => {
            let (len, rest) = take_varint(rest)?;
            let len = usize::try_from(len).map_err(|_| SHORT)?;
            let (bytes, rest) = rest.split_at_checked(len).ok_or(SHORT)?;
            (Value::Bytes(bytes), rest)
        }
        5 => (Value::Fixed, rest.get(4..).ok_or(SHORT)?),
        _ => return Err("an unknown wire type"),
    };
    match tag >> 3 {
        0 => Err("a field without a number"),
        number => Ok((number, value, rest)),
    }
}

fn take_varint(bytes: &[u8]) -> Parse<(u64, &[u8])> {
    let mut value = 0_u64;
    for (index, &byte) in bytes.iter().enumerate().take(10) {
        // The tenth byte has room for one bit.
        if index == 9 && byte > 1 {
            break;
        }
        value |= u64::from(byte & 0x7f) << (7 * index);
        if byte & 0x80 == 0 {
            return Ok((value, bytes.get(index + 1..).unwrap_or_default()));
        }
    }
    Err(if bytes.len() < 10 {
        SHORT
    } else {
        "a number beyond 64 bits"
    })
}

fn fits(number: u64) -> Parse<u32> {
    u32::try_from(number).map_err(|_| "a number beyond 32 bits")
}

fn utf8(bytes: &[u8]) -> Parse<String> {
    String::from_utf8(bytes.to_vec()).map_err(|_| "text that is not UTF-8")
}

fn push_number(out: &mut Vec<u8>, field: u64, value: u64) {
    push_varint(out, field << 3);
    push_varint(out, value);
}

fn push_bytes(out: &mut Vec<u8>, field: u64, value: &[u8]) {
    push_varint(out, field << 3 | 2);
    push_varint(out, value.len() as u64);
    out.extend_from_slice(value);
}

fn push_varint(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push((value & 0x7f) as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}
