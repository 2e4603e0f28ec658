//! The body of an answer: at once, or as its parts come.

use hyper::body::{Body, Bytes, Frame, SizeHint};
use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};
use tokio::sync::{mpsc, watch};

/// A body.
pub(crate) struct Content {
    parts: Parts,
    /// The connection is busy for as long as this lives.
    _busy: Option<Busy>,
}

enum Parts {
    Whole(Option<Bytes>),
    Coming(mpsc::Receiver<Bytes>),
}

impl Content {
    /// A body that is there; its length is announced.
    pub(crate) fn whole(bytes: impl Into<Bytes>, busy: Option<Busy>) -> Self {
        Self { parts: Parts::Whole(Some(bytes.into()).filter(|bytes: &Bytes| !bytes.is_empty())), _busy: busy }
    }

    /// A body whose parts come through a channel; it ends when the channel is closed.
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

/// Counts the exchanges that are under way on a connection.
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
