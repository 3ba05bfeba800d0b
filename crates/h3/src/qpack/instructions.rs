//! The peer's QPACK streams (RFC 9204, 4.2 to 4.4), where the table capacity is 0 on both sides.
use crate::Error;

/// What a client's encoder may say to a table of capacity 0: that its capacity is 0.
#[derive(Debug, Default)]
pub(crate) struct EncoderStream;

impl EncoderStream {
    /// `001` and a five-bit capacity of 0 (4.3.1).
    const SET_CAPACITY_0: u8 = 0x20;

    pub(crate) fn receive(&self, chunk: &[u8]) -> Result<(), Error> {
        if chunk.iter().all(|byte| *byte == Self::SET_CAPACITY_0) {
            Ok(())
        } else {
            Err(Error::EncoderStream(
                "the dynamic table has capacity 0: nothing can be inserted",
            ))
        }
    }
}

/// What a client's decoder may say to an encoder that never inserts: that a stream was cancelled.
#[derive(Debug, Default)]
pub(crate) struct DecoderStream {
    /// Continuation bytes read of the stream number of a Stream Cancellation.
    continuation: Option<u8>,
}

impl DecoderStream {
    /// Bytes of seven bits that a number of 62 bits takes after its prefix.
    const MAX_CONTINUATION: u8 = 9;

    pub(crate) fn receive(&mut self, chunk: &[u8]) -> Result<(), Error> {
        for byte in chunk {
            match self.continuation {
                Some(Self::MAX_CONTINUATION) => {
                    return Err(Error::DecoderStream("stream number above 62 bits"));
                }
                Some(read) => {
                    self.continuation = (byte & 0x80 != 0).then_some(read + 1);
                }
                // 01 and a six-bit prefix: Stream Cancellation (4.4.2).
                None if byte & 0xc0 == 0x40 => {
                    self.continuation = (byte & 0x3f == 0x3f).then_some(0);
                }
                None if byte & 0x80 != 0 => {
                    return Err(Error::DecoderStream(
                        "acknowledges a section that referred to no dynamic entry",
                    ));
                }
                None => {
                    return Err(Error::DecoderStream("counts inserts that were never made"));
                }
            }
        }
        Ok(())
    }
}
