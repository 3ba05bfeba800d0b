//! AVC samples under SAMPLE-AES ("MPEG-2 Stream Encryption Format for HTTP Live Streaming", 2.2).
//!
//! Blocks are encrypted where they lie. Ciphertext that looks like a start code gets emulation prevention, with which the
//! sample grows; that is some three bytes in ten megabytes, so most samples stay where they are.
use edgepack_drm::SampleAes;
use edgepack_drm::sample_aes;

use super::VideoStream;

/// What is written before each NAL unit of an encrypted sample: enough for any unit that has grown.
pub(in crate::ts) const ENCRYPTED_LENGTH_SIZE: usize = 4;

impl VideoStream {
    /// Encrypts a sample of the source in place. True where it has another form in the stream: that was appended to
    /// `grown`, and the sample itself is of no use.
    pub(in crate::ts) fn encrypt(
        &self,
        aes: &SampleAes,
        sample: &mut [u8],
        grown: &mut Vec<u8>,
    ) -> Result<bool, &'static str> {
        let mut is_other = self.nal_length_size != ENCRYPTED_LENGTH_SIZE;
        let mut rest = &mut *sample;
        while let Some((unit, after)) = self.split_unit(rest)? {
            let (unit, zeros) = unit.split_at_mut(len_without_zeros(unit));
            aes.encrypt_unit(unit).map_err(|fault| fault.reason())?;
            if SampleAes::protects(unit).map_err(|fault| fault.reason())? {
                is_other |= !zeros.is_empty() || sample_aes::escapes(unit) > 0;
            }
            rest = after;
        }
        if is_other {
            self.rewrite(sample, grown)?;
        }
        Ok(is_other)
    }

    /// The encrypted sample as the stream has it.
    fn rewrite(&self, sample: &mut [u8], grown: &mut Vec<u8>) -> Result<(), &'static str> {
        let mut rest = sample;
        while let Some((unit, after)) = self.split_unit(rest)? {
            let unit = &unit[..len_without_zeros(unit)];
            let is_protected = SampleAes::protects(unit).map_err(|fault| fault.reason())?;
            let added = if is_protected {
                sample_aes::escapes(unit)
            } else {
                0
            };
            let len = u32::try_from(unit.len() + added)
                .map_err(|_| "a NAL unit of 4 GiB under SAMPLE-AES")?;
            grown.extend_from_slice(&len.to_be_bytes());
            if is_protected {
                sample_aes::escape(unit, &mut |bytes| grown.extend_from_slice(bytes));
            } else {
                grown.extend_from_slice(unit);
            }
            rest = after;
        }
        Ok(())
    }

    /// The first NAL unit of what is left of a sample of the source, and what follows it.
    #[expect(clippy::type_complexity, reason = "two parts of a slice")]
    fn split_unit<'s>(
        &self,
        rest: &'s mut [u8],
    ) -> Result<Option<(&'s mut [u8], &'s mut [u8])>, &'static str> {
        if rest.is_empty() {
            return Ok(None);
        }
        let (length, rest) = rest
            .split_at_mut_checked(self.nal_length_size)
            .ok_or("it ends within the length of a NAL unit")?;
        let length = length
            .iter()
            .fold(0, |length, byte| length << 8 | usize::from(*byte));
        let parts = rest.split_at_mut_checked(length);
        parts.map(Some).ok_or("a NAL unit reaches beyond its end")
    }
}

/// Zeros after a NAL unit are none of its bytes (ISO/IEC 14496-10, 7.4.1 and B.1): a reader of the byte stream does not
/// count them, and must find the same blocks.
fn len_without_zeros(unit: &[u8]) -> usize {
    let last = unit.iter().rposition(|byte| *byte != 0);
    last.map_or(0, |last| last + 1)
}

#[cfg(test)]
mod tests;
