//! Reference frames as far as frame headers depend on them (AV1 Bitstream & Decoding Process Specification, 7.8, 7.20, 7.21).
use super::sequence::Sequence;
use crate::sample::Parse;

pub(super) const NUM_REF_FRAMES: usize = 8;
pub(super) const REFS_PER_FRAME: usize = 7;
const LAST: usize = 0;
const LAST2: usize = 1;
const LAST3: usize = 2;
const GOLDEN: usize = 3;
const BWDREF: usize = 4;
const ALTREF2: usize = 5;
const ALTREF: usize = 6;

/// The frames kept for reference; what was not seen is unknown.
#[derive(Debug, Default)]
pub(super) struct Slots([Slot; NUM_REF_FRAMES]);

#[derive(Debug, Clone, Copy, Default)]
struct Slot {
    frame: Option<Reference>,
    order_hint: Option<u32>,
}

/// What is kept of a frame.
#[derive(Debug, Clone, Copy)]
pub(super) struct Reference {
    pub(super) key_frame: bool,
    pub(super) upscaled_width: u32,
    pub(super) height: u32,
    /// The quantizer of each segment, against base_q_idx; none without the feature.
    pub(super) segment_quantizers: [Option<i32>; 8],
}

impl Slots {
    /// The frame in a slot.
    pub(super) fn frame(&self, slot: usize) -> Parse<&Reference> {
        self.0
            .get(slot)
            .and_then(|slot| slot.frame.as_ref())
            .ok_or_else(|| "refers to a frame that was not seen".into())
    }

    /// A key frame that is shown ends all that was before.
    pub(super) fn forget_order(&mut self) {
        for slot in &mut self.0 {
            slot.order_hint = Some(0);
        }
    }

    /// ref_order_hint: the slot of a frame that got lost stands for one at this place in output order.
    pub(super) fn set_order_hint(&mut self, slot: usize, order_hint: u32) {
        if let Some(slot) = self.0.get_mut(slot) {
            slot.order_hint = Some(order_hint);
        }
    }

    /// The reference frame update process (7.20).
    pub(super) fn refresh(&mut self, flags: u32, frame: Reference, order_hint: u32) {
        for (i, slot) in self.0.iter_mut().enumerate() {
            if flags >> i & 1 == 1 {
                *slot = Slot {
                    frame: Some(frame),
                    order_hint: Some(order_hint),
                };
            }
        }
    }

    /// show_existing_frame (7.21): a key frame that is shown then refreshes all slots.
    pub(super) fn show(&mut self, slot: usize) -> Parse<()> {
        let frame = *self.frame(slot)?;
        if frame.key_frame {
            let order_hint = self.order_hint(slot)?;
            self.refresh(0xff, frame, order_hint);
        }
        Ok(())
    }

    /// set_frame_refs() (7.8): the slots of all references from those of LAST_FRAME and GOLDEN_FRAME.
    pub(super) fn set_frame_refs(
        &self,
        sequence: &Sequence,
        order_hint: u32,
        last: usize,
        golden: usize,
    ) -> Parse<[usize; REFS_PER_FRAME]> {
        let mut distances = [0; NUM_REF_FRAMES];
        for (slot, distance) in distances.iter_mut().enumerate() {
            *distance = sequence.relative_dist(self.order_hint(slot)?, order_hint);
        }
        let mut refs = [None; REFS_PER_FRAME];
        refs[LAST] = Some(last);
        refs[GOLDEN] = Some(golden);
        let mut used = [false; NUM_REF_FRAMES];
        used[last] = true;
        used[golden] = true;
        let unused = |used: &[bool; NUM_REF_FRAMES], backward: bool| {
            let used = *used;
            (0..NUM_REF_FRAMES)
                .filter(move |&slot| !used[slot] && (distances[slot] >= 0) == backward)
        };
        // The latest of equals is the last, the earliest the first.
        for (reference, latest) in [(ALTREF, true), (BWDREF, false), (ALTREF2, false)] {
            let backward = unused(&used, true);
            let found = if latest {
                backward.max_by_key(|&slot| distances[slot])
            } else {
                backward.min_by_key(|&slot| distances[slot])
            };
            if let Some(slot) = found {
                refs[reference] = Some(slot);
                used[slot] = true;
            }
        }
        for reference in [LAST2, LAST3, BWDREF, ALTREF2, ALTREF] {
            let latest = unused(&used, false).max_by_key(|&slot| distances[slot]);
            if let (None, Some(slot)) = (refs[reference], latest) {
                refs[reference] = Some(slot);
                used[slot] = true;
            }
        }
        let earliest = (0..NUM_REF_FRAMES)
            .min_by_key(|&slot| distances[slot])
            .unwrap_or(0);
        Ok(refs.map(|slot| slot.unwrap_or(earliest)))
    }

    /// skipModeAllowed (5.9.22), of a frame with compound references and order hints.
    pub(super) fn skip_mode_allowed(
        &self,
        sequence: &Sequence,
        order_hint: u32,
        refs: &[usize; REFS_PER_FRAME],
    ) -> Parse<bool> {
        let mut forward: Option<u32> = None;
        let mut has_backward = false;
        for &slot in refs {
            let hint = self.order_hint(slot)?;
            let distance = sequence.relative_dist(hint, order_hint);
            has_backward |= distance > 0;
            let later = forward.is_none_or(|best| sequence.relative_dist(hint, best) > 0);
            if distance < 0 && later {
                forward = Some(hint);
            }
        }
        let Some(forward) = forward else {
            return Ok(false);
        };
        let mut has_second = has_backward;
        for &slot in refs {
            has_second |= sequence.relative_dist(self.order_hint(slot)?, forward) < 0;
        }
        Ok(has_second)
    }

    fn order_hint(&self, slot: usize) -> Parse<u32> {
        self.0
            .get(slot)
            .and_then(|slot| slot.order_hint)
            .ok_or_else(|| "depends on the order of a frame that was not seen".into())
    }
}

impl Sequence {
    /// get_relative_dist() (5.9.3).
    fn relative_dist(&self, a: u32, b: u32) -> i32 {
        if !self.enable_order_hint {
            return 0;
        }
        // Hints have 8 bits at most.
        let sign = 1_i32 << (self.order_hint_bits - 1);
        let difference = a.cast_signed() - b.cast_signed();
        (difference & (sign - 1)) - (difference & sign)
    }
}
