//! The end of a run, told to all its threads.
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};

/// What is said of a request that the end of the run cut off.
pub(crate) const CUT_OFF: &str = "no whole answer when the run and its grace were over";

#[derive(Clone, Debug)]
pub(crate) struct Stop(watch::Receiver<Option<Instant>>);

impl Stop {
    /// The sender tells when what is under way is cut off.
    pub(crate) fn new() -> (watch::Sender<Option<Instant>>, Self) {
        let (sender, receiver) = watch::channel(None);
        (sender, Self(receiver))
    }

    /// Nothing is begun any more.
    pub(crate) fn is_stopping(&self) -> bool {
        self.0.borrow().is_some()
    }

    /// The grace is over.
    pub(crate) fn is_cut(&self) -> bool {
        self.0.borrow().is_some_and(|cut| Instant::now() >= cut)
    }

    pub(crate) async fn stopping(&self) {
        // A sender that is gone means the same.
        let _ = self.0.clone().wait_for(Option::is_some).await;
    }

    pub(crate) async fn cut(&self) {
        self.stopping().await;
        let cut = *self.0.borrow();
        if let Some(cut) = cut {
            sleep_until(cut).await;
        }
    }
}
