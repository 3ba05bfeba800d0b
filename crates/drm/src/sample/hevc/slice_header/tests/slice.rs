//! A writer of slice segment headers, table by table (ITU-T H.265, 7.3.6).
use super::syntax::{Facts, bits_for, write_picture_set};
use crate::sample::nal::written::{Bits, Choices};

/// The header of a slice segment with its byte_alignment().
pub(super) fn write_slice_header(c: &mut Choices<'_>, f: &Facts, irap: bool, idr: bool) -> Bits {
    let mut w = Bits::default();
    let first = w.flag(c.coin());
    if irap {
        w.flag(c.coin());
    }
    w.ue(60);
    let mut dependent = false;
    if !first {
        dependent = f.dependent_slices && w.flag(c.coin());
        let bits = bits_for(f.ctbs);
        w.u(bits, c.up_to((1 << bits) - 1));
    }
    if !dependent {
        write_independent(&mut w, c, f, idr);
    }
    if f.entry_points {
        let count = w.ue(c.up_to(5));
        if count > 0 {
            let bits = 1 + w.ue(c.up_to(31));
            (0..count).for_each(|_| w.u(bits, 1));
        }
    }
    if f.header_extension {
        let len = w.ue(c.up_to(9));
        (0..len).for_each(|i| w.u(8, i % 3));
    }
    w.flag(true);
    while w.len() % 8 != 0 {
        w.flag(false);
    }
    w
}

fn write_independent(w: &mut Bits, c: &mut Choices<'_>, f: &Facts, idr: bool) {
    w.u(f.extra_bits, 0x55);
    let slice_type = w.ue(c.up_to(2));
    if f.output_flag {
        w.flag(c.coin());
    }
    if f.separate_colour_plane {
        w.u(2, c.up_to(2));
    }
    let mut pictures = u32::from(f.curr_pic_ref);
    let mut temporal_mvp = false;
    if !idr {
        w.u(f.lsb_bits, 3);
        let set = if f.sets.is_empty() || !c.coin() {
            w.flag(false);
            write_picture_set(w, c, &f.sets, true)
        } else {
            w.flag(true);
            let index = c.up_to(f.sets.len() as u32 - 1);
            w.u(bits_for(f.sets.len() as u32), index);
            f.sets[index as usize].clone()
        };
        pictures += set.values().filter(|used| **used).count() as u32;
        if let Some(known) = &f.long_term {
            pictures += write_long_term(w, c, f, known);
        }
        temporal_mvp = f.temporal_mvp && w.flag(c.coin());
    }
    let mut sao = false;
    if f.sao {
        sao |= w.flag(c.coin());
        sao |= f.has_chroma && w.flag(c.coin());
    }
    if slice_type != 2 {
        write_prediction(w, c, f, slice_type == 0, pictures, temporal_mvp);
    }
    w.se(c.signed());
    let offsets = if f.chroma_offsets { 2 } else { 0 } + if f.act_offsets { 3 } else { 0 };
    (0..offsets).for_each(|_| w.se(c.signed()));
    if f.chroma_offset_list {
        w.flag(c.coin());
    }
    let mut disabled = f.deblocking_disabled;
    if f.deblocking_override && w.flag(c.coin()) {
        disabled = w.flag(c.coin());
        if !disabled {
            w.se(c.signed());
            w.se(c.signed());
        }
    }
    if f.across_slices && (sao || !disabled) {
        w.flag(c.coin());
    }
}

/// How many the current picture may refer to.
fn write_long_term(w: &mut Bits, c: &mut Choices<'_>, f: &Facts, known: &[bool]) -> u32 {
    let mut used = 0;
    let from_sps = if known.is_empty() {
        0
    } else {
        w.ue(c.up_to(2))
    };
    let own = w.ue(c.up_to(2));
    for i in 0..from_sps + own {
        used += u32::from(if i < from_sps {
            let index = c.up_to(known.len() as u32 - 1);
            w.u(bits_for(known.len() as u32), index);
            known[index as usize]
        } else {
            w.u(f.lsb_bits, 2);
            w.flag(c.coin())
        });
        if w.flag(c.coin()) {
            w.ue(c.up_to(9));
        }
    }
    used
}

fn write_prediction(
    w: &mut Bits,
    c: &mut Choices<'_>,
    f: &Facts,
    bidirectional: bool,
    pictures: u32,
    temporal_mvp: bool,
) {
    let lists = if bidirectional { 2 } else { 1 };
    let mut active = f.references;
    if w.flag(c.coin()) {
        for active in &mut active[..lists] {
            *active = 1 + w.ue(c.up_to(14));
        }
    }
    // Which entries are the current picture: the last picture of each round (8.3.4).
    let mut current = vec![Vec::new(); lists];
    for (list, current) in current.iter_mut().enumerate() {
        let modified = f.lists_modification && pictures > 1 && w.flag(c.coin());
        let len = active[list];
        let mut order: Vec<u32> = (0..pictures.max(1)).cycle().take(len as usize).collect();
        if modified {
            for entry in &mut order {
                *entry = c.up_to(pictures - 1);
                w.u(bits_for(pictures), *entry);
            }
        } else if f.curr_pic_ref && pictures > len {
            order[len as usize - 1] = pictures - 1;
        }
        *current = order
            .iter()
            .map(|entry| f.curr_pic_ref && entry + 1 == pictures)
            .collect();
    }
    if bidirectional {
        w.flag(c.coin());
    }
    if f.cabac_init {
        w.flag(c.coin());
    }
    if temporal_mvp {
        let from_l0 = !bidirectional || w.flag(c.coin());
        if active[usize::from(!from_l0)] > 1 {
            w.ue(0);
        }
    }
    if f.weighted[lists - 1] {
        w.ue(c.up_to(7));
        if f.has_chroma {
            w.se(c.signed() % 8);
        }
        for current in &current {
            let flags = |w: &mut Bits, c: &mut Choices<'_>| -> Vec<bool> {
                current
                    .iter()
                    .map(|&current| !current && w.flag(c.coin()))
                    .collect()
            };
            let luma = flags(w, c);
            let chroma = if f.has_chroma {
                flags(w, c)
            } else {
                vec![false; luma.len()]
            };
            for (luma, chroma) in luma.into_iter().zip(chroma) {
                (0..if luma { 2 } else { 0 }).for_each(|_| w.se(c.signed()));
                (0..if chroma { 4 } else { 0 }).for_each(|_| w.se(c.signed()));
            }
        }
    }
    w.ue(c.up_to(4));
    if f.integer_mv {
        w.flag(c.coin());
    }
}
