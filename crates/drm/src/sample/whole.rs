//! Full sample encryption (ISO/IEC 23001-7, 9.4): every byte with `cenc`, every whole block with `cbcs`; no subsamples.
use super::cipher::RangeCipher;
use super::{SampleEncryptor, SegmentAux};
use crate::{Error, Result, Scheme, cbc};

#[cfg(test)]
mod tests;

pub(super) fn protect(sample: &mut [u8], cipher: &mut RangeCipher<'_>) {
    cipher.protect(sample);
}

impl SampleEncryptor {
    /// Encrypts samples that lie one after the other in `payload`, in place: the same as [`encrypt`](Self::encrypt) one
    /// by one, and faster for audio under `cbcs`, whose chains are serial each and independent of each other. `first`:
    /// the number of the first one in its source track.
    ///
    /// # Errors
    /// Those of [`encrypt`](Self::encrypt), and [`Error::Sample`] for a sample that reaches beyond the payload. `aux`
    /// then holds those before it. Bytes after the last sample stay as they are.
    pub fn encrypt_all(
        &mut self,
        first: u32,
        sizes: impl Iterator<Item = usize>,
        payload: &mut [u8],
        aux: &mut SegmentAux,
    ) -> Result<()> {
        if self.track.scheme == Scheme::Cbcs && !self.has_subsamples() {
            return self.encrypt_chains(first, sizes, payload, aux);
        }
        let mut rest = payload;
        for (index, size) in (first..).zip(sizes) {
            let (sample, after) = split(index, rest, size)?;
            self.encrypt(index, sample, aux)?;
            rest = after;
        }
        Ok(())
    }

    fn encrypt_chains(
        &self,
        first: u32,
        sizes: impl Iterator<Item = usize>,
        payload: &mut [u8],
        aux: &mut SegmentAux,
    ) -> Result<()> {
        let mut rest = payload;
        let mut outcome = Ok(());
        let samples = (first..).zip(sizes).map_while(|(index, size)| {
            let sample = split(index, std::mem::take(&mut rest), size)
                .and_then(|parts| aux.begin(&[], false).map(|()| parts));
            match sample {
                Ok((sample, after)) => {
                    aux.commit();
                    rest = after;
                    Some(sample)
                }
                Err(error) => {
                    outcome = Err(error);
                    None
                }
            }
        });
        let iv = self.track.constant_iv.unwrap_or_default();
        cbc::encrypt_each(&self.block_cipher, &iv, samples);
        outcome
    }
}

fn split(index: u32, rest: &mut [u8], size: usize) -> Result<(&mut [u8], &mut [u8])> {
    rest.split_at_mut_checked(size)
        .ok_or_else(|| Error::Sample {
            sample: index,
            reason: "it reaches beyond the payload".to_owned(),
        })
}
