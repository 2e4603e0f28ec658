//! Connections: each a task of its own, closed when the load is over or when it has been idle for too long.

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

/// Who answers requests.
pub(crate) trait Answers: Clone + Send + Sync + 'static {
    /// Answers a request of a connection; `busy` lives as long as the exchange.
    fn answer(
        &self,
        connection: u32,
        request: Request<Incoming>,
        busy: Busy,
    ) -> impl Future<Output = Response<Content>> + Send;

    /// The number of the next connection.
    fn next_connection(&self) -> u32;

    /// A connection that is idle for so long is closed.
    fn keep_alive(&self) -> Option<Duration>;
}

/// Accepts connections until `closed` says true.
pub(crate) async fn listen(listener: TcpListener, answers: impl Answers, closed: watch::Receiver<bool>) {
    let mut over = closed.clone();
    loop {
        tokio::select! {
            _ = over.wait_for(|over| *over) => return,
            accepted = listener.accept() => {
                // An error here is one of the caller's, who has gone already.
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
        // The caller's going away is no error of the server's.
        _ = connection.as_mut() => {}
        () = idle => {
            connection.as_mut().graceful_shutdown();
            connection.await.ok();
        }
        _ = over => {}
    }
}
