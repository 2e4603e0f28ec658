//! Response bodies: known at once, or sent in parts over time.

use hyper::body::{Body, Bytes, Frame, SizeHint};
use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};
use tokio::sync::{mpsc, watch};

/// A response body.
pub(crate) struct Content {
    parts: Parts,
    /// Marks the connection as busy until it is dropped.
    _busy: Option<Busy>,
}

enum Parts {
    Whole(Option<Bytes>),
    Coming(mpsc::Receiver<Bytes>),
}

impl Content {
    /// A body of known length (`Content-Length`).
    pub(crate) fn whole(bytes: impl Into<Bytes>, busy: Option<Busy>) -> Self {
        Self { parts: Parts::Whole(Some(bytes.into()).filter(|bytes: &Bytes| !bytes.is_empty())), _busy: busy }
    }

    /// A body whose parts come through a channel; it ends when the channel closes.
    pub(crate) fn coming(parts: mpsc::Receiver<Bytes>, busy: Option<Busy>) -> Self {
        Self { parts: Parts::Coming(parts), _busy: busy }
    }
}

impl Body for Content {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let part = match &mut self.parts {
            Parts::Whole(bytes) => Poll::Ready(bytes.take()),
            Parts::Coming(parts) => parts.poll_recv(context),
        };
        part.map(|part| part.map(|bytes| Ok(Frame::data(bytes))))
    }

    fn is_end_stream(&self) -> bool {
        matches!(self.parts, Parts::Whole(None))
    }

    fn size_hint(&self) -> SizeHint {
        match &self.parts {
            Parts::Whole(bytes) => SizeHint::with_exact(bytes.as_ref().map_or(0, Bytes::len) as u64),
            Parts::Coming(_) => SizeHint::default(),
        }
    }
}

/// Counts the exchanges in progress on a connection.
pub(crate) struct Busy(watch::Sender<usize>);

impl Busy {
    pub(crate) fn new(count: &watch::Sender<usize>) -> Self {
        count.send_modify(|count| *count += 1);
        Self(count.clone())
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        self.0.send_modify(|count| *count -= 1);
    }
}
