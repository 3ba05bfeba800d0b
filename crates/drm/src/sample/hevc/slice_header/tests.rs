//! Parameter sets and slice segments written from the syntax tables of ITU-T H.265, with every branch taken by chance, must
//! be read up to the bit where their header ends.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
use super::*;
use crate::sample::hevc::{Hevc, nal};
use crate::sample::nal::Lengths;
use crate::sample::nal::written::Choices;
use proptest::prelude::*;
use slice::write_slice_header;
use syntax::{Facts, write_pps, write_sps};

mod slice;
mod syntax;

fn learn(sets: &mut ParameterSets, unit: &[u8]) {
    sets.learn(UnitHeader::parse(unit).unwrap(), unit).unwrap();
}

fn read(unit: &[u8], sets: &ParameterSets) -> Parse<usize> {
    parse(UnitHeader::parse(unit).unwrap(), unit, sets)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4000))]

    #[test]
    fn every_header_is_read_to_its_last_bit(
        choices in proptest::collection::vec(any::<u32>(), 0..1500),
        kind in proptest::sample::select(vec![1, nal::IDR_W_RADL, nal::IDR_N_LP, nal::CRA, nal::BLA_W_LP, 0]),
        tail in proptest::collection::vec(0_u8..4, 0..6),
    ) {
        let mut c = Choices(choices.iter());
        let mut facts = Facts::default();
        let mut sets = ParameterSets::default();
        // The second of each replaces the first.
        for _ in 0..2 {
            learn(&mut sets, &write_sps(&mut c, &mut facts));
            learn(&mut sets, &write_pps(&mut c, &mut facts));
        }
        let idr = matches!(kind, nal::IDR_W_RADL | nal::IDR_N_LP);
        let written = write_slice_header(&mut c, &facts, kind >= nal::BLA_W_LP, idr);
        let (unit, len) = written.unit(&[kind << 1, 1], &tail);
        prop_assert_eq!(read(&unit, &sets).map_err(|reason| reason.0), Ok(len));
        // Cut anywhere before, it is refused.
        for cut in HEADER..len {
            prop_assert!(read(&unit[..cut], &sets).is_err());
        }
    }
}

#[test]
fn a_slice_of_unknown_parameter_sets_says_which() {
    let mut none = Choices([].iter());
    let mut facts = Facts::default();
    let mut sets = ParameterSets::default();
    let sps = write_sps(&mut none, &mut facts);
    let pps = write_pps(&mut none, &mut facts);
    let slice = write_slice_header(&mut none, &facts, false, false);
    let (slice, _) = slice.unit(&[2, 1], &[]);
    assert_eq!(read(&slice, &sets).unwrap_err().0, "PPS 60 is unknown");
    learn(&mut sets, &pps);
    assert_eq!(read(&slice, &sets).unwrap_err().0, "SPS 5 is unknown");
    learn(&mut sets, &sps);
    read(&slice, &sets).unwrap();
    // The same in another layer needs the VPS.
    let mut of_layer = slice;
    of_layer[1] = 1 << 3 | 1;
    assert_eq!(read(&of_layer, &sets).unwrap_err().0, "VPS 0 is unknown");
}

#[test]
fn sets_of_higher_layers_are_not_for_lower_ones() {
    let mut none = Choices([].iter());
    let mut facts = Facts::default();
    let mut sets = ParameterSets::default();
    let mut sps = write_sps(&mut none, &mut facts);
    sps[1] = 2 << 3 | 1;
    learn(&mut sets, &sps);
    learn(&mut sets, &write_pps(&mut none, &mut facts));
    let slice = write_slice_header(&mut none, &facts, false, false);
    let (slice, _) = slice.unit(&[2, 1], &[]);
    assert_eq!(read(&slice, &sets).unwrap_err().0, "SPS 5 is unknown");
}

#[test]
fn only_vcl_units_are_protected() {
    let mut hevc = without_sets();
    for kind in (10..16).chain(22..32) {
        // Reserved.
        assert_eq!(hevc.clear_bytes(&[kind << 1, 1, 7, 7, 7]).unwrap(), HEADER);
    }
    for kind in 35..64 {
        assert_eq!(hevc.clear_bytes(&[kind << 1, 1, 7, 7, 7]).unwrap(), 5);
    }
    assert_eq!(
        hevc.clear_bytes(&[80]).unwrap_err().0,
        "shorter than its header"
    );
}

#[test]
fn parameter_sets_in_the_samples_hold_from_where_they_stand() {
    let mut none = Choices([].iter());
    let mut facts = Facts::default();
    let sps = write_sps(&mut none, &mut facts);
    let pps = write_pps(&mut none, &mut facts);
    let mut hevc = without_sets();
    let slice = |facts: &Facts| {
        let slice = write_slice_header(&mut Choices([].iter()), facts, false, false);
        slice.unit(&[2, 1], &[0xff; 40])
    };
    let (unit, len) = slice(&facts);
    assert_eq!(hevc.clear_bytes(&unit).unwrap_err().0, "PPS 60 is unknown");
    for set in [&sps, &pps] {
        assert_eq!(hevc.clear_bytes(set).unwrap(), set.len());
    }
    assert_eq!(hevc.clear_bytes(&unit).unwrap(), len);
    // The same identifiers, but pictures counted with 12 bits more, and 7 extra bits.
    let choices = [0, 0, 1, 0, 0, 0, 0, 0, 12];
    let sps = write_sps(&mut Choices(choices.iter()), &mut facts);
    let pps = write_pps(&mut Choices([0, 0, 7].iter()), &mut facts);
    hevc.clear_bytes(&sps).unwrap();
    hevc.clear_bytes(&pps).unwrap();
    let (unit, longer) = slice(&facts);
    assert!(longer > len);
    assert_eq!(hevc.clear_bytes(&unit).unwrap(), longer);
}

fn without_sets() -> Hevc {
    Hevc {
        lengths: Lengths::new(4).unwrap(),
        sets: ParameterSets::default(),
    }
}
