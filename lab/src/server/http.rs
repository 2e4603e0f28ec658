//! Connections: one task each, closed when the load is over or after the idle timeout (keep-alive).
//!
//! Rule: HTTP/1.1 (RFC 9112), and HTTP/2 (RFC 9113) where TLS has agreed on it. A response with `Connection: close` is the last of
//! its connection, over HTTP/2 too, where the server says it by GOAWAY.

use super::breakable::Breakable;
use super::content::{Busy, Content};
#[cfg(feature = "tls")]
use super::tls::Security;
use hyper::body::Incoming;
#[cfg(feature = "tls")]
use hyper::header::CONNECTION;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use std::convert::Infallible;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, watch};

/// Answers the requests of a listener.
pub(crate) trait Answers: Clone + Send + Sync + 'static {
    /// Answers a request of a connection; `busy` must be kept until the exchange is over.
    fn answer(
        &self,
        connection: u32,
        request: Request<Incoming>,
        busy: Busy,
    ) -> impl Future<Output = Response<Content>> + Send;

    /// The number of the next connection.
    fn next_connection(&self) -> u32;

    /// Idle time after which a connection is closed; none: never.
    fn keep_alive(&self) -> Option<Duration>;

    /// What closes the connections that are open when it notifies.
    fn clearing(&self) -> Arc<Notify>;

    /// The TLS of its connections, if they have any.
    #[cfg(feature = "tls")]
    fn security(&self) -> Option<Security>;

    /// Requests at once on a connection of HTTP/2.
    #[cfg(feature = "tls")]
    fn streams(&self) -> u32;
}

/// Accepts connections until `closed` becomes true.
pub(crate) async fn listen(listener: TcpListener, answers: impl Answers, closed: watch::Receiver<bool>) {
    let mut over = closed.clone();
    loop {
        tokio::select! {
            _ = over.wait_for(|over| *over) => return,
            accepted = listener.accept() => {
                // The client has gone already.
                let Ok((stream, _)) = accepted else { continue };
                let number = answers.next_connection();
                tokio::spawn(serve(stream, answers.clone(), number, closed.clone()));
            }
        }
    }
}

async fn serve(stream: TcpStream, answers: impl Answers, number: u32, closed: watch::Receiver<bool>) {
    stream.set_nodelay(true).ok();
    let (count, busy) = watch::channel(0_usize);
    let breaks = Arc::default();
    let stream = Breakable::new(stream, &breaks);
    let exchange = move || Busy::new(&count, &breaks);
    let lease =
        Lease { keep_alive: answers.keep_alive(), busy, closed, clearing: answers.clearing(), last: Arc::default() };
    #[cfg(feature = "tls")]
    if let Some(security) = answers.security() {
        match security.accept(stream).await {
            Ok((stream, true)) => serve_h2(stream, answers, number, exchange, lease).await,
            Ok((stream, false)) => serve_h1(stream, answers, number, exchange, lease).await,
            // A client that disconnects is not an error of the server.
            Err(_) => {}
        }
        return;
    }
    serve_h1(stream, answers, number, exchange, lease).await;
}

async fn serve_h1<S>(stream: S, answers: impl Answers, number: u32, exchange: impl Fn() -> Busy, lease: Lease)
where
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    let service = service_fn(|request| {
        let exchange = exchange();
        let answers = &answers;
        async move { Ok::<_, Infallible>(answers.answer(number, request, exchange).await) }
    });
    let mut builder = http1::Builder::new();
    builder.auto_date_header(false);
    let connection = pin!(builder.serve_connection(TokioIo::new(stream), service).with_upgrades());
    lease.hold(connection, |connection| connection.graceful_shutdown()).await;
}

#[cfg(feature = "tls")]
async fn serve_h2<S>(stream: S, answers: impl Answers, number: u32, exchange: impl Fn() -> Busy, lease: Lease)
where
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    let mut builder = hyper::server::conn::http2::Builder::new(hyper_util::rt::TokioExecutor::new());
    builder.auto_date_header(false).max_concurrent_streams(answers.streams());
    let last = Arc::clone(&lease.last);
    let service = service_fn(move |request| {
        let exchange = exchange();
        let (answers, last) = (answers.clone(), Arc::clone(&last));
        async move {
            let mut response = answers.answer(number, request, exchange).await;
            // The header is HTTP/1.1's only.
            if response.headers_mut().remove(CONNECTION).is_some() {
                last.notify_one();
            }
            Ok::<_, Infallible>(response)
        }
    });
    let connection = pin!(builder.serve_connection(TokioIo::new(stream), service));
    lease.hold(connection, |connection| connection.graceful_shutdown()).await;
}

/// How long a connection may stay open.
struct Lease {
    keep_alive: Option<Duration>,
    /// The number of exchanges in progress.
    busy: watch::Receiver<usize>,
    closed: watch::Receiver<bool>,
    clearing: Arc<Notify>,
    /// A response is the connection's last.
    last: Arc<Notify>,
}

impl Lease {
    /// Drives a connection to its end; `end` lets it finish its exchanges.
    async fn hold<C: Future>(mut self, mut connection: Pin<&mut C>, end: fn(Pin<&mut C>)) {
        let idle = async {
            let Some(keep_alive) = self.keep_alive else { return std::future::pending().await };
            loop {
                self.busy.wait_for(|count| *count == 0).await.ok();
                tokio::select! {
                    () = tokio::time::sleep(keep_alive) => return,
                    _ = self.busy.wait_for(|count| *count > 0) => {}
                }
            }
        };
        let over = async { self.closed.wait_for(|over| *over).await.map(|_| ()) };
        tokio::select! {
            // A client that disconnects is not an error of the server.
            _ = connection.as_mut() => {}
            () = idle => {
                end(connection.as_mut());
                connection.await;
            }
            () = self.last.notified() => {
                end(connection.as_mut());
                connection.await;
            }
            () = self.clearing.notified() => {}
            _ = over => {}
        }
    }
}
