//! However a body comes apart on its way, the same items come of it.
use proptest::prelude::*;

use super::*;

fn outcome(mut reader: StreamReader, pieces: &[&[u8]]) -> Vec<String> {
    let mut told = Vec::new();
    for step in 0..=pieces.len() {
        match pieces.get(step) {
            Some(piece) => reader.push(Bytes::copy_from_slice(piece)),
            None => reader.end(),
        }
        loop {
            match reader.next() {
                Ok(Some(item)) => told.push(format!("{item:?}")),
                Ok(None) => break,
                Err(error) => {
                    told.push(error.to_string());
                    return told;
                }
            }
        }
    }
    told
}

/// Large and small boxes of every kind.
fn body() -> Vec<u8> {
    let trafs = [Traf::new(1, 5, &[3000, 1]), Traf::new(2, 5, &[40])];
    [
        header(2),
        boxed(b"styp", b"msdh\0\0\0\0lmsg"),
        full(b"prft", 1, 0, &[1; 20]),
        full(b"emsg", 0, 0, b"a\0b\0\0\0\0\x010123456789abcdef"),
        chunk(1, &trafs),
        boxed(b"free", &[0; 100]),
        chunk(2, &[Traf::new(1, 15, &[20_000])]),
        header(2),
        chunk(3, &trafs),
        boxed(b"mfra", &[0; 20]),
        moof(4, &trafs, 8),
        [&[0; 4][..], b"mdat", &data(4, 3041)].concat(),
    ]
    .concat()
}

fn cut<'b>(body: &'b [u8], cuts: &[usize]) -> Vec<&'b [u8]> {
    let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut % (body.len() + 1)).collect();
    cuts.sort_unstable();
    let ends = cuts.iter().copied().chain([body.len()]);
    let mut start = 0;
    ends.map(|end| &body[std::mem::replace(&mut start, end)..end])
        .collect()
}

#[test]
fn byte_by_byte_comes_what_comes_at_once() {
    let body = body();
    let bytes: Vec<&[u8]> = body.chunks(1).collect();
    let whole = outcome(reader(), &[&body]);
    assert_eq!(whole.len(), 7);
    assert!(outcome(reader(), &bytes) == whole);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    #[test]
    fn any_partition_of_a_body_gives_the_same_items(
        cuts in prop::collection::vec(any::<usize>(), 0..40),
        even in prop::option::of(1..9000_usize),
    ) {
        let body = body();
        let pieces = match even {
            Some(len) => body.chunks(len).collect(),
            None => cut(&body, &cuts),
        };
        prop_assert!(outcome(reader(), &pieces) == outcome(reader(), &[&body]));
    }

    #[test]
    fn any_partition_of_a_damaged_body_gives_the_same_items_and_the_same_error(
        cuts in prop::collection::vec(any::<usize>(), 0..40),
        damage in prop::collection::vec((any::<usize>(), any::<u8>()), 1..4),
        end in any::<usize>(),
    ) {
        let mut body = body();
        for (at, byte) in damage {
            let at = at % body.len();
            body[at] = byte;
        }
        body.truncate(body.len().min(end % (2 * body.len())));
        let pieces = cut(&body, &cuts);
        prop_assert!(outcome(reader(), &pieces) == outcome(reader(), &[&body]));
    }
}
