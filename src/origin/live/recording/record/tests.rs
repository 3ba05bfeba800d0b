#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
use super::*;

fn segment() -> Record {
    Record::Segment {
        common: Common {
            epoch: 0x6543_2100,
            header: 3,
            timescale: 90_000,
        },
        entry: Entry {
            number: u64::MAX - 1,
            start: 1 << 40,
            duration: 180_000,
            wall_clock_ms: -5,
            first_sample: 77,
            offset: 1 << 33,
            length: 4_000_000,
            crc: 0xdead_beef,
            discontinuity: true,
            gap: false,
        },
    }
}

#[test]
fn a_record_comes_back_as_it_was() {
    let header = Record::Header {
        common: Common {
            epoch: 1,
            header: 0,
            timescale: 1,
        },
        length: 800,
        crc: 7,
    };
    for record in [segment(), header] {
        assert_eq!(Record::read(&record.write()), Some(record));
    }
}

#[test]
fn every_flipped_bit_is_found() {
    let written = segment().write();
    for bit in 0..RECORD_LEN * 8 {
        let mut flipped = written;
        flipped[bit / 8] ^= 1 << (bit % 8);
        assert_eq!(Record::read(&flipped), None, "bit {bit}");
    }
    assert_eq!(Record::read(&[0; RECORD_LEN]), None);
}
