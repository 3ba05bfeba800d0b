//! Alone in its process, because it counts the process's descriptors.
#![allow(clippy::unwrap_used)]
use std::fs::File;
use std::os::fd::OwnedFd;
use std::sync::Arc;

use edgepack_uring::{FileRange, Pool, PoolOptions, Ring, RingOptions, probe};
use tokio::task::LocalSet;

fn descriptors() -> usize {
    std::fs::read_dir("/proc/self/fd").unwrap().count()
}

/// Rings that served, were abandoned midway, and were dropped with reads still waiting.
#[test]
fn rings_leave_no_descriptor_and_no_buffer_behind() {
    if let Err(unavailable) = probe() {
        println!("skipped: {unavailable}");
        return;
    }
    let pool = Pool::new(PoolOptions {
        max_bytes: 1 << 20,
        max_idle_bytes: 1 << 20,
    });
    // The runtime opens what it shares between all runtimes once.
    one_life(&pool);
    let before = descriptors();
    for _ in 0..50 {
        one_life(&pool);
    }
    assert_eq!(descriptors(), before);
    assert_eq!(pool.usage().out_bytes, 0);
}

fn one_life(pool: &Pool) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    LocalSet::new().block_on(&runtime, async {
        let (ring, driver) = Ring::new(RingOptions::default(), Arc::default()).unwrap();
        let driver = tokio::task::spawn_local(driver);
        let here = [FileRange {
            offset: 0,
            len: 100,
        }];
        let file = Arc::new(File::open("/proc/self/exe").unwrap());
        ring.read(file, &here, pool.take(100).unwrap())
            .await
            .unwrap();
        let (waiting, _writer) = std::io::pipe().unwrap();
        let waiting = Arc::new(File::from(OwnedFd::from(waiting)));
        drop(ring.read(Arc::clone(&waiting), &here, pool.take(100).unwrap()));
        let unanswered = ring.read(waiting, &here, pool.take(100).unwrap());
        drop(ring);
        driver.await.unwrap();
        unanswered.await.unwrap_err();
    });
}
