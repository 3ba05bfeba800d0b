//! The seam between the adapters and what answers.
use std::future::Future;

use super::{Request, Response};

/// Answers requests. Worker-local: neither it nor its futures need to be `Send`.
///
/// The contract an adapter may rely on:
/// - The answer to `HEAD`, and any 204 or 304, comes with [`super::Body::Empty`]; its headers say what
///   the `GET` would have said, `content-length` included where it is known.
/// - `content-length` is set by whoever answers, or follows from [`super::Body::len`]; an adapter adds
///   no other, and [`Response::into_parts`] has done so already.
/// - An adapter that loses its client drops the future or the body: nothing else is owed.
pub trait Handler: 'static {
    fn handle(&self, request: Request) -> impl Future<Output = Response>;
}

impl<H: Handler> Handler for std::rc::Rc<H> {
    async fn handle(&self, request: Request) -> Response {
        H::handle(self, request).await
    }
}
