//! Program specific information (ISO/IEC 13818-1, 2.4.4): one program with at most two streams.

pub(super) const PAT_PID: u16 = 0;
pub(super) const PMT_PID: u16 = 0x1000;
pub(super) const VIDEO_PID: u16 = 0x100;
pub(super) const AUDIO_PID: u16 = 0x101;

const PROGRAM_NUMBER: u16 = 1;
const TRANSPORT_STREAM_ID: u16 = 1;

const PROGRAM_ASSOCIATION: u8 = 0x00;
const PROGRAM_MAP: u8 = 0x02;
const REGISTRATION_DESCRIPTOR: u8 = 0x05;
const PRIVATE_DATA_INDICATOR_DESCRIPTOR: u8 = 0x0f;

/// A stream as the program map names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct StreamEntry {
    pub(super) pid: u16,
    pub(super) stream_type: u8,
    pub(super) descriptors: Vec<u8>,
}

/// A registration descriptor (2.6.8); `information` has less than 252 bytes.
pub(super) fn registration(format_identifier: [u8; 4], information: &[u8]) -> Vec<u8> {
    let content = [&format_identifier, information].concat();
    descriptor(REGISTRATION_DESCRIPTOR, &content)
}

/// A private data indicator descriptor (2.6.28).
pub(super) fn private_data_indicator(indicator: [u8; 4]) -> Vec<u8> {
    descriptor(PRIVATE_DATA_INDICATOR_DESCRIPTOR, &indicator)
}

fn descriptor(tag: u8, content: &[u8]) -> Vec<u8> {
    let [length, ..] = content.len().to_le_bytes();
    [&[tag, length], content].concat()
}

/// The program association section.
pub(super) fn program_association() -> Vec<u8> {
    let mut body = PROGRAM_NUMBER.to_be_bytes().to_vec();
    body.extend((0xe000 | PMT_PID).to_be_bytes());
    section(PROGRAM_ASSOCIATION, TRANSPORT_STREAM_ID, &body)
}

/// The program map section. It fits one packet.
pub(super) fn program_map(clock_pid: u16, streams: &[StreamEntry]) -> Vec<u8> {
    let mut body = (0xe000 | clock_pid).to_be_bytes().to_vec();
    // No descriptors of the program.
    body.extend([0xf0, 0]);
    for stream in streams {
        body.push(stream.stream_type);
        body.extend((0xe000 | stream.pid).to_be_bytes());
        let length = u16::try_from(stream.descriptors.len()).unwrap_or(u16::MAX);
        body.extend((0xf000 | length).to_be_bytes());
        body.extend(&stream.descriptors);
    }
    section(PROGRAM_MAP, PROGRAM_NUMBER, &body)
}

/// A section in the long form: version 0, current, the only one of its table.
fn section(table_id: u8, extension: u16, body: &[u8]) -> Vec<u8> {
    // What follows the length: extension, version, two numbers, and the CRC.
    let length = u16::try_from(body.len() + 9).unwrap_or(u16::MAX);
    let mut section = vec![table_id];
    section.extend((0xb000 | length).to_be_bytes());
    section.extend(extension.to_be_bytes());
    section.extend([0xc1, 0, 0]);
    section.extend(body);
    section.extend(crc32(&section).to_be_bytes());
    section
}

/// Annex A: polynomial 0x04C11DB7, all ones at the start, neither reflected nor inverted.
pub(crate) fn crc32(data: &[u8]) -> u32 {
    data.iter().fold(u32::MAX, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte) << 24, |crc, _| {
            crc << 1 ^ if crc >> 31 == 1 { 0x04c1_1db7 } else { 0 }
        })
    })
}

#[cfg(test)]
mod tests;
