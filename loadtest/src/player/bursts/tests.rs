use super::*;

fn at(begin: Instant, milliseconds: u64) -> Instant {
    begin + Duration::from_millis(milliseconds)
}

#[test]
fn waits_between_chunks_are_not_the_networks() {
    let begin = Instant::now();
    let mut bursts = Bursts::default();
    for chunk in 0..5 {
        // Each chunk of 50 kB takes 40 ms, the next is made 460 ms later.
        for piece in 0..=4 {
            let now = at(begin, chunk * 500 + piece * 10);
            bursts.piece(now, 10_000, piece == 4);
        }
    }
    let (bytes, busy) = bursts.total();
    assert_eq!(busy, Duration::from_millis(200));
    // The first piece of each was under way before it was seen.
    assert_eq!(bytes, 200_000);
}

#[test]
fn a_chunk_that_comes_at_once_takes_a_millisecond() {
    let begin = Instant::now();
    let mut bursts = Bursts::default();
    bursts.piece(begin, 25_000, true);
    bursts.piece(at(begin, 500), 20_000, false);
    assert_eq!(bursts.total(), (25_000, Duration::from_millis(1)));
}
