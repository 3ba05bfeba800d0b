#![allow(clippy::unwrap_used, clippy::panic)]
use crate::CodecConfig;
use crate::SampleEntry;
use crate::craft::{Trak, audio_entry, boxed, esds, full, parse_trak, stsd, words};

/// The one sample entry of a `stsd` of this version.
fn read(entry: &[u8], stsd_version: u8) -> crate::Result<SampleEntry> {
    let mut stsd = stsd(&[entry.to_vec()]);
    stsd[8] = stsd_version;
    let trak = Trak {
        handler: *b"soun",
        stsd,
        ..Trak::default()
    };
    parse_trak(&trak).map(|mut track| track.sample_entries.remove(0))
}

/// Fields of version 1 or 2 for stereo of 44.1 kHz, then the children.
fn quicktime(kind: &[u8; 4], version: u8, children: &[u8]) -> Vec<u8> {
    let mut fields = vec![0, 0, 0, 0, 0, 0, 0, 1, 0, version];
    fields.extend([0; 6]);
    match version {
        1 => {
            fields.extend([0, 2, 0, 16, 0xff, 0xfe, 0, 0, 0xac, 0x44, 0, 0]);
            fields.extend(words(&[1024, 0, 0, 2]));
        }
        _ => {
            fields.extend([0, 3, 0, 16, 0xff, 0xfe, 0, 0, 0, 1, 0, 0]);
            fields.extend(words(&[72]));
            fields.extend(96_000_f64.to_be_bytes());
            fields.extend(words(&[6, 0x7f00_0000, 0, 0, 0, 0]));
        }
    }
    fields.extend(children);
    boxed(kind, &fields)
}

/// As QuickTime wraps a configuration.
fn wave(kind: &[u8; 4], config: &[u8]) -> Vec<u8> {
    let terminator = words(&[8, 0]);
    boxed(
        b"wave",
        &[
            &boxed(b"frma", kind)[..],
            &boxed(kind, &[0; 4]),
            config,
            &terminator,
        ]
        .concat(),
    )
}

#[test]
fn quicktime_descriptions_are_read_and_carried_on_in_the_iso_form() {
    let esds = esds(0x40, &[0x12, 0x10]);
    let chan = full(b"chan", 0, 0, &words(&[0x65_0002, 0, 0]));
    for version in [1, 2] {
        for children in [
            esds.clone(),
            [wave(b"mp4a", &esds), chan.clone()].concat(),
            [chan.clone(), wave(b"mp4a", &esds)].concat(),
        ] {
            let entry = read(&quicktime(b"mp4a", version, &children), 0).unwrap();
            assert_eq!(entry.codec.rfc6381().unwrap(), "mp4a.40.2");
            assert_eq!(entry.codec.audio().unwrap().sample_rate, 44_100);
            let mut iso = audio_entry(b"mp4a", &esds);
            iso[25..28].copy_from_slice(&[if version == 1 { 2 } else { 6 }, 0, 16]);
            let rate = if version == 1 { [0xac, 0x44] } else { [0, 0] };
            iso[32..34].copy_from_slice(&rate);
            assert_eq!(entry.raw, iso);
            let again = read(&entry.raw, 0).unwrap();
            assert_eq!(again.raw, iso);
            assert_eq!(again.codec.rfc6381(), entry.codec.rfc6381());
        }
    }
}

#[test]
fn other_codecs_keep_their_configuration_in_wave_too() {
    let cookie = [
        0, 0, 0x10, 0, 0, 24, 40, 10, 14, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xac, 0x44,
    ];
    let alac = full(b"alac", 0, 0, &cookie);
    // The box in `wave` that has the format's name is the configuration itself here.
    let terminator = words(&[8, 0]);
    let wave = boxed(
        b"wave",
        &[&boxed(b"frma", b"alac")[..], &alac, &terminator].concat(),
    );
    let entry = read(&quicktime(b"alac", 1, &wave), 0).unwrap();
    assert_eq!(entry.codec.audio().unwrap().frame_length, Some(4096));
    assert!(entry.raw.ends_with(&alac));
}

#[test]
fn version_1_of_iso_has_its_rate_in_a_box() {
    let mut plain = audio_entry(b"dtsc", &[]);
    plain[16 + 1] = 1;
    let mut children = full(b"srat", 0, 0, &words(&[96_000]));
    children.extend(boxed(b"ddts", &[0; 4]));
    let mut entry = audio_entry(b"dtsc", &children);
    entry[16 + 1] = 1;
    // A broken `ddts` shows that the children are looked at from the right place.
    let error = read(&entry, 1).unwrap_err().to_string();
    assert!(error.contains("stsd/dtsc[0]/ddts at"), "{error}");
    let mut entry = audio_entry(b"dtsc", &full(b"srat", 0, 0, &words(&[96_000])));
    entry[16 + 1] = 1;
    let read = read(&entry, 1).unwrap();
    assert_eq!(read.codec.audio().unwrap().sample_rate, 96_000);
}

#[test]
fn an_entry_of_iso_is_carried_on_bit_for_bit() {
    let children = [esds(0x40, &[0x12, 0x10]), boxed(b"chnl", &[0; 14])].concat();
    let entry = audio_entry(b"mp4a", &children);
    assert_eq!(read(&entry, 0).unwrap().raw, entry);
    let unknown = boxed(b"sowt", &[9; 40]);
    assert_eq!(read(&unknown, 0).unwrap().raw, unknown);
}

#[test]
fn mp3_of_quicktime_becomes_that_of_mpeg4() {
    for (rate, object_type, string, frame_length) in [
        (44_100_u32, 0x6b, "mp4a.6B", 1152),
        (22_050, 0x69, "mp4a.69", 576),
    ] {
        let mut entry = quicktime(b".mp3", 1, &[]);
        entry[32..36].copy_from_slice(&(rate << 16).to_be_bytes());
        let entry = read(&entry, 0).unwrap();
        let audio = entry.codec.audio().unwrap();
        assert_eq!(entry.codec.rfc6381().unwrap(), string);
        assert_eq!(
            (audio.sample_rate, audio.frame_length),
            (rate, Some(frame_length))
        );
        assert_eq!((audio.channels, audio.layout.cicp), (2, Some(2)));
        // The same again, from the entry that it has become.
        assert_eq!(entry.raw[4..8], *b"mp4a");
        let CodecConfig::Mp3(config) = read(&entry.raw, 0).unwrap().codec else {
            panic!("no MP3")
        };
        assert_eq!(
            (config.object_type_indication, config.sample_rate),
            (object_type, rate)
        );
    }
}

#[test]
fn impossible_descriptions_are_an_error() {
    let good = quicktime(b"mp4a", 2, &esds(0x40, &[0x12, 0x10]));
    let with = |at: usize, bytes: &[u8]| {
        let mut entry = good.clone();
        entry[at..at + bytes.len()].copy_from_slice(bytes);
        entry
    };
    for (entry, reason) in [
        (with(16, &[0, 3]), "sound description version 3"),
        (with(40, &f64::NAN.to_be_bytes()), "a sample rate of NaN Hz"),
        (with(48, &[0, 1, 0, 0]), "65536 channels"),
        (boxed(b"mp4a", &[0; 27]), "too short"),
    ] {
        let error = read(&entry, 0).unwrap_err().to_string();
        assert!(
            error.contains("stsd/mp4a[0] at") && error.contains(reason),
            "{error} / {reason}"
        );
    }
    let mut silent = audio_entry(b"mp4a", &esds(0x6b, &[]));
    silent[32..36].fill(0);
    let error = read(&silent, 0).unwrap_err().to_string();
    assert!(error.ends_with("a sample rate of 0"), "{error}");
}
