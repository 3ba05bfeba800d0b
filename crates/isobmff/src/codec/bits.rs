//! Bits of a raw byte sequence payload: fixed-length and Exp-Golomb codes (ITU-T H.264, 7.2 and 9.1).

/// Why a parameter set or a configuration cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct BitsError(pub &'static str);

/// Reads bits from the most significant on.
#[derive(Debug, Clone)]
pub struct BitReader<'a> {
    data: &'a [u8],
    /// In bits.
    at: usize,
}

impl<'a> BitReader<'a> {
    pub fn new(data: &'a [u8]) -> Self {
        Self { data, at: 0 }
    }

    /// Bits not yet read.
    pub fn left(&self) -> usize {
        self.data.len() * 8 - self.at
    }

    /// `count` bits, 32 at most.
    ///
    /// # Errors
    /// When the data ends before.
    pub fn bits(&mut self, count: u32) -> Result<u32, BitsError> {
        if count > 32 || (count as usize) > self.left() {
            return Err(BitsError("it ends early"));
        }
        let mut value: u64 = 0;
        let mut wanted = count;
        while wanted > 0 {
            let byte = u64::from(self.data.get(self.at / 8).copied().unwrap_or(0));
            let in_byte = 8 - (self.at % 8) as u32;
            let take = wanted.min(in_byte);
            value = value << take | (byte >> (in_byte - take) & ((1 << take) - 1));
            self.at += take as usize;
            wanted -= take;
        }
        Ok(value as u32)
    }

    /// One bit.
    ///
    /// # Errors
    /// When the data ends before.
    pub fn flag(&mut self) -> Result<bool, BitsError> {
        self.bits(1).map(|bit| bit != 0)
    }

    /// `count` bits, 8 at most.
    ///
    /// # Errors
    /// When the data ends before.
    pub fn byte(&mut self, count: u32) -> Result<u8, BitsError> {
        self.bits(count.min(8)).map(|bits| bits.to_le_bytes()[0])
    }

    /// Passes `count` bits.
    ///
    /// # Errors
    /// When the data ends before.
    pub fn skip(&mut self, count: usize) -> Result<(), BitsError> {
        if count > self.left() {
            return Err(BitsError("it ends early"));
        }
        self.at += count;
        Ok(())
    }

    /// `ue(v)`.
    ///
    /// # Errors
    /// When the data ends before, or the code is longer than any value of 32 bits.
    pub fn ue(&mut self) -> Result<u32, BitsError> {
        let mut zeros = 0;
        while !self.flag()? {
            zeros += 1;
            if zeros > 31 {
                return Err(BitsError("an Exp-Golomb code is too long"));
            }
        }
        // At most 2³¹ − 1 + 2³¹ − 1.
        Ok((1 << zeros) - 1 + self.bits(zeros)?)
    }

    /// `se(v)`.
    ///
    /// # Errors
    /// As [`BitReader::ue`].
    pub fn se(&mut self) -> Result<i32, BitsError> {
        let code = self.ue()?;
        let magnitude = code.div_ceil(2).cast_signed();
        Ok(if code.is_multiple_of(2) {
            -magnitude
        } else {
            magnitude
        })
    }

    /// `ue(v)` that may not be above `max`.
    ///
    /// # Errors
    /// As [`BitReader::ue`], and for a larger value.
    pub fn ue_to(&mut self, max: u32) -> Result<u32, BitsError> {
        let value = self.ue()?;
        if value > max {
            Err(BitsError("a value is out of its range"))
        } else {
            Ok(value)
        }
    }
}

/// Takes the emulation prevention bytes out of a NAL unit (ITU-T H.264, 7.4.1).
pub fn unescape(nal: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(nal.len());
    let mut zeros = 0;
    for byte in nal {
        if zeros >= 2 && *byte == 3 {
            zeros = 0;
            continue;
        }
        zeros = if *byte == 0 { zeros + 1 } else { 0 };
        out.push(*byte);
    }
    out
}

#[cfg(test)]
mod tests;
