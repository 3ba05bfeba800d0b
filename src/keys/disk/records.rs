//! Key records as bytes, for sealing.
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use edgepack_drm::{ContentKey, KeyId, KeyRecord, Said};
use zeroize::Zeroizing;

use crate::keys::{Given, MAX_KEYS};

/// DRM systems of one key, at most.
const MAX_SAID: usize = 256;

/// Keys, and when they were got.
pub(in crate::keys) struct Stored {
    pub(in crate::keys) given: Vec<Given>,
    pub(in crate::keys) written: SystemTime,
}

/// Big-endian; texts and bytes behind their length, absent ones as `u32::MAX`.
pub(super) fn write(given: &[Given], written: SystemTime) -> Zeroizing<Vec<u8>> {
    // Room for all from the start: a growing buffer would leave copies behind.
    let mut to = Zeroizing::new(Vec::with_capacity(
        given.iter().map(room).sum::<usize>() + 12,
    ));
    let seconds = written
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_secs());
    to.extend(seconds.to_be_bytes());
    to.extend(length(given.len()));
    for Given {
        label,
        period,
        record,
    } in given
    {
        put(&mut to, Some(label.as_bytes()));
        to.extend(period.to_be_bytes());
        to.extend(record.key.kid.0);
        to.extend(record.key.expose());
        put(&mut to, record.explicit_iv.as_ref().map(|iv| &iv[..]));
        to.extend(length(record.said.len()));
        for said in &record.said {
            to.extend(said.system_id);
            put(&mut to, said.pssh.as_deref());
            for text in [
                &said.content_protection,
                &said.hls_media,
                &said.hls_multivariant,
                &said.uri,
            ] {
                put(&mut to, text.as_ref().map(String::as_bytes));
            }
        }
    }
    to
}

fn room(given: &Given) -> usize {
    let said = given.record.said.iter().map(|said| {
        let texts = [
            &said.content_protection,
            &said.hls_media,
            &said.hls_multivariant,
            &said.uri,
        ];
        let texts = texts
            .iter()
            .filter_map(|text| text.as_ref().map(String::len));
        16 + 5 * 4 + said.pssh.as_ref().map_or(0, Bytes::len) + texts.sum::<usize>()
    });
    4 + given.label.len() + 4 + 32 + 20 + 4 + said.sum::<usize>()
}

fn length(length: usize) -> [u8; 4] {
    u32::try_from(length).unwrap_or(u32::MAX).to_be_bytes()
}

fn put(to: &mut Vec<u8>, bytes: Option<&[u8]>) {
    to.extend(bytes.map_or([0xff; 4], |bytes| length(bytes.len())));
    to.extend(bytes.unwrap_or_default());
}

/// `None`: not what [`write`] writes.
pub(super) fn read(bytes: &[u8]) -> Option<Stored> {
    let mut from = Reader(bytes);
    let seconds = u64::from_be_bytes(from.array()?);
    let count = from.count(MAX_KEYS)?;
    let given = (0..count)
        .map(|_| from.given())
        .collect::<Option<Vec<_>>>()?;
    from.0.is_empty().then_some(Stored {
        given,
        written: UNIX_EPOCH.checked_add(Duration::from_secs(seconds))?,
    })
}

struct Reader<'b>(&'b [u8]);

impl<'b> Reader<'b> {
    fn take(&mut self, length: usize) -> Option<&'b [u8]> {
        let (taken, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(taken)
    }

    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        self.take(N)?.try_into().ok()
    }

    fn count(&mut self, limit: usize) -> Option<usize> {
        let count = u32::from_be_bytes(self.array()?) as usize;
        (count <= limit).then_some(count)
    }

    /// The outer `None`: not readable; the inner: absent.
    fn optional(&mut self) -> Option<Option<&'b [u8]>> {
        match u32::from_be_bytes(self.array()?) {
            u32::MAX => Some(None),
            length => Some(Some(self.take(length as usize)?)),
        }
    }

    fn text(&mut self) -> Option<Option<String>> {
        match self.optional()? {
            None => Some(None),
            Some(bytes) => Some(Some(String::from_utf8(bytes.to_vec()).ok()?)),
        }
    }

    fn given(&mut self) -> Option<Given> {
        let label = self.text()??;
        let period = u32::from_be_bytes(self.array()?);
        let kid = KeyId(self.array()?);
        let key = Zeroizing::new(self.array::<16>()?);
        let explicit_iv = match self.optional()? {
            None => None,
            Some(iv) => Some(iv.try_into().ok()?),
        };
        let count = self.count(MAX_SAID)?;
        let said = (0..count)
            .map(|_| {
                Some(Said {
                    system_id: self.array()?,
                    pssh: self.optional()?.map(Bytes::copy_from_slice),
                    content_protection: self.text()?,
                    hls_media: self.text()?,
                    hls_multivariant: self.text()?,
                    uri: self.text()?,
                })
            })
            .collect::<Option<Vec<_>>>()?;
        Some(Given {
            label,
            period,
            record: KeyRecord {
                key: ContentKey::new(kid, *key),
                explicit_iv,
                said,
            },
        })
    }
}
