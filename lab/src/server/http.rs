//! Connections: one task each, closed when the load is over or after the idle timeout (keep-alive).

use super::content::{Busy, Content};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use std::convert::Infallible;
use std::pin::pin;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

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

async fn serve(stream: TcpStream, answers: impl Answers, number: u32, mut closed: watch::Receiver<bool>) {
    stream.set_nodelay(true).ok();
    let (count, mut busy) = watch::channel(0_usize);
    let keep_alive = answers.keep_alive();
    let service = service_fn(|request| {
        let exchange = Busy::new(&count);
        let answers = &answers;
        async move { Ok::<_, Infallible>(answers.answer(number, request, exchange).await) }
    });
    let mut builder = http1::Builder::new();
    builder.auto_date_header(false);
    let mut connection = pin!(builder.serve_connection(TokioIo::new(stream), service).with_upgrades());
    let idle = async {
        let Some(keep_alive) = keep_alive else { return std::future::pending().await };
        loop {
            busy.wait_for(|count| *count == 0).await.ok();
            tokio::select! {
                () = tokio::time::sleep(keep_alive) => return,
                _ = busy.wait_for(|count| *count > 0) => {}
            }
        }
    };
    let over = async { closed.wait_for(|over| *over).await.map(|_| ()) };
    tokio::select! {
        // A client that disconnects is not an error of the server.
        _ = connection.as_mut() => {}
        () = idle => {
            connection.as_mut().graceful_shutdown();
            connection.await.ok();
        }
        _ = over => {}
    }
}
