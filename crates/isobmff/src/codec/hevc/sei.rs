//! `sei_rbsp` (ITU-T H.265, 7.3.2.4 and annex D).
use crate::codec::bits::unescape;

/// D.2.38
const ALTERNATIVE_TRANSFER_CHARACTERISTICS: usize = 147;

/// preferred_transfer_characteristics of a prefix SEI NAL unit, header included; none when no message says it.
pub(super) fn preferred_transfer(nal: &[u8]) -> Option<u8> {
    let rbsp = unescape(nal);
    let mut rest = rbsp.get(2..)?;
    loop {
        let (kind, after) = value(rest)?;
        let (len, after) = value(after)?;
        let payload = after.get(..len)?;
        if kind == ALTERNATIVE_TRANSFER_CHARACTERISTICS {
            return payload.first().copied();
        }
        rest = &after[len..];
    }
}

/// payloadType and payloadSize: bytes of 255 go on.
fn value(data: &[u8]) -> Option<(usize, &[u8])> {
    let mut value = 0;
    for (index, byte) in data.iter().enumerate() {
        value += usize::from(*byte);
        if *byte != 255 {
            return Some((value, &data[index + 1..]));
        }
    }
    None
}
