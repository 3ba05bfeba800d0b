//! Short-term reference picture sets (ITU-T H.265, 7.3.7 and 7.4.8).
use crate::sample::Parse;
use crate::sample::nal::bits::BitReader;

/// Pictures that the largest decoded picture buffer holds.
const MAX_PICTURES: usize = 16;

/// The pictures of a set by their distance in output order: those before, closest first, then those after.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct RefPicSet {
    delta_poc: [i32; MAX_PICTURES],
    /// Bit i: picture i may be a reference of the current one, not only of later ones.
    used_by_curr: u32,
    negative: usize,
    len: usize,
}

impl RefPicSet {
    /// `known`: the sets of the SPS, or those of them before this one. `in_slice`: the set stands in a slice header.
    pub(super) fn parse(r: &mut BitReader<'_>, known: &[Self], in_slice: bool) -> Parse<Self> {
        if !known.is_empty() && r.flag()? {
            return Self::predict(r, known, in_slice);
        }
        let mut set = Self::default();
        let max = MAX_PICTURES as u32;
        let negative = r.ue_max(max, "num_negative_pics")?;
        let positive = r.ue_max(max - negative, "num_positive_pics")?;
        for (count, sign) in [(negative, -1), (positive, 1)] {
            let mut delta_poc = 0_i32;
            for _ in 0..count {
                // Distances have 16 bits.
                let step = 1 + r.ue_max(0x7fff, "delta_poc_minus1")?;
                delta_poc += sign * step.cast_signed();
                set.push(delta_poc, r.flag()?)?;
            }
            if sign < 0 {
                set.negative = set.len;
            }
        }
        Ok(set)
    }

    /// NumPocStCurrBefore and NumPocStCurrAfter together.
    pub(super) fn used(&self) -> u32 {
        self.used_by_curr.count_ones()
    }

    fn predict(r: &mut BitReader<'_>, known: &[Self], in_slice: bool) -> Parse<Self> {
        let back = if in_slice {
            1 + r.ue_max(63, "delta_idx_minus1")?
        } else {
            1
        };
        let reference = known
            .len()
            .checked_sub(back as usize)
            .and_then(|index| known.get(index))
            .ok_or("delta_idx_minus1 points before the first set")?;
        let sign = if r.flag()? { -1 } else { 1 };
        let delta_rps = sign * (1 + r.ue_max(0x7fff, "abs_delta_rps_minus1")?).cast_signed();
        // The reference's pictures, and the picture it belongs to as the last.
        let mut shifted = [(0, false, false); MAX_PICTURES + 1];
        let shifted = &mut shifted[..=reference.len];
        for (i, (delta_poc, used, kept)) in shifted.iter_mut().enumerate() {
            *used = r.flag()?;
            *kept = *used || r.flag()?;
            *delta_poc = delta_rps
                + reference
                    .delta_poc
                    .get(i)
                    .filter(|_| i < reference.len)
                    .unwrap_or(&0);
        }
        let (pictures, itself) = shifted.split_at(reference.len);
        let (before, after) = pictures.split_at(reference.negative);
        let mut set = Self::default();
        // 7-61 and 7-62: closest first on either side.
        for &(delta_poc, used, kept) in after.iter().rev().chain(itself).chain(before) {
            if delta_poc < 0 && kept {
                set.push(delta_poc, used)?;
            }
        }
        set.negative = set.len;
        for &(delta_poc, used, kept) in before.iter().rev().chain(itself).chain(after) {
            if delta_poc > 0 && kept {
                set.push(delta_poc, used)?;
            }
        }
        Ok(set)
    }

    fn push(&mut self, delta_poc: i32, used: bool) -> Parse<()> {
        let slot = self
            .delta_poc
            .get_mut(self.len)
            .ok_or("reference picture set of more than 16 pictures")?;
        // Far from where a chain of predictions could leave 32 bits.
        if delta_poc.unsigned_abs() > 1 << 24 {
            return Err("reference picture out of reach".into());
        }
        *slot = delta_poc;
        self.used_by_curr |= u32::from(used) << self.len;
        self.len += 1;
        Ok(())
    }
}
