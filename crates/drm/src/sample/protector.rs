//! Subsample encryption (ISO/IEC 23001-7, 9.5): from "so many clear, so many protected" to ciphertext and `senc` entries.
use super::auxiliary::SegmentAux;
use super::cipher::RangeCipher;
use super::{Parse, Subsample};

/// BytesOfClearData has 16 bits.
const MAX_CLEAR: usize = u16::MAX as usize;
const BLOCK: usize = 16;

/// A cursor over one sample that encrypts what it passes.
///
/// Entries are laid out as decoders in television sets came to expect them: a subsample starts where a NAL unit starts,
/// and ends with protected bytes. Runs of units without protected bytes lead the next subsample, and so does what
/// alignment takes away from the protected bytes. Only where no protected bytes follow at all does an entry with zero of
/// them close the sample, since the entries add up to its size.
pub(super) struct Protector<'a> {
    sample: &'a mut [u8],
    at: usize,
    /// Clear bytes passed since the last protected one.
    clear: usize,
    align: bool,
    cipher: RangeCipher<'a>,
    aux: &'a mut SegmentAux,
}

impl<'a> Protector<'a> {
    /// `align`: protected ranges are multiples of 16 bytes.
    pub(super) fn new(
        sample: &'a mut [u8],
        cipher: RangeCipher<'a>,
        aux: &'a mut SegmentAux,
        align: bool,
    ) -> Self {
        Self {
            sample,
            at: 0,
            clear: 0,
            align,
            cipher,
            aux,
        }
    }

    /// Bytes from the start of the sample.
    pub(super) fn position(&self) -> usize {
        self.at
    }

    /// What has not been passed yet, clear.
    pub(super) fn rest(&self) -> &[u8] {
        &self.sample[self.at..]
    }

    /// Passes `clear` bytes, then `protected` ones, which it encrypts, save those that alignment leaves clear.
    pub(super) fn pass(&mut self, clear: usize, protected: usize) -> Parse<()> {
        let unaligned = if self.align { protected % BLOCK } else { 0 };
        let (clear, protected) = (clear + unaligned, protected - unaligned);
        let start = self.at + clear;
        let range = self
            .sample
            .get_mut(start..start + protected)
            .ok_or("protected range past the end")?;
        self.clear += clear;
        self.at = start + protected;
        if protected > 0 {
            self.cipher.protect(range);
            self.entry(protected)?;
        }
        Ok(())
    }

    /// Accounts for clear bytes at the end.
    pub(super) fn finish(&mut self) -> Parse<()> {
        self.clear += self.sample.len() - self.at;
        self.at = self.sample.len();
        if self.clear > 0 {
            self.entry(0)?;
        }
        Ok(())
    }

    fn entry(&mut self, protected: usize) -> Parse<()> {
        while self.clear > MAX_CLEAR {
            self.aux.push(Subsample {
                clear: u16::MAX,
                protected: 0,
            })?;
            self.clear -= MAX_CLEAR;
        }
        let clear = u16::try_from(self.clear).unwrap_or(u16::MAX);
        let protected = u32::try_from(protected).map_err(|_| "protected range of 4 GiB or more")?;
        self.clear = 0;
        self.aux.push(Subsample { clear, protected })
    }
}
