//! The timekeeper: a thread that advances the servers when something is due and wakes the tasks that wait for a time.
//!
//! Rule: tokio's timers round up to whole milliseconds, so this thread waits for all times of a load: it sleeps until
//! the next one (Linux wakes it about 0.1 ms late). Scenario time is real time since the start of the load, divided by
//! the scale. Nothing happens before the start.

use super::works::{Said, TaskId, Works};
use sixslot_models::load::Call;
use sixslot_sim_core::Time;
use std::collections::BTreeMap;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, OnceLock};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use tokio::sync::{oneshot, watch};

/// The clock of a load: when scenario time 0 is, and how fast it goes.
#[derive(Clone, Debug)]
pub(crate) struct Clock {
    start: Arc<OnceLock<Instant>>,
    scale: f64,
}

impl Clock {
    pub(crate) fn new(scale: f64) -> Self {
        Self { start: Arc::default(), scale }
    }

    /// Sets the instant of scenario time 0; only the first call has an effect.
    pub(crate) fn set_start(&self, start: Instant) {
        self.start.get_or_init(|| start);
    }

    /// Scenario time at an instant; none before the plan's start.
    pub(crate) fn scenario(&self, instant: Instant) -> Option<Time> {
        let real = instant.checked_duration_since(*self.start.get()?)?;
        Some(Time::from_nanos((real.as_nanos() as f64 / self.scale) as u64))
    }

    fn real(&self, time: Time) -> Option<Instant> {
        Some(*self.start.get()? + Duration::from_nanos((time.as_nanos() as f64 * self.scale) as u64))
    }
}

/// A message to the thread.
enum Order {
    /// A request has arrived; what the server answers is sent back.
    Arrive { ticket: u64, identity: Identity, at: Instant, answer: oneshot::Sender<Answered> },
    /// The client of a request has disconnected, or has the whole answer.
    Abort { ticket: u64, at: Instant },
    /// The condition of a background call's `after` is met.
    Background { class: usize, at: Instant },
    /// A task waits for a time.
    Wake { at: Time, done: oneshot::Sender<()> },
    /// The load is over.
    Stop,
}

/// A request has been answered.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Answered {
    /// The time of its headers.
    pub(crate) at: Time,
    /// Whether the server's queue had no place for it.
    pub(crate) turned_away: bool,
}

/// Identifies a request of a load.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Identity {
    pub(crate) class: usize,
    /// 1-based number of the call among all of its instance.
    pub(crate) attempt: u32,
    /// The key of its random draws.
    pub(crate) call: Call,
}

impl Identity {
    /// CLASS-INDEX-ATTEMPT-TAB-TICK-TICKATTEMPT, as it follows the token in a request's header `Accept` or in its query.
    pub(crate) fn read(text: &str) -> Option<Self> {
        let mut numbers = text.split('-').map(|number| number.parse::<u32>().ok());
        let mut next = || numbers.next().flatten();
        let (class, index, attempt, tab) = (next()? as usize, next()?, next()?, next()?);
        let (tick, tick_attempt) = (next()?, next()?.max(1));
        Some(Self { class, attempt, call: Call { index, tab, tick, attempt: tick_attempt } })
    }
}

/// A handle to the thread.
#[derive(Debug)]
pub(crate) struct Keeper {
    orders: Sender<Order>,
    thread: Option<JoinHandle<()>>,
}

impl Keeper {
    /// Starts the thread. It sends the successes of background calls to `background`: the scenario time of the last one
    /// for each class.
    pub(crate) fn start(
        works: Works,
        clock: Clock,
        background: watch::Sender<BTreeMap<usize, Time>>,
    ) -> std::io::Result<Self> {
        let (orders, inbox) = channel();
        let keeper = Keeping {
            works,
            clock,
            inbox,
            background,
            tasks: BTreeMap::new(),
            waiting: BTreeMap::new(),
            wakes: BTreeMap::new(),
            wake_number: 0,
            latest: Time::ZERO,
        };
        let thread = std::thread::Builder::new().name("lab-keeper".to_owned()).spawn(move || keeper.run())?;
        Ok(Self { orders, thread: Some(thread) })
    }

    /// Reports the arrival of a request; its response headers are sent when the receiver yields.
    pub(crate) fn arrive(&self, ticket: u64, identity: Identity, at: Instant) -> oneshot::Receiver<Answered> {
        let (answer, answered) = oneshot::channel();
        self.send(Order::Arrive { ticket, identity, at, answer });
        answered
    }

    /// Reports that the client of a request has disconnected, or has the whole answer.
    pub(crate) fn abort(&self, ticket: u64) {
        self.send(Order::Abort { ticket, at: Instant::now() });
    }

    /// Reports that the condition of a background call's `after` is met.
    pub(crate) fn start_background(&self, class: usize) {
        self.send(Order::Background { class, at: Instant::now() });
    }

    /// Waits until a scenario time.
    pub(crate) async fn wait_until(&self, at: Time) {
        let (done, woken) = oneshot::channel();
        self.send(Order::Wake { at, done });
        // A stopped thread wakes no task; the connections are closed then.
        if woken.await.is_err() {
            std::future::pending::<()>().await;
        }
    }

    fn send(&self, order: Order) {
        // The thread has stopped only when the load is over.
        self.orders.send(order).ok();
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        self.send(Order::Stop);
        if let Some(thread) = self.thread.take() {
            thread.join().ok();
        }
    }
}

struct Keeping {
    works: Works,
    clock: Clock,
    inbox: Receiver<Order>,
    background: watch::Sender<BTreeMap<usize, Time>>,
    /// The task of each request.
    tasks: BTreeMap<u64, TaskId>,
    /// Where to send the answer of each task.
    waiting: BTreeMap<TaskId, oneshot::Sender<Answered>>,
    wakes: BTreeMap<(Time, u64), oneshot::Sender<()>>,
    wake_number: u64,
    /// The latest time processed: messages of different threads may come out of order.
    latest: Time,
}

impl Keeping {
    fn run(mut self) {
        loop {
            let wake = self.wakes.first_key_value().map(|((at, _), _)| *at);
            let next = [self.works.next(), wake].into_iter().flatten().min().and_then(|at| self.clock.real(at));
            // Until the start is set, look for it every millisecond; nothing is measured yet.
            let patience = match next {
                Some(next) => next.saturating_duration_since(Instant::now()),
                None if self.clock.start.get().is_some() => Duration::from_secs(3_600),
                None => Duration::from_millis(1),
            };
            match self.inbox.recv_timeout(patience) {
                Ok(Order::Stop) | Err(RecvTimeoutError::Disconnected) => return,
                Ok(order) => self.obey(order),
                Err(RecvTimeoutError::Timeout) => {}
            }
            if let Some(now) = self.clock.scenario(Instant::now()) {
                self.advance(now);
            }
        }
    }

    fn obey(&mut self, order: Order) {
        // What is due before a message is processed before it. What came before the start counts as coming at the
        // start.
        let at = |clock: &Clock, instant| clock.scenario(instant).unwrap_or(Time::ZERO);
        match order {
            Order::Arrive { ticket, identity, at: instant, answer } => {
                let now = self.advance(at(&self.clock, instant));
                let task = self.works.arrive(now, identity.class, identity.call);
                self.tasks.insert(ticket, task);
                self.waiting.insert(task, answer);
            }
            Order::Abort { ticket, at: instant } => {
                if let Some(task) = self.tasks.remove(&ticket) {
                    let now = self.advance(at(&self.clock, instant));
                    self.waiting.remove(&task);
                    self.works.abort(now, task);
                }
            }
            Order::Background { class, at: instant } => {
                let now = self.advance(at(&self.clock, instant));
                self.works.start_background(now, class);
            }
            Order::Wake { at, done } => {
                self.wake_number += 1;
                self.wakes.insert((at, self.wake_number), done);
            }
            Order::Stop => {}
        }
    }

    /// Processes what is due and returns the servers' time, which never decreases.
    fn advance(&mut self, now: Time) -> Time {
        let now = now.max(self.latest);
        for said in self.works.advance(now) {
            match said {
                Said::Answer { task, at, turned_away } => {
                    if let Some(answer) = self.waiting.remove(&task) {
                        answer.send(Answered { at, turned_away }).ok();
                    }
                }
                Said::BackgroundDone { class, at } => self.background.send_modify(|background| {
                    background.insert(class, at);
                }),
            }
        }
        while let Some(entry) = self.wakes.first_entry().filter(|entry| entry.key().0 <= now) {
            entry.remove().send(()).ok();
        }
        self.latest = now;
        now
    }
}
