//! What audio sample entries share: AudioSampleEntry (ISO/IEC 14496-12, 12.2.3) and QuickTime's sound descriptions,
//! which have more fields and may keep the configuration inside `wave` (QuickTime File Format, Sound Sample Descriptions).
use bytes::Bytes;

use super::descriptors;
use super::mp3;
use crate::boxes::Node;
use crate::{BoxWriter, FourCc, Handler, Result};

/// Fields before the child boxes.
const AUDIO_FIELDS: usize = 28;
/// Four more words.
const QUICKTIME_V1_FIELDS: usize = AUDIO_FIELDS + 16;
/// Size, a 64-bit float rate, 32-bit channels and four more words.
const QUICKTIME_V2_FIELDS: usize = AUDIO_FIELDS + 36;

/// Where codecs keep their configuration.
const CONFIG_KINDS: [&[u8; 4]; 11] = [
    b"esds", b"dac3", b"dec3", b"dac4", b"dOps", b"dfLa", b"alac", b"ddts", b"udts", b"iacb",
    b"btrt",
];

/// Formats that this crate looks into; the fields of others may be anything.
pub(super) fn is_known(format: FourCc) -> bool {
    matches!(
        &format.0,
        b"mp4a"
            | b"ac-3"
            | b"ec-3"
            | b"ac-4"
            | b"Opus"
            | b"fLaC"
            | b"alac"
            | b".mp3"
            | b"iamf"
            | b"enca"
    ) || matches!(
        &format.0,
        b"dtsc" | b"dtsh" | b"dtsl" | b"dtse" | b"dtsx" | b"dtsy"
    )
}

/// An audio sample entry taken apart.
pub(super) struct SoundEntry<'n> {
    pub(super) entry: &'n Node<'n>,
    /// What the entry says; codecs with a configuration know better.
    pub(super) channels: u16,
    pub(super) sample_size: u16,
    /// Hz; 0 when it does not fit 16 bits and nothing else says it.
    pub(super) sample_rate: u32,
    version: u16,
    fields: usize,
}

impl<'n> SoundEntry<'n> {
    /// Version 1 is QuickTime's in a `stsd` of version 0, and ISO's, with an `srat` box, in one of version 1.
    pub(super) fn parse(entry: &'n Node<'n>, stsd_version: u8) -> Result<Self> {
        let mut fields = entry.fields();
        fields.skip(8)?;
        let version = fields.u16()?;
        fields.skip(6)?;
        let (channels, sample_size) = (fields.u16()?, fields.u16()?);
        fields.skip(4)?;
        let sample_rate = fields.u32()? >> 16;
        let mut sound = Self {
            entry,
            channels,
            sample_size,
            sample_rate,
            version,
            fields: AUDIO_FIELDS,
        };
        match (version, stsd_version) {
            (0, _) => {}
            (1, 0) => sound.fields = QUICKTIME_V1_FIELDS,
            (1, _) => {
                if let Some(srat) = sound.find(b"srat")? {
                    let mut fields = srat.fields();
                    fields.version_and_flags()?;
                    sound.sample_rate = fields.u32()?;
                }
            }
            (2, 0) => {
                fields.skip(4)?;
                let rate = f64::from_bits(fields.u64()?);
                let channels = fields.u32()?;
                sound.fields = QUICKTIME_V2_FIELDS;
                sound.channels = u16::try_from(channels)
                    .map_err(|_| entry.malformed(format!("{channels} channels")))?;
                if !(1.0..=f64::from(u32::MAX)).contains(&rate) {
                    return Err(entry.malformed(format!("a sample rate of {rate} Hz")));
                }
                sound.sample_rate = rate as u32;
            }
            (other, _) => {
                return Err(entry.malformed(format!("sound description version {other}")));
            }
        }
        Ok(sound)
    }

    /// The entry's sample rate, for a codec that has no other.
    pub(super) fn rate(&self) -> Result<u32> {
        match self.sample_rate {
            0 => Err(self.entry.malformed("a sample rate of 0")),
            rate => Ok(rate),
        }
    }

    /// Bytes before the child boxes.
    pub(super) fn fields_len(&self) -> usize {
        self.fields
    }

    /// The first box of this kind, among the entry's own or inside `wave`.
    pub(super) fn find(&self, kind: &[u8; 4]) -> Result<Option<Node<'_>>> {
        let mut inside_wave = None;
        for child in self.entry.children(self.fields) {
            let child = child?;
            if child.kind().0 == *kind {
                return Ok(Some(child));
            }
            if child.kind().0 == *b"wave" {
                inside_wave.get_or_insert(self.skip_into(&child));
            }
        }
        let Some(skip) = inside_wave else {
            return Ok(None);
        };
        for child in self.entry.children(skip) {
            let child = child?;
            if child.kind().0 == *kind {
                return Ok(Some(child));
            }
        }
        Ok(None)
    }

    /// As [`SoundEntry::find`], of a box that the codec cannot do without.
    pub(super) fn require(&self, kind: &[u8; 4]) -> Result<Node<'_>> {
        self.entry.require(self.find(kind)?, kind)
    }

    /// From the entry's content to the child's: the child's boxes, and then its siblings, are the entry's from there.
    fn skip_into(&self, child: &Node<'_>) -> usize {
        let content = |node: &Node<'_>| node.fields().rest().len();
        let header = |node: &Node<'_>| node.whole().len() - content(node);
        let from_entry = usize::try_from(child.offset() - self.entry.offset());
        from_entry.map_or(usize::MAX / 2, |from| {
            from + header(child) - header(self.entry)
        })
    }
}

/// The entry as a file of brand `iso…` holds it: the same bytes, but for QuickTime's sound descriptions, which players
/// of CMAF do not read, and AudioSampleEntryV1, which needs a `stsd` of version 1.
pub(crate) fn iso_sample_entry(
    entry: &Node<'_>,
    handler: Handler,
    stsd_version: u8,
) -> Result<Bytes> {
    let encrypted = entry.kind().0 == *b"enca";
    if handler != Handler::Audio || encrypted || !is_known(entry.kind()) {
        return Ok(entry.whole().clone());
    }
    let sound = SoundEntry::parse(entry, stsd_version)?;
    let is_mp3 = entry.kind().0 == *b".mp3";
    if sound.version == 0 && !is_mp3 {
        return Ok(entry.whole().clone());
    }
    let mut fields = entry.fields();
    let start: [u8; 8] = fields.array()?;
    let mut configurations = Vec::new();
    for kind in CONFIG_KINDS {
        configurations.extend(sound.find(kind)?);
    }
    if configurations.is_empty() && !is_mp3 {
        return Ok(entry.whole().clone());
    }
    let mut writer = BoxWriter::with_capacity(entry.whole().len());
    let kind = if is_mp3 { *b"mp4a" } else { entry.kind().0 };
    writer.boxed(&kind, |w| {
        w.bytes(&start);
        w.u64(0);
        w.u16(sound.channels);
        w.u16(sound.sample_size);
        w.u32(0);
        w.u32(if sound.sample_rate > u32::from(u16::MAX) {
            0
        } else {
            sound.sample_rate << 16
        });
        if is_mp3 {
            descriptors::write_esds(w, mp3::object_type(sound.sample_rate));
        }
        for configuration in &configurations {
            w.bytes(configuration.whole());
        }
    });
    Ok(Bytes::from(writer.into_vec()))
}

#[cfg(test)]
mod tests;
