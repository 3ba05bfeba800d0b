//! Sections of the standard's examples (clause 14), and some that another implementation made. What they say is what that
//! one reads in them.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
use super::*;

/// 14.1: a provider's placement opportunity of 307 s begins.
const OPPORTUNITY_START: &str = "fc3034000000000000fffff00506fe72bd0050001e021c435545494800008e7fcf0001a599b00808000000002ca0a18a3402009ac9d17e";
/// 14.2.
const INSERT: &str = "fc302f000000000000fffff014054800008f7feffe7369c02efe0052ccf500000000000a0008435545490000013562dba30a";
/// 14.4: one programme ends, another one begins.
const PROGRAMS: &str = "fc3048000000000000fffff00506fe7a4d88b60032021743554549480000187f9f0808000000002ccbc344110000021743554549480000197f9f0808000000002ca4dba01000009972e343";
const RETURN: &str = "fc302000000000000000fff00f054800008f7f4ffe73bc8d231234010200000fc7216e";
const CANCEL: &str = "fc301600000000000000fff005054800008fff0000cdbac052";
const AT_ONCE: &str = "fc302000000000000000fff00f054800008f7fff7e002932e01234010200006fcdf279";
const PARTS: &str = "fc303300000000000000fff00506fe00895440001d021b43554549000000077fff00002932e00f0575726e3a78340102030413ff5ea6";
const CANCEL_SEGMENTATION: &str =
    "fc302100000000000000fff00506fe00895440000b02094355454900000007ff9baf7f10";

fn bytes(section: &str) -> Bytes {
    hex::decode(section).unwrap().into()
}

fn parse(section: &str) -> SpliceInfo {
    SpliceInfo::parse(&bytes(section)).unwrap()
}

/// With the CRC that it must have.
fn sealed(mut section: Vec<u8>) -> Bytes {
    section.truncate(section.len() - CRC_LENGTH);
    let length = section.len() + CRC_LENGTH - BEFORE_LENGTH;
    section[1..3].copy_from_slice(&(0x3000 | length as u16).to_be_bytes());
    section.extend(crc32(&section).to_be_bytes());
    section.into()
}

#[test]
fn a_placement_opportunity() {
    let info = parse(OPPORTUNITY_START);
    assert_eq!(info.command, Command::TimeSignal(Some(0x0_72bd_0050)));
    assert_eq!(info.duration(), Some(307 * 90_000));
    let [found] = &info.segmentations[..] else {
        panic!("{info:?}");
    };
    assert_eq!((found.event_id, found.type_id), (0x4800_008e, 0x34));
    assert_eq!(found.kind(), SegmentationKind::Out { end: 0x35 });
    assert_eq!(
        (found.upid_type, &found.upid[..]),
        (8, &0x2ca0_a18a_u64.to_be_bytes()[..])
    );
    assert_eq!(
        (found.segment, found.segments_expected, found.sub_segment),
        (2, 0, None)
    );
    assert_eq!(info.section, bytes(OPPORTUNITY_START));
}

#[test]
fn a_break_and_the_return_from_it() {
    let Command::Insert(out) = parse(INSERT).command else {
        panic!();
    };
    let ticks = 5_426_421;
    let expected = SpliceInsert {
        event_id: 0x4800_008f,
        cancelled: false,
        out_of_network: true,
        time: SpliceTime::Pts(0x0_7369_c02e),
        break_duration: Some(BreakDuration {
            auto_return: true,
            ticks,
        }),
        unique_program_id: 0,
        avail: 0,
        avails_expected: 0,
    };
    assert_eq!(out, expected);
    let Command::Insert(back) = parse(RETURN).command else {
        panic!();
    };
    let expected = SpliceInsert {
        out_of_network: false,
        time: SpliceTime::Pts(1_941_736_739),
        break_duration: None,
        unique_program_id: 0x1234,
        avail: 1,
        avails_expected: 2,
        ..expected
    };
    assert_eq!(back, expected);
    let Command::Insert(now) = parse(AT_ONCE).command else {
        panic!();
    };
    assert_eq!(
        (now.out_of_network, now.time),
        (true, SpliceTime::Immediate)
    );
    let planned = BreakDuration {
        auto_return: false,
        ticks: 30 * 90_000,
    };
    assert_eq!(now.break_duration, Some(planned));
}

#[test]
fn what_is_cancelled_says_nothing_else() {
    let Command::Insert(insert) = parse(CANCEL).command else {
        panic!();
    };
    assert_eq!((insert.event_id, insert.cancelled), (0x4800_008f, true));
    let [found] = &parse(CANCEL_SEGMENTATION).segmentations[..] else {
        panic!();
    };
    assert_eq!((found.event_id, found.cancelled), (7, true));
}

#[test]
fn several_segmentations_and_parts_of_them() {
    let found = parse(PROGRAMS).segmentations;
    let told: Vec<_> = found
        .iter()
        .map(|s| (s.event_id, s.type_id, s.kind()))
        .collect();
    let mark = SegmentationKind::Mark;
    assert_eq!(told, [(0x4800_0018, 0x11, mark), (0x4800_0019, 0x10, mark)]);
    let found = parse(PARTS).segmentations.remove(0);
    assert_eq!((found.upid_type, &found.upid[..]), (15, &b"urn:x"[..]));
    assert_eq!(
        (found.segment, found.segments_expected, found.sub_segment),
        (1, 2, Some((3, 4)))
    );
    assert_eq!(found.duration, Some(30 * 90_000));
}

#[test]
fn times_are_adjusted_and_wrap_at_33_bits() {
    let mut section = bytes(OPPORTUNITY_START).to_vec();
    // `pts_adjustment`: all ones, one tick less than nothing.
    section[4] = 1;
    section[5..9].fill(0xff);
    let info = SpliceInfo::parse(&sealed(section)).unwrap();
    assert_eq!(info.pts_adjustment, (1 << 33) - 1);
    assert_eq!(info.pts(), Some(0x0_72bd_0050 - 1));
}

#[test]
fn a_command_whose_length_is_not_told_and_stuffing() {
    let mut section = bytes(INSERT).to_vec();
    section[11] |= 0x0f;
    section[12] = 0xff;
    // Of the descriptor loop, behind it.
    section.splice(section.len() - CRC_LENGTH.., [0; 6 + CRC_LENGTH]);
    let sealed = sealed(section);
    let info = SpliceInfo::parse(&[&sealed[..], &[0xff; 9]].concat().into()).unwrap();
    assert_eq!(info.command, parse(INSERT).command);
    assert_eq!(info.section, sealed);
}

#[test]
fn an_encrypted_section_is_known_as_one() {
    let mut section = bytes(INSERT).to_vec();
    section[4] |= 0x82;
    let info = SpliceInfo::parse(&sealed(section)).unwrap();
    assert_eq!(
        (info.command, info.segmentations),
        (Command::Encrypted, vec![])
    );
}

/// `component_count` 2: times of the first are taken.
#[test]
fn components_that_are_spliced_apart() {
    let mut section = bytes(INSERT).to_vec();
    section[19] &= !0x40;
    let component = [&[9][..], &section[20..25]].concat();
    let components = [&[2][..], &component, &[10, 0x7f]].concat();
    section.splice(20..25, components.clone());
    section[12] = section[12] + components.len() as u8 - 5;
    let info = SpliceInfo::parse(&sealed(section)).unwrap();
    assert_eq!(info.command, parse(INSERT).command);
}

#[test]
fn what_is_none_is_told() {
    let whole = bytes(INSERT).to_vec();
    let refused = |section: Bytes| SpliceInfo::parse(&section).unwrap_err();
    let (said, got) = (50, 49);
    assert_eq!(
        refused(whole[..49].to_vec().into()),
        SpliceError::Length { said, got }
    );
    assert_eq!(
        refused(Bytes::new()),
        SpliceError::Length { said: 3, got: 0 }
    );
    let mut other = whole.clone();
    other[0] = 0;
    assert_eq!(
        refused(other.into()),
        SpliceError::OtherTable { table_id: 0 }
    );
    let mut flipped = whole.clone();
    flipped[20] ^= 4;
    assert_eq!(refused(flipped.into()), SpliceError::Crc);
    let mut version = whole.clone();
    version[3] = 1;
    assert_eq!(
        refused(sealed(version)),
        SpliceError::Version { version: 1 }
    );
    for (at, value, reason) in [
        (12, 19, "splice command: it is longer than it says"),
        (12, 200, "splice command: it ends early"),
        (
            35,
            9,
            "descriptor loop: a descriptor is longer than the loop",
        ),
        (35, 11, "descriptor loop: it is longer than the section"),
        (
            37,
            7,
            "descriptor loop: it ends in the middle of a descriptor",
        ),
    ] {
        let mut section = whole.clone();
        section[at] = value;
        assert_eq!(refused(sealed(section)).to_string(), reason);
    }
    let cut = whole[..30].to_vec();
    assert_eq!(
        refused(sealed(cut)).to_string(),
        "splice_insert: it ends early"
    );
}

#[test]
fn kinds_of_segmentation_come_in_pairs() {
    let of = |type_id| {
        Segmentation {
            type_id,
            ..parse(PARTS).segmentations.remove(0)
        }
        .kind()
    };
    for start in (0x22..=0x23)
        .chain(0x30..=0x3f)
        .chain(0x42..=0x47)
        .step_by(2)
    {
        assert_eq!(of(start), SegmentationKind::Out { end: start + 1 });
        assert_eq!(of(start + 1), SegmentationKind::In { start });
    }
    for mark in [
        0x00, 0x01, 0x10, 0x11, 0x18, 0x20, 0x21, 0x24, 0x40, 0x41, 0x50, 0xff,
    ] {
        assert_eq!(of(mark), SegmentationKind::Mark, "{mark:#04x}");
    }
}
