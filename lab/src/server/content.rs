//! Response bodies: known at once, or sent in parts over time.
//!
//! Rule: a body may be cut into pieces that fit one packet. The streams of a connection of HTTP/2 take turns with their pieces, so
//! that they share the connection equally, as those of the simulated server do.

use hyper::body::{Body, Bytes, Frame, SizeHint};
use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};
use tokio::sync::{mpsc, watch};

/// The bytes of a piece of a body: with the headers of HTTP/2 and TLS they fit one packet.
pub(crate) const PIECE: usize = 1380;

/// A response body.
pub(crate) struct Content {
    parts: Parts,
    /// What is left of a part that is sent in pieces.
    rest: Bytes,
    /// The largest piece.
    piece: usize,
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
        Self::new(Parts::Whole(Some(bytes.into()).filter(|bytes: &Bytes| !bytes.is_empty())), busy)
    }

    /// A body whose parts come through a channel; it ends when the channel closes.
    pub(crate) fn coming(parts: mpsc::Receiver<Bytes>, busy: Option<Busy>) -> Self {
        Self::new(Parts::Coming(parts), busy)
    }

    fn new(parts: Parts, busy: Option<Busy>) -> Self {
        Self { parts, rest: Bytes::new(), piece: usize::MAX, _busy: busy }
    }

    /// The same body in pieces of a packet's size.
    pub(crate) fn in_pieces(self) -> Self {
        Self { piece: PIECE, ..self }
    }
}

impl Body for Content {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        if self.rest.is_empty() {
            let part = match &mut self.parts {
                Parts::Whole(bytes) => Poll::Ready(bytes.take()),
                Parts::Coming(parts) => parts.poll_recv(context),
            };
            match part {
                Poll::Ready(Some(bytes)) => self.rest = bytes,
                Poll::Ready(None) => return Poll::Ready(None),
                Poll::Pending => return Poll::Pending,
            }
        }
        let piece = self.piece.min(self.rest.len());
        Poll::Ready(Some(Ok(Frame::data(self.rest.split_to(piece)))))
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_empty() && matches!(self.parts, Parts::Whole(None))
    }

    fn size_hint(&self) -> SizeHint {
        match &self.parts {
            Parts::Whole(bytes) => {
                SizeHint::with_exact((self.rest.len() + bytes.as_ref().map_or(0, Bytes::len)) as u64)
            }
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
