#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
use super::*;

const SECOND: Duration = Duration::from_secs(1);

fn activity() -> Rc<Activity> {
    Rc::new(Activity::new(Timeouts {
        head: Some(10 * SECOND),
        idle: 60 * SECOND,
        send: 30 * SECOND,
        rate: 0,
    }))
}

/// The verdict after `seconds` more, on a clock that is not the machine's.
async fn after(activity: &Activity, seconds: u32) -> Option<Closed> {
    tokio::time::advance(SECOND * seconds).await;
    activity.verdict()
}

#[tokio::test(start_paused = true)]
async fn a_connection_without_requests_goes_after_the_idle_time() {
    let activity = activity();
    assert_eq!(after(&activity, 59).await, None);
    drop(InFlight::new(&activity));
    assert_eq!(after(&activity, 59).await, None);
    assert_eq!(after(&activity, 1).await, Some(Closed::Idle));
}

#[tokio::test(start_paused = true)]
async fn a_head_that_trickles_in_goes_after_the_head_time() {
    let activity = activity();
    assert_eq!(after(&activity, 40).await, None);
    activity.read(1);
    assert_eq!(after(&activity, 9).await, None);
    activity.read(1);
    assert_eq!(after(&activity, 1).await, Some(Closed::SlowHead));
}

#[tokio::test(start_paused = true)]
async fn the_nodes_own_time_is_not_held_against_the_client() {
    let activity = activity();
    let mut request = InFlight::new(&activity);
    assert_eq!(activity.deadline(), None);
    assert_eq!(after(&activity, 300).await, None);
    request.pending(false);
    assert_eq!(after(&activity, 29).await, None);
    request.pending(true);
    assert_eq!(after(&activity, 300).await, None);
    drop(request);
    assert_eq!(after(&activity, 59).await, None);
}

#[tokio::test(start_paused = true)]
async fn a_client_that_takes_nothing_goes_and_one_that_reads_stays() {
    let activity = activity();
    let mut request = InFlight::new(&activity);
    request.pending(false);
    for _ in 0..10 {
        activity.wrote(5000);
        assert_eq!(after(&activity, 30).await, None);
    }
    activity.wrote(100);
    assert_eq!(after(&activity, 30).await, Some(Closed::SlowReader));
}

#[tokio::test(start_paused = true)]
async fn on_http2_control_frames_are_no_head() {
    let activity = Activity::new(Timeouts {
        head: None,
        idle: 60 * SECOND,
        send: 30 * SECOND,
        rate: 0,
    });
    activity.read(17);
    assert_eq!(after(&activity, 59).await, None);
    assert_eq!(after(&activity, 1).await, Some(Closed::Idle));
}

#[tokio::test(start_paused = true)]
async fn a_client_has_to_keep_to_the_rate_on_average_over_the_send_time() {
    let activity = Rc::new(Activity::new(Timeouts {
        head: None,
        idle: 60 * SECOND,
        send: 30 * SECOND,
        rate: 1024,
    }));
    let mut request = InFlight::new(&activity);
    request.pending(false);
    for _ in 0..10 {
        activity.wrote(30 * 1024);
        assert_eq!(after(&activity, 30).await, None);
    }
    activity.wrote(30 * 1024 - 1);
    assert_eq!(after(&activity, 30).await, Some(Closed::SlowReader));
}

#[tokio::test(start_paused = true)]
async fn a_connection_rests_between_requests_only() {
    let activity = activity();
    let since = |activity: &Activity| activity.rests_at().map(|at| at - Instant::now());
    assert_eq!(since(&activity), Some(RESTS_AFTER));
    let request = InFlight::new(&activity);
    assert_eq!(since(&activity), None, "a request is under way");
    tokio::time::advance(SECOND).await;
    drop(request);
    assert_eq!(since(&activity), Some(RESTS_AFTER));
    activity.cannot_write();
    assert_eq!(since(&activity), None, "the answer is not out");
    activity.wrote(1);
    activity.read(1);
    assert_eq!(since(&activity), None, "a head has begun");
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_sent_a_body_does_not_rest() {
    let activity = activity();
    let request = InFlight::new(&activity);
    activity.body_follows();
    drop(request);
    assert_eq!(activity.rests_at(), None);
}
