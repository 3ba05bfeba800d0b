//! The ID3v2.4 tag before packed audio: PRIV frames of HLS, each an owner and its data.
use crate::ts::clock::timestamp;

/// RFC 8216, 3.4.
const TIMESTAMP: &[u8] = b"com.apple.streaming.transportStreamTimestamp\0";
/// "MPEG-2 Stream Encryption Format for HTTP Live Streaming", 2.3.2.
const AUDIO_DESCRIPTION: &[u8] = b"com.apple.streaming.audioDescription\0";
const TIMESTAMP_LEN: usize = 8;
const HEADER_LEN: usize = 10;

/// A tag with one PRIV frame: the timestamp of `pts` (ticks) in eight bytes.
pub fn timestamp_tag(pts: i64) -> Vec<u8> {
    tag(pts, None)
}

/// The same, with a second frame for the setup information of encrypted audio.
pub(super) fn tag(pts: i64, setup_information: Option<&[u8]>) -> Vec<u8> {
    let len = tag_len(setup_information.map(<[u8]>::len));
    let mut tag = Vec::with_capacity(len);
    tag.extend([b'I', b'D', b'3', 4, 0, 0]);
    tag.extend(synchsafe(len - HEADER_LEN));
    private_frame(&mut tag, TIMESTAMP, &timestamp(pts).to_be_bytes());
    if let Some(information) = setup_information {
        private_frame(&mut tag, AUDIO_DESCRIPTION, information);
    }
    tag
}

/// Bytes of the tag; `setup_information`: bytes of that.
pub(super) fn tag_len(setup_information: Option<usize>) -> usize {
    let description = setup_information.map(|len| HEADER_LEN + AUDIO_DESCRIPTION.len() + len);
    2 * HEADER_LEN + TIMESTAMP.len() + TIMESTAMP_LEN + description.unwrap_or(0)
}

fn private_frame(tag: &mut Vec<u8>, owner: &[u8], data: &[u8]) {
    tag.extend(b"PRIV");
    tag.extend(synchsafe(owner.len() + data.len()));
    tag.extend([0, 0]);
    tag.extend(owner);
    tag.extend(data);
}

/// Seven bits a byte (ID3 version 2.4.0, main structure, 6.2).
fn synchsafe(size: usize) -> [u8; 4] {
    [21, 14, 7, 0].map(|shift| (size >> shift & 0x7f).to_le_bytes()[0])
}
