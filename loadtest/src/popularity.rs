//! Which title, and when: draws that a seed makes again.
use rand::{Rng as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

/// One viewer's chance. The same seed and viewer draw the same, on every machine and in every build.
#[derive(Clone, Debug)]
pub struct Chance(ChaCha8Rng);

impl Chance {
    pub fn new(seed: u64, stream: u64) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        rng.set_stream(stream);
        Self(rng)
    }

    /// From 0 to less than 1.
    pub fn share(&mut self) -> f64 {
        self.0.random()
    }

    /// The wait for what happens `rate` times per second on average; endless when it never does.
    pub fn wait(&mut self, rate: f64) -> f64 {
        if rate > 0.0 {
            -(1.0 - self.share()).ln() / rate
        } else {
            f64::INFINITY
        }
    }

    pub fn bits(&mut self) -> u64 {
        self.0.random()
    }
}

/// Zipf's law: the title of rank r has a share of 1/r^s of what the first has.
#[derive(Clone, Debug)]
pub struct Popularity {
    /// Of a rank and all before it; the last is 1.
    cumulated: Vec<f64>,
}

impl Popularity {
    /// `titles`: at least one.
    pub fn zipf(titles: u64, exponent: f64) -> Self {
        let mut total = 0.0;
        let mut cumulated: Vec<f64> = (1..=titles.max(1))
            .map(|rank| {
                total += (rank as f64).powf(-exponent);
                total
            })
            .collect();
        for share in &mut cumulated {
            *share /= total;
        }
        Self { cumulated }
    }

    /// A title, 0 the most popular.
    pub fn draw(&self, chance: &mut Chance) -> u64 {
        let share = chance.share();
        let rank = self.cumulated.partition_point(|&sum| sum <= share);
        rank.min(self.cumulated.len() - 1) as u64
    }
}

#[cfg(test)]
mod tests;
