//! A writer of parameter sets and slice headers, table by table (ISO/IEC 14496-10, 7.3.2 and 7.3.3).

use crate::sample::nal::written::{Bits, Choices};

/// What the slice header's syntax asks of the parameter sets.
#[derive(Default)]
pub(super) struct Facts {
    pub(super) chroma_array_type: u32,
    pub(super) separate_colour_plane: bool,
    pub(super) frame_num_bits: u32,
    pub(super) pic_order_cnt_type: u32,
    pub(super) pic_order_cnt_lsb_bits: u32,
    pub(super) delta_pic_order_always_zero: bool,
    pub(super) frame_mbs_only: bool,
    pub(super) map_units: u32,
    pub(super) cabac: bool,
    pub(super) bottom_field_pic_order: bool,
    pub(super) change_rate: Option<u32>,
    pub(super) references: [u32; 2],
    pub(super) weighted_pred: bool,
    pub(super) weighted_bipred_idc: u32,
    pub(super) deblocking: bool,
    pub(super) redundant: bool,
}

pub(super) fn write_sps(c: &mut Choices<'_>, f: &mut Facts) -> Vec<u8> {
    let mut w = Bits::default();
    let profile = [66, 77, 88, 100, 110, 122, 244, 44][c.up_to(7) as usize];
    w.u(8, profile);
    w.u(8, 0);
    w.u(8, 40);
    w.ue(5);
    f.chroma_array_type = 1;
    if matches!(profile, 100 | 110 | 122 | 244 | 44) {
        let chroma = w.ue(c.up_to(3));
        f.separate_colour_plane = chroma == 3 && w.flag(c.coin());
        f.chroma_array_type = if f.separate_colour_plane { 0 } else { chroma };
        w.ue(c.up_to(6));
        w.ue(c.up_to(6));
        w.flag(c.coin());
        if w.flag(c.coin()) {
            for list in 0..if chroma == 3 { 12 } else { 8 } {
                if w.flag(c.coin()) {
                    write_scaling_list(c, &mut w, if list < 6 { 16 } else { 64 });
                }
            }
        }
    }
    f.frame_num_bits = 4 + w.ue(c.up_to(12));
    f.pic_order_cnt_type = w.ue(c.up_to(2));
    match f.pic_order_cnt_type {
        0 => f.pic_order_cnt_lsb_bits = 4 + w.ue(c.up_to(12)),
        1 => {
            f.delta_pic_order_always_zero = w.flag(c.coin());
            w.se(c.signed());
            w.se(c.signed());
            for _ in 0..w.ue(c.up_to(4)) {
                w.se(c.signed());
            }
        }
        _ => {}
    }
    w.ue(c.up_to(4));
    w.flag(c.coin());
    f.map_units = (1 + w.ue(c.up_to(30))) * (1 + w.ue(c.up_to(20)));
    f.frame_mbs_only = w.flag(c.coin());
    // The rest, VUI and all, is of no interest.
    w.unit(&[0x67], &[0xff, 0xff, 0xff]).0
}

fn write_scaling_list(c: &mut Choices<'_>, w: &mut Bits, size: u32) {
    let mut last = 8;
    for _ in 0..size {
        let delta = c.signed();
        w.se(delta);
        last = (last + delta + 256) % 256;
        if last == 0 {
            break;
        }
    }
}

pub(super) fn write_pps(c: &mut Choices<'_>, f: &mut Facts) -> Vec<u8> {
    let mut w = Bits::default();
    w.ue(200);
    w.ue(5);
    f.cabac = w.flag(c.coin());
    f.bottom_field_pic_order = w.flag(c.coin());
    let groups_minus1 = if c.coin() { c.up_to(7) } else { 0 };
    if w.ue(groups_minus1) > 0 {
        match w.ue(c.up_to(6)) {
            0 => (0..=groups_minus1).for_each(|_| _ = w.ue(c.up_to(99))),
            2 => (0..2 * groups_minus1).for_each(|_| _ = w.ue(c.up_to(99))),
            3..=5 => {
                w.flag(c.coin());
                f.change_rate = Some(1 + w.ue(c.up_to(f.map_units - 1)));
            }
            6 => {
                let bits = f64::from(groups_minus1 + 1).log2().ceil() as u32;
                w.ue(f.map_units - 1);
                (0..f.map_units).for_each(|_| w.u(bits, c.up_to(groups_minus1)));
            }
            _ => {}
        }
    }
    f.references = [1 + w.ue(c.up_to(5)), 1 + w.ue(c.up_to(5))];
    f.weighted_pred = w.flag(c.coin());
    f.weighted_bipred_idc = c.up_to(2);
    w.u(2, f.weighted_bipred_idc);
    w.se(c.signed());
    w.se(c.signed());
    w.se(c.signed());
    f.deblocking = w.flag(c.coin());
    w.flag(c.coin());
    f.redundant = w.flag(c.coin());
    w.unit(&[0x68], &[0x80]).0
}

pub(super) fn write_slice_header(
    c: &mut Choices<'_>,
    f: &Facts,
    idr: bool,
    reference: bool,
) -> Bits {
    let mut w = Bits::default();
    w.ue(c.up_to(400));
    let slice_type = w.ue(c.up_to(9)) % 5;
    let (p, b, i, sp, si) = (
        slice_type == 0,
        slice_type == 1,
        slice_type == 2,
        slice_type == 3,
        slice_type == 4,
    );
    w.ue(200);
    if f.separate_colour_plane {
        w.u(2, c.up_to(2));
    }
    w.u(f.frame_num_bits, 0);
    let field = !f.frame_mbs_only && w.flag(c.coin());
    if field {
        w.flag(c.coin());
    }
    if idr {
        w.ue(c.up_to(65_535));
    }
    if f.pic_order_cnt_type == 0 {
        w.u(f.pic_order_cnt_lsb_bits, 0);
        if f.bottom_field_pic_order && !field {
            w.se(c.signed());
        }
    }
    if f.pic_order_cnt_type == 1 && !f.delta_pic_order_always_zero {
        w.se(c.signed());
        if f.bottom_field_pic_order && !field {
            w.se(c.signed());
        }
    }
    if f.redundant {
        w.ue(c.up_to(127));
    }
    if b {
        w.flag(c.coin());
    }
    let mut references = f.references;
    if (p || sp || b) && w.flag(c.coin()) {
        references[0] = 1 + w.ue(c.up_to(31));
        if b {
            references[1] = 1 + w.ue(c.up_to(31));
        }
    }
    let lists = if b { 2 } else { usize::from(!i && !si) };
    for count in &references[..lists] {
        if w.flag(c.coin()) {
            for _ in 0..c.up_to(*count) {
                w.ue(c.up_to(2));
                w.ue(c.up_to(300));
            }
            w.ue(3);
        }
    }
    if (f.weighted_pred && (p || sp)) || (f.weighted_bipred_idc == 1 && b) {
        w.ue(c.up_to(7));
        if f.chroma_array_type != 0 {
            w.ue(c.up_to(7));
        }
        for count in &references[..lists] {
            for _ in 0..*count {
                if w.flag(c.coin()) {
                    (0..2).for_each(|_| w.se(c.signed()));
                }
                if f.chroma_array_type != 0 && w.flag(c.coin()) {
                    (0..4).for_each(|_| w.se(c.signed()));
                }
            }
        }
    }
    if reference {
        if idr {
            w.flag(c.coin());
            w.flag(c.coin());
        } else if w.flag(c.coin()) {
            for _ in 0..c.up_to(20) {
                match w.ue(1 + c.up_to(5)) {
                    3 => (0..2).for_each(|_| _ = w.ue(c.up_to(40))),
                    5 => {}
                    _ => _ = w.ue(c.up_to(40)),
                }
            }
            w.ue(0);
        }
    }
    if f.cabac && !i && !si {
        w.ue(c.up_to(2));
    }
    w.se(c.signed());
    if sp || si {
        if sp {
            w.flag(c.coin());
        }
        w.se(c.signed());
    }
    if f.deblocking && w.ue(c.up_to(2)) != 1 {
        w.se(c.signed());
        w.se(c.signed());
    }
    if let Some(rate) = f.change_rate {
        let bits = (f64::from(f.map_units) / f64::from(rate) + 1.0)
            .log2()
            .ceil() as u32;
        w.u(bits, 0);
    }
    w
}
