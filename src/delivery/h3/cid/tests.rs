#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
use std::collections::HashSet;

use super::*;

#[test]
fn an_id_tells_its_worker_to_who_has_the_key() {
    let key = Arc::new(CidKey::random().unwrap());
    for worker in [0, 1, 255, 256, u16::MAX] {
        let mut generator = Generator::new(Arc::clone(&key), worker);
        for _ in 0..1000 {
            let cid = generator.generate_cid();
            assert_eq!(key.worker(&cid), Some(worker));
            assert!(generator.validate(&cid).is_ok());
        }
    }
}

#[test]
fn ids_look_random() {
    let key = Arc::new(CidKey::random().unwrap());
    let mut generator = Generator::new(key, 1);
    let ids: Vec<_> = (0..4096).map(|_| generator.generate_cid()).collect();
    assert_eq!(ids.iter().collect::<HashSet<_>>().len(), ids.len());
    for at in 0..CID_BYTES {
        let values: HashSet<_> = ids.iter().map(|cid| cid[at]).collect();
        assert!(values.len() > 250, "byte {at} has {} values", values.len());
    }
}

#[test]
fn other_keys_and_other_lengths_mean_nothing() {
    let key = Arc::new(CidKey::random().unwrap());
    let mut others = Generator::new(Arc::new(CidKey::random().unwrap()), 1);
    let own = Generator::new(Arc::clone(&key), 1);
    let taken = (0..4096)
        .filter(|_| own.validate(&others.generate_cid()).is_ok())
        .count();
    assert_eq!(taken, 0);
    assert_eq!(key.worker(&[0; 7]), None);
    assert_eq!(key.worker(&[0; 9]), None);
    assert_eq!(key.worker(&[]), None);
}
