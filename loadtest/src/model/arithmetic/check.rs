//! Whether a demand makes sense.
use super::super::demand::MAX_RUNGS;
use super::super::{Demand, ModelError};

pub(super) fn check(demand: &Demand) -> Result<(), ModelError> {
    let positive = |value: f64| value > 0.0 && value.is_finite();
    let share = |value: f64| (0.0..=1.0).contains(&value);
    let faults = [
        (positive(demand.viewers), "viewers", "at least one"),
        (
            positive(demand.catalogue_hours),
            "catalogue hours",
            "above 0",
        ),
        (positive(demand.title_hours), "title hours", "above 0"),
        ((0.0..=5.0).contains(&demand.zipf), "zipf", "0 to 5"),
        (share(demand.hit_rate), "hit rate", "0% to 100%"),
        (
            (0.0..1.0).contains(&demand.offload),
            "offload",
            "0% to less than 100%: otherwise no node is needed",
        ),
        (
            (0.0..1.0).contains(&demand.headroom),
            "headroom",
            "0% to less than 100%",
        ),
        (
            !demand.ladder.is_empty() && demand.ladder.len() <= MAX_RUNGS,
            "ladder",
            "1 to 64 rungs",
        ),
        (
            demand.ladder.iter().all(|rate| positive(*rate)),
            "ladder",
            "rates above 0",
        ),
        (
            demand.mix.is_empty() || demand.mix.len() == demand.ladder.len(),
            "mix",
            "one share for each rung of the ladder",
        ),
        (
            demand.mix.is_empty()
                || (demand
                    .mix
                    .iter()
                    .all(|part| *part >= 0.0 && part.is_finite())
                    && demand.mix.iter().sum::<f64>() > 0.0),
            "mix",
            "shares that are not negative, and not all 0",
        ),
        (
            demand.miss_cost >= 1.0 && demand.miss_cost.is_finite(),
            "miss cost",
            "at least 1",
        ),
        (
            positive(demand.prices.load_factor) && demand.prices.load_factor <= 1.0,
            "load factor",
            "above 0% to 100%",
        ),
        (
            demand.prices.node_hour >= 0.0 && demand.prices.gb >= 0.0,
            "prices",
            "not below 0",
        ),
    ];
    match faults.into_iter().find(|(right, _, _)| !right) {
        Some((_, what, rule)) => Err(ModelError::Demand(what, rule)),
        None => Ok(()),
    }
}
