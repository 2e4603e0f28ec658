//! The control origin: how the lab communicates with its pages.
//!
//! Rule: each page keeps a WebSocket to this origin, outside the measured connection pools. It carries the page's plan,
//! the start, the comparison of the clocks, arrivals that the page waits for, and its report. The origin also answers
//! the fetches with which a page warms up.

use super::content::{Busy, Content};
use super::http::{Answers, listen};
use super::place::Place;
use super::stage::Stage;
#[cfg(feature = "tls")]
use super::tls::Security;
use super::token::Token;
use super::websocket::{self, Socket};
use futures_util::{SinkExt, StreamExt};
use hyper::body::Incoming;
use hyper::header::{self, HeaderValue};
use hyper::{Request, Response, StatusCode};
use serde_json::{Value, json};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::net::TcpListener;
use tokio::sync::{Notify, mpsc, watch};
use tokio_tungstenite::tungstenite::Message;

/// A message of a page.
#[derive(Debug)]
pub(crate) enum Said {
    /// The page has its plan and has warmed up.
    Ready {
        /// Number of the load in the session.
        load: u64,
        /// 0-based number of the tab.
        tab: u32,
    },
    /// The page's report at the end of the load.
    Report {
        /// Number of the load in the session.
        load: u64,
        /// 0-based number of the tab.
        tab: u32,
        /// The report as JSON.
        report: Value,
    },
    /// The driver page has connected (Firefox, WebKitGTK).
    Driver,
}

/// The control origin.
#[derive(Debug)]
pub(crate) struct Control {
    shared: Arc<Shared>,
    closed: watch::Sender<bool>,
    port: u16,
}

#[derive(Debug)]
struct Shared {
    /// What every request must have.
    token: Token,
    /// Time 0 of the server's clock.
    base: Instant,
    stage: Mutex<Option<Arc<Stage>>>,
    said: mpsc::UnboundedSender<Said>,
    /// Number in the session and start time of the current load.
    start: watch::Sender<Option<(u64, Instant)>>,
    /// The last order to the driver page.
    orders: watch::Sender<Value>,
}

#[derive(Clone)]
struct Desk(Arc<Shared>);

impl Control {
    /// Opens the control origin; messages of pages come out of the channel.
    pub(crate) async fn open(place: &Place) -> std::io::Result<(Self, mpsc::UnboundedReceiver<Said>)> {
        let listener = TcpListener::from_std(place.listen_for_pages()?)?;
        let port = listener.local_addr()?.port();
        let (said, heard) = mpsc::unbounded_channel();
        let shared = Arc::new(Shared {
            token: Token::new()?,
            base: Instant::now(),
            stage: Mutex::default(),
            said,
            start: watch::channel(None).0,
            orders: watch::channel(json!({})).0,
        });
        let closed = watch::channel(false).0;
        tokio::spawn(listen(listener, Desk(Arc::clone(&shared)), closed.subscribe()));
        Ok((Self { shared, closed, port }, heard))
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    pub(crate) fn token(&self) -> &Token {
        &self.shared.token
    }

    /// Sets the load whose pages may connect.
    pub(crate) fn set_stage(&self, stage: Option<Arc<Stage>>) {
        *self.shared.stage.lock().unwrap_or_else(PoisonError::into_inner) = stage;
    }

    /// Announces the start time of a load to its pages.
    pub(crate) fn start(&self, load: u64, at: Instant) {
        self.shared.start.send_replace(Some((load, at)));
    }

    /// Sends an order to the driver page.
    pub(crate) fn order(&self, order: Value) {
        self.shared.orders.send_replace(order);
    }

    /// An instant in milliseconds of the server's clock.
    pub(crate) fn milliseconds(&self, instant: Instant) -> f64 {
        self.shared.milliseconds(instant)
    }
}

impl Drop for Control {
    fn drop(&mut self) {
        self.closed.send_replace(true);
    }
}

impl Shared {
    fn milliseconds(&self, instant: Instant) -> f64 {
        instant.saturating_duration_since(self.base).as_secs_f64() * 1e3
    }

    /// Serves the WebSocket of a load's page until the page closes it.
    async fn talk(self: Arc<Self>, stage: Arc<Stage>, tab: u32, mut socket: Socket) {
        let load = stage.number();
        let (sender, mut sent) = mpsc::unbounded_channel();
        stage.subscribe(tab, sender);
        let mut start = self.start.subscribe();
        let plan = json!({ "plan": stage.script.page_plan(tab, stage.addresses()) });
        if socket.send(Message::text(plan.to_string())).await.is_err() {
            return;
        }
        let mut started = false;
        loop {
            let answer = tokio::select! {
                message = socket.next() => {
                    let Some(Ok(message)) = message else { return };
                    let now = Instant::now();
                    let Ok(text) = message.to_text() else { continue };
                    let Ok(mut message) = serde_json::from_str::<Value>(text) else { continue };
                    if let Some(ping) = message.get("ping") {
                        json!({ "pong": ping, "server": self.milliseconds(now) })
                    } else if let Some(class) = message.get("background").and_then(Value::as_u64) {
                        stage.keeper.start_background(class as usize);
                        continue;
                    } else if message.get("ready").is_some() {
                        self.said.send(Said::Ready { load, tab }).ok();
                        continue;
                    } else if let Some(report) = message.get_mut("report") {
                        self.said.send(Said::Report { load, tab, report: report.take() }).ok();
                        continue;
                    } else {
                        continue;
                    }
                }
                Some(identity) = sent.recv() => json!({ "sent": [identity.class, identity.call.index, identity.attempt] }),
                start = start.wait_for(|start| !started && start.is_some_and(|(number, _)| number == load)) => {
                    let Ok(Some((_, at))) = start.map(|start| *start) else { return };
                    started = true;
                    json!({ "go": self.milliseconds(at) })
                }
            };
            if socket.send(Message::text(answer.to_string())).await.is_err() {
                return;
            }
        }
    }

    /// Serves the WebSocket of the driver page.
    async fn drive(self: Arc<Self>, mut socket: Socket) {
        let mut orders = self.orders.subscribe();
        self.said.send(Said::Driver).ok();
        loop {
            let order = orders.borrow_and_update().to_string();
            if socket.send(Message::text(order)).await.is_err() {
                return;
            }
            tokio::select! {
                changed = orders.changed() => if changed.is_err() { return },
                message = socket.next() => if !matches!(message, Some(Ok(_))) { return },
            }
        }
    }
}

impl Answers for Desk {
    async fn answer(&self, _: u32, mut request: Request<Incoming>, busy: Busy) -> Response<Content> {
        let path = request.uri().path().to_owned();
        let query = request.uri().query().unwrap_or_default();
        let number = |key: &str| {
            let find = |pair: &str| pair.strip_prefix(key)?.strip_prefix('=')?.parse::<u32>().ok();
            query.split('&').find_map(find)
        };
        let (load, tab) = (number("load"), number("tab"));
        let mut response = Response::new(Content::whole("", Some(busy)));
        let is_ours = self.0.token.is_in_query(&request);
        match path.as_str() {
            _ if !is_ours => {}
            "/warm" => {
                let headers = response.headers_mut();
                if let Some(origin) = request.headers().get(header::ORIGIN) {
                    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
                    headers.insert(header::ACCESS_CONTROL_ALLOW_CREDENTIALS, HeaderValue::from_static("true"));
                }
                headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
                return response;
            }
            "/driver" => {
                let html = include_str!("../../page/driver.html");
                let mut response = Response::new(Content::whole(html, None));
                let kind = HeaderValue::from_static("text/html; charset=utf-8");
                response.headers_mut().insert(header::CONTENT_TYPE, kind);
                return response;
            }
            "/drive" | "/page" => {
                let stage = self.0.stage.lock().unwrap_or_else(PoisonError::into_inner).clone();
                let stage = stage.filter(|stage| load.is_some_and(|load| u64::from(load) == stage.number()));
                if let Some((response, socket)) = websocket::accept(&mut request) {
                    let shared = Arc::clone(&self.0);
                    tokio::spawn(async move {
                        match (socket.await, stage, tab) {
                            (Some(socket), Some(stage), Some(tab)) => shared.talk(stage, tab, socket).await,
                            (Some(socket), None, None) => shared.drive(socket).await,
                            _ => {}
                        }
                    });
                    return response;
                }
            }
            _ => {}
        }
        *response.status_mut() = StatusCode::NOT_FOUND;
        response
    }

    fn next_connection(&self) -> u32 {
        0
    }

    fn keep_alive(&self) -> Option<Duration> {
        None
    }

    fn clearing(&self) -> Arc<Notify> {
        Arc::default()
    }

    #[cfg(feature = "tls")]
    fn security(&self) -> Option<Security> {
        None
    }

    #[cfg(feature = "tls")]
    fn streams(&self) -> u32 {
        0
    }
}

#[cfg(test)]
mod tests {
    use super::Control;
    use crate::script::Script;
    use crate::server::place::Place;
    use crate::server::stage::{HELLO, PAGE, Stage};
    use sixslot_models::Document;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpStream;

    /// The status of a response.
    async fn status(port: u16, path: &str, headers: &str) -> u16 {
        let mut stream = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
        let request = format!("GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n{headers}\r\n");
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut head = [0; 12];
        stream.read_exact(&mut head).await.unwrap();
        std::str::from_utf8(&head[9..]).unwrap().parse().unwrap()
    }

    /// Another user of the machine gets nothing, and does not disturb the measurement.
    #[tokio::test(flavor = "multi_thread")]
    async fn a_stranger_gets_no_answer() {
        let place = Place::default();
        let (control, _heard) = Control::open(&place).await.unwrap();
        let text = "schema = 1\n[request.a]\nservice = \"1ms\"\n[load]\nready = [\"a\"]";
        let plan = Document::read("a.toml", text, &[]).unwrap().plan(&[], &[]).unwrap();
        let script = Script::new(&plan, 1, 0, 1.0).unwrap();
        let stage = Stage::open(&script, &place, 1, control.port(), control.token()).await.unwrap();
        let (port, token) = (stage.addresses()[0].socket.port(), control.token().text().to_owned());
        let upgrade = "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
        for path in ["/driver", "/warm", "/drive", "/page?load=1&tab=0", "/driver?token=", "/driver?token=0"] {
            assert_eq!(status(control.port(), path, "").await, 404, "{path}");
            assert_eq!(status(control.port(), path, upgrade).await, 404, "{path}");
        }
        assert_eq!(status(control.port(), &format!("/driver?token={token}"), "").await, 200);
        let identity = "0-0-1-0-0-1";
        for headers in
            [String::new(), format!("Accept: sixslot/{identity}\r\n"), format!("Accept: sixslot/0-{identity}\r\n")]
        {
            assert_eq!(status(port, PAGE, &headers).await, 404);
            assert_eq!(status(port, HELLO, &headers).await, 404);
            assert_eq!(status(port, &format!("/a?sixslot={identity}"), &headers).await, 404);
        }
        assert!(stage.strays().is_empty() && stage.arrivals().is_empty());
        assert_eq!(status(port, &format!("{PAGE}?token={token}"), "").await, 200);
        assert_eq!(status(port, &format!("/other?token={token}"), "").await, 404);
        assert_eq!(stage.strays().len(), 1, "a page of the session that sends something else");
        stage.close();
    }
}
