//! HLS `METHOD=SAMPLE-AES` outside of MP4: what is encrypted of the elementary streams in a transport stream or in packed
//! audio ("MPEG-2 Stream Encryption Format for HTTP Live Streaming", here MSEF).
//!
//! Everything is AES-128 in CBC mode over whole blocks, without padding, and each protected block (a NAL unit's, an
//! audio frame's) begins with the same IV (MSEF 2.1). Nothing here looks at a container.
//!
//! | stream | clear | encrypted |
//! |---|---|---|
//! | AVC, NAL unit types 1 and 5 of more than 48 bytes | the first 32 bytes; 144 bytes after each encrypted block; the last 16 or fewer | one block in ten |
//! | AAC | ADTS header, 16 bytes, the last bytes that make no block | all blocks |
//! | AC-3 | 16 bytes, the last bytes that make no block | all blocks |
//! | E-AC-3, of each syncframe | 16 bytes, the last bytes that make no block | all blocks; the chain goes on in the frame's next syncframe |
use crate::ContentKey;
use crate::cbc::{self, BLOCK};
use aes::Aes128Enc;
use aes::cipher::KeyInit;

mod emulation;
#[cfg(test)]
mod tests;

pub use emulation::{escape, escapes};

/// Bytes at the start of a NAL unit that stay clear: its header and 31 more (MSEF 2.2).
const UNIT_LEADER: usize = 32;
/// Of a NAL unit, one block is encrypted and nine are not.
const UNIT_STRIDE: usize = 10 * BLOCK;
/// Bytes of an audio frame that stay clear (MSEF 2.3.1).
const FRAME_LEADER: usize = BLOCK;

/// NAL unit types (ISO/IEC 14496-10, table 7-1).
const SLICE: u8 = 1;
const DATA_PARTITIONS: std::ops::RangeInclusive<u8> = 2..=4;
const IDR_SLICE: u8 = 5;

/// Key and IV of one segment, as its EXT-X-KEY says them. Debug shows neither.
#[derive(Clone)]
pub struct SampleAes {
    aes: Aes128Enc,
    iv: [u8; BLOCK],
}

/// The source is at fault: its media has no encrypted form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unprotectable {
    /// MSEF 2.2 leaves them clear, and they hold the picture.
    #[error("{}", self.reason())]
    DataPartition,
    #[error("{}", self.reason())]
    Syncframe,
}

impl Unprotectable {
    pub fn reason(self) -> &'static str {
        match self {
            Self::DataPartition => "a data partition, which SAMPLE-AES leaves clear",
            Self::Syncframe => "no whole E-AC-3 syncframe where one begins",
        }
    }
}

impl SampleAes {
    pub fn new(key: &ContentKey, iv: [u8; 16]) -> Self {
        Self {
            aes: Aes128Enc::new(key.expose().into()),
            iv,
        }
    }

    /// Whether encryption changes an AVC NAL unit (header first, no start code, emulation prevention in it).
    ///
    /// # Errors
    /// For units that hold slice data and are left clear.
    pub fn protects(unit: &[u8]) -> Result<bool, Unprotectable> {
        match unit.first().map_or(0, |header| header & 0x1f) {
            SLICE | IDR_SLICE => Ok(unit.len() > UNIT_LEADER + BLOCK),
            kind if DATA_PARTITIONS.contains(&kind) => Err(Unprotectable::DataPartition),
            _ => Ok(false),
        }
    }

    /// Encrypts an AVC NAL unit in place, as it is in the source: with emulation prevention, which counts as its bytes,
    /// and without trailing zeros, which are not its bytes. What comes out can hold start codes: of a unit that
    /// [`protects`](Self::protects) tells, the [`escape`]d form goes into the byte stream. A decryptor takes that second
    /// layer off and finds the source's unit.
    ///
    /// # Errors
    /// As [`protects`](Self::protects).
    pub fn encrypt_unit(&self, unit: &mut [u8]) -> Result<(), Unprotectable> {
        if !Self::protects(unit)? {
            return Ok(());
        }
        // A block that nothing follows stays clear.
        let end = unit.len() - 1;
        if let Some(range) = unit.get_mut(UNIT_LEADER..end) {
            cbc::encrypt(&self.aes, &self.iv, range, UNIT_STRIDE);
        }
        Ok(())
    }

    /// Encrypts frames of AAC, without their ADTS headers, or of AC-3, in place.
    pub fn encrypt_frames<'f>(&self, frames: impl Iterator<Item = &'f mut [u8]>) {
        let protected = frames.filter_map(|frame| frame.get_mut(FRAME_LEADER..));
        cbc::encrypt_each(&self.aes, &self.iv, protected);
    }

    /// Encrypts a frame of E-AC-3 in place: the syncframes of one MP4 sample (ETSI TS 102 366, E.1.2 and F.2).
    ///
    /// # Errors
    /// Where syncframes do not fill the frame. It may then be encrypted in part, and must not be sent.
    pub fn encrypt_eac3_frame(&self, frame: &mut [u8]) -> Result<(), Unprotectable> {
        let mut iv = self.iv;
        let mut rest = frame;
        while !rest.is_empty() {
            let len = syncframe_len(rest).ok_or(Unprotectable::Syncframe)?;
            let (syncframe, after) = rest
                .split_at_mut_checked(len)
                .ok_or(Unprotectable::Syncframe)?;
            rest = after;
            let protected = syncframe.get_mut(FRAME_LEADER..).unwrap_or_default();
            cbc::encrypt(&self.aes, &iv, protected, BLOCK);
            let (blocks, _) = protected.as_chunks();
            iv = blocks.last().copied().unwrap_or(iv);
        }
        Ok(())
    }
}

impl std::fmt::Debug for SampleAes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SampleAes").finish_non_exhaustive()
    }
}

/// `frmsiz`: the length in words of 16 bits, less one (ETSI TS 102 366, E.1.3.1.3).
fn syncframe_len(rest: &[u8]) -> Option<usize> {
    match rest {
        [0x0b, 0x77, high, low, ..] => {
            Some((usize::from(high & 7) << 8 | usize::from(*low)) * 2 + 2)
        }
        _ => None,
    }
}
