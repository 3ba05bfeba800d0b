//! The sample table of one track (ISO/IEC 14496-12, 8.6 and 8.7), as samples come.
use bytes::Bytes;
use edgepack_isobmff::BoxWriter;
use edgepack_isobmff::stream::Sample;

/// Runs, sizes and chunks of all samples so far.
#[derive(Debug, Default)]
pub(super) struct Table {
    /// `stsd` entries.
    pub(super) entries: Vec<Bytes>,
    /// Count, duration.
    durations: Vec<(u32, u32)>,
    /// Count, offset.
    composition: Vec<(u32, i64)>,
    sizes: Vec<u32>,
    /// Numbers from 1.
    sync: Vec<u32>,
    /// Offset in the file, samples, `stsd` entry from 1.
    chunks: Vec<(u64, u32, u32)>,
    pub(super) duration: u64,
    /// Of the first sample.
    pub(super) first_offset: i64,
    /// The earliest composition time, counted from the first decode time.
    pub(super) earliest: i64,
}

impl Table {
    pub(super) fn len(&self) -> usize {
        self.sizes.len()
    }

    /// From 1.
    pub(super) fn entry(&mut self, raw: &Bytes) -> u32 {
        let known = self.entries.iter().position(|known| known == raw);
        let at = known.unwrap_or_else(|| {
            self.entries.push(raw.clone());
            self.entries.len() - 1
        });
        u32::try_from(at + 1).unwrap_or(u32::MAX)
    }

    /// Samples added from here on lie at `offset`, one after the other.
    pub(super) fn begin_chunk(&mut self, offset: u64, entry: u32) {
        self.chunks.push((offset, 0, entry));
    }

    /// None where a track has no room for more.
    pub(super) fn add(&mut self, sample: &Sample) -> Option<()> {
        let number = u32::try_from(self.sizes.len() + 1).ok()?;
        let offset = i64::from(sample.composition_offset);
        let time = i64::try_from(self.duration).ok()?.checked_add(offset)?;
        if self.sizes.is_empty() {
            (self.first_offset, self.earliest) = (offset, time);
        }
        self.earliest = self.earliest.min(time);
        self.sizes.push(sample.size);
        if sample.is_sync {
            self.sync.push(number);
        }
        match self.durations.last_mut() {
            Some((count, duration)) if *duration == sample.duration => *count += 1,
            _ => self.durations.push((1, sample.duration)),
        }
        match self.composition.last_mut() {
            Some((count, last)) if *last == offset => *count += 1,
            _ => self.composition.push((1, offset)),
        }
        if let Some((_, samples, _)) = self.chunks.last_mut() {
            *samples += 1;
        }
        self.duration += u64::from(sample.duration);
        Some(())
    }

    /// The last sample lasts so much longer.
    pub(super) fn prolong(&mut self, ticks: u32) {
        if let Some((count, duration)) = self.durations.pop() {
            if count > 1 {
                self.durations.push((count - 1, duration));
            }
            self.durations.push((1, duration.saturating_add(ticks)));
            self.duration += u64::from(ticks);
        }
    }

    /// `stbl`. `shift`: added to every composition offset.
    pub(super) fn write(&self, w: &mut BoxWriter, shift: i64) {
        let offset = |offset: i64| i32::try_from(offset + shift).unwrap_or(i32::MAX);
        w.boxed(b"stbl", |w| {
            w.full_box(b"stsd", 0, 0, |w| {
                w.u32(count(&self.entries));
                self.entries.iter().for_each(|entry| w.bytes(entry));
            });
            w.full_box(b"stts", 0, 0, |w| {
                w.u32(count(&self.durations));
                for (count, duration) in &self.durations {
                    w.u32(*count);
                    w.u32(*duration);
                }
            });
            if self.composition.iter().any(|(_, of)| offset(*of) != 0) {
                w.full_box(b"ctts", 1, 0, |w| {
                    w.u32(count(&self.composition));
                    for (count, of) in &self.composition {
                        w.u32(*count);
                        w.i32(offset(*of));
                    }
                });
            }
            if self.sync.len() != self.sizes.len() {
                w.full_box(b"stss", 0, 0, |w| {
                    w.u32(count(&self.sync));
                    self.sync.iter().for_each(|number| w.u32(*number));
                });
            }
            self.write_chunks(w);
            w.full_box(b"stsz", 0, 0, |w| {
                w.u32(0);
                w.u32(count(&self.sizes));
                self.sizes.iter().for_each(|size| w.u32(*size));
            });
        });
    }

    fn write_chunks(&self, w: &mut BoxWriter) {
        let mut runs: Vec<[u32; 3]> = Vec::new();
        for (number, (_, samples, entry)) in (1..).zip(&self.chunks) {
            if runs.last().map(|[_, of, like]| (*of, *like)) != Some((*samples, *entry)) {
                runs.push([number, *samples, *entry]);
            }
        }
        w.full_box(b"stsc", 0, 0, |w| {
            w.u32(count(&runs));
            runs.as_flattened().iter().for_each(|word| w.u32(*word));
        });
        w.full_box(b"co64", 0, 0, |w| {
            w.u32(count(&self.chunks));
            self.chunks.iter().for_each(|(offset, ..)| w.u64(*offset));
        });
    }
}

/// A table has at most as many entries as samples, which are counted in 32 bits.
fn count<T>(table: &[T]) -> u32 {
    u32::try_from(table.len()).unwrap_or(u32::MAX)
}
