//! Frames of one sample (VP9 Bitstream & Decoding Process Specification, annex B).
use crate::sample::Parse;

#[cfg(test)]
mod tests;

const MAX_FRAMES: usize = 8;

/// Sizes of the frames, which stand one after another from the sample's start on; their index follows.
#[derive(Debug)]
pub(super) struct Frames {
    sizes: [usize; MAX_FRAMES],
    count: usize,
}

impl Frames {
    pub(super) fn sizes(&self) -> impl Iterator<Item = usize> + use<> {
        self.sizes.into_iter().take(self.count)
    }
}

/// A sample without an index is one frame.
pub(super) fn frames(sample: &[u8]) -> Parse<Frames> {
    let mut frames = Frames {
        sizes: [sample.len(); MAX_FRAMES],
        count: 1,
    };
    let Some(&marker) = sample.last() else {
        return Ok(frames);
    };
    if marker >> 5 != 0b110 {
        return Ok(frames);
    }
    let bytes = 1 + usize::from(marker >> 3 & 3);
    let count = 1 + usize::from(marker & 7);
    let Some((start, [first, index @ ..])) = sample
        .len()
        .checked_sub(2 + bytes * count)
        .and_then(|at| sample.split_at_checked(at))
    else {
        return Ok(frames);
    };
    if *first != marker {
        return Ok(frames);
    }
    frames.count = count;
    for (size, field) in frames.sizes.iter_mut().zip(index.chunks_exact(bytes)) {
        let bytes = field.iter().rev();
        *size = bytes.fold(0, |size, &byte| size << 8 | usize::from(byte));
    }
    let total: usize = frames.sizes().sum();
    if total != start.len() {
        return Err(format!(
            "superframe of {} bytes whose index counts {total}",
            start.len()
        )
        .into());
    }
    Ok(frames)
}
