//! Sample entries of anyone's making, in a movie of one track.
//!
//! Input: handler (bits 0 and 1), version of `stsd` (bit 2), version of the entry (bits 3 and 4); the format, as an
//! index into a list, or past it for an entry whose bytes all follow; then its child boxes: index of the kind, length,
//! content. The lists let the fuzzer begin with entries that are worth looking into.
#![no_main]
use bytes::Bytes;
use edgepack_isobmff::{BoxWriter, CodecConfig, Limits, MovieReader, SampleEntry, Step};
use libfuzzer_sys::fuzz_target;

const HANDLERS: [&[u8; 4]; 4] = [b"vide", b"soun", b"text", b"meta"];

const FORMATS: [&[u8; 4]; 36] = [
    b"avc1", b"avc3", b"dva1", b"dvav", b"hvc1", b"hev1", b"dvh1", b"dvhe", b"av01", b"dav1",
    b"vp09", b"vp08", b"mp4v", b"jpeg", b"encv", b"mp4a", b"ac-3", b"ec-3", b"ac-4", b"Opus",
    b"fLaC", b"alac", b".mp3", b"dtsc", b"dtsh", b"dtsl", b"dtse", b"dtsx", b"dtsy", b"iamf",
    b"enca", b"wvtt", b"stpp", b"tx3g", b"enct", b"vvc1",
];

const CHILDREN: [&[u8; 4]; 30] = [
    b"avcC", b"hvcC", b"lhvC", b"av1C", b"vpcC", b"esds", b"dvcC", b"dvvC", b"dvwC", b"colr",
    b"pasp", b"vexu", b"dac3", b"dec3", b"dac4", b"dOps", b"dfLa", b"alac", b"ddts", b"udts",
    b"iacb", b"wave", b"srat", b"btrt", b"vttC", b"mime", b"ftab", b"sinf", b"eyes", b"free",
];

fuzz_target!(|data: &[u8]| {
    let _ = run(data);
});

fn run(data: &[u8]) -> Option<()> {
    let ([choice, format], rest) = data.split_first_chunk::<2>()?;
    let handler = HANDLERS[usize::from(choice & 3)];
    let entry = match FORMATS.get(usize::from(*format)) {
        Some(format) => entry(format, choice >> 3 & 3, rest),
        None => rest.to_vec(),
    };
    let entry = read(handler, choice >> 2 & 1, &entry)?;
    check(&entry);
    // What CMAF headers carry is read like what it was made of.
    if let Some(again) = read(handler, 0, &entry.raw) {
        assert_eq!(again.raw, entry.raw);
        assert_eq!(again.codec.rfc6381(), entry.codec.rfc6381());
    }
    Some(())
}

fn check(entry: &SampleEntry) {
    let codec = &entry.codec;
    let supported = !matches!(codec, CodecConfig::Unsupported(_));
    let kinds = [
        codec.video().is_some(),
        codec.audio().is_some(),
        codec.text().is_some(),
    ];
    assert_eq!(
        kinds.iter().filter(|kind| **kind).count(),
        usize::from(supported)
    );
    assert_eq!(codec.rfc6381().is_some(), supported);
    for string in [codec.rfc6381(), codec.supplemental_rfc6381()]
        .iter()
        .flatten()
    {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b".-/".contains(&byte);
        assert!(string.bytes().all(plain), "{string}");
    }
    if let Some(video) = codec.video() {
        let _ = video.video_range().as_str();
        assert!(video.pixel_aspect.0 > 0 && video.pixel_aspect.1 > 0);
    }
    if let Some(audio) = codec.audio() {
        assert!(audio.sample_rate > 0);
        assert!(
            audio
                .layout
                .cicp
                .is_none_or(|code| (1..=20).contains(&code))
        );
    }
}

fn entry(format: &[u8; 4], version: u8, children: &[u8]) -> Vec<u8> {
    let mut writer = BoxWriter::new();
    writer.boxed(format, |w| {
        w.bytes(&[0, 0, 0, 0, 0, 0, 0, 1]);
        match format {
            b"wvtt" | b"stpp" | b"tx3g" | b"enct" => {}
            b"mp4a" | b"ac-3" | b"ec-3" | b"ac-4" | b"Opus" | b"fLaC" | b"alac" | b".mp3"
            | b"dtsc" | b"dtsh" | b"dtsl" | b"dtse" | b"dtsx" | b"dtsy" | b"iamf" | b"enca" => {
                w.bytes(&[0, version, 0, 0, 0, 0, 0, 0, 0, 2, 0, 16, 0, 0, 0, 0]);
                w.u32(48_000 << 16);
                w.bytes(&[0; 36][..[0, 16, 36, 0][usize::from(version)]]);
            }
            _ => {
                w.bytes(&[0; 16]);
                w.bytes(&[1, 0x40, 0, 0xb4]);
                w.bytes(&[0; 50]);
            }
        }
        put_children(w, children);
    });
    writer.into_vec()
}

/// What is no whole child box stands as it is.
fn put_children(writer: &mut BoxWriter, mut data: &[u8]) {
    while let Some(([kind, len], rest)) = data.split_first_chunk::<2>() {
        let (Some(kind), Some((content, rest))) = (
            CHILDREN.get(usize::from(*kind)),
            rest.split_at_checked(usize::from(*len)),
        ) else {
            break;
        };
        writer.boxed(kind, |w| w.bytes(content));
        data = rest;
    }
    writer.bytes(data);
}

fn read(handler: &[u8; 4], stsd_version: u8, entry: &[u8]) -> Option<SampleEntry> {
    let file = Bytes::from(file(handler, stsd_version, entry));
    let mut reader = MovieReader::new(file.len() as u64, Limits::default());
    loop {
        match reader.step().ok()? {
            Step::Need(range) => {
                let start = range.offset as usize;
                let bytes = file.slice(start..start + range.len as usize);
                reader.supply(range, bytes).expect("the bytes asked for");
            }
            Step::Done(mut movie) => return Some(movie.tracks.remove(0).sample_entries.remove(0)),
        }
    }
}

/// An MP4 file of one track without samples.
fn file(handler: &[u8; 4], stsd_version: u8, entry: &[u8]) -> Vec<u8> {
    let mut writer = BoxWriter::new();
    writer.boxed(b"ftyp", |w| w.bytes(b"isom\0\0\0\0isom"));
    writer.boxed(b"moov", |w| {
        w.full_box(b"mvhd", 0, 0, |w| {
            w.bytes(&[0; 8]);
            w.u32(1000);
            w.bytes(&[0; 84]);
        });
        w.boxed(b"trak", |w| {
            w.full_box(b"tkhd", 0, 1, |w| {
                w.bytes(&[0; 8]);
                w.u32(1);
                w.bytes(&[0; 68]);
            });
            w.boxed(b"mdia", |w| {
                w.full_box(b"mdhd", 0, 0, |w| {
                    w.bytes(&[0; 8]);
                    w.u32(1000);
                    w.bytes(&[0; 8]);
                });
                w.full_box(b"hdlr", 0, 0, |w| {
                    w.u32(0);
                    w.bytes(handler);
                    w.bytes(&[0; 13]);
                });
                w.boxed(b"minf", |w| {
                    w.boxed(b"stbl", |w| {
                        w.full_box(b"stsd", stsd_version, 0, |w| {
                            w.u32(1);
                            w.bytes(entry);
                        });
                        for (kind, words) in
                            [(b"stts", 1), (b"stsc", 1), (b"stsz", 2), (b"stco", 1)]
                        {
                            w.full_box(kind, 0, 0, |w| w.bytes(&[0; 8][..4 * words]));
                        }
                    });
                });
            });
        });
    });
    writer.into_vec()
}
