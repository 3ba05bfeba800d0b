use super::*;

/// The check value that catalogues of CRCs give for CRC-32/MPEG-2.
#[test]
fn the_crc_is_that_of_mpeg_2() {
    assert_eq!(crc32(b"123456789"), 0x0376_e6e7);
}

#[test]
fn a_section_with_its_crc_leaves_no_remainder() {
    let streams = [StreamEntry {
        pid: VIDEO_PID,
        stream_type: 0x24,
        descriptors: registration(*b"HEVC", &[]),
    }];
    for section in [program_association(), program_map(VIDEO_PID, &streams)] {
        assert_eq!(crc32(&section), 0);
        let length = usize::from(u16::from_be_bytes([section[1] & 0x0f, section[2]]));
        assert_eq!(section.len(), 3 + length);
    }
}

#[test]
fn the_association_names_the_map() {
    // As FFmpeg writes it for the same numbers.
    let expected = [
        0, 0xb0, 0x0d, 0, 1, 0xc1, 0, 0, 0, 1, 0xf0, 0, 0x2a, 0xb1, 0x04, 0xb2,
    ];
    assert_eq!(program_association(), expected);
}

#[test]
fn the_map_lists_the_streams_in_order_with_their_registrations() {
    let streams = [
        StreamEntry {
            pid: VIDEO_PID,
            stream_type: 0x1b,
            descriptors: Vec::new(),
        },
        StreamEntry {
            pid: AUDIO_PID,
            stream_type: 0x81,
            descriptors: registration(*b"AC-3", &[]),
        },
    ];
    let map = program_map(VIDEO_PID, &streams);
    let body = &map[8..map.len() - 4];
    let expected = [
        &[
            0xe1, 0x00, 0xf0, 0, 0x1b, 0xe1, 0x00, 0xf0, 0, 0x81, 0xe1, 0x01, 0xf0, 6, 5, 4,
        ][..],
        b"AC-3",
    ];
    assert_eq!(body, expected.concat());
}
