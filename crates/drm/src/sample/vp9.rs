//! VP9 samples (VP Codec ISO Media File Format Binding, Sample Encryption) under common encryption.
//!
//! Of every frame, hidden ones of a superframe too, the uncompressed header stays clear, and so does the superframe's
//! index. What is protected of a frame is a multiple of 16 bytes under both schemes, as the binding says without regard to
//! the scheme; what is over leads.
use super::Parse;
use super::Reason;
use super::protector::Protector;
use header::Header;

mod header;
mod superframe;
#[cfg(test)]
mod tests;

#[derive(Debug, Default)]
pub(super) struct Vp9 {
    slots: header::Slots,
}

impl Vp9 {
    pub(super) fn protect(&mut self, sample: &mut Protector<'_>) -> Parse<()> {
        let frames = superframe::frames(sample.rest())?;
        for len in frames.sizes() {
            let at = sample.position();
            let frame = sample.rest().get(..len).ok_or("frame past the end")?;
            if frame.is_empty() {
                continue;
            }
            let clear = self
                .clear_bytes(frame)
                .map_err(|Reason(why)| format!("frame at byte {at}: {why}"))?;
            sample.pass(clear, len - clear)?;
        }
        // The index is all that is left.
        Ok(())
    }

    /// Bytes of the uncompressed header; all of a frame that only shows another.
    fn clear_bytes(&mut self, frame: &[u8]) -> Parse<usize> {
        Ok(match header::parse(frame, &self.slots)? {
            Header::ShowExisting => frame.len(),
            Header::Frame(frame) => {
                self.slots.refresh(&frame);
                frame.header_len
            }
        })
    }
}
