//! How much of a catalogue answers how much of the demand, under Zipf's law.

/// Titles summed one by one; beyond, the sum is an integral, whose error is below a thousandth there.
const SUMMED: u64 = 10_000;

/// Titles, the most popular first, that get the share `wanted` (0 to 1) of all requests. A fraction of a title counts
/// as one. `titles`: at least 1.
pub(super) fn titles_for(wanted: f64, titles: u64, exponent: f64) -> u64 {
    let titles = titles.max(1);
    if wanted <= 0.0 {
        return 0;
    }
    let total = weight(titles, exponent);
    // The least number whose share reaches what is wanted.
    let (mut low, mut high) = (0, titles);
    while low < high {
        let middle = low + (high - low) / 2;
        // The last bit of the sums is no reason for a title more.
        if weight(middle, exponent) >= wanted * total * (1.0 - 1e-12) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    low
}

/// The share of all requests that the first `kept` titles get.
pub(super) fn share_of(kept: u64, titles: u64, exponent: f64) -> f64 {
    let titles = titles.max(1);
    weight(kept.min(titles), exponent) / weight(titles, exponent)
}

/// 1 + 1/2^s + … + 1/n^s.
fn weight(n: u64, exponent: f64) -> f64 {
    let summed = n.min(SUMMED);
    let head: f64 = (1..=summed).map(|rank| (rank as f64).powf(-exponent)).sum();
    if n <= SUMMED {
        return head;
    }
    // The middle of each summand: from half behind the last summed to half behind the last.
    let (from, to) = (summed as f64 + 0.5, n as f64 + 0.5);
    let tail = if (exponent - 1.0).abs() < 1e-9 {
        (to / from).ln()
    } else {
        (to.powf(1.0 - exponent) - from.powf(1.0 - exponent)) / (1.0 - exponent)
    };
    head + tail
}

#[cfg(test)]
mod tests;
