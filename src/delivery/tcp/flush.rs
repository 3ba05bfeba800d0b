//! The end of a connection's turn, for streams that hold back what is written until then.
use std::cell::RefCell;
use std::fmt::Debug;
use std::io;
use std::rc::Rc;
use std::task::{Context, Poll};

/// A stream that holds bytes back.
pub(super) trait HoldsBack: Debug {
    /// Sends all of them.
    fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>>;
}

/// The task's end of the stream.
#[derive(Debug)]
pub(super) struct Flush(Option<Rc<RefCell<dyn HoldsBack>>>);

impl Flush {
    pub(super) fn of<S: HoldsBack + 'static>(stream: Rc<RefCell<S>>) -> Self {
        Self(Some(stream))
    }

    /// For a stream that holds nothing back.
    pub(super) fn none() -> Self {
        Self(None)
    }

    /// To be called when the connection has nothing more to do for the moment.
    pub(super) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &self.0 {
            Some(stream) => stream.borrow_mut().poll_flush(cx),
            None => Poll::Ready(Ok(())),
        }
    }
}
