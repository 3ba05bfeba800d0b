//! The end of a node, told to everything that serves: finish what was begun, then stop.
use tokio::sync::watch;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Phase {
    Running,
    /// Take nothing more; finish what was begun.
    Draining,
    /// Drop everything.
    Over,
}

/// The end that says so. Dropped, it means [`Phase::Over`].
#[derive(Debug)]
pub struct DrainControl(watch::Sender<Phase>);

/// The end that listens; cheap to clone.
#[derive(Debug, Clone)]
pub struct Drain(watch::Receiver<Phase>);

pub fn drain() -> (DrainControl, Drain) {
    let (sender, receiver) = watch::channel(Phase::Running);
    (DrainControl(sender), Drain(receiver))
}

impl DrainControl {
    /// Phases only go forward.
    pub fn enter(&self, phase: Phase) {
        self.0.send_if_modified(|current| {
            let forward = phase > *current;
            *current = phase.max(*current);
            forward
        });
    }

    pub fn phase(&self) -> Phase {
        *self.0.borrow()
    }
}

impl Drain {
    /// Resolves once the node takes nothing more.
    pub async fn begun(&mut self) {
        self.reached(Phase::Draining).await;
    }

    /// Resolves once nothing more is waited for.
    pub async fn over(&mut self) {
        self.reached(Phase::Over).await;
    }

    pub fn phase(&self) -> Phase {
        if self.0.has_changed().is_err() {
            Phase::Over
        } else {
            *self.0.borrow()
        }
    }

    async fn reached(&mut self, wanted: Phase) {
        // A control that is gone is past every phase.
        let _ = self.0.wait_for(|phase| *phase >= wanted).await;
    }
}
