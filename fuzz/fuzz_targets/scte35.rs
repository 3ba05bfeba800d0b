//! Any bytes as splice information: an error, or a section that is read the same again. The length and the CRC are set
//! right, since hardly any bytes have them so by chance.
#![no_main]
use bytes::Bytes;
use edgepack_packager::scte35::{SpliceError, SpliceInfo};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    _ = SpliceInfo::parse(&Bytes::copy_from_slice(data));
    let data = &data[..data.len().min(4000)];
    let mut section = vec![0xfc];
    section.extend((0x3000 | (data.len() + 4) as u16).to_be_bytes());
    section.extend_from_slice(data);
    section.extend(crc(&section).to_be_bytes());
    let section = Bytes::from(section);
    match SpliceInfo::parse(&section) {
        Ok(info) => {
            assert_eq!(info.section, section);
            assert!(info.pts().is_none_or(|pts| pts < 1 << 33));
            let upids = info.segmentations.iter().map(|found| found.upid.len());
            assert!(upids.sum::<usize>() <= data.len());
            for found in &info.segmentations {
                _ = found.kind();
            }
            _ = info.duration();
        }
        Err(SpliceError::Crc | SpliceError::OtherTable { .. }) => panic!("it is right"),
        Err(SpliceError::Length { .. }) => panic!("it is whole"),
        Err(_) => {}
    }
});

/// CRC-32/MPEG-2.
fn crc(data: &[u8]) -> u32 {
    let mut crc = u32::MAX;
    for bit in data.iter().flat_map(|byte| (0..8).rev().map(move |at| byte >> at & 1)) {
        let top = crc >> 31 ^ u32::from(bit);
        crc = crc << 1 ^ if top == 1 { 0x04c1_1db7 } else { 0 };
    }
    crc
}
