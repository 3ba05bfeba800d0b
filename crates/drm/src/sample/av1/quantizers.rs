//! Quantizers and segments (AV1 Bitstream & Decoding Process Specification, 5.9.12 to 5.9.18): whether a frame loses anything
//! decides what follows in its header.
use super::references::Slots;
use super::sequence::Sequence;
use crate::sample::Parse;
use crate::sample::bits::BitReader;

/// Of the features of a segment: bits of the value, its sign included (5.9.14). The first is the quantizer.
const SEGMENT_FEATURE_BITS: [u32; 8] = [9, 7, 7, 7, 7, 3, 0, 0];

/// quantization_params().
#[derive(Debug)]
pub(super) struct Quantizers {
    base_q_idx: u32,
    /// All of them are 0.
    no_deltas: bool,
}

impl Quantizers {
    pub(super) fn parse(r: &mut BitReader<'_>, sequence: &Sequence) -> Parse<Self> {
        let base_q_idx = r.f(8)?;
        let mut no_deltas = delta_q_is_zero(r)?;
        if !sequence.monochrome {
            let diff_uv_delta = sequence.separate_uv_delta_q && r.flag()?;
            for _ in 0..if diff_uv_delta { 4 } else { 2 } {
                no_deltas &= delta_q_is_zero(r)?;
            }
        }
        if r.flag()? {
            let _qm_y_and_u = r.f(8)?;
            if sequence.separate_uv_delta_q {
                let _qm_v = r.f(4)?;
            }
        }
        Ok(Self {
            base_q_idx,
            no_deltas,
        })
    }

    /// CodedLossless: no segment loses anything.
    pub(super) fn lossless(&self, segments: &[Option<i32>; 8]) -> bool {
        self.no_deltas
            && segments
                .iter()
                .all(|delta| self.base_q_idx.cast_signed() + delta.unwrap_or(0) <= 0)
    }
}

fn delta_q_is_zero(r: &mut BitReader<'_>) -> Parse<bool> {
    Ok(!r.flag()? || r.f(7)? == 0)
}

/// segmentation_params(): the quantizers of all segments. `previous`: the slot of the primary reference frame.
pub(super) fn parse_segmentation(
    r: &mut BitReader<'_>,
    slots: &Slots,
    previous: Option<usize>,
) -> Parse<[Option<i32>; 8]> {
    let mut quantizers = [None; 8];
    if !r.flag()? {
        return Ok(quantizers);
    }
    if let Some(previous) = previous {
        if r.flag()? {
            let _segmentation_temporal_update = r.flag()?;
        }
        if !r.flag()? {
            return Ok(slots.frame(previous)?.segment_quantizers);
        }
    }
    for quantizer in &mut quantizers {
        for (feature, bits) in SEGMENT_FEATURE_BITS.into_iter().enumerate() {
            if r.flag()? {
                let value = r.f(bits)?;
                if feature == 0 {
                    // su(9).
                    *quantizer = Some(((value << 23).cast_signed()) >> 23);
                }
            }
        }
    }
    Ok(quantizers)
}

/// delta_q_params() and delta_lf_params().
pub(super) fn skip_delta_q_and_lf(
    r: &mut BitReader<'_>,
    quantizers: &Quantizers,
    allow_intrabc: bool,
) -> Parse<()> {
    if quantizers.base_q_idx == 0 || !r.flag()? {
        return Ok(());
    }
    let _delta_q_res = r.f(2)?;
    if !allow_intrabc && r.flag()? {
        let _delta_lf_res_and_multi = r.f(3)?;
    }
    Ok(())
}
