#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
use proptest::prelude::*;

use super::*;

#[test]
fn reads_the_samples_of_rfc_9000_appendix_a1() {
    let samples: [(&[u8], u64); 5] = [
        (
            &[0xc2, 0x19, 0x7c, 0x5e, 0xff, 0x14, 0xe8, 0x8c],
            151_288_809_941_952_652,
        ),
        (&[0x9d, 0x7f, 0x3e, 0x7d], 494_878_333),
        (&[0x7b, 0xbd], 15_293),
        (&[0x25], 37),
        (&[0x40, 0x25], 37),
    ];
    for (bytes, value) in samples {
        assert_eq!(decode(bytes), Some((value, bytes.len())));
        assert_eq!(decode(&bytes[..bytes.len() - 1]), None);
    }
}

proptest! {
    #[test]
    fn round_trips_in_the_shortest_form(value in 0..=MAX) {
        let mut out = Vec::new();
        encode(value, &mut out);
        prop_assert_eq!(decode(&out), Some((value, out.len())));
        let shortest = match value { 0..=63 => 1, 64..=16_383 => 2, 16_384..=1_073_741_823 => 4, _ => 8 };
        prop_assert_eq!(out.len(), shortest);
    }
}
