//! Audio element OBU (IAMF 1.1, 3.6): the channels that its widest layer gives.
use crate::codec::obu::leb128;

/// Channels and ChannelConfiguration (ISO/IEC 23091-3) of an audio element.
pub(super) fn output(payload: &[u8]) -> Option<(u16, Option<u8>)> {
    const CHANNEL_BASED: u8 = 0;
    const SCENE_BASED: u8 = 1;
    let (_id, rest) = leb128(payload)?;
    let (&kind, rest) = rest.split_first()?;
    let (_codec_config_id, rest) = leb128(rest)?;
    let (substreams, mut rest) = leb128(rest)?;
    for _ in 0..substreams {
        rest = leb128(rest)?.1;
    }
    let (parameters, mut rest) = leb128(rest)?;
    for _ in 0..parameters {
        rest = skip_parameter(rest)?;
    }
    match kind >> 5 {
        CHANNEL_BASED => scalable_channel_layout(rest),
        SCENE_BASED => {
            // ambisonics_mode, then output_channel_count in both modes.
            let (_mode, rest) = leb128(rest)?;
            Some((u16::from(*rest.first()?), None))
        }
        _ => Some((0, None)),
    }
}

const DEMIXING: usize = 1;
const RECON_GAIN: usize = 2;

/// param_definition (3.6.1)
fn skip_parameter(data: &[u8]) -> Option<&[u8]> {
    let (kind, rest) = leb128(data)?;
    match kind {
        DEMIXING => {
            // dmixp_mode, default_w
            definition(rest)?.get(2..)
        }
        RECON_GAIN => definition(rest),
        _ => {
            let (len, rest) = leb128(rest)?;
            rest.get(len..)
        }
    }
}

fn definition(data: &[u8]) -> Option<&[u8]> {
    let (_id, rest) = leb128(data)?;
    let (_rate, rest) = leb128(rest)?;
    let (&mode, rest) = rest.split_first()?;
    if mode & 0x80 != 0 {
        return Some(rest);
    }
    let (_duration, rest) = leb128(rest)?;
    let (constant_subblock_duration, mut rest) = leb128(rest)?;
    if constant_subblock_duration == 0 {
        let (subblocks, after) = leb128(rest)?;
        rest = after;
        for _ in 0..subblocks {
            rest = leb128(rest)?.1;
        }
    }
    Some(rest)
}

/// 3.6.2: layers grow, the last one is the widest.
fn scalable_channel_layout(data: &[u8]) -> Option<(u16, Option<u8>)> {
    const OUTPUT_GAIN: u8 = 1 << 3;
    const EXPANDED: u8 = 15;
    let (&layers, mut rest) = data.split_first()?;
    let mut layout = 0;
    for _ in 0..layers >> 5 {
        let ([header, _substreams, _coupled], after) = rest.split_first_chunk::<3>()?;
        layout = header >> 4;
        rest = after;
        if header & OUTPUT_GAIN != 0 {
            rest = rest.get(3..)?;
        }
        if layout == EXPANDED {
            rest = rest.get(1..)?;
        }
    }
    // loudspeaker_layout: mono, stereo, 5.1, 5.1.2, 5.1.4, 7.1, 7.1.2, 7.1.4, 3.1.2, binaural
    Some(match layout {
        0 => (1, Some(1)),
        1 => (2, Some(2)),
        2 => (6, Some(6)),
        3 => (8, Some(14)),
        4 => (10, Some(16)),
        5 => (8, Some(12)),
        6 => (10, None),
        7 => (12, Some(19)),
        8 => (6, None),
        9 => (2, None),
        _ => (0, None),
    })
}
