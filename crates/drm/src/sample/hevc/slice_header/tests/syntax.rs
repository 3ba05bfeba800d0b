//! A writer of parameter sets, table by table (ITU-T H.265, 7.3.2.2, 7.3.2.3 and 7.3.7).
use crate::sample::nal::written::{Bits, Choices};
use std::collections::BTreeMap;

/// Pictures by distance in output order, and whether the current one may refer to them.
pub(super) type PictureSet = BTreeMap<i32, bool>;

/// What the slice header's syntax asks of the parameter sets.
#[derive(Default)]
pub(super) struct Facts {
    pub(super) has_chroma: bool,
    pub(super) separate_colour_plane: bool,
    pub(super) ctbs: u32,
    pub(super) lsb_bits: u32,
    pub(super) sao: bool,
    pub(super) sets: Vec<PictureSet>,
    pub(super) long_term: Option<Vec<bool>>,
    pub(super) temporal_mvp: bool,
    pub(super) integer_mv: bool,
    pub(super) dependent_slices: bool,
    pub(super) output_flag: bool,
    pub(super) extra_bits: u32,
    pub(super) cabac_init: bool,
    pub(super) references: [u32; 2],
    pub(super) chroma_offsets: bool,
    pub(super) weighted: [bool; 2],
    pub(super) entry_points: bool,
    pub(super) across_slices: bool,
    pub(super) deblocking_override: bool,
    pub(super) deblocking_disabled: bool,
    pub(super) lists_modification: bool,
    pub(super) header_extension: bool,
    pub(super) chroma_offset_list: bool,
    pub(super) curr_pic_ref: bool,
    pub(super) act_offsets: bool,
}

pub(super) fn bits_for(count: u32) -> u32 {
    (0..32)
        .find(|&bits| 1_u64 << bits >= u64::from(count))
        .unwrap()
}

pub(super) fn write_sps(c: &mut Choices<'_>, f: &mut Facts) -> Vec<u8> {
    let mut w = Bits::default();
    let screen_content = c.coin();
    let sub_layers_minus1 = c.up_to(2);
    w.u(4, 0);
    w.u(3, sub_layers_minus1);
    w.flag(true);
    write_profile(
        &mut w,
        c,
        if screen_content { 9 } else { 1 },
        sub_layers_minus1,
    );
    w.ue(5);
    let chroma = w.ue(c.up_to(3));
    f.separate_colour_plane = chroma == 3 && w.flag(c.coin());
    f.has_chroma = chroma != 0 && !f.separate_colour_plane;
    let (width, height) = (w.ue(8 * (1 + c.up_to(600))), w.ue(8 * (1 + c.up_to(300))));
    if w.flag(c.coin()) {
        (0..4).for_each(|_| _ = w.ue(c.up_to(3)));
    }
    let (luma, depth) = (w.ue(c.up_to(4)), w.ue(c.up_to(4)));
    f.lsb_bits = 4 + w.ue(c.up_to(12));
    let all = w.flag(c.coin());
    for _ in 0..=if all { sub_layers_minus1 } else { 0 } {
        (0..3).for_each(|_| _ = w.ue(c.up_to(5)));
    }
    let ctb_log2 = 3 + w.ue(c.up_to(1)) + w.ue(1 + c.up_to(2));
    f.ctbs = width.div_ceil(1 << ctb_log2) * height.div_ceil(1 << ctb_log2);
    (0..4).for_each(|_| _ = w.ue(c.up_to(2)));
    if w.flag(c.coin()) && w.flag(c.coin()) {
        write_scaling_lists(&mut w, c);
    }
    w.flag(c.coin());
    f.sao = w.flag(c.coin());
    if w.flag(c.coin()) {
        w.u(8, 0x77);
        w.ue(0);
        w.ue(1);
        w.flag(c.coin());
    }
    let count = w.ue(c.up_to(4));
    f.sets.clear();
    for _ in 0..count {
        let set = write_picture_set(&mut w, c, &f.sets, false);
        f.sets.push(set);
    }
    f.long_term = w.flag(c.coin()).then(|| {
        let count = w.ue(c.up_to(3));
        let lsb_bits = f.lsb_bits;
        (0..count)
            .map(|_| {
                w.u(lsb_bits, 1);
                w.flag(c.coin())
            })
            .collect()
    });
    f.temporal_mvp = w.flag(c.coin());
    w.flag(c.coin());
    if w.flag(c.coin()) {
        write_vui(&mut w, c, sub_layers_minus1);
    }
    f.integer_mv = false;
    if w.flag(c.coin()) {
        let (range, multilayer) = (w.flag(c.coin()), w.flag(c.coin()));
        w.flag(false);
        let screen_content = w.flag(screen_content);
        w.u(4, 0);
        w.u(if range { 9 } else { 0 }, 0x1a5);
        w.u(u32::from(multilayer), 1);
        if screen_content {
            w.flag(c.coin());
            if w.flag(c.coin()) {
                w.ue(31);
                w.ue(32);
                if w.flag(c.coin()) {
                    let entries = 1 + w.ue(c.up_to(4));
                    for depth in [luma, depth, depth]
                        .iter()
                        .take(if chroma == 0 { 1 } else { 3 })
                    {
                        (0..entries).for_each(|_| w.u(8 + depth, 7));
                    }
                }
            }
            let control = c.up_to(2);
            w.u(2, control);
            f.integer_mv = control == 2;
            w.flag(c.coin());
        }
    }
    w.flag(true);
    w.unit(&[33 << 1, 1], &[]).0
}

fn write_profile(w: &mut Bits, c: &mut Choices<'_>, profile: u32, sub_layers_minus1: u32) {
    w.u(8, profile);
    w.u(32, 1 << (31 - profile));
    w.u(32, 0x9000_0000);
    w.u(16, 0);
    w.u(8, 93);
    let present: Vec<_> = (0..sub_layers_minus1)
        .map(|_| (w.flag(c.coin()), w.flag(c.coin())))
        .collect();
    if sub_layers_minus1 > 0 {
        w.u(2 * (8 - sub_layers_minus1), 0);
    }
    for (profile, level) in present {
        if profile {
            (0..11).for_each(|_| w.u(8, 0xa5));
        }
        w.u(if level { 8 } else { 0 }, 90);
    }
}

fn write_scaling_lists(w: &mut Bits, c: &mut Choices<'_>) {
    for size in 0..4 {
        for _ in 0..if size == 3 { 2 } else { 6 } {
            if w.flag(c.coin()) {
                if size > 1 {
                    w.se(c.signed());
                }
                (0..if size == 0 { 16 } else { 64 }).for_each(|_| w.se(c.signed()));
            } else {
                w.ue(0);
            }
        }
    }
}

fn write_vui(w: &mut Bits, c: &mut Choices<'_>, sub_layers_minus1: u32) {
    if w.flag(c.coin()) {
        w.u(8, 255);
        w.u(32, 0x0010_000b);
    }
    if w.flag(c.coin()) {
        w.flag(true);
    }
    if w.flag(c.coin()) {
        w.u(4, 10);
        if w.flag(c.coin()) {
            w.u(24, 0x01_0101);
        }
    }
    if w.flag(c.coin()) {
        w.ue(0);
        w.ue(1);
    }
    w.u(3, 0);
    if w.flag(c.coin()) {
        (0..4).for_each(|_| _ = w.ue(c.up_to(9)));
    }
    if w.flag(c.coin()) {
        w.u(32, 1);
        w.u(32, 50);
        if w.flag(c.coin()) {
            w.ue(0);
        }
        if w.flag(c.coin()) {
            write_hrd(w, c, sub_layers_minus1);
        }
    }
    if w.flag(c.coin()) {
        w.u(3, 2);
        (0..5).for_each(|_| _ = w.ue(c.up_to(15)));
    }
}

fn write_hrd(w: &mut Bits, c: &mut Choices<'_>, sub_layers_minus1: u32) {
    let (nal, vcl) = (w.flag(c.coin()), w.flag(c.coin()));
    let mut sub_pic = false;
    if nal || vcl {
        sub_pic = w.flag(c.coin());
        w.u(if sub_pic { 19 } else { 0 }, 0x1234);
        w.u(8, 0x35);
        w.u(if sub_pic { 4 } else { 0 }, 3);
        w.u(15, 0x2345);
    }
    for _ in 0..=sub_layers_minus1 {
        let general = w.flag(c.coin());
        let within = general || w.flag(c.coin());
        let mut low_delay = false;
        if within {
            w.ue(c.up_to(9));
        } else {
            low_delay = w.flag(c.coin());
        }
        let cpbs = if low_delay { 1 } else { 1 + w.ue(c.up_to(2)) };
        for _ in 0..cpbs * (u32::from(nal) + u32::from(vcl)) {
            (0..if sub_pic { 4 } else { 2 }).for_each(|_| _ = w.ue(c.up_to(99)));
            w.flag(c.coin());
        }
    }
}

/// A set told by its pictures, or by what becomes of an earlier one's.
pub(super) fn write_picture_set(
    w: &mut Bits,
    c: &mut Choices<'_>,
    known: &[PictureSet],
    in_slice: bool,
) -> PictureSet {
    let mut set = PictureSet::new();
    if !known.is_empty() && w.flag(c.coin()) {
        let mut back = 1;
        if in_slice {
            back += w.ue(c.up_to(known.len() as u32 - 1)) as usize;
        }
        let reference = &known[known.len() - back];
        let negative = w.flag(c.coin());
        let shift = 1 + w.ue(c.up_to(2)) as i32;
        let shift = if negative { -shift } else { shift };
        // 7.3.7 goes through the pictures before, closest first, those after, and then the reference itself.
        let before = reference.range(..0).rev().map(|(&poc, _)| poc);
        let after = reference.range(0..).map(|(&poc, _)| poc);
        for poc in before.chain(after).chain([0]) {
            let used = w.flag(c.coin());
            if (used || w.flag(c.coin())) && poc + shift != 0 {
                set.insert(poc + shift, used);
            }
        }
        return set;
    }
    let counts = [w.ue(c.up_to(3)), w.ue(c.up_to(3))];
    for (count, sign) in counts.into_iter().zip([-1, 1]) {
        let mut poc = 0;
        for _ in 0..count {
            poc += sign * (1 + w.ue(c.up_to(2)) as i32);
            set.insert(poc, w.flag(c.coin()));
        }
    }
    set
}

pub(super) fn write_pps(c: &mut Choices<'_>, f: &mut Facts) -> Vec<u8> {
    let mut w = Bits::default();
    w.ue(60);
    w.ue(5);
    f.dependent_slices = w.flag(c.coin());
    f.output_flag = w.flag(c.coin());
    f.extra_bits = c.up_to(7);
    w.u(3, f.extra_bits);
    w.flag(c.coin());
    f.cabac_init = w.flag(c.coin());
    f.references = [1 + w.ue(c.up_to(14)), 1 + w.ue(c.up_to(14))];
    w.se(c.signed());
    w.flag(c.coin());
    let transform_skip = w.flag(c.coin());
    if w.flag(c.coin()) {
        w.ue(1);
    }
    w.se(c.signed());
    w.se(c.signed());
    f.chroma_offsets = w.flag(c.coin());
    f.weighted = [w.flag(c.coin()), w.flag(c.coin())];
    w.flag(c.coin());
    let (tiles, wavefronts) = (w.flag(c.coin()), w.flag(c.coin()));
    f.entry_points = tiles || wavefronts;
    if tiles {
        let (columns, rows) = (w.ue(c.up_to(4)), w.ue(c.up_to(4)));
        if !w.flag(c.coin()) {
            (0..columns + rows).for_each(|_| _ = w.ue(c.up_to(7)));
        }
        w.flag(c.coin());
    }
    f.across_slices = w.flag(c.coin());
    (f.deblocking_override, f.deblocking_disabled) = (false, false);
    if w.flag(c.coin()) {
        f.deblocking_override = w.flag(c.coin());
        f.deblocking_disabled = w.flag(c.coin());
        if !f.deblocking_disabled {
            w.se(c.signed());
            w.se(c.signed());
        }
    }
    if w.flag(c.coin()) {
        write_scaling_lists(&mut w, c);
    }
    f.lists_modification = w.flag(c.coin());
    w.ue(c.up_to(3));
    f.header_extension = w.flag(c.coin());
    (f.chroma_offset_list, f.curr_pic_ref, f.act_offsets) = (false, false, false);
    if w.flag(c.coin()) {
        let (range, multilayer) = (w.flag(c.coin()), w.flag(c.coin()));
        w.flag(false);
        let screen_content = w.flag(c.coin());
        w.u(4, 0);
        if range {
            if transform_skip {
                w.ue(c.up_to(3));
            }
            w.flag(c.coin());
            f.chroma_offset_list = w.flag(c.coin());
            if f.chroma_offset_list {
                w.ue(1);
                let len = 1 + w.ue(c.up_to(5));
                (0..2 * len).for_each(|_| w.se(c.signed()));
            }
            w.ue(c.up_to(3));
            w.ue(c.up_to(3));
        }
        if multilayer {
            w.flag(c.coin());
            if w.flag(c.coin()) {
                w.u(6, 0);
            }
            for _ in 0..w.ue(c.up_to(2)) {
                w.u(6, 1);
                for _ in 0..2 {
                    if w.flag(c.coin()) {
                        (0..4).for_each(|_| w.se(c.signed()));
                    }
                }
                if w.flag(c.coin()) {
                    (0..4).for_each(|_| _ = w.ue(c.up_to(9)));
                }
            }
            w.flag(false);
        }
        if screen_content {
            f.curr_pic_ref = w.flag(c.coin());
            if w.flag(c.coin()) {
                f.act_offsets = w.flag(c.coin());
                (0..3).for_each(|_| w.se(c.signed()));
            }
            w.flag(false);
        }
    }
    w.flag(true);
    w.unit(&[34 << 1, 1], &[]).0
}
