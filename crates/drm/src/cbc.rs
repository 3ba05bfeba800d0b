//! AES-128 in CBC mode (NIST SP 800-38A, 6.2) over whole blocks, in place.
//!
//! A chain is serial: each block waits for the one before it, some 40 cycles. Chains that do not depend on each other
//! run side by side in the same time, which [`encrypt_each`] makes use of.
use aes::Aes128Enc;
use aes::cipher::consts::U16;
use aes::cipher::{
    Block, BlockCipherEncBackend, BlockCipherEncClosure, BlockCipherEncrypt, BlockSizeUser,
};

#[cfg(test)]
mod tests;

pub(crate) const BLOCK: usize = 16;

/// Chains that run side by side. Eight fill the two AES units of the processors in use.
const LANES: usize = 8;

/// One chain over the first block of each `stride` bytes. Bytes that make no whole block stay as they are.
pub(crate) fn encrypt(aes: &Aes128Enc, iv: &[u8; BLOCK], range: &mut [u8], stride: usize) {
    aes.encrypt_with_backend(Chain {
        range,
        previous: (*iv).into(),
        stride: stride.max(BLOCK),
    });
}

/// Each range as a chain of its own over all its whole blocks, all beginning with the same IV.
pub(crate) fn encrypt_each<'r>(
    aes: &Aes128Enc,
    iv: &[u8; BLOCK],
    ranges: impl Iterator<Item = &'r mut [u8]>,
) {
    aes.encrypt_with_backend(Chains {
        iv: (*iv).into(),
        ranges: ranges.map(|range| range.as_chunks_mut().0),
    });
}

/// The whole walk runs inside the cipher's backend, so that AES is inlined into the loop.
struct Chain<'a> {
    range: &'a mut [u8],
    previous: Block<Aes128Enc>,
    stride: usize,
}

impl BlockSizeUser for Chain<'_> {
    type BlockSize = U16;
}

impl BlockCipherEncClosure for Chain<'_> {
    #[inline(always)]
    fn call<B: BlockCipherEncBackend<BlockSize = U16>>(self, backend: &B) {
        let mut previous = self.previous;
        if self.stride == BLOCK {
            for block in self.range.as_chunks_mut().0 {
                link(backend, &mut previous, block);
            }
            return;
        }
        for run in self.range.chunks_mut(self.stride) {
            let Some(block) = run.first_chunk_mut() else {
                break;
            };
            link(backend, &mut previous, block);
        }
    }
}

struct Chains<I> {
    iv: Block<Aes128Enc>,
    ranges: I,
}

impl<I> BlockSizeUser for Chains<I> {
    type BlockSize = U16;
}

impl<'r, I: Iterator<Item = &'r mut [[u8; BLOCK]]>> BlockCipherEncClosure for Chains<I> {
    #[inline(always)]
    fn call<B: BlockCipherEncBackend<BlockSize = U16>>(self, backend: &B) {
        let iv = self.iv;
        let mut waiting = self.ranges.filter(|range| !range.is_empty());
        let mut lanes: [&mut [[u8; BLOCK]]; LANES] = Default::default();
        let mut previous = [iv; LANES];
        loop {
            for (lane, previous) in lanes.iter_mut().zip(&mut previous) {
                if lane.is_empty()
                    && let Some(range) = waiting.next()
                {
                    *lane = range;
                    *previous = iv;
                }
            }
            // As far as the shortest one reaches, without looking which have ended.
            let steps = lanes.iter().map(|lane| lane.len()).min().unwrap_or(0);
            if steps == 0 {
                break;
            }
            let mut heads = lanes.each_mut().map(|lane| {
                let (head, rest) = std::mem::take(lane).split_at_mut(steps);
                *lane = rest;
                head
            });
            for at in 0..steps {
                for (head, previous) in heads.iter_mut().zip(&mut previous) {
                    if let Some(block) = head.get_mut(at) {
                        link(backend, previous, block);
                    }
                }
            }
        }
        // Nothing is left to fill all lanes with.
        for (lane, previous) in lanes.into_iter().zip(&mut previous) {
            for block in lane {
                link(backend, previous, block);
            }
        }
    }
}

#[inline(always)]
fn link<B: BlockCipherEncBackend<BlockSize = U16>>(
    backend: &B,
    previous: &mut Block<Aes128Enc>,
    block: &mut [u8; BLOCK],
) {
    let mut mixed = *previous;
    for (byte, other) in mixed.iter_mut().zip(&*block) {
        *byte ^= other;
    }
    backend.encrypt_block_inplace(&mut mixed);
    *block = mixed.into();
    *previous = mixed;
}
