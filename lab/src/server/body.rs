//! Bodies of requests and of answers: received to their end, and sent with a last part that may come later, or never.

use super::content::Part;
use hyper::body::{Body, Bytes, Incoming};
use std::pin::Pin;
use std::time::Duration;
use tokio::sync::mpsc;

/// The first and the last bytes of a body that is sent over time.
const PART: &[u8] = &[b' '; 64];
/// Time in which what has been sent leaves this program before its connection breaks.
const FLUSH: Duration = Duration::from_millis(2);

/// Receives a request's body to its end: only then its work begins.
pub(super) async fn receive(body: &mut Incoming) {
    // A client that goes away ends its body, too.
    while let Some(Ok(_)) = std::future::poll_fn(|context| Pin::new(&mut *body).poll_frame(context)).await {}
}

/// Sends a body of so many bytes, the last of them when `last` is over; if that is false, they are not sent. Where the body
/// `breaks`, its connection is closed instead.
pub(super) async fn send(bytes: u64, last: impl Future<Output = bool>, breaks: bool, parts: mpsc::Sender<Part>) {
    // Firefox passes the headers on with the body's first bytes (measured), so some bytes are sent at once.
    if parts.send(Some(Bytes::from_static(PART))).await.is_err() {
        return;
    }
    // Spaces are a style sheet without rules, whatever their number.
    let block = Bytes::from(vec![b' '; 1 << 16]);
    let mut left = usize::try_from(bytes).unwrap_or(usize::MAX).saturating_sub(2 * PART.len());
    while left > 0 {
        let part = block.slice(..left.min(block.len()));
        left -= part.len();
        if parts.send(Some(part)).await.is_err() {
            return;
        }
    }
    if last.await {
        if breaks {
            tokio::time::sleep(FLUSH).await;
        }
        parts.send(Some(Bytes::from_static(PART)).filter(|_| !breaks)).await.ok();
    }
}
