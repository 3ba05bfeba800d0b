//! Emulation prevention (ISO/IEC 14496-10, 7.4.1): no three bytes 00 00 00 to 00 00 03 within a NAL unit.

const EMULATION_PREVENTION: u8 = 3;

/// How many bytes [`escape`] adds.
pub fn escapes(unit: &[u8]) -> usize {
    Places { unit, at: 0 }.count()
}

/// Puts out the unit with a byte of 3 between each two zeros and a byte of at most 3 behind them. The unit does not end
/// with a zero.
pub fn escape(unit: &[u8], put: &mut impl FnMut(&[u8])) {
    let mut from = 0;
    for place in (Places { unit, at: 0 }) {
        put(&unit[from..place]);
        put(&[EMULATION_PREVENTION]);
        from = place;
    }
    put(&unit[from..]);
}

/// Before which bytes something goes.
struct Places<'u> {
    unit: &'u [u8],
    at: usize,
}

impl Iterator for Places<'_> {
    type Item = usize;

    fn next(&mut self) -> Option<usize> {
        // Most bytes are above 3: none of three windows fits then.
        while let Some(&[first, second, third]) =
            self.unit.get(self.at..).and_then(<[u8]>::first_chunk)
        {
            if third > EMULATION_PREVENTION {
                self.at += 3;
            } else if first == 0 && second == 0 {
                self.at += 2;
                return Some(self.at);
            } else {
                self.at += 1;
            }
        }
        None
    }
}
