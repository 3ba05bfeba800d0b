//! Connection IDs that tell the node, and nobody else, whose they are.
//!
//! ```text
//! 5 bytes nonce │ 3 bytes: worker (16 bits), zero (8 bits), hidden by AES(key, nonce)
//! ```
//!
//! Without the key two IDs of one connection have nothing in common (RFC 9000, 5.1), and one in 2²⁴ made-up
//! IDs means a given worker.
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use quinn::ConnectionId;
use quinn_proto::{ConnectionIdGenerator, InvalidCid};
use ring::aead::quic::{AES_128, HeaderProtectionKey};
use ring::error::Unspecified;
use ring::rand::{SecureRandom, SystemRandom};

/// Bytes of a connection ID.
pub(super) const CID_BYTES: usize = 8;
const NONCE_BYTES: usize = 5;
const HIDDEN_BYTES: usize = CID_BYTES - NONCE_BYTES;
/// Bytes of a block of AES.
const BLOCK_BYTES: usize = 16;

/// One for all sockets of an address, random for each run of the node.
pub(super) struct CidKey {
    hiding: HeaderProtectionKey,
    /// Turns counters into nonces.
    drawing: HeaderProtectionKey,
}

impl fmt::Debug for CidKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CidKey(..)")
    }
}

impl CidKey {
    pub(super) fn random() -> Result<Self, Unspecified> {
        let random = SystemRandom::new();
        let key = || {
            let mut bytes = [0; BLOCK_BYTES];
            random.fill(&mut bytes)?;
            HeaderProtectionKey::new(&AES_128, &bytes)
        };
        Ok(Self {
            hiding: key()?,
            drawing: key()?,
        })
    }

    /// The worker that an ID belongs to. `None`: no ID of this key.
    pub(super) fn worker(&self, cid: &[u8]) -> Option<u16> {
        let (nonce, hidden) = cid.split_first_chunk::<NONCE_BYTES>()?;
        let hidden: [u8; HIDDEN_BYTES] = hidden.try_into().ok()?;
        let [high, low, zero] = self.hide(*nonce, hidden)?;
        (zero == 0).then_some(u16::from_be_bytes([high, low]))
    }

    /// Its own inverse. `None` never: the block has the size that AES wants.
    fn hide(
        &self,
        nonce: [u8; NONCE_BYTES],
        text: [u8; HIDDEN_BYTES],
    ) -> Option<[u8; HIDDEN_BYTES]> {
        let mut block = [0; BLOCK_BYTES];
        block[..NONCE_BYTES].copy_from_slice(&nonce);
        let mask = self.hiding.new_mask(&block).ok()?;
        Some(std::array::from_fn(|at| text[at] ^ mask[at]))
    }

    fn nonce(&self, worker: u16, count: u64) -> Option<[u8; NONCE_BYTES]> {
        let mut block = [0; BLOCK_BYTES];
        block[..8].copy_from_slice(&count.to_be_bytes());
        block[8..10].copy_from_slice(&worker.to_be_bytes());
        self.drawing.new_mask(&block).ok()
    }
}

/// Makes one worker's connection IDs.
#[derive(Debug)]
pub(super) struct Generator {
    key: Arc<CidKey>,
    worker: u16,
    count: u64,
}

impl Generator {
    pub(super) fn new(key: Arc<CidKey>, worker: u16) -> Self {
        Self {
            key,
            worker,
            count: 0,
        }
    }

    fn make(&mut self) -> Option<[u8; CID_BYTES]> {
        self.count += 1;
        let nonce = self.key.nonce(self.worker, self.count)?;
        let [high, low] = self.worker.to_be_bytes();
        let hidden = self.key.hide(nonce, [high, low, 0])?;
        let mut cid = [0; CID_BYTES];
        cid[..NONCE_BYTES].copy_from_slice(&nonce);
        cid[NONCE_BYTES..].copy_from_slice(&hidden);
        Some(cid)
    }
}

impl ConnectionIdGenerator for Generator {
    fn generate_cid(&mut self) -> ConnectionId {
        ConnectionId::new(&self.make().unwrap_or_default())
    }

    fn validate(&self, cid: &ConnectionId) -> Result<(), InvalidCid> {
        match self.key.worker(cid) {
            Some(worker) if worker == self.worker => Ok(()),
            _ => Err(InvalidCid),
        }
    }

    fn cid_len(&self) -> usize {
        CID_BYTES
    }

    fn cid_lifetime(&self) -> Option<Duration> {
        None
    }
}

#[cfg(test)]
mod tests;
