#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::Wake;

use super::*;

#[derive(Default)]
struct Count(AtomicUsize);

impl Wake for Count {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

struct Task(Arc<Count>, Turn);

impl Task {
    fn new(turns: &Rc<Turns>, urgency: u8, incremental: bool) -> Self {
        let priority = Priority {
            urgency,
            incremental,
        };
        Self(Arc::default(), turns.join(priority))
    }

    fn goes(&self) -> bool {
        let waker = Waker::from(Arc::clone(&self.0));
        self.1.poll(&Context::from_waker(&waker)).is_ready()
    }

    fn woken(&self) -> usize {
        self.0.0.swap(0, Ordering::Relaxed)
    }
}

fn idle(turns: &Turns) -> usize {
    let count = Arc::new(Count::default());
    let waker = Waker::from(Arc::clone(&count));
    turns.idle(&Context::from_waker(&waker));
    count.0.load(Ordering::Relaxed)
}

#[test]
fn the_more_urgent_goes_first_whenever_it_came() {
    let turns = Rc::new(Turns::default());
    let (video, audio) = (Task::new(&turns, 3, false), Task::new(&turns, 2, false));
    assert!(video.goes());
    assert!(audio.goes());
    assert!(!video.goes());
    assert!(audio.goes());
    drop(audio);
    assert_eq!(video.woken(), 1);
    assert!(video.goes());
}

#[test]
fn of_one_urgency_the_older_goes_first_and_those_that_share_share() {
    let turns = Rc::new(Turns::default());
    let tasks = [true, false, true, false].map(|share| Task::new(&turns, 3, share));
    for task in &tasks {
        task.goes();
    }
    let going = |tasks: &[Task]| tasks.iter().map(Task::goes).collect::<Vec<_>>();
    assert_eq!(going(&tasks), [false, true, false, false]);
    let [first, second, third, fourth] = tasks;
    drop(second);
    assert_eq!(going(&[first, third]), [false, false]);
    assert!(fourth.goes());
}

#[test]
fn answers_that_share_go_together() {
    let turns = Rc::new(Turns::default());
    let tasks = [(); 3].map(|()| Task::new(&turns, 5, true));
    assert!(tasks.iter().all(Task::goes));
    assert!(tasks.iter().all(Task::goes));
}

#[test]
fn one_that_waits_for_its_source_holds_nobody_back() {
    let turns = Rc::new(Turns::default());
    let (first, second) = (Task::new(&turns, 1, false), Task::new(&turns, 3, false));
    assert!(first.goes());
    assert!(!second.goes());
    first.1.pause();
    assert_eq!(second.woken(), 1);
    assert!(second.goes());
    assert!(first.goes());
    assert!(!second.goes());
}

#[test]
fn one_that_is_stuck_loses_its_rank_until_it_is_polled_again() {
    let turns = Rc::new(Turns::default());
    let (first, second) = (Task::new(&turns, 1, false), Task::new(&turns, 3, false));
    assert!(first.goes());
    assert_eq!(idle(&turns), 0, "nobody is held back");
    assert!(!second.goes());
    assert_eq!(idle(&turns), 1, "to be called again");
    assert_eq!(second.woken(), 0, "the first may have been woken");
    idle(&turns);
    assert_eq!(second.woken(), 1);
    assert!(second.goes() && second.goes());
    assert!(first.goes());
    assert!(!second.goes());
}

#[test]
fn a_connection_that_goes_on_is_never_taken_to_be_stuck() {
    let turns = Rc::new(Turns::default());
    let (first, second) = (Task::new(&turns, 1, false), Task::new(&turns, 3, false));
    for _ in 0..10 {
        assert!(first.goes());
        assert!(!second.goes());
        idle(&turns);
    }
    assert_eq!(second.woken(), 0);
}
