//! Parts of a frame header that nothing but its length is wanted of (AV1 Bitstream & Decoding Process Specification, 5.9.11
//! and 5.9.19 to 5.9.30).
use super::sequence::Sequence;
use super::tiles::ns;
use crate::sample::Parse;
use crate::sample::bits::BitReader;

const REFERENCES: usize = 7;
const GM_ABS_ALPHA_BITS: u32 = 12;
const GM_ABS_TRANS_ONLY_BITS: u32 = 9;
const GM_ABS_TRANS_BITS: u32 = 12;

/// loop_filter_params(), of a frame that is filtered.
pub(super) fn skip_loop_filter(r: &mut BitReader<'_>, sequence: &Sequence) -> Parse<()> {
    let levels = r.f(12)?;
    if !sequence.monochrome && levels != 0 {
        let _chroma_levels = r.f(12)?;
    }
    let _sharpness = r.f(3)?;
    // loop_filter_delta_enabled, loop_filter_delta_update.
    if r.flag()? && r.flag()? {
        for _ in 0..10 {
            if r.flag()? {
                let _delta = r.f(7)?;
            }
        }
    }
    Ok(())
}

/// cdef_params().
pub(super) fn skip_cdef(r: &mut BitReader<'_>, sequence: &Sequence) -> Parse<()> {
    let _cdef_damping_minus_3 = r.f(2)?;
    let bits = r.f(2)?;
    for _ in 0..1 << bits {
        let _strengths = r.f(if sequence.monochrome { 6 } else { 12 })?;
    }
    Ok(())
}

/// lr_params().
pub(super) fn skip_restoration(r: &mut BitReader<'_>, sequence: &Sequence) -> Parse<()> {
    let luma = r.f(2)? != 0;
    let mut chroma = false;
    if !sequence.monochrome {
        chroma = r.f(4)? != 0;
    }
    if luma || chroma {
        // lr_unit_shift, and lr_unit_extra_shift of small superblocks.
        if r.flag()? && !sequence.use_128x128_superblock {
            let _lr_unit_extra_shift = r.flag()?;
        }
        if sequence.subsampling_x && sequence.subsampling_y && chroma {
            let _lr_uv_shift = r.flag()?;
        }
    }
    Ok(())
}

/// global_motion_params(), of an inter frame. How long a parameter is does not depend on what it is predicted from.
pub(super) fn skip_global_motion(r: &mut BitReader<'_>, high_precision_mv: bool) -> Parse<()> {
    for _ in 0..REFERENCES {
        if !r.flag()? {
            continue;
        }
        let rot_zoom = r.flag()?;
        let translation = !rot_zoom && r.flag()?;
        let alphas = match (rot_zoom, translation) {
            (true, _) => 2,
            (false, true) => 0,
            (false, false) => 4,
        };
        for _ in 0..alphas {
            skip_subexp(r, GM_ABS_ALPHA_BITS)?;
        }
        let bits = if translation {
            GM_ABS_TRANS_ONLY_BITS - u32::from(!high_precision_mv)
        } else {
            GM_ABS_TRANS_BITS
        };
        for _ in 0..2 {
            skip_subexp(r, bits)?;
        }
    }
    Ok(())
}

/// decode_subexp() of a value from −2^bits to 2^bits.
fn skip_subexp(r: &mut BitReader<'_>, bits: u32) -> Parse<()> {
    let symbols = (2 << bits) + 1;
    let mut passed = 0;
    for i in 0.. {
        let step = if i == 0 { 3 } else { 2 + i };
        if symbols <= passed + (3 << step) {
            let _subexp_final_bits = ns(r, symbols - passed)?;
            break;
        }
        if !r.flag()? {
            let _subexp_bits = r.f(step)?;
            break;
        }
        passed += 1 << step;
    }
    Ok(())
}

/// film_grain_params(), of a frame that is or may be shown.
pub(super) fn skip_film_grain(
    r: &mut BitReader<'_>,
    sequence: &Sequence,
    inter_frame: bool,
) -> Parse<()> {
    if !r.flag()? {
        return Ok(());
    }
    let _grain_seed = r.f(16)?;
    if inter_frame && !r.flag()? {
        let _film_grain_params_ref_idx = r.f(3)?;
        return Ok(());
    }
    let luma_points = skip_points(r)?;
    let from_luma = !sequence.monochrome && r.flag()?;
    let (mut cb_points, mut cr_points) = (0, 0);
    let without_luma = sequence.subsampling_x && sequence.subsampling_y && luma_points == 0;
    if !(sequence.monochrome || from_luma || without_luma) {
        cb_points = skip_points(r)?;
        cr_points = skip_points(r)?;
    }
    let _grain_scaling_minus_8 = r.f(2)?;
    let lag = r.f(2)?;
    let luma_coefficients = 2 * lag * (lag + 1);
    let chroma_coefficients = luma_coefficients + u32::from(luma_points > 0);
    for (present, coefficients) in [
        (luma_points > 0, luma_coefficients),
        (from_luma || cb_points > 0, chroma_coefficients),
        (from_luma || cr_points > 0, chroma_coefficients),
    ] {
        for _ in 0..if present { coefficients } else { 0 } {
            let _ar_coefficient = r.f(8)?;
        }
    }
    let _ar_coeff_shift_and_grain_scale_shift = r.f(4)?;
    for points in [cb_points, cr_points] {
        if points > 0 {
            let _mult_luma_mult_offset = r.f(25)?;
        }
    }
    let _overlap_and_clip = r.f(2)?;
    Ok(())
}

fn skip_points(r: &mut BitReader<'_>) -> Parse<u32> {
    let points = r.f(4)?;
    for _ in 0..points {
        let _value_and_scaling = r.f(16)?;
    }
    Ok(points)
}
