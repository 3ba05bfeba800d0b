//! Parameter sets and slices written from the syntax tables of ISO/IEC 14496-10, with every branch taken by chance, must
//! be read up to the bit where their header ends.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
use super::*;
use crate::sample::nal::written::{Bits, Choices};
use proptest::prelude::*;
use syntax::{Facts, write_pps, write_slice_header, write_sps};

mod syntax;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4000))]

    #[test]
    fn every_header_is_read_to_its_last_bit(
        choices in proptest::collection::vec(any::<u32>(), 0..600),
        idr: bool,
        reference: bool,
        tail in proptest::collection::vec(0_u8..4, 0..6),
    ) {
        let mut c = Choices(choices.iter());
        let mut facts = Facts::default();
        let mut sets = ParameterSets::default();
        sets.learn(&write_sps(&mut c, &mut facts)).unwrap();
        sets.learn(&write_pps(&mut c, &mut facts)).unwrap();
        let idr = idr && reference;
        let nal_type = if idr { nal::IDR_SLICE } else { nal::SLICE };
        let header = if reference { 0x60 } else { 0 } | nal_type;
        let (unit, len) = write_slice_header(&mut c, &facts, idr, reference).unit(&[header], &tail);
        prop_assert_eq!(parse(&unit, &sets).unwrap().len, len);
        // Cut anywhere before, it is refused.
        for cut in 1..len {
            prop_assert!(parse(&unit[..cut], &sets).is_err());
        }
    }

    #[test]
    fn data_partitions_stay_clear_up_to_their_slice_data(
        choices in proptest::collection::vec(any::<u32>(), 0..600),
        slice_id in 0_u32..500,
    ) {
        let mut c = Choices(choices.iter());
        let mut facts = Facts::default();
        let mut sets = ParameterSets::default();
        sets.learn(&write_sps(&mut c, &mut facts)).unwrap();
        sets.learn(&write_pps(&mut c, &mut facts)).unwrap();
        let mut w = write_slice_header(&mut c, &facts, false, true);
        w.ue(slice_id);
        let (unit, len) = w.unit(&[0x60 | nal::PARTITION_A], &[0xff; 4]);
        let partition_a = parse(&unit, &sets).unwrap();
        prop_assert_eq!(partition_a.len, len);

        let mut w = Bits::default();
        w.ue(slice_id);
        if facts.separate_colour_plane {
            w.u(2, 1);
        }
        if facts.redundant {
            w.ue(3);
        }
        let (unit, len) = w.unit(&[0x60 | nal::PARTITION_C], &[0xff; 4]);
        prop_assert_eq!(partition_len(&unit, &partition_a.context).unwrap(), len);
    }
}

#[test]
fn emulation_prevention_bytes_count_as_header_bytes() {
    let mut facts = Facts::default();
    let mut sets = ParameterSets::default();
    // Of all first choices: baseline, 4-bit frame_num, CAVLC.
    let mut none = Choices([].iter());
    sets.learn(&write_sps(&mut none, &mut facts)).unwrap();
    sets.learn(&write_pps(&mut none, &mut facts)).unwrap();
    let mut w = Bits::default();
    // first_mb_in_slice 2^23 - 1: 23 zeros, that is two zero bytes and a third that begins with seven zeros.
    w.ue((1 << 23) - 1);
    w.ue(7);
    w.ue(200);
    w.u(facts.frame_num_bits, 0);
    w.flag(false);
    w.u(facts.pic_order_cnt_lsb_bits, 0);
    w.se(0);
    let (unit, len) = w.unit(&[0x01], &[0xff; 3]);
    assert_eq!(unit[..5], [0x01, 0, 0, 3, 1]);
    assert_eq!(parse(&unit, &sets).unwrap().len, len);
}

#[test]
fn change_cycles_have_as_many_bits_as_the_standard_says() {
    // PicSizeInMapUnits, SliceGroupChangeRate, Ceil(Log2(PicSizeInMapUnits ÷ SliceGroupChangeRate + 1)).
    for (map_units, rate, bits) in [
        (99, 99, 1),
        (99, 100, 1),
        (99, 33, 2),
        (99, 32, 3),
        (396, 1, 9),
        (1, 1, 1),
    ] {
        assert_eq!(
            slice_group_change_cycle_bits(map_units, rate),
            bits,
            "{map_units} ÷ {rate}"
        );
    }
}

#[test]
fn a_slice_of_unknown_parameter_sets_says_which() {
    let mut facts = Facts::default();
    let mut sets = ParameterSets::default();
    let mut none = Choices([].iter());
    let sps = write_sps(&mut none, &mut facts);
    let pps = write_pps(&mut none, &mut facts);
    let (slice, _) = write_slice_header(&mut none, &facts, false, false).unit(&[0x01], &[]);
    assert_eq!(parse(&slice, &sets).unwrap_err().0, "PPS 200 is unknown");
    sets.learn(&pps).unwrap();
    assert_eq!(parse(&slice, &sets).unwrap_err().0, "SPS 5 is unknown");
    sets.learn(&sps).unwrap();
    parse(&slice, &sets).unwrap();
}

#[test]
fn a_parameter_set_replaces_the_one_of_the_same_id() {
    let mut sets = ParameterSets::default();
    let mut facts = Facts::default();
    let mut none = Choices([].iter());
    sets.learn(&write_sps(&mut none, &mut facts)).unwrap();
    sets.learn(&write_pps(&mut none, &mut facts)).unwrap();
    let before = sets.context(200).unwrap();
    // pic_order_cnt_type 1 after profile and frame_num choices.
    let choices = [0, 9, 1];
    sets.learn(&write_sps(&mut Choices(choices.iter()), &mut facts))
        .unwrap();
    let after = sets.context(200).unwrap();
    assert_eq!(
        (before.sps.frame_num_bits, after.sps.frame_num_bits),
        (4, 13)
    );
    assert_eq!(
        after.sps.pic_order_cnt,
        PicOrderCnt::Delta { always_zero: false }
    );
    assert_eq!(before.pps, after.pps);
}

#[test]
fn subset_parameter_sets_of_other_views_are_passed_over() {
    let mut sets = ParameterSets::default();
    sets.learn(&[0x6f, 0xff]).unwrap();
    assert!(sets.context(0).is_err());
}
