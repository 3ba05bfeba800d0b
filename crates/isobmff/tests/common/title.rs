//! A long title: its `moov` with all tables, and no media behind it.
use edgepack_isobmff::BoxWriter;

pub struct Shape {
    pub hours: u32,
    /// No two video samples in a row last equally long.
    pub variable_rate: bool,
}

/// Pictures with B-frames at 30 a second and AAC at 48 kHz, interleaved by the half second.
pub struct Title {
    /// All that stands before the media.
    pub head: Vec<u8>,
    pub file_len: u64,
    /// Offset and size of every sample.
    pub video: Vec<(u64, u32)>,
    pub audio: Vec<(u64, u32)>,
}

const FPS: u32 = 30;
const AUDIO_RATE: u32 = 48_000;
const AAC_FRAME: u32 = 1024;
const GOP: u32 = 60;
/// Ticks of a second of video.
const TIMESCALE: u32 = 30_000;

struct Track {
    timescale: u32,
    handler: [u8; 4],
    entry: Vec<u8>,
    stts: Vec<[u32; 2]>,
    ctts: Vec<[u32; 2]>,
    stss: Vec<u32>,
    /// Offset and number of samples.
    chunks: Vec<(u64, u32)>,
    sizes: Vec<u32>,
}

impl Title {
    pub fn new(shape: Shape) -> Self {
        let seconds = shape.hours * 3600;
        let mut noise = 1_u32;
        let mut size = |most: u32| {
            noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            100 + (noise >> 8) % most
        };
        let count = seconds * FPS;
        let video_sizes: Vec<u32> = (0..count).map(|_| size(60_000)).collect();
        let audio_count =
            u32::try_from(u64::from(seconds) * u64::from(AUDIO_RATE) / u64::from(AAC_FRAME))
                .unwrap();
        let audio_sizes: Vec<u32> = (0..audio_count).map(|_| size(500)).collect();
        let tick = TIMESCALE / FPS;
        let stts = if shape.variable_rate {
            (0..count).map(|index| [1, tick + index % 2]).collect()
        } else {
            vec![[count, tick]]
        };
        let mut video = Track {
            timescale: TIMESCALE,
            handler: *b"vide",
            entry: avc1(),
            stts,
            ctts: (0..count)
                .map(|index| [1, [2, 5, 2, 0, 1][index as usize % 5] * tick])
                .collect(),
            stss: (0..count)
                .step_by(GOP as usize)
                .map(|index| index + 1)
                .collect(),
            chunks: Vec::new(),
            sizes: video_sizes,
        };
        let mut audio = Track {
            timescale: AUDIO_RATE,
            handler: *b"soun",
            entry: mp4a(),
            stts: vec![[audio_count, AAC_FRAME]],
            ctts: Vec::new(),
            stss: Vec::new(),
            chunks: Vec::new(),
            sizes: audio_sizes,
        };
        // The tables have the same length wherever the media begin.
        interleave(&mut video, &mut audio, seconds, 0);
        let len = head(&[&video, &audio], 0).len() as u64;
        let end = interleave(&mut video, &mut audio, seconds, len);
        Self {
            head: head(&[&video, &audio], end - len + 16),
            file_len: end,
            video: samples(&video),
            audio: samples(&audio),
        }
    }
}

/// Half a second of each in turn, from `offset` on. Tells where they end.
fn interleave(video: &mut Track, audio: &mut Track, seconds: u32, mut offset: u64) -> u64 {
    video.chunks.clear();
    audio.chunks.clear();
    let (mut pictures, mut frames) = (0, 0);
    for half in 1..=seconds * 2 {
        let last = half == seconds * 2;
        let heard = u64::from(half) * u64::from(AUDIO_RATE) / 2 / u64::from(AAC_FRAME);
        let turns = [
            (&mut *video, &mut pictures, (half * FPS / 2) as usize),
            (&mut *audio, &mut frames, usize::try_from(heard).unwrap()),
        ];
        for (track, taken, until) in turns {
            let until = if last { track.sizes.len() } else { until };
            let sizes = &track.sizes[*taken..until];
            track
                .chunks
                .push((offset, u32::try_from(sizes.len()).unwrap()));
            offset += sizes.iter().map(|size| u64::from(*size)).sum::<u64>();
            *taken = until;
        }
    }
    offset
}

fn samples(track: &Track) -> Vec<(u64, u32)> {
    let mut sizes = track.sizes.iter().copied();
    let chunk = |(offset, count): &(u64, u32)| {
        let mut offset = *offset;
        let samples: Vec<_> = sizes
            .by_ref()
            .take(*count as usize)
            .map(|size| {
                offset += u64::from(size);
                (offset - u64::from(size), size)
            })
            .collect();
        samples
    };
    track.chunks.iter().flat_map(chunk).collect()
}

/// `ftyp`, `moov` and the header of an `mdat` of this size.
fn head(tracks: &[&Track], mdat: u64) -> Vec<u8> {
    let mut w = BoxWriter::new();
    w.boxed(b"ftyp", |w| w.bytes(b"isom\0\0\0\0isom"));
    w.boxed(b"moov", |w| {
        w.full_box(b"mvhd", 0, 0, |w| {
            [0, 0, 1000, u32::MAX].iter().for_each(|v| w.u32(*v));
        });
        (1..).zip(tracks).for_each(|(id, track)| trak(w, id, track));
    });
    w.u32(1);
    w.bytes(b"mdat");
    w.u64(mdat);
    w.into_vec()
}

fn trak(w: &mut BoxWriter, id: u32, track: &Track) {
    w.boxed(b"trak", |w| {
        w.full_box(b"tkhd", 0, 1, |w| {
            [0, 0, id].iter().for_each(|v| w.u32(*v));
            w.zeros(68);
        });
        w.boxed(b"mdia", |w| {
            w.full_box(b"mdhd", 0, 0, |w| {
                [0, 0, track.timescale, u32::MAX, 0x55c4_0000]
                    .iter()
                    .for_each(|v| w.u32(*v));
            });
            w.full_box(b"hdlr", 0, 0, |w| {
                w.u32(0);
                w.bytes(&track.handler);
                w.zeros(13);
            });
            w.boxed(b"minf", |w| w.boxed(b"stbl", |w| stbl(w, track)));
        });
    });
}

fn stbl(w: &mut BoxWriter, track: &Track) {
    let table = |w: &mut BoxWriter, kind: &[u8; 4], entries: &[u32], width: usize| {
        w.full_box(kind, 0, 0, |w| {
            w.u32(u32::try_from(entries.len() / width).unwrap());
            entries.iter().for_each(|v| w.u32(*v));
        });
    };
    w.full_box(b"stsd", 0, 0, |w| {
        w.u32(1);
        w.bytes(&track.entry);
    });
    table(w, b"stts", track.stts.as_flattened(), 2);
    if !track.ctts.is_empty() {
        table(w, b"ctts", track.ctts.as_flattened(), 2);
    }
    if !track.stss.is_empty() {
        table(w, b"stss", &track.stss, 1);
    }
    let mut stsc: Vec<[u32; 3]> = Vec::new();
    for (number, (_, count)) in (1..).zip(&track.chunks) {
        if stsc.last().is_none_or(|last| last[1] != *count) {
            stsc.push([number, *count, 1]);
        }
    }
    table(w, b"stsc", stsc.as_flattened(), 3);
    w.full_box(b"stsz", 0, 0, |w| {
        w.u32(0);
        w.u32(u32::try_from(track.sizes.len()).unwrap());
        track.sizes.iter().for_each(|v| w.u32(*v));
    });
    w.full_box(b"co64", 0, 0, |w| {
        w.u32(u32::try_from(track.chunks.len()).unwrap());
        track.chunks.iter().for_each(|(offset, _)| w.u64(*offset));
    });
}

fn avc1() -> Vec<u8> {
    let sps: &[u8] = &[0x67, 0x42, 0xc0, 0x0d, 0xd9, 0x01, 0x41, 0xfb, 0x01, 0x10];
    let mut w = BoxWriter::new();
    w.boxed(b"avc1", |w| {
        let mut fields = [0; 78];
        fields[7] = 1;
        fields[24..28].copy_from_slice(&[1, 0x40, 0, 0xf0]);
        w.bytes(&fields);
        w.boxed(b"avcC", |w| {
            w.bytes(&[1, 0x42, 0xc0, 0x0d, 0xff, 0xe1, 0, 10]);
            w.bytes(sps);
            w.bytes(&[1, 0, 4, 0x68, 0xce, 0x38, 0x80]);
        });
    });
    w.into_vec()
}

fn mp4a() -> Vec<u8> {
    let mut w = BoxWriter::new();
    w.boxed(b"mp4a", |w| {
        let mut fields = [0; 28];
        fields[7] = 1;
        fields[17] = 2;
        w.bytes(&fields);
        w.full_box(b"esds", 0, 0, |w| {
            w.bytes(&[
                3, 25, 0, 1, 0, 4, 17, 0x40, 0x15, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 5, 2, 0x11,
                0x90, 6, 1, 2,
            ]);
        });
    });
    w.into_vec()
}
