//! One track of any file as a fragmented file of its own, its sample entry and samples untouched: ffmpeg would lose
//! boxes that it does not know.
use crate::mp4::{self, Box, boxes};
use bytes::Bytes;
use edgepack_isobmff::{BoxWriter, Handler, Movie, Sample};

/// Samples of a fragment without sync samples to go by.
const SAMPLES: usize = 20;
/// shaka-packager ends with a fault where an only track has another.
const TRACK: u32 = 1;

/// `handler`: the first track of this kind.
pub fn track(file: &Bytes, handler: Handler) -> Bytes {
    let movie = mp4::movie(file);
    let index = movie
        .tracks
        .iter()
        .position(|track| track.handler == handler)
        .unwrap();
    let track = &movie.tracks[index];
    let mut w = BoxWriter::new();
    w.boxed(b"ftyp", |w| w.bytes(b"iso6\0\0\0\0iso6cmfc"));
    write_moov(&mut w, &movie, index);
    let all_sync = track.samples.all_sync();
    let mut fragment: Vec<Sample> = Vec::new();
    let mut sequence = 0;
    for sample in track.samples.iter_from(0) {
        let full = if all_sync {
            fragment.len() == SAMPLES
        } else {
            sample.is_sync && !fragment.is_empty()
        };
        if full {
            sequence += 1;
            write_fragment(&mut w, file, sequence, &fragment);
            fragment.clear();
        }
        fragment.push(sample);
    }
    write_fragment(&mut w, file, sequence + 1, &fragment);
    w.into_vec().into()
}

fn write_moov(w: &mut BoxWriter, movie: &Movie, index: usize) {
    let track = &movie.tracks[index];
    let moov = boxes(&movie.moov)[0].content.clone();
    let trak = boxes(&moov)
        .into_iter()
        .filter(|b| &b.kind == b"trak")
        .find(|b| {
            let tkhd = mp4::find(&b.content, "tkhd").unwrap().content;
            mp4::u32_at(&tkhd, if tkhd[0] == 1 { 20 } else { 12 }) == track.track_id
        })
        .unwrap();
    w.boxed(b"moov", |w| {
        w.bytes(&mp4::find(&moov, "mvhd").unwrap().whole);
        write_trak(w, &trak, &track.sample_entries[0].raw);
        w.boxed(b"mvex", |w| {
            w.full_box(b"trex", 0, 0, |w| {
                w.u32(TRACK);
                w.u32(1);
                w.zeros(12);
            });
        });
    });
}

fn write_trak(w: &mut BoxWriter, b: &Box, entry: &Bytes) {
    match &b.kind {
        b"trak" | b"mdia" | b"minf" => w.boxed(&b.kind, |w| {
            for child in boxes(&b.content) {
                write_trak(w, &child, entry);
            }
        }),
        b"stbl" => w.boxed(b"stbl", |w| {
            w.full_box(b"stsd", 0, 0, |w| {
                w.u32(1);
                w.bytes(entry);
            });
            for kind in [b"stts", b"stsc", b"stco"] {
                w.full_box(kind, 0, 0, |w| w.u32(0));
            }
            w.full_box(b"stsz", 0, 0, |w| w.u64(0));
        }),
        b"edts" => {}
        b"tkhd" => {
            w.bytes(&b.whole);
            let at = if b.content[0] == 1 { 20 } else { 12 };
            w.patch_u32(w.len() - b.content.len() + at, TRACK);
        }
        _ => w.bytes(&b.whole),
    }
}

fn write_fragment(w: &mut BoxWriter, file: &Bytes, sequence: u32, samples: &[Sample]) {
    const DEFAULT_BASE_IS_MOOF: u32 = 0x2_0000;
    // Offset, durations, sizes, flags, composition offsets.
    const TRUN: u32 = 0xf01;
    const NON_SYNC: u32 = 0x0101_0000;
    const SYNC: u32 = 0x0200_0000;
    let start = w.len();
    let mut offset_field = 0;
    w.boxed(b"moof", |w| {
        w.full_box(b"mfhd", 0, 0, |w| w.u32(sequence));
        w.boxed(b"traf", |w| {
            w.full_box(b"tfhd", 0, DEFAULT_BASE_IS_MOOF, |w| w.u32(TRACK));
            w.full_box(b"tfdt", 1, 0, |w| w.u64(samples[0].decode_time));
            w.full_box(b"trun", 1, TRUN, |w| {
                w.u32(u32::try_from(samples.len()).unwrap());
                offset_field = w.len();
                w.u32(0);
                for sample in samples {
                    w.u32(sample.duration);
                    w.u32(sample.size);
                    w.u32(if sample.is_sync { SYNC } else { NON_SYNC });
                    w.u32(sample.composition_offset.cast_unsigned());
                }
            });
        });
    });
    w.patch_u32(offset_field, u32::try_from(w.len() - start + 8).unwrap());
    w.boxed(b"mdat", |w| {
        for sample in samples {
            let at = usize::try_from(sample.offset).unwrap();
            w.bytes(&file[at..at + sample.size as usize]);
        }
    });
}
