//! The end of a run, told to all its threads.
use tokio::sync::watch;

#[derive(Clone, Debug)]
pub(crate) struct Stop(watch::Receiver<bool>);

impl Stop {
    pub(crate) fn new() -> (watch::Sender<bool>, Self) {
        let (sender, receiver) = watch::channel(false);
        (sender, Self(receiver))
    }

    /// Nothing is begun any more.
    pub(crate) fn is_stopping(&self) -> bool {
        *self.0.borrow()
    }

    pub(crate) async fn stopping(&self) {
        // A sender that is gone means the same.
        let _ = self.0.clone().wait_for(|stopping| *stopping).await;
    }
}
