//! A bit reader over a NAL unit that steps over emulation prevention bytes (ISO/IEC 14496-10, 7.3.1 and 9.1; ITU-T H.265,
//! 7.3.1.1 and 9.2).
use crate::sample::Parse;

#[derive(Debug)]
pub(in crate::sample) struct BitReader<'a> {
    unit: &'a [u8],
    /// First byte not loaded yet.
    next: usize,
    /// Zero bytes just before `next`.
    zeros: u8,
    current: u8,
    /// Bits of `current` not read yet.
    left: u32,
}

impl<'a> BitReader<'a> {
    /// From the byte after the unit's header on, which has `header` bytes.
    pub(in crate::sample) fn new(unit: &'a [u8], header: usize) -> Self {
        Self {
            unit,
            next: header,
            zeros: 0,
            current: 0,
            left: 0,
        }
    }

    /// Length in bytes of all that was read, the unit's header and emulation prevention bytes included, rounded up.
    pub(in crate::sample) fn bytes_read(&self) -> usize {
        self.next
    }

    pub(in crate::sample) fn flag(&mut self) -> Parse<bool> {
        Ok(self.u(1)? == 1)
    }

    /// u(n), n ≤ 32.
    pub(in crate::sample) fn u(&mut self, bits: u32) -> Parse<u32> {
        let mut value = 0_u64;
        let mut wanted = bits;
        while wanted > 0 {
            if self.left == 0 {
                self.load()?;
            }
            let take = wanted.min(self.left);
            let taken = (u32::from(self.current) >> (self.left - take)) & ((1 << take) - 1);
            value = value << take | u64::from(taken);
            self.left -= take;
            wanted -= take;
        }
        // At most 32 bits were gathered.
        Ok(u32::try_from(value).unwrap_or(u32::MAX))
    }

    /// Passes over any number of bits.
    pub(in crate::sample) fn skip(&mut self, bits: u32) -> Parse<()> {
        let mut left = bits;
        while left > 0 {
            let step = left.min(32);
            self.u(step)?;
            left -= step;
        }
        Ok(())
    }

    /// Passes over the bits that are left of a byte begun.
    pub(in crate::sample) fn align(&mut self) {
        self.left = 0;
    }

    /// byte_alignment() of HEVC: a one, and zeros up to the end of its byte.
    pub(in crate::sample) fn byte_alignment(&mut self) -> Parse<()> {
        if !self.flag()? || self.u(self.left)? != 0 {
            return Err("slice segment header ends where no byte alignment is".into());
        }
        Ok(())
    }

    /// ue(v).
    pub(in crate::sample) fn ue(&mut self) -> Parse<u32> {
        let mut zeros = 0;
        while !self.flag()? {
            zeros += 1;
            if zeros > 31 {
                return Err("Exp-Golomb code of more than 32 bits".into());
            }
        }
        Ok((1 << zeros) - 1 + self.u(zeros)?)
    }

    /// ue(v) that must not exceed `max`; `name` is the syntax element's.
    pub(in crate::sample) fn ue_max(&mut self, max: u32, name: &'static str) -> Parse<u32> {
        let value = self.ue()?;
        if value > max {
            return Err(format!("{name} is {value}, more than {max}").into());
        }
        Ok(value)
    }

    /// se(v).
    pub(in crate::sample) fn se(&mut self) -> Parse<i32> {
        let code = self.ue()?;
        let magnitude = i32::try_from(code.div_ceil(2)).unwrap_or(i32::MAX);
        Ok(if code % 2 == 1 { magnitude } else { -magnitude })
    }

    fn load(&mut self) -> Parse<()> {
        if self.zeros >= 2 && self.unit.get(self.next) == Some(&3) {
            self.next += 1;
            self.zeros = 0;
        }
        let byte = *self.unit.get(self.next).ok_or("NAL unit ends too early")?;
        self.zeros = if byte == 0 {
            self.zeros.saturating_add(1)
        } else {
            0
        };
        self.current = byte;
        self.left = 8;
        self.next += 1;
        Ok(())
    }
}
