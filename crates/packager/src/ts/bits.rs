//! Fields of any number of bits, the first one in the most significant bits.

#[derive(Debug, Default)]
pub(super) struct BitWriter {
    pub(super) bytes: Vec<u8>,
    /// Bits of the last byte still free.
    free: u32,
}

impl BitWriter {
    /// The low `count` bits.
    pub(super) fn put(&mut self, count: u32, bits: u32) {
        for at in (0..count).rev() {
            if self.free == 0 {
                self.bytes.push(0);
                self.free = 8;
            }
            self.free -= 1;
            if let Some(last) = self.bytes.last_mut() {
                *last |= u8::from(bits >> at & 1 == 1) << self.free;
            }
        }
    }

    pub(super) fn align(&mut self) {
        self.free = 0;
    }
}
