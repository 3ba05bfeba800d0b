//! How many chunks of a segment have come, while it comes: an `mdat` box ends each (ISO/IEC 23000-19, 7.3.2.3).
#[derive(Debug, Default)]
pub(super) struct Chunks {
    head: [u8; 16],
    in_head: usize,
    /// Of the box's payload, still to come.
    left: u64,
    in_mdat: bool,
    complete: u32,
}

impl Chunks {
    /// How many are complete.
    pub(super) fn complete(&self) -> u32 {
        self.complete
    }

    pub(super) fn push(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            if self.left > 0 {
                let step = self.left.min(bytes.len() as u64);
                self.left -= step;
                bytes = &bytes[usize::try_from(step).unwrap_or(bytes.len())..];
                if self.left == 0 {
                    self.close();
                }
                continue;
            }
            self.head[self.in_head] = bytes[0];
            self.in_head += 1;
            bytes = &bytes[1..];
            self.open();
        }
    }

    /// Where the head is whole, goes on to the payload.
    fn open(&mut self) {
        if self.in_head < 8 {
            return;
        }
        let short = u64::from(u32::from_be_bytes([
            self.head[0],
            self.head[1],
            self.head[2],
            self.head[3],
        ]));
        let (length, head) = match short {
            1 if self.in_head < 16 => return,
            1 => {
                let mut long = [0; 8];
                long.copy_from_slice(&self.head[8..]);
                (u64::from_be_bytes(long), 16)
            }
            // To the end of the file.
            0 => (u64::MAX, 8),
            short => (short, 8),
        };
        self.in_mdat = &self.head[4..8] == b"mdat";
        self.in_head = 0;
        // What is no box ends the counting.
        self.left = match length {
            length if length < head => u64::MAX,
            length => length - head,
        };
        if self.left == 0 {
            self.close();
        }
    }

    fn close(&mut self) {
        if self.in_mdat {
            self.complete += 1;
        }
        self.in_mdat = false;
    }
}

#[cfg(test)]
mod tests;
