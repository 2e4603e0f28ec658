//! Response bodies: known at once, or sent in parts over time.
//!
//! Rule: a body may be cut into pieces that fit one packet. The streams of a connection of HTTP/2 take turns with their pieces, so
//! that they share the connection equally, as those of the simulated server do.

use hyper::body::{Body, Bytes, Frame, SizeHint};
use std::io::{Error, ErrorKind};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
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
    busy: Option<Busy>,
    /// What ends with the body.
    _held: Option<Box<dyn Send>>,
}

enum Parts {
    Whole(Option<Bytes>),
    Coming(mpsc::Receiver<Part>),
}

/// A part of a body; none breaks the connection off.
pub(crate) type Part = Option<Bytes>;

impl Content {
    /// A body of known length (`Content-Length`).
    pub(crate) fn whole(bytes: impl Into<Bytes>, busy: Option<Busy>) -> Self {
        Self::new(Parts::Whole(Some(bytes.into()).filter(|bytes: &Bytes| !bytes.is_empty())), busy)
    }

    /// A body whose parts come through a channel; it ends when the channel closes.
    pub(crate) fn coming(parts: mpsc::Receiver<Part>, busy: Option<Busy>) -> Self {
        Self::new(Parts::Coming(parts), busy)
    }

    fn new(parts: Parts, busy: Option<Busy>) -> Self {
        Self { parts, rest: Bytes::new(), piece: usize::MAX, busy, _held: None }
    }

    /// The same body, which keeps something until it has been sent or nobody wants it any more.
    pub(crate) fn holding(self, held: impl Send + 'static) -> Self {
        Self { _held: Some(Box::new(held)), ..self }
    }

    /// The same body in pieces of a packet's size.
    pub(crate) fn in_pieces(self) -> Self {
        Self { piece: PIECE, ..self }
    }
}

impl Body for Content {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        if self.rest.is_empty() {
            let part = match &mut self.parts {
                Parts::Whole(bytes) => Poll::Ready(bytes.take().map(Some)),
                Parts::Coming(parts) => parts.poll_recv(context),
            };
            match part {
                Poll::Ready(Some(Some(bytes))) => self.rest = bytes,
                Poll::Ready(Some(None)) => {
                    if let Some(busy) = &self.busy {
                        busy.breaks.store(true, Ordering::Relaxed);
                    }
                    return Poll::Ready(Some(Err(ErrorKind::ConnectionReset.into())));
                }
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
pub(crate) struct Busy {
    count: watch::Sender<usize>,
    /// Whether the connection is to be reset.
    breaks: Arc<AtomicBool>,
}

impl Busy {
    pub(crate) fn new(count: &watch::Sender<usize>, breaks: &Arc<AtomicBool>) -> Self {
        count.send_modify(|count| *count += 1);
        Self { count: count.clone(), breaks: Arc::clone(breaks) }
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        self.count.send_modify(|count| *count -= 1);
    }
}
