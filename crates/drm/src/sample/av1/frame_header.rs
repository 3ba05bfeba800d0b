//! uncompressed_header() (AV1 Bitstream & Decoding Process Specification, 5.9.2), read to its last bit.
use super::filters::{
    skip_cdef, skip_film_grain, skip_global_motion, skip_loop_filter, skip_restoration,
};
use super::obu::Obu;
use super::quantizers::{Quantizers, parse_segmentation, skip_delta_q_and_lf};
use super::references::{NUM_REF_FRAMES, REFS_PER_FRAME, Reference, Slots};
use super::sequence::Sequence;
use super::tiles::TileInfo;
use crate::sample::Parse;
use crate::sample::bits::BitReader;

const KEY_FRAME: u32 = 0;
const INTER_FRAME: u32 = 1;
const INTRA_ONLY_FRAME: u32 = 2;
const SWITCH_FRAME: u32 = 3;
const ALL_FRAMES: u32 = 0xff;
const PRIMARY_REF_NONE: u32 = 7;
const SUPERRES_NUM: u32 = 8;
const SUPERRES_DENOM_MIN: u32 = 9;

#[derive(Debug)]
pub(super) enum Header {
    /// show_existing_frame.
    ShowExisting,
    Frame(TileInfo),
}

/// The fields that others depend on, in the order of the header.
#[derive(Debug, Clone, Copy)]
struct Frame {
    kind: u32,
    shown: bool,
    showable: bool,
    error_resilient: bool,
    disable_cdf_update: bool,
    allow_screen_content_tools: bool,
    force_integer_mv: bool,
    size_override: bool,
    order_hint: u32,
    primary_ref_frame: u32,
}

#[derive(Debug, Clone, Copy)]
struct Size {
    upscaled_width: u32,
    /// After superres.
    width: u32,
    height: u32,
}

impl Frame {
    /// FrameIsIntra.
    fn is_intra(&self) -> bool {
        matches!(self.kind, KEY_FRAME | INTRA_ONLY_FRAME)
    }

    fn refreshes_all(&self) -> bool {
        self.kind == SWITCH_FRAME || (self.kind == KEY_FRAME && self.shown)
    }
}

/// Reads the header, and has the slots as they are after the frame.
pub(super) fn parse(
    r: &mut BitReader<'_>,
    obu: &Obu<'_>,
    sequence: &Sequence,
    slots: &mut Slots,
) -> Parse<Header> {
    if !sequence.reduced_still_picture_header && r.flag()? {
        let slot = r.f(3)?;
        skip_temporal_point_info(r, sequence)?;
        if let Some(ids) = sequence.frame_ids {
            let _display_frame_id = r.f(ids.bits)?;
        }
        slots.show(slot as usize)?;
        return Ok(Header::ShowExisting);
    }
    let frame = parse_start(r, sequence)?;
    if frame.kind == KEY_FRAME && frame.shown {
        slots.forget_order();
    }
    skip_buffer_removal_times(r, obu, sequence)?;
    let refresh_frame_flags = if frame.refreshes_all() {
        ALL_FRAMES
    } else {
        r.f(8)?
    };
    if (!frame.is_intra() || refresh_frame_flags != ALL_FRAMES)
        && frame.error_resilient
        && sequence.enable_order_hint
    {
        for slot in 0..NUM_REF_FRAMES {
            slots.set_order_hint(slot, r.f(sequence.order_hint_bits)?);
        }
    }
    let mut refs = [0; REFS_PER_FRAME];
    let mut allow_intrabc = false;
    let mut high_precision_mv = false;
    let size;
    if frame.is_intra() {
        size = frame_size(r, sequence, &frame)?;
        skip_render_size(r)?;
        if frame.allow_screen_content_tools && size.upscaled_width == size.width {
            allow_intrabc = r.flag()?;
        }
    } else {
        refs = parse_refs(r, sequence, slots, &frame)?;
        size = if frame.size_override && !frame.error_resilient {
            frame_size_with_refs(r, sequence, slots, &frame, &refs)?
        } else {
            let size = frame_size(r, sequence, &frame)?;
            skip_render_size(r)?;
            size
        };
        high_precision_mv = !frame.force_integer_mv && r.flag()?;
        if !r.flag()? {
            let _interpolation_filter = r.f(2)?;
        }
        let _is_motion_mode_switchable = r.flag()?;
        if !frame.error_resilient && sequence.enable_ref_frame_mvs {
            let _use_ref_frame_mvs = r.flag()?;
        }
    }
    if !sequence.reduced_still_picture_header && !frame.disable_cdf_update {
        let _disable_frame_end_update_cdf = r.flag()?;
    }
    let tiles = TileInfo::parse(r, sequence, size.width, size.height)?;
    let quantizers = Quantizers::parse(r, sequence)?;
    let previous = (frame.primary_ref_frame != PRIMARY_REF_NONE)
        .then(|| refs[frame.primary_ref_frame as usize]);
    let segment_quantizers = parse_segmentation(r, slots, previous)?;
    skip_delta_q_and_lf(r, &quantizers, allow_intrabc)?;
    let coded_lossless = quantizers.lossless(&segment_quantizers);
    if !coded_lossless && !allow_intrabc {
        skip_loop_filter(r, sequence)?;
        if sequence.enable_cdef {
            skip_cdef(r, sequence)?;
        }
    }
    let all_lossless = coded_lossless && size.width == size.upscaled_width;
    if !all_lossless && !allow_intrabc && sequence.enable_restoration {
        skip_restoration(r, sequence)?;
    }
    if !coded_lossless {
        let _tx_mode_select = r.flag()?;
    }
    if !frame.is_intra() {
        let reference_select = r.flag()?;
        if reference_select
            && sequence.enable_order_hint
            && slots.skip_mode_allowed(sequence, frame.order_hint, &refs)?
        {
            let _skip_mode_present = r.flag()?;
        }
        if !frame.error_resilient && sequence.enable_warped_motion {
            let _allow_warped_motion = r.flag()?;
        }
    }
    let _reduced_tx_set = r.flag()?;
    if !frame.is_intra() {
        skip_global_motion(r, high_precision_mv)?;
    }
    if sequence.film_grain_params_present && (frame.shown || frame.showable) {
        skip_film_grain(r, sequence, frame.kind == INTER_FRAME)?;
    }
    let reference = Reference {
        key_frame: frame.kind == KEY_FRAME,
        upscaled_width: size.upscaled_width,
        height: size.height,
        segment_quantizers,
    };
    slots.refresh(refresh_frame_flags, reference, frame.order_hint);
    Ok(Header::Frame(tiles))
}

/// Up to primary_ref_frame.
fn parse_start(r: &mut BitReader<'_>, sequence: &Sequence) -> Parse<Frame> {
    let reduced = sequence.reduced_still_picture_header;
    let (mut kind, mut shown, mut showable, mut error_resilient) = (KEY_FRAME, true, false, true);
    if !reduced {
        kind = r.f(2)?;
        shown = r.flag()?;
        if shown {
            skip_temporal_point_info(r, sequence)?;
            showable = kind != KEY_FRAME;
        } else {
            showable = r.flag()?;
        }
        error_resilient = kind == SWITCH_FRAME || (kind == KEY_FRAME && shown) || r.flag()?;
    }
    let disable_cdf_update = r.flag()?;
    let allow_screen_content_tools = match sequence.force_screen_content_tools {
        Some(forced) => forced,
        None => r.flag()?,
    };
    let mut force_integer_mv = false;
    if allow_screen_content_tools {
        force_integer_mv = match sequence.force_integer_mv {
            Some(forced) => forced,
            None => r.flag()?,
        };
    }
    if let Some(ids) = sequence.frame_ids {
        let _current_frame_id = r.f(ids.bits)?;
    }
    let size_override = kind == SWITCH_FRAME || (!reduced && r.flag()?);
    let order_hint = r.f(sequence.order_hint_bits)?;
    let mut frame = Frame {
        kind,
        shown,
        showable,
        error_resilient,
        disable_cdf_update,
        allow_screen_content_tools,
        force_integer_mv,
        size_override,
        order_hint,
        primary_ref_frame: PRIMARY_REF_NONE,
    };
    if !frame.is_intra() && !error_resilient {
        frame.primary_ref_frame = r.f(3)?;
    }
    Ok(frame)
}

fn skip_temporal_point_info(r: &mut BitReader<'_>, sequence: &Sequence) -> Parse<()> {
    if let Some(bits) = sequence.frame_presentation_time_bits {
        let _frame_presentation_time = r.f(bits)?;
    }
    Ok(())
}

fn skip_buffer_removal_times(
    r: &mut BitReader<'_>,
    obu: &Obu<'_>,
    sequence: &Sequence,
) -> Parse<()> {
    let Some(model) = &sequence.decoder_model else {
        return Ok(());
    };
    if !r.flag()? {
        return Ok(());
    }
    for idc in &model.operating_points {
        let in_temporal_layer = idc >> obu.temporal_id & 1 == 1;
        let in_spatial_layer = idc >> (obu.spatial_id + 8) & 1 == 1;
        if *idc == 0 || (in_temporal_layer && in_spatial_layer) {
            let _buffer_removal_time = r.f(model.buffer_removal_time_bits)?;
        }
    }
    Ok(())
}

/// The slots of the references.
fn parse_refs(
    r: &mut BitReader<'_>,
    sequence: &Sequence,
    slots: &Slots,
    frame: &Frame,
) -> Parse<[usize; REFS_PER_FRAME]> {
    let mut refs = [0; REFS_PER_FRAME];
    let short_signaling = sequence.enable_order_hint && r.flag()?;
    if short_signaling {
        let (last, golden) = (r.f(3)? as usize, r.f(3)? as usize);
        refs = slots.set_frame_refs(sequence, frame.order_hint, last, golden)?;
    }
    for slot in &mut refs {
        if !short_signaling {
            *slot = r.f(3)? as usize;
        }
        if let Some(ids) = sequence.frame_ids {
            let _delta_frame_id_minus_1 = r.f(ids.delta_bits)?;
        }
    }
    Ok(refs)
}

fn frame_size(r: &mut BitReader<'_>, sequence: &Sequence, frame: &Frame) -> Parse<Size> {
    let (mut width, mut height) = (sequence.max_frame_width, sequence.max_frame_height);
    if frame.size_override {
        width = 1 + r.f(sequence.frame_width_bits)?;
        height = 1 + r.f(sequence.frame_height_bits)?;
    }
    superres(r, sequence, width, height)
}

fn frame_size_with_refs(
    r: &mut BitReader<'_>,
    sequence: &Sequence,
    slots: &Slots,
    frame: &Frame,
    refs: &[usize; REFS_PER_FRAME],
) -> Parse<Size> {
    for &slot in refs {
        if r.flag()? {
            let reference = slots.frame(slot)?;
            return superres(r, sequence, reference.upscaled_width, reference.height);
        }
    }
    let size = frame_size(r, sequence, frame)?;
    skip_render_size(r)?;
    Ok(size)
}

/// superres_params().
fn superres(r: &mut BitReader<'_>, sequence: &Sequence, width: u32, height: u32) -> Parse<Size> {
    let mut denominator = SUPERRES_NUM;
    if sequence.enable_superres && r.flag()? {
        denominator = SUPERRES_DENOM_MIN + r.f(3)?;
    }
    Ok(Size {
        upscaled_width: width,
        width: (width * SUPERRES_NUM + denominator / 2) / denominator,
        height,
    })
}

fn skip_render_size(r: &mut BitReader<'_>) -> Parse<()> {
    if r.flag()? {
        let _render_size = r.f(32)?;
    }
    Ok(())
}
