//! Program tables: which PIDs carry media (ISO/IEC 13818-1, 2.4.4).
use std::collections::BTreeSet;

use super::super::boxes::Fields;

/// Longest section (2.4.4.3): 12 bits of length, behind 3 bytes.
const MAX_SECTION: usize = 4098;

/// What a packet's payload was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Table {
    Pat,
    Pmt,
    None,
}

#[derive(Debug, Default)]
pub(super) struct Sections {
    /// Of the first program; `None` before a PAT.
    pmt: Option<u16>,
    media: Option<BTreeSet<u16>>,
    /// The beginning of a section that goes on in further packets.
    open: Option<(u16, Vec<u8>)>,
}

impl Sections {
    pub(super) fn complete(&self) -> bool {
        self.media.is_some()
    }

    pub(super) fn is_media(&self, pid: u16) -> bool {
        self.media
            .as_ref()
            .is_some_and(|media| media.contains(&pid))
    }

    pub(super) fn payload(
        &mut self,
        pid: u16,
        starts: bool,
        payload: &[u8],
    ) -> Result<Table, String> {
        let table = if pid == 0 {
            Table::Pat
        } else if self.pmt == Some(pid) {
            Table::Pmt
        } else {
            return Ok(Table::None);
        };
        let mut section = if starts {
            let pointer = payload.first().copied().unwrap_or_default();
            let section = payload.get(1 + usize::from(pointer)..);
            section.ok_or("a pointer field beyond its packet")?.to_vec()
        } else {
            match self.open.take() {
                Some((open, mut section)) if open == pid => {
                    section.extend_from_slice(payload);
                    section
                }
                _ => return Ok(table),
            }
        };
        let Some(length) = section.get(1..3).map(|length| {
            let length = u16::from_be_bytes([
                length.first().copied().unwrap_or_default(),
                length.last().copied().unwrap_or_default(),
            ]);
            usize::from(length & 0xfff) + 3
        }) else {
            return Err("a section cut short".to_owned());
        };
        if length > MAX_SECTION {
            return Err("a section longer than sections are".to_owned());
        }
        if section.len() < length {
            self.open = Some((pid, section));
            return Ok(table);
        }
        section.truncate(length);
        self.section(table, &section)?;
        Ok(table)
    }

    fn section(&mut self, table: Table, section: &[u8]) -> Result<(), String> {
        let (kind, name) = match table {
            Table::Pat => (0, "PAT"),
            _ => (2, "PMT"),
        };
        if section.first() != Some(&kind) {
            // A private section on the same PID.
            return Ok(());
        }
        if crc(section) != 0 {
            return Err(format!("the checksum of the {name} is wrong"));
        }
        let body = section.get(8..section.len().saturating_sub(4));
        let body = body.ok_or_else(|| format!("a {name} cut short"))?;
        let mut fields = Fields(body);
        let read = match table {
            Table::Pat => self.pat(&mut fields),
            _ => self.pmt(&mut fields),
        };
        read.ok_or_else(|| format!("a {name} cut short"))
    }

    fn pat(&mut self, fields: &mut Fields<'_>) -> Option<()> {
        while !fields.0.is_empty() {
            let program = fields.u16()?;
            let pid = fields.u16()? & 0x1fff;
            // Program 0 is the network's table.
            if program != 0 {
                self.pmt = Some(pid);
                return Some(());
            }
        }
        None
    }

    fn pmt(&mut self, fields: &mut Fields<'_>) -> Option<()> {
        fields.u16()?;
        let descriptors = fields.u16()? & 0xfff;
        fields.take(usize::from(descriptors))?;
        let mut media = BTreeSet::new();
        while !fields.0.is_empty() {
            let kind = fields.u8()?;
            let pid = fields.u16()? & 0x1fff;
            let descriptors = fields.u16()? & 0xfff;
            fields.take(usize::from(descriptors))?;
            // Metadata (ID3), private sections and SCTE 35 are no media.
            if !matches!(kind, 0x05 | 0x15 | 0x86) {
                media.insert(pid);
            }
        }
        self.media = Some(media);
        Some(())
    }
}

/// CRC of MPEG-2 (annex A); 0 over a section with its checksum.
fn crc(bytes: &[u8]) -> u32 {
    bytes.iter().fold(u32::MAX, |crc, byte| {
        (0..8).fold(crc ^ (u32::from(*byte) << 24), |crc, _| {
            let carry = if crc >> 31 == 1 { 0x04c1_1db7 } else { 0 };
            (crc << 1) ^ carry
        })
    })
}
