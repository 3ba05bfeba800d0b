//! A writer of NAL units for tests.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

/// Syntax elements on their way into a NAL unit.
#[derive(Default)]
pub(in crate::sample) struct Bits(Vec<bool>);

impl Bits {
    pub(in crate::sample) fn u(&mut self, bits: u32, value: u32) {
        self.0
            .extend((0..bits).rev().map(|bit| value >> bit & 1 == 1));
    }

    pub(in crate::sample) fn flag(&mut self, value: bool) -> bool {
        self.0.push(value);
        value
    }

    pub(in crate::sample) fn ue(&mut self, value: u32) -> u32 {
        let code = u64::from(value) + 1;
        let len = code.ilog2();
        self.u(len, 0);
        self.0
            .extend((0..=len).rev().map(|bit| code >> bit & 1 == 1));
        value
    }

    pub(in crate::sample) fn se(&mut self, value: i32) {
        self.ue(if value > 0 {
            2 * value.unsigned_abs() - 1
        } else {
            2 * value.unsigned_abs()
        });
    }

    /// As they are, with zeros up to a byte's end.
    pub(in crate::sample) fn bytes(&self) -> Vec<u8> {
        let byte = |bits: &[bool]| {
            let bits = bits.iter().enumerate();
            bits.fold(0, |byte, (i, &bit)| byte | u8::from(bit) << (7 - i))
        };
        self.0.chunks(8).map(byte).collect()
    }

    /// Bits so far.
    pub(in crate::sample) fn len(&self) -> usize {
        self.0.len()
    }

    /// The NAL unit, and the length of what was written so far in it, header included. `tail` follows.
    pub(in crate::sample) fn unit(self, header: &[u8], tail: &[u8]) -> (Vec<u8>, usize) {
        let mut payload = self.bytes();
        let written = payload.len();
        payload.extend_from_slice(tail);
        let mut unit = header.to_vec();
        let mut len = unit.len();
        let mut zeros = 0;
        for (i, byte) in payload.into_iter().enumerate() {
            if zeros == 2 && byte <= 3 {
                unit.push(3);
                zeros = 0;
            }
            zeros = if byte == 0 { zeros + 1 } else { 0 };
            unit.push(byte);
            if i < written {
                len = unit.len();
            }
        }
        (unit, len)
    }
}

/// Decisions, drawn by proptest.
pub(in crate::sample) struct Choices<'a>(pub(in crate::sample) std::slice::Iter<'a, u32>);

impl Choices<'_> {
    pub(in crate::sample) fn up_to(&mut self, max: u32) -> u32 {
        self.0.next().map_or(0, |choice| choice % (max + 1))
    }

    pub(in crate::sample) fn coin(&mut self) -> bool {
        self.up_to(1) == 1
    }

    pub(in crate::sample) fn signed(&mut self) -> i32 {
        i32::try_from(self.up_to(60)).unwrap() - 30
    }
}
