#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
use super::*;

#[test]
fn one_seed_draws_the_same_and_viewers_draw_differently() {
    let draw = |seed, stream| {
        let mut chance = Chance::new(seed, stream);
        [chance.bits(), chance.bits()]
    };
    assert_eq!(draw(1, 5), draw(1, 5));
    assert_ne!(draw(1, 5), draw(1, 6));
    assert_ne!(draw(1, 5), draw(2, 5));
}

#[test]
fn the_second_title_has_half_the_viewers_of_the_first_under_an_exponent_of_one() {
    let popularity = Popularity::zipf(100, 1.0);
    let mut counts = [0u32; 100];
    let mut chance = Chance::new(3, 0);
    for _ in 0..100_000 {
        counts[popularity.draw(&mut chance) as usize] += 1;
    }
    let ratio = f64::from(counts[0]) / f64::from(counts[1]);
    assert!((1.9..2.1).contains(&ratio), "{ratio}");
    assert!(counts.iter().all(|&count| count > 0));
}

#[test]
fn waits_have_the_mean_of_their_rate() {
    let mut chance = Chance::new(4, 0);
    let sum: f64 = (0..20_000).map(|_| chance.wait(4.0)).sum();
    assert!((sum / 20_000.0 - 0.25).abs() < 0.01);
    assert_eq!(chance.wait(0.0), f64::INFINITY);
}
