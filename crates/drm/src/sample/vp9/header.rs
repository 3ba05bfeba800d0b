//! Where the uncompressed header ends (VP9 Bitstream & Decoding Process Specification, 6.2).
use crate::sample::Parse;
use crate::sample::bits::BitReader;

const SYNC_CODE: u32 = 0x49_83_42;
const RGB: u32 = 7;
/// Of the features of a segment: bits of the value, and whether a sign follows (6.2.12).
const SEGMENT_FEATURES: [(u32, bool); 4] = [(8, true), (6, true), (2, false), (0, false)];
/// In superblocks of 64 pixels.
const MIN_TILE_WIDTH: u32 = 4;
const MAX_TILE_WIDTH: u32 = 64;

/// The widths of the frames kept for reference; none before a frame was seen.
#[derive(Debug, Default)]
pub(super) struct Slots([Option<u32>; 8]);

#[derive(Debug)]
pub(super) enum Header {
    /// show_existing_frame.
    ShowExisting,
    Frame(Frame),
}

#[derive(Debug)]
pub(super) struct Frame {
    pub(super) header_len: usize,
    width: u32,
    refresh_frame_flags: u32,
}

impl Slots {
    /// The reference frame update process (8.10).
    pub(super) fn refresh(&mut self, frame: &Frame) {
        for (i, slot) in self.0.iter_mut().enumerate() {
            if frame.refresh_frame_flags >> i & 1 == 1 {
                *slot = Some(frame.width);
            }
        }
    }
}

pub(super) fn parse(frame: &[u8], slots: &Slots) -> Parse<Header> {
    let r = &mut BitReader::new(frame);
    if r.f(2)? != 2 {
        return Err("frame_marker is not 2".into());
    }
    let (low, high) = (r.f(1)?, r.f(1)?);
    let profile = high << 1 | low;
    if profile == 3 && r.flag()? {
        return Err("profile 4 and above are reserved".into());
    }
    if r.flag()? {
        return Ok(Header::ShowExisting);
    }
    let key_frame = !r.flag()?;
    let show_frame = r.flag()?;
    let error_resilient = r.flag()?;
    let intra_only = !key_frame && !show_frame && r.flag()?;
    if !key_frame && !error_resilient {
        let _reset_frame_context = r.f(2)?;
    }
    let mut refresh_frame_flags = 0xff;
    let width;
    if key_frame || intra_only {
        if r.f(24)? != SYNC_CODE {
            return Err("frame_sync_code is not 0x498342".into());
        }
        // An intra-only frame of profile 0 has 8 bits and 4:2:0.
        if key_frame || profile > 0 {
            skip_color_config(r, profile)?;
        }
        if intra_only {
            refresh_frame_flags = r.f(8)?;
        }
        width = frame_width(r)?;
        skip_render_size(r)?;
    } else {
        refresh_frame_flags = r.f(8)?;
        width = inter_frame_width(r, slots)?;
        let _allow_high_precision_mv = r.flag()?;
        if !r.flag()? {
            let _raw_interpolation_filter = r.f(2)?;
        }
    }
    if !error_resilient {
        let _refresh_frame_context = r.flag()?;
        let _frame_parallel_decoding_mode = r.flag()?;
    }
    let _frame_context_idx = r.f(2)?;
    skip_loop_filter(r)?;
    skip_quantization(r)?;
    skip_segmentation(r)?;
    skip_tile_info(r, width)?;
    if r.f(16)? == 0 {
        return Err("header_size_in_bytes is 0".into());
    }
    Ok(Header::Frame(Frame {
        header_len: r.bytes_read(),
        width,
        refresh_frame_flags,
    }))
}

fn skip_color_config(r: &mut BitReader<'_>, profile: u32) -> Parse<()> {
    if profile >= 2 {
        let _ten_or_twelve_bit = r.flag()?;
    }
    let says_subsampling = profile & 1 == 1;
    if r.f(3)? == RGB {
        if says_subsampling {
            let _reserved_zero = r.flag()?;
        }
        return Ok(());
    }
    let _color_range = r.flag()?;
    if says_subsampling {
        let _subsampling_and_reserved_zero = r.f(3)?;
    }
    Ok(())
}

fn frame_width(r: &mut BitReader<'_>) -> Parse<u32> {
    let width = 1 + r.f(16)?;
    let _frame_height_minus_1 = r.f(16)?;
    Ok(width)
}

fn skip_render_size(r: &mut BitReader<'_>) -> Parse<()> {
    if r.flag()? {
        let _render_size = r.f(32)?;
    }
    Ok(())
}

/// References and frame_size_with_refs().
fn inter_frame_width(r: &mut BitReader<'_>, slots: &Slots) -> Parse<u32> {
    let mut references = [0; 3];
    for reference in &mut references {
        *reference = r.f(3)? as usize;
        let _sign_bias = r.flag()?;
    }
    let mut width = None;
    for reference in references {
        if r.flag()? {
            let slot = slots.0.get(reference).copied().flatten();
            width = Some(slot.ok_or("refers to a frame that was not seen")?);
            break;
        }
    }
    let width = match width {
        Some(width) => width,
        None => frame_width(r)?,
    };
    skip_render_size(r)?;
    Ok(width)
}

fn skip_loop_filter(r: &mut BitReader<'_>) -> Parse<()> {
    let _level_and_sharpness = r.f(9)?;
    // loop_filter_delta_enabled, loop_filter_delta_update.
    if r.flag()? && r.flag()? {
        for _ in 0..6 {
            if r.flag()? {
                let _delta = r.f(7)?;
            }
        }
    }
    Ok(())
}

fn skip_quantization(r: &mut BitReader<'_>) -> Parse<()> {
    let _base_q_idx = r.f(8)?;
    for _ in 0..3 {
        if r.flag()? {
            let _delta_q = r.f(5)?;
        }
    }
    Ok(())
}

fn skip_segmentation(r: &mut BitReader<'_>) -> Parse<()> {
    if !r.flag()? {
        return Ok(());
    }
    if r.flag()? {
        skip_probabilities(r, 7)?;
        if r.flag()? {
            skip_probabilities(r, 3)?;
        }
    }
    if r.flag()? {
        let _abs_delta_update = r.flag()?;
        for _ in 0..8 {
            for (bits, signed) in SEGMENT_FEATURES {
                if r.flag()? {
                    let _value = r.f(bits + u32::from(signed))?;
                }
            }
        }
    }
    Ok(())
}

fn skip_probabilities(r: &mut BitReader<'_>, count: u32) -> Parse<()> {
    for _ in 0..count {
        if r.flag()? {
            let _prob = r.f(8)?;
        }
    }
    Ok(())
}

fn skip_tile_info(r: &mut BitReader<'_>, width: u32) -> Parse<()> {
    let columns = width.div_ceil(64);
    let mut log2 = 0;
    while MAX_TILE_WIDTH << log2 < columns {
        log2 += 1;
    }
    while columns >> (log2 + 1) >= MIN_TILE_WIDTH && r.flag()? {
        log2 += 1;
    }
    if r.flag()? {
        let _increment_tile_rows_log2 = r.flag()?;
    }
    Ok(())
}
