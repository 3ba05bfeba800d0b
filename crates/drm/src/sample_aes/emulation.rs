//! Emulation prevention (ISO/IEC 14496-10, 7.4.1): no three bytes 00 00 00 to 00 00 03 within a NAL unit.

const EMULATION_PREVENTION: u8 = 3;
const RUN: usize = 32;

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
        loop {
            let rest = self.unit.get(self.at..)?;
            // A window begins with a zero, and most runs of bytes have none: looked at in one go, they cost next to
            // nothing.
            if let Some(run) = rest.first_chunk::<RUN>()
                && !run.iter().fold(false, |found, byte| found | (*byte == 0))
            {
                self.at += RUN;
                continue;
            }
            let zero = rest.iter().take(RUN).position(|byte| *byte == 0);
            let Some(zero) = zero else {
                self.at += RUN;
                continue;
            };
            let &[_, second, third] = rest.get(zero..)?.first_chunk()?;
            if second == 0 && third <= EMULATION_PREVENTION {
                self.at += zero + 2;
                return Some(self.at);
            }
            self.at += zero + 1;
        }
    }
}
