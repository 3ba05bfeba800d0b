//! ffmpeg's bitstream filter `trace_headers` as a reader of headers that shares nothing with the encryptor.
use crate::mp4;
use bytes::Bytes;
use std::path::Path;
use std::process::Command;

/// A header or other syntax structure, in the order of the file.
pub struct Structure {
    pub title: String,
    /// Name, position in bits after removal of emulation prevention, value.
    pub fields: Vec<Field>,
}

pub struct Field {
    pub at: usize,
    pub name: String,
    pub bits: usize,
    pub value: i64,
}

impl Structure {
    pub fn value(&self, name: &str) -> Option<i64> {
        self.fields
            .iter()
            .find(|field| field.name == name)
            .map(|field| field.value)
    }

    /// The bit after the last.
    pub fn end(&self) -> usize {
        self.fields.last().map_or(0, |field| field.at + field.bits)
    }
}

pub fn structures(file: &Path) -> Vec<Structure> {
    let output = Command::new("ffmpeg")
        .args(["-nostdin", "-hide_banner", "-nostats", "-i"])
        .arg(file)
        .args(["-c", "copy", "-bsf:v", "trace_headers", "-f", "null", "-"])
        .output()
        .unwrap();
    assert!(output.status.success());
    let mut found: Vec<Structure> = Vec::new();
    let text = String::from_utf8_lossy(&output.stderr);
    // The filter's own lines; the configuration of the stream is traced before "Output #0".
    for line in text
        .lines()
        .filter(|line| line.starts_with("[trace_headers"))
    {
        let line = line.split_once("] ").unwrap().1;
        match field(line) {
            Some(field) => found.last_mut().unwrap().fields.push(field),
            None => found.push(Structure {
                title: line.to_owned(),
                fields: Vec::new(),
            }),
        }
    }
    found
}

fn field(line: &str) -> Option<Field> {
    let (left, value) = line.split_once(" = ")?;
    let mut words = left.split_whitespace();
    let at = words.next()?.parse().ok()?;
    let name = words.next()?.to_owned();
    let bits = words.next().map_or(0, str::len);
    Some(Field {
        at,
        name,
        bits,
        value: value.trim().parse().ok()?,
    })
}

/// Protection of each slice of the base layer begins where its header ends. `protected`: under `cbcs`.
pub fn check_slices(what: &str, clear: &Path, protected: &Bytes) {
    let mut ends = structures(clear)
        .into_iter()
        .filter(|structure| structure.title == "Slice Segment Header")
        .map(|header| header.end());
    let source: Bytes = std::fs::read(clear).unwrap().into();
    let samples = mp4::read(&source, 0).samples;
    let track = mp4::read(protected, 0);
    assert_eq!(samples.len(), track.aux.len());
    for (i, (sample, aux)) in samples.iter().zip(&track.aux).enumerate() {
        let mut starts = Vec::new();
        let mut at = 0;
        for subsample in &aux.subsamples {
            at += usize::from(subsample.clear);
            if subsample.protected > 0 {
                starts.push(at);
            }
            at += subsample.protected as usize;
        }
        let mut starts = starts.into_iter();
        let mut at = 0;
        while at < sample.len() {
            let len = mp4::u32_at(sample, at) as usize;
            let unit = &sample[at + 4..at + 4 + len];
            let (kind, layer) = (unit[0] >> 1 & 63, unit[0] << 5 & 32 | unit[1] >> 3);
            if kind < 32 {
                let header = starts.next().unwrap() - at - 4;
                if layer == 0 {
                    let escapes = escapes(&unit[..header]);
                    let expected = ends.next().unwrap();
                    assert_eq!((header - escapes) * 8, expected, "{what}, sample {i}");
                }
            }
            at += 4 + len;
        }
        assert!(starts.next().is_none(), "{what}, sample {i}");
    }
    assert!(ends.next().is_none(), "{what}");
}

/// Emulation prevention bytes.
fn escapes(bytes: &[u8]) -> usize {
    let mut zeros = 0;
    let mut count = 0;
    for &byte in bytes {
        if zeros >= 2 && byte == 3 {
            count += 1;
            zeros = 0;
        } else if byte == 0 {
            zeros += 1;
        } else {
            zeros = 0;
        }
    }
    count
}
