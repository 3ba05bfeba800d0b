//! In counter mode no piece of key stream serves twice: not in a track, not between tracks, not between an I-frame and
//! the segment it stands in unless the bytes are the same.
use std::collections::HashMap;

use crate::playback::media_playlists;
use crate::support::client::{fetch, fetch_text};
use crate::support::{Serve, media};

const BLOCK: usize = 16;

fn box_at<'b>(bytes: &'b [u8], path: &[&[u8; 4]]) -> Option<&'b [u8]> {
    let (kind, rest) = path.split_first()?;
    let mut at = 0;
    while at + 8 <= bytes.len() {
        let size = u32::from_be_bytes(bytes[at..at + 4].try_into().unwrap()) as usize;
        let content = &bytes[at + 8..at + size];
        if &bytes[at + 4..at + 8] == kind.as_slice() {
            return if rest.is_empty() {
                Some(content)
            } else {
                box_at(content, rest)
            };
        }
        at += size;
    }
    None
}

fn u32_at(bytes: &[u8], at: usize) -> usize {
    u32::from_be_bytes(bytes[at..at + 4].try_into().unwrap()) as usize
}

/// Sizes from `trun`, with the default of `tfhd` where it has none.
fn sample_sizes(fragment: &[u8]) -> Vec<usize> {
    let tfhd = box_at(fragment, &[b"moof", b"traf", b"tfhd"]).unwrap();
    let flags = u32_at(tfhd, 0);
    let mut at = 8;
    for (flag, len) in [(0x1, 8), (0x2, 4), (0x8, 4)] {
        at += if flags & flag != 0 { len } else { 0 };
    }
    let default = (flags & 0x10 != 0).then(|| u32_at(tfhd, at));
    let trun = box_at(fragment, &[b"moof", b"traf", b"trun"]).unwrap();
    let flags = u32_at(trun, 0);
    let mut at = 8;
    for flag in [0x1, 0x4] {
        at += if flags & flag != 0 { 4 } else { 0 };
    }
    (0..u32_at(trun, 4))
        .map(|_| {
            at += if flags & 0x100 != 0 { 4 } else { 0 };
            let size = if flags & 0x200 != 0 {
                at += 4;
                u32_at(trun, at - 4)
            } else {
                default.unwrap()
            };
            at += if flags & 0x400 != 0 { 4 } else { 0 };
            at += if flags & 0x800 != 0 { 4 } else { 0 };
            size
        })
        .collect()
}

/// (clear, protected) runs of each sample, from `senc`.
fn runs(fragment: &[u8], sizes: &[usize]) -> Vec<Vec<(usize, usize)>> {
    let senc = box_at(fragment, &[b"moof", b"traf", b"senc"]).unwrap();
    let has_subsamples = u32_at(senc, 0) & 2 != 0;
    let mut at = 8;
    sizes
        .iter()
        .map(|size| {
            at += 8;
            if !has_subsamples {
                return vec![(0, *size)];
            }
            let count = usize::from(u16::from_be_bytes(senc[at..at + 2].try_into().unwrap()));
            at += 2;
            (0..count)
                .map(|_| {
                    let clear = u16::from_be_bytes(senc[at..at + 2].try_into().unwrap());
                    at += 6;
                    (usize::from(clear), u32_at(senc, at - 4))
                })
                .collect()
        })
        .collect()
}

/// The key stream of each sample: what its protected bytes differ by from the source's.
fn key_streams(clear: &[u8], protected: &[u8]) -> Vec<Vec<u8>> {
    let sizes = sample_sizes(protected);
    assert_eq!(sizes, sample_sizes(clear));
    let (clear, media) = (
        box_at(clear, &[b"mdat"]).unwrap(),
        box_at(protected, &[b"mdat"]).unwrap(),
    );
    let mut at = 0;
    runs(protected, &sizes)
        .into_iter()
        .map(|runs| {
            let mut stream = Vec::new();
            for (lead, len) in runs {
                assert_eq!(clear[at..at + lead], media[at..at + lead]);
                at += lead;
                stream.extend((at..at + len).map(|at| clear[at] ^ media[at]));
                at += len;
            }
            stream
        })
        .collect()
}

#[test]
fn no_block_of_key_stream_occurs_twice_in_a_ladder() {
    let node = Serve::all(media::root()).start();
    let playlists = |protection: &str| {
        media_playlists(&format!("{}/vod/ladder/{protection}/index.m3u8", node.http))
    };
    let mut seen: HashMap<Vec<u8>, String> = HashMap::new();
    for (clear, protected) in playlists("clear").iter().zip(playlists("cenc")) {
        let names: Vec<String> = fetch_text(clear)
            .lines()
            .filter(|line| line.ends_with(".m4s"))
            .map(str::to_owned)
            .collect();
        assert!(!names.is_empty());
        for name in names {
            let of =
                |playlist: &str| fetch(&format!("{}/{name}", playlist.rsplit_once('/').unwrap().0));
            let streams = key_streams(&of(clear), &of(&protected));
            for (sample, stream) in streams.iter().enumerate() {
                for block in stream.chunks_exact(BLOCK) {
                    let place = format!("{protected} {name}, sample {sample}");
                    if let Some(other) = seen.insert(block.to_vec(), place.clone()) {
                        panic!("{place} and {other} share key stream");
                    }
                }
            }
        }
    }
    assert!(seen.len() > 10_000, "{} blocks looked at", seen.len());
}
