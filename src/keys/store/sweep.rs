//! What happens without anybody asking: refreshing what is in use, forgetting what is of no use, probing.
use std::sync::Weak;
use std::time::Duration;

use tokio::time::{Instant, MissedTickBehavior, interval};

use super::Shared;

const EVERY: Duration = Duration::from_secs(1);

/// Until the store is gone.
pub(super) async fn run(shared: Weak<Shared>) {
    let mut ticks = interval(EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        let Some(shared) = shared.upgrade() else {
            return;
        };
        let now = Instant::now();
        for source in &shared.sources {
            if !source.provider.is_remote() {
                continue;
            }
            for entry in source.entries() {
                if entry.is_to_be_refreshed(now) {
                    // Where no place is free, the next round tries again.
                    let _ = shared.start(source, &entry);
                } else if entry.is_spent(source, now) {
                    source.remove(&entry.request);
                }
            }
            if let Some(entry) = source.probe(now) {
                let _ = shared.start(source, &entry);
            }
        }
    }
}
