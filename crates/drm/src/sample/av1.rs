//! AV1 samples (AV1 Codec ISO Media File Format Binding, 2.4 and 4) under common encryption.
//!
//! Of all OBUs only the tiles of tile group and frame OBUs are protected: what decode_tile() reads, one subsample each.
//! `cbcs` protects a tile from its first byte on, however short it is. `cenc` protects its whole blocks up to its last
//! byte; what is over leads, and a tile of less than a block stays clear.
//!
//! Where a tile begins depends on the frame header before it, and that on the frames it refers to. A segment starts with a
//! key frame, so that it knows them.
use super::bits::BitReader;
use super::protector::Protector;
use super::{Parse, Reason};
use crate::{Error, Result};
use edgepack_isobmff::codec::Av1Config;
use frame_header::Header;
use obu::Obu;
use references::Slots;
use sequence::Sequence;
use tiles::TileInfo;

mod filters;
mod frame_header;
mod obu;
mod quantizers;
mod references;
mod sequence;
#[cfg(test)]
mod tests;
mod tiles;

#[derive(Debug, Default)]
pub(super) struct Av1 {
    sequence: Option<Sequence>,
    slots: Slots,
    /// The frame whose tile groups follow.
    open: Option<OpenFrame>,
}

#[derive(Debug, Clone, Copy)]
struct OpenFrame {
    tiles: TileInfo,
    /// The number of the first one that was not seen.
    next_tile: u32,
}

impl Av1 {
    pub(super) fn new(config: &Av1Config) -> Result<Self> {
        let mut av1 = Self::default();
        av1.learn(&config.config_obus)
            .map_err(|Reason(why)| Error::CodecConfig(format!("configOBUs: {why}")))?;
        Ok(av1)
    }

    pub(super) fn protect(&mut self, sample: &mut Protector<'_>) -> Parse<()> {
        // A sample is a temporal unit (2.4).
        self.open = None;
        while !sample.rest().is_empty() {
            let at = sample.position();
            self.protect_obu(sample)
                .map_err(|Reason(why)| Reason::from(format!("OBU at byte {at}: {why}")))?;
        }
        Ok(())
    }

    /// Takes in the sequence header among OBUs that have no pictures.
    fn learn(&mut self, obus: &[u8]) -> Parse<()> {
        let mut rest = obus;
        while !rest.is_empty() {
            let obu = Obu::parse(rest)?;
            if obu.kind == obu::SEQUENCE_HEADER {
                self.sequence = Some(Sequence::parse(obu.payload)?);
            }
            rest = &rest[obu.header_len + obu.payload.len()..];
        }
        Ok(())
    }

    fn protect_obu(&mut self, sample: &mut Protector<'_>) -> Parse<()> {
        let obu = Obu::parse(sample.rest())?;
        let (header, len) = (obu.header_len, obu.payload.len());
        let mut tile_group = None;
        match obu.kind {
            obu::TEMPORAL_DELIMITER => self.open = None,
            obu::SEQUENCE_HEADER => self.sequence = Some(Sequence::parse(obu.payload)?),
            // A copy of the header, when the frame is open.
            obu::FRAME_HEADER | obu::REDUNDANT_FRAME_HEADER if self.open.is_some() => {}
            obu::FRAME_HEADER | obu::REDUNDANT_FRAME_HEADER => {
                self.frame_header(&obu)?;
            }
            obu::FRAME => {
                let mut r = self.frame_header(&obu)?;
                if r.f(r.to_byte_end())? != 0 {
                    return Err("frame header ends where no byte alignment is".into());
                }
                let open = self.open.as_mut().ok_or("shows a frame and has tiles")?;
                tile_group = Some(open.tile_group(r)?);
            }
            obu::TILE_GROUP => {
                let open = self
                    .open
                    .as_mut()
                    .ok_or("tile group without a frame header")?;
                tile_group = Some(open.tile_group(BitReader::new(obu.payload))?);
            }
            obu::TILE_LIST => return Err("tile lists are not supported".into()),
            _ => {}
        }
        let Some(group) = tile_group else {
            return sample.pass(header + len, 0);
        };
        let end = sample.position() + header + len;
        let mut clear = header + group.header_len;
        for _ in 1..group.tiles {
            let field = sample
                .rest()
                .get(clear..clear + group.size_bytes)
                .ok_or("tile size past the end")?;
            let bytes = field.iter().rev();
            let tile = 1 + bytes.fold(0, |size, &byte| size << 8 | usize::from(byte));
            if sample.position() + clear + group.size_bytes + tile > end {
                return Err(format!("tile of {tile} bytes goes past the end").into());
            }
            sample.pass(clear + group.size_bytes, tile)?;
            clear = 0;
        }
        let last = end
            .checked_sub(sample.position() + clear)
            .filter(|&last| last > 0)
            .ok_or("no bytes are left for the last tile")?;
        sample.pass(clear, last)?;
        if self
            .open
            .is_some_and(|open| open.next_tile == open.tiles.count())
        {
            self.open = None;
        }
        Ok(())
    }

    /// Reads a frame header up to its last bit, and opens its frame.
    fn frame_header<'a>(&mut self, obu: &Obu<'a>) -> Parse<BitReader<'a>> {
        let sequence = self
            .sequence
            .as_ref()
            .ok_or("frame header without a sequence header before it")?;
        let mut r = BitReader::new(obu.payload);
        let header = frame_header::parse(&mut r, obu, sequence, &mut self.slots)?;
        self.open = match header {
            Header::ShowExisting => None,
            Header::Frame(tiles) => Some(OpenFrame {
                tiles,
                next_tile: 0,
            }),
        };
        Ok(r)
    }
}

/// Where the tiles of one tile group stand.
#[derive(Debug)]
struct TileGroup {
    /// From the OBU's payload on.
    header_len: usize,
    tiles: u32,
    /// Of the field before each tile but the last.
    size_bytes: usize,
}

impl OpenFrame {
    /// tile_group_obu() (5.11.1) up to its first tile.
    fn tile_group(&mut self, mut r: BitReader<'_>) -> Parse<TileGroup> {
        let count = self.tiles.count();
        let (mut start, mut end) = (0, count - 1);
        if count > 1 && r.flag()? {
            let bits = self.tiles.index_bits();
            (start, end) = (r.f(bits)?, r.f(bits)?);
        }
        if r.f(r.to_byte_end())? != 0 {
            return Err("tile group header ends where no byte alignment is".into());
        }
        if start != self.next_tile || end < start || end >= count {
            return Err(format!("tiles {start} to {end} of {count} out of turn").into());
        }
        self.next_tile = end + 1;
        Ok(TileGroup {
            header_len: r.bytes_read(),
            tiles: end + 1 - start,
            size_bytes: self.tiles.size_bytes,
        })
    }
}
