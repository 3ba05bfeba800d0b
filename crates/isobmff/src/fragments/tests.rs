#![allow(clippy::unwrap_used, clippy::panic)]
use proptest::prelude::*;

use super::*;
use crate::craft::fragments::{Base, Traf, append, fragmented_moov, no_samples};
use crate::craft::model::{Model, model};
use crate::craft::sparse::Sparse;
use crate::craft::{Trak, avc1, boxed, full, stsd, words};
use crate::{Edit, Sample};

mod cost;
mod forms;
mod time;

const TIMESCALE: u32 = 48_000;

fn ftyp() -> Vec<u8> {
    boxed(b"ftyp", b"iso6\0\0\0\0isom")
}

/// A track without samples, of `timescale`.
fn trak(track_id: u32, timescale: u32) -> Trak {
    Trak {
        mdhd: full(b"mdhd", 0, 0, &words(&[0, 0, timescale, 0, 0x15c7_0000])),
        stsd: stsd(&[avc1(), avc1()]),
        tables: no_samples(),
        ..Trak::with_id(track_id)
    }
}

/// `count` sync samples of `duration` and `size`.
fn samples(count: u32, duration: u32, size: u32) -> Vec<Sample> {
    let sample = |index| Sample {
        index,
        offset: 0,
        size,
        decode_time: u64::from(index) * u64::from(duration),
        duration,
        composition_offset: 0,
        is_sync: true,
        description: 0,
    };
    (0..count).map(sample).collect()
}

/// A file that begins with a movie of these tracks.
fn file_of(traks: &[Trak]) -> Sparse {
    let mut file = Sparse::default();
    file.append(&ftyp());
    file.append(&fragmented_moov(traks));
    file
}

fn read(file: &Sparse) -> Result<Movie> {
    file.movie(Limits::default()).0
}

/// How one fragment is written.
#[derive(Debug, Clone)]
struct Part {
    /// Samples of each track.
    counts: [usize; 2],
    runs: usize,
    base: Base,
    compact: bool,
    verbose: bool,
    /// `tfdt`, where it can be left out.
    timed: bool,
    /// The last sample's duration is a guess.
    guess: bool,
    gap: u64,
    between: u8,
}

fn part() -> impl Strategy<Value = Part> {
    let base = prop::sample::select(vec![Base::Absolute, Base::Moof, Base::None]);
    let flags = any::<[bool; 4]>();
    (
        (0..150_usize, 0..150_usize),
        1..4_usize,
        base,
        flags,
        0..40_u64,
        0..5_u8,
    )
        .prop_map(
            |((a, b), runs, base, [compact, verbose, timed, guess], gap, between)| Part {
                counts: [a, b],
                runs,
                base,
                compact,
                verbose,
                timed,
                guess,
                // Data that touch let a `trun` go without an offset.
                gap: gap.saturating_sub(20),
                between,
            },
        )
}

/// Writes all samples of both models as fragments. Tells where each sample went.
fn write(
    file: &mut Sparse,
    models: &mut [Vec<Sample>; 2],
    late: [u64; 2],
    written: [usize; 2],
    parts: &[Part],
) {
    let mut written = written;
    let mut guessed = [false; 2];
    for (sequence, part) in (1..).zip(parts.iter().cycle()) {
        if written[0] == models[0].len() && written[1] == models[1].len() {
            return;
        }
        let mut taken = Vec::new();
        for (index, samples) in models.iter().enumerate() {
            let rest = &samples[written[index]..];
            // The cycle must come to an end.
            let count = part.counts[index].max(usize::from(sequence > parts.len()));
            let alike = rest
                .iter()
                .take_while(|sample| sample.description == rest[0].description);
            let mut run = rest[..alike.count().min(count)].to_vec();
            let first = run.first().map_or(0, |sample| sample.decode_time);
            let timed = part.timed || written[index] == 0 || guessed[index];
            guessed[index] &= run.is_empty();
            if part.guess
                && let Some(last) = run.last_mut()
            {
                last.duration = last.duration / 2 + 3;
                guessed[index] = true;
            }
            taken.push((run, timed.then_some(first + late[index])));
        }
        let trafs: Vec<Traf<'_>> = (1..)
            .zip(&taken)
            .filter(|(_, (run, _))| !run.is_empty())
            .map(|(track_id, (run, decode_time))| Traf {
                track_id,
                decode_time: *decode_time,
                runs: run.chunks(run.len().div_ceil(part.runs)).collect(),
                base: part.base,
                compact: part.compact,
                verbose: part.verbose,
            })
            .collect();
        let kinds = [b"styp", b"sidx", b"emsg", b"prft", b"free"];
        file.append(&boxed(kinds[usize::from(part.between)], &[0; 12]));
        let offsets = append(file, u32::try_from(sequence).unwrap(), &trafs, part.gap);
        for (traf, offsets) in trafs.iter().zip(offsets) {
            let index = usize::try_from(traf.track_id).unwrap() - 1;
            for (run, start) in traf.runs.iter().zip(offsets) {
                let mut offset = start;
                for _ in *run {
                    let sample = &mut models[index][written[index]];
                    sample.offset = offset;
                    offset += u64::from(sample.size);
                    written[index] += 1;
                }
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn samples_come_out_of_fragments_as_they_went_in(
        (first, second) in (model(), model()),
        parts in prop::collection::vec(part(), 1..30),
        late in any::<[u16; 2]>(),
        is_late in any::<bool>(),
        in_header in 0..40_usize,
    ) {
        let late = if is_late && in_header == 0 { late.map(u64::from) } else { [0, 0] };
        let mut models = [first.samples, second.samples];
        let in_header = in_header.min(models[0].len() / 2).min(models[1].len() / 2);
        let mut file = Sparse::default();
        file.append(&ftyp());
        // Samples of the moov stand before it.
        let media = models.iter().flat_map(|samples| &samples[..in_header]);
        let mut offset = file.append_media(media.map(|sample| u64::from(sample.size)).sum(), false);
        let mut traks = Vec::new();
        for (track_id, samples) in (1..).zip(&mut models) {
            for sample in &mut samples[..in_header] {
                sample.offset = offset;
                offset += u64::from(sample.size);
            }
            let header = Model {
                samples: samples[..in_header].to_vec(),
                chunks: vec![1; in_header],
                with_ctts: true,
                with_stss: true,
                field_bits: 32,
                co64: false,
            };
            traks.push(Trak { tables: header.tables(), ..trak(track_id, TIMESCALE) });
        }
        file.append(&fragmented_moov(&traks));
        write(&mut file, &mut models, late, [in_header; 2], &parts);

        let movie = read(&file).unwrap();
        prop_assert!(movie.fragmented);
        for ((track, samples), late) in movie.tracks.iter().zip(&models).zip(late) {
            let mut expected = samples.clone();
            // Only the end of the last sample is not told by a later one.
            let last = expected.len() - 1;
            expected[last].duration = track.samples.sample(u32::try_from(last).unwrap()).unwrap().duration;
            prop_assert_eq!(track.samples.iter_from(0).collect::<Vec<_>>(), expected);
            let delay = track.edits.iter().filter(|edit| edit.media_time < 0).map(|edit| edit.segment_duration).sum::<u64>();
            let (from, to) = (u64::from(movie.timescale), u64::from(track.timescale));
            prop_assert_eq!((delay * to + from / 2) / from, late);
        }
        let again = Movie::from_index(movie.index(), movie.file_len, &Limits::default()).unwrap();
        prop_assert_eq!(again.index(), movie.index());
    }
}
