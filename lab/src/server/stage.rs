//! The servers of one load: their ports, the log of arrivals, and the responses.
//!
//! Rule: a request carries its identity in its `Accept` header, which changes no browser's rules and needs no CORS
//! preflight. A socket cannot set headers, so it carries its identity at the end of its URL.

use super::address::Address;
use super::body;
use super::content::{Busy, Content};
use super::http::{Answers, listen};
use super::keeper::{Clock, Identity, Keeper};
use super::place::Place;
use super::reply::{Reply, allow, set};
#[cfg(feature = "tls")]
use super::tls::Security;
use super::token::Token;
use super::websocket::{self, Socket};
use super::works::Works;
use crate::page_causes::waits_for;
use crate::script::Script;
use futures_util::{SinkExt, StreamExt};
use hyper::body::{Bytes, Incoming};
use hyper::header;
use hyper::{Request, Response, StatusCode, Version};
use sixslot_models::browser::Priority;
use sixslot_models::class::{Class, DeadlineFrom, DeadlineUntil, Event, Kind};
use sixslot_models::load::Call;
use sixslot_sim_core::Time;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::net::{TcpListener, TcpSocket};
use tokio::sync::{Notify, mpsc, watch};
use tokio_tungstenite::tungstenite::Message;

/// Path of the page, at the scenario's first origin.
pub(crate) const PAGE: &str = "/sixslot-page";
/// The page's script.
const SCRIPTS: [&str; 5] = [
    include_str!("../../page/page.js"),
    include_str!("../../page/agenda.js"),
    include_str!("../../page/events.js"),
    include_str!("../../page/navigation.js"),
    include_str!("../../page/clocks.js"),
];
/// Path of an empty answer, with which a page learns what an origin speaks before the load.
pub(crate) const HELLO: &str = "/sixslot-hello";

/// The arrival of a request at the server.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Arrival {
    pub(crate) identity: Identity,
    pub(crate) at: Instant,
    pub(crate) connection: u32,
}

/// The servers of one load.
#[derive(Debug)]
pub(crate) struct Stage {
    pub(crate) script: Script,
    pub(crate) clock: Clock,
    pub(crate) keeper: Keeper,
    addresses: Vec<Address>,
    /// Keeps the ports at which nobody listens.
    _refusing: Vec<Option<TcpSocket>>,
    /// The TLS of each origin that has it.
    #[cfg(feature = "tls")]
    securities: Vec<Option<Security>>,
    control: u16,
    token: Token,
    number: u64,
    log: Mutex<Vec<Arrival>>,
    /// Requests that are not in the script.
    strays: Mutex<Vec<String>>,
    /// Where to send arrivals that a page waits for, by tab.
    sent: Mutex<BTreeMap<u32, mpsc::UnboundedSender<Identity>>>,
    /// For each class: whether pages wait for its arrivals.
    reports_sending: Vec<bool>,
    background: watch::Receiver<BTreeMap<usize, Time>>,
    closed: watch::Sender<bool>,
    clearing: Arc<Notify>,
    connections: AtomicU32,
    tickets: AtomicU64,
}

/// One of the load's origins.
#[derive(Clone)]
struct Origin {
    stage: Arc<Stage>,
    number: usize,
}

/// Reports, when dropped, that a client has disconnected or has the whole answer.
struct Caller {
    stage: Arc<Stage>,
    ticket: u64,
}

impl Drop for Caller {
    fn drop(&mut self) {
        self.stage.keeper.abort(self.ticket);
    }
}

impl Stage {
    /// Opens the ports of a load.
    pub(crate) async fn open(
        script: &Script,
        place: &Place,
        number: u64,
        control: u16,
        token: &Token,
    ) -> std::io::Result<Arc<Self>> {
        let doors = place.open(script)?;
        let addresses: Vec<Address> = doors.iter().map(|door| door.address).collect();
        let (listeners, refusing): (Vec<_>, Vec<_>) =
            doors.into_iter().map(|door| (door.listener, door.refuses)).unzip();
        let clock = Clock::new(script.scale);
        let (news, background) = watch::channel(BTreeMap::new());
        let waits = |number| script.plan.classes().iter().any(|class| waits_for(class, number, Event::Sent));
        let until_sent =
            |class: &Class| class.deadline_until == DeadlineUntil::Sent || class.deadline_from == DeadlineFrom::Sent;
        let reports_sending = script.plan.classes().iter().enumerate();
        let stage = Arc::new(Self {
            keeper: Keeper::start(Works::new(&script.plan, &script.draws), clock.clone(), news)?,
            reports_sending: reports_sending.map(|(number, class)| until_sent(class) || waits(number)).collect(),
            script: script.clone(),
            clock,
            #[cfg(feature = "tls")]
            securities: securities(script, &addresses, place)?,
            addresses,
            _refusing: refusing,
            control,
            token: token.clone(),
            number,
            log: Mutex::default(),
            strays: Mutex::default(),
            sent: Mutex::default(),
            background,
            closed: watch::channel(false).0,
            clearing: Arc::default(),
            connections: AtomicU32::new(0),
            tickets: AtomicU64::new(0),
        });
        for (number, listener) in listeners.into_iter().enumerate() {
            let origin = Origin { stage: Arc::clone(&stage), number };
            let listener = TcpListener::from_std(listener)?;
            tokio::spawn(listen(listener, origin, stage.closed.subscribe()));
        }
        Ok(stage)
    }

    /// Closes the connections that are open: a load begins without any, and Chromium may have opened one more than its page needed
    /// (measured).
    pub(crate) fn clear(&self) {
        self.clearing.notify_waiters();
    }

    /// Closes all connections and ports.
    pub(crate) fn close(&self) {
        self.closed.send_replace(true);
    }

    /// Number of the load in the session.
    pub(crate) fn number(&self) -> u64 {
        self.number
    }

    /// The origins' addresses.
    pub(crate) fn addresses(&self) -> &[Address] {
        &self.addresses
    }

    /// The URL of a tab's page.
    pub(crate) fn page_url(&self, tab: u32) -> String {
        let (base, control, load, token) =
            (self.addresses[0].base("http"), self.control, self.number, self.token.text());
        format!("{base}{PAGE}?control={control}&load={load}&tab={tab}&token={token}")
    }

    /// The arrivals so far, in order of time.
    pub(crate) fn arrivals(&self) -> Vec<Arrival> {
        self.log.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Requests that the browser sent although they are not in the script.
    pub(crate) fn strays(&self) -> Vec<String> {
        self.strays.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Sets where to send the arrivals that a tab's page waits for.
    pub(crate) fn subscribe(&self, tab: u32, sender: mpsc::UnboundedSender<Identity>) {
        self.sent.lock().unwrap_or_else(PoisonError::into_inner).insert(tab, sender);
    }

    /// Waits until the load is over.
    async fn wait_closed(&self) {
        drop(self.closed.subscribe().wait_for(|closed| *closed).await);
    }

    /// Waits until a time; false if the load was closed before.
    async fn wait_until(&self, at: Time) -> bool {
        tokio::select! {
            () = self.keeper.wait_until(at) => true,
            () = self.wait_closed() => false,
        }
    }

    /// The messages of an open socket, each the age of its data in real milliseconds, until the socket's end.
    fn feed(self: &Arc<Self>, class: usize, opened: Time, end: Option<Time>) -> mpsc::Receiver<f64> {
        let (sender, news) = mpsc::channel(16);
        let stage = Arc::clone(self);
        tokio::spawn(async move {
            let rules = &stage.script.plan.classes()[class];
            let by_time = async {
                let mut at = opened;
                while let Some(every) = rules.snapshot_every
                    && stage.wait_until(at).await
                    && sender.send(0.0).await.is_ok()
                {
                    at += every;
                }
                std::future::pending::<()>().await;
            };
            let by_background = async {
                let mut background = stage.background.clone();
                let last_of = |background: &mut watch::Receiver<BTreeMap<usize, Time>>| {
                    let known = background.borrow_and_update();
                    rules.snapshot_by.iter().filter_map(|background| known.get(background)).max().copied()
                };
                let mut known = last_of(&mut background);
                if let Some(last) = known {
                    let age = stage.script.real(opened.max(last) - last);
                    sender.send(age.as_secs_f64() * 1e3).await.ok();
                }
                while background.changed().await.is_ok() {
                    let last = last_of(&mut background);
                    if last != known && sender.send(0.0).await.is_err() {
                        return;
                    }
                    known = last;
                }
                std::future::pending::<()>().await;
            };
            let over = async {
                stage.wait_until(end.unwrap_or(Time::MAX)).await;
            };
            tokio::select! {
                () = by_time => {}
                () = by_background => {}
                () = over => {}
                () = sender.closed() => {}
            }
        });
        news
    }

    fn stray(&self, request: &Request<Incoming>) -> Response<Content> {
        let mut strays = self.strays.lock().unwrap_or_else(PoisonError::into_inner);
        // Bounds the memory that an endlessly requesting browser can use.
        if strays.len() < 100 {
            strays.push(format!("{} {}", request.method(), request.uri()));
        }
        let mut response = Response::new(Content::whole("", None));
        *response.status_mut() = StatusCode::NOT_FOUND;
        response
    }

    /// The page of a tab: the first one, and the new document of a navigation, which has a status.
    fn html(status: StatusCode) -> String {
        let script = format!("{}\nconst answered = {};", SCRIPTS.concat(), status.as_u16());
        include_str!("../../page/index.html").replace("/*page*/", &script)
    }

    fn page() -> Response<Content> {
        let mut response = Response::new(Content::whole(Self::html(StatusCode::OK), None));
        let headers = response.headers_mut();
        set(headers, header::CONTENT_TYPE, "text/html; charset=utf-8");
        set(headers, header::CACHE_CONTROL, "no-store");
        // The page's own connection must not be one of the six when the load starts.
        set(headers, header::CONNECTION, "close");
        response
    }

    fn hello(request: &Request<Incoming>) -> Response<Content> {
        let mut response = Response::new(Content::whole("", None));
        let headers = response.headers_mut();
        allow(headers, request.headers().get(header::ORIGIN).cloned());
        set(headers, header::CACHE_CONTROL, "no-store");
        // The load begins without a connection.
        set(headers, header::CONNECTION, "close");
        response
    }

    /// Waits for an answer's own delay; its headers are sent at the time that this returns.
    async fn delay(&self, identity: Identity, headers: Time) -> Time {
        let class = &self.script.plan.classes()[identity.class];
        let path = &self.script.plan.origins()[class.origin].path;
        let delay = self.script.draws.response_delay(class, path, identity.call);
        if !delay.is_zero() {
            self.wait_until(headers + delay).await;
        }
        headers + delay
    }

    /// The identity of a style sheet's request: from its path and the tab in its `Referer`.
    fn style_sheet(&self, origin: usize, request: &Request<Incoming>) -> Option<Identity> {
        let accepts = request.headers().get(header::ACCEPT)?.to_str().ok()?;
        let page = request.headers().get(header::REFERER)?.to_str().ok()?;
        let path = request.uri().path_and_query()?.as_str();
        let tab = page.split(['?', '&']).find_map(|pair| pair.strip_prefix("tab=")?.parse::<u32>().ok())?;
        let classes = self.script.plan.classes().iter().enumerate();
        let mut sheets =
            classes.filter(|(_, class)| class.origin == origin && class.common.priority == Priority::Highest);
        let found = sheets.find_map(|(number, class)| {
            let copies = u32::try_from(self.script.draws.copies(class, tab)).unwrap_or(u32::MAX);
            let index = (0..copies).find(|index| class.common.url.expand(*index, tab) == path)?;
            Some(Identity { class: number, attempt: 1, call: Call::first(index, tab) })
        });
        found.filter(|_| accepts.starts_with("text/css"))
    }

    /// The body that follows headers sent at a time.
    fn body(self: &Arc<Self>, identity: Identity, reply: Reply, headers: Time, busy: Busy) -> Content {
        let class = &self.script.plan.classes()[identity.class];
        let end = reply.end(&self.script, identity, headers);
        if class.kind.is_socket() && reply.is_refusal() {
            return Content::whole("", Some(busy));
        }
        if class.kind == Kind::EventSource {
            let mut news = self.feed(identity.class, headers, end);
            let (sender, parts) = mpsc::channel(16);
            tokio::spawn(async move {
                let mut text = ": open\n\n".to_owned();
                while sender.send(Some(Bytes::from(text))).await.is_ok() {
                    let Some(age) = news.recv().await else { return };
                    text = format!("data: {age}\n\n");
                }
            });
            return Content::coming(parts, Some(busy));
        }
        if class.navigates {
            let (sender, parts) = mpsc::channel(1);
            let stage = Arc::clone(self);
            tokio::spawn(async move {
                // Its script runs before its end.
                sender.send(Some(Bytes::from(Self::html(reply.status())))).await.ok();
                stage.wait_until(end.unwrap_or(headers)).await;
            });
            return Content::coming(parts, Some(busy));
        }
        let bytes = reply.bytes(&self.script, identity);
        if (class.reads_body || reply.turned_away) && !reply.breaks && end == Some(headers) {
            return Content::whole(vec![b' '; usize::try_from(bytes).unwrap_or(usize::MAX)], Some(busy));
        }
        let (sender, parts) = mpsc::channel(4);
        let stage = Arc::clone(self);
        tokio::spawn(async move {
            body::send(bytes, stage.wait_until(end.unwrap_or(headers)), reply.breaks, sender).await;
        });
        Content::coming(parts, Some(busy))
    }

    /// Sends an open WebSocket its data until its end or until the page closes it.
    async fn keep_open(self: Arc<Self>, identity: Identity, opened: Time, mut socket: Socket) {
        let class = &self.script.plan.classes()[identity.class];
        let end = self.script.draws.body(class, identity.call).map(|life| opened + life);
        let mut news = self.feed(identity.class, opened, end);
        loop {
            let sent = tokio::select! {
                age = news.recv() => match age {
                    Some(age) => socket.send(Message::text(age.to_string())).await,
                    None => break,
                },
                message = socket.next() => match message {
                    Some(Ok(_)) => Ok(()),
                    _ => return,
                },
                () = self.wait_closed() => return,
            };
            if sent.is_err() {
                return;
            }
        }
        socket.close(None).await.ok();
        tokio::select! {
            () = async { while let Some(Ok(_)) = socket.next().await {} } => {}
            () = self.wait_closed() => {}
        }
    }
}

impl Answers for Origin {
    async fn answer(&self, connection: u32, mut request: Request<Incoming>, busy: Busy) -> Response<Content> {
        let at = Instant::now();
        let stage = &self.stage;
        if !stage.token.is_in(&request) {
            let mut response = Response::new(Content::whole("", None));
            *response.status_mut() = StatusCode::NOT_FOUND;
            return response;
        }
        match request.uri().path() {
            PAGE if self.number == 0 => return Stage::page(),
            HELLO => return Stage::hello(&request),
            _ => {}
        }
        let style = || stage.style_sheet(self.number, &request);
        let Some(identity) = stage.token.marked(&request).and_then(Identity::read).or_else(style).filter(|identity| {
            stage.script.plan.classes().get(identity.class).is_some_and(|class| class.origin == self.number)
        }) else {
            return stage.stray(&request);
        };
        stage.log.lock().unwrap_or_else(PoisonError::into_inner).push(Arrival { identity, at, connection });
        if stage.reports_sending[identity.class]
            && let Some(page) = stage.sent.lock().unwrap_or_else(PoisonError::into_inner).get(&identity.call.tab)
        {
            page.send(identity).ok();
        }
        body::receive(request.body_mut()).await;
        let ticket = stage.tickets.fetch_add(1, Ordering::Relaxed);
        let caller = Caller { stage: Arc::clone(stage), ticket };
        let answered = stage.keeper.arrive(ticket, identity, Instant::now()).await;
        // The load is over: nothing reads the response.
        let Ok(answered) = answered else { return Response::new(Content::whole("", Some(busy))) };
        let reply = Reply::of(&stage.script, identity, answered);
        let headers = stage.delay(identity, answered.at).await;
        if websocket::is_asked_for(&request) && !reply.is_refusal() {
            let Some((response, socket)) = websocket::accept(&mut request) else { return stage.stray(&request) };
            let stage = Arc::clone(stage);
            tokio::spawn(async move {
                if let Some(socket) = socket.await {
                    stage.keep_open(identity, headers, socket).await;
                }
                drop(caller);
            });
            return response;
        }
        let content = stage.body(identity, reply, headers, busy).holding(caller);
        let is_h2 = request.version() == Version::HTTP_2;
        let mut response = Response::new(if is_h2 { content.in_pieces() } else { content });
        *response.status_mut() = reply.status();
        let origin = request.headers().get(header::ORIGIN).cloned();
        reply.write(&stage.script, &stage.script.plan.classes()[identity.class], response.headers_mut(), origin);
        response
    }

    fn next_connection(&self) -> u32 {
        self.stage.connections.fetch_add(1, Ordering::Relaxed)
    }

    fn keep_alive(&self) -> Option<Duration> {
        self.stage.script.plan.origins()[self.number].keep_alive.map(|span| self.stage.script.real(span))
    }

    fn clearing(&self) -> Arc<Notify> {
        Arc::clone(&self.stage.clearing)
    }

    #[cfg(feature = "tls")]
    fn security(&self) -> Option<Security> {
        self.stage.securities[self.number].clone()
    }

    #[cfg(feature = "tls")]
    fn streams(&self) -> u32 {
        let streams = self.stage.script.plan.origins()[self.number].max_concurrent_streams;
        u32::try_from(streams).unwrap_or(u32::MAX)
    }
}

/// The TLS of each origin, where its address is a secure one.
#[cfg(feature = "tls")]
fn securities(script: &Script, addresses: &[Address], place: &Place) -> std::io::Result<Vec<Option<Security>>> {
    let of = |(origin, address): (_, &Address)| match place.credential().filter(|_| address.is_secure) {
        Some(credential) => credential.security(origin).map(Some),
        None => Ok(None),
    };
    script.plan.origins().iter().zip(addresses).map(of).collect()
}
