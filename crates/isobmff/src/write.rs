//! Box writer: sizes are filled in when a box closes.
use crate::FourCc;

/// Writes boxes (ISO/IEC 14496-12, 4.2) into memory, all numbers big-endian.
///
/// ```
/// use edgepack_isobmff::BoxWriter;
///
/// let mut writer = BoxWriter::new();
/// writer.boxed(b"mvex", |w| {
///     w.full_box(b"mehd", 0, 0, |w| w.u32(1000));
/// });
/// assert_eq!(writer.into_vec(), b"\0\0\0\x18mvex\0\0\0\x10mehd\0\0\0\0\0\0\x03\xe8");
/// ```
#[derive(Debug, Default)]
pub struct BoxWriter {
    buf: Vec<u8>,
}

/// The largest size that the 32-bit field holds.
const MAX_SHORT_SIZE: u64 = u32::MAX as u64;

impl BoxWriter {
    pub fn new() -> Self {
        Self::default()
    }

    /// Room for `bytes` before the buffer grows.
    pub fn with_capacity(bytes: usize) -> Self {
        Self {
            buf: Vec::with_capacity(bytes),
        }
    }

    /// Bytes written; the position of what is written next.
    pub fn len(&self) -> usize {
        self.buf.len()
    }

    pub fn is_empty(&self) -> bool {
        self.buf.is_empty()
    }

    pub fn into_vec(self) -> Vec<u8> {
        self.buf
    }

    /// A box whose content `body` writes. Nesting is calling this inside `body`.
    ///
    /// A box of 4 GiB or more gets the 64-bit form of the size: its content then stands 8 bytes
    /// behind the positions that [`BoxWriter::len`] told inside of `body`.
    pub fn boxed(&mut self, fourcc: &[u8; 4], body: impl FnOnce(&mut Self)) {
        let start = self.buf.len();
        self.u32(0);
        self.bytes(fourcc);
        body(self);
        self.close(start, MAX_SHORT_SIZE);
    }

    /// A box that begins with a version and 24 bits of flags.
    pub fn full_box(
        &mut self,
        fourcc: &[u8; 4],
        version: u8,
        flags: u32,
        body: impl FnOnce(&mut Self),
    ) {
        self.boxed(fourcc, |w| {
            w.u8(version);
            w.u24(flags);
            body(w);
        });
    }

    pub fn u8(&mut self, v: u8) {
        self.buf.push(v);
    }

    pub fn u16(&mut self, v: u16) {
        self.bytes(&v.to_be_bytes());
    }

    /// The low 24 bits of `v`.
    pub fn u24(&mut self, v: u32) {
        self.bytes(&v.to_be_bytes()[1..]);
    }

    pub fn u32(&mut self, v: u32) {
        self.bytes(&v.to_be_bytes());
    }

    pub fn u64(&mut self, v: u64) {
        self.bytes(&v.to_be_bytes());
    }

    pub fn i16(&mut self, v: i16) {
        self.bytes(&v.to_be_bytes());
    }

    pub fn i32(&mut self, v: i32) {
        self.bytes(&v.to_be_bytes());
    }

    pub fn i64(&mut self, v: i64) {
        self.bytes(&v.to_be_bytes());
    }

    pub fn bytes(&mut self, v: &[u8]) {
        self.buf.extend_from_slice(v);
    }

    /// `count` zero bytes: reserved fields.
    pub fn zeros(&mut self, count: usize) {
        self.buf.resize(self.buf.len() + count, 0);
    }

    pub fn fourcc(&mut self, v: FourCc) {
        self.bytes(&v.0);
    }

    /// Overwrites four bytes written before (a `trun` data_offset, a `saio` offset).
    ///
    /// # Panics
    /// When fewer than `at + 4` bytes were written: a mistake of the caller.
    pub fn patch_u32(&mut self, at: usize, v: u32) {
        self.buf[at..at + 4].copy_from_slice(&v.to_be_bytes());
    }

    fn close(&mut self, start: usize, max_short: u64) {
        let size = (self.buf.len() - start) as u64;
        match u32::try_from(size) {
            Ok(short) if size <= max_short => self.patch_u32(start, short),
            _ => {
                let large = size + 8;
                self.patch_u32(start, 1);
                self.buf.splice(start + 8..start + 8, large.to_be_bytes());
            }
        }
    }
}

#[cfg(test)]
mod tests;
