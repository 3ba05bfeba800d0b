#![allow(clippy::unwrap_used)]
use proptest::prelude::*;

use super::*;
use crate::craft::{Trak, moov, parse};

const FILE: u64 = 1 << 20;

fn movie() -> Movie {
    Movie {
        fragmented: true,
        notes: vec!["läuft".to_owned(), String::new()],
        ..parse(moov(&[Trak::default(), Trak::with_id(2)]), FILE).unwrap()
    }
}

fn read(index: &[u8]) -> Result<Movie> {
    Movie::from_index(Bytes::copy_from_slice(index), FILE, &Limits::default())
}

fn reason(index: &[u8]) -> String {
    read(index).unwrap_err().to_string()
}

#[test]
fn a_movie_comes_back_from_its_index() {
    let movie = movie();
    let again = read(&movie.index()).unwrap();
    assert_eq!(format!("{again:?}"), format!("{movie:?}"));
}

#[test]
fn an_index_costs_little_beside_the_moov() {
    let movie = movie();
    let notes: usize = movie.notes.iter().map(|note| note.len() + 4).sum();
    assert_eq!(movie.index().len(), 28 + notes + movie.moov.len());
}

#[test]
fn a_moov_of_open_size_comes_back() {
    let mut open = moov(&[Trak::default()]);
    open[..4].copy_from_slice(&[0; 4]);
    let movie = parse(open, FILE).unwrap();
    assert_eq!(read(&movie.index()).unwrap().moov, movie.moov);
}

#[test]
fn what_is_no_index_of_this_file_is_said_to_be_none() {
    let index = movie().index();
    let with = |at: usize, bytes: &[u8]| {
        let mut index = index.to_vec();
        index[at..at + bytes.len()].copy_from_slice(bytes);
        reason(&index)
    };
    for (reason, part) in [
        (reason(b""), "it ends early"),
        (with(0, b"MP"), "it does not begin with its mark"),
        (with(7, &[2]), "it has version 2, this is 1"),
        (
            with(15, &[1]),
            "it is of a file of 1048577 bytes, not 1048576",
        ),
        (with(23, &[4]), "flags 4 and 2 notes"),
        (with(24, &[1]), "flags 1 and 16777218 notes"),
        (with(28, &[0xff]), "it ends early"),
        (with(32, &[0xff]), "a note that is no text"),
        (
            reason(&index[..index.len() - 1]),
            "a moov that is not whole",
        ),
        (
            reason(&[&index[..], b"\0"].concat()),
            "a moov that is not whole",
        ),
    ] {
        assert_eq!(reason, format!("not an index of this movie: {part}"));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_damage_makes_it_panic(
        damage in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
        cut in any::<prop::sample::Index>(),
    ) {
        let mut index = movie().index().to_vec();
        for (at, value) in damage {
            let at = at.index(index.len());
            index[at] = value;
        }
        let _ = read(&index[..cut.index(index.len())]);
        if let Ok(movie) = read(&index) {
            prop_assert_eq!(read(&movie.index()).unwrap().index(), movie.index());
        }
    }
}
