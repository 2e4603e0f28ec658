//! The random draws of a load, keyed by identity and not by order.
//!
//! Rule: each quantity has its own stream, named by its purpose and by the call that it is drawn for. The key of a
//! call is its class, instance and tab, the tick of its poll, and its attempt within that tick. So a service time is the
//! same in any order of events, even for a request that is never issued: a real server can look up the service time of its
//! simulated counterpart, and a fix that skips ticks, saves retries or fills a cache moves no other call's draw.

use super::LoadError;
use super::shared::Shared;
use super::uniforms::Source;
use crate::browser::Browser;
use crate::class::{After, Class, Kind, Start, UNAVAILABLE};
use crate::form::{Form, Linear};
use crate::limits;
use crate::network::Path;
use crate::origin::{Discipline, Origin};
use crate::plan::Plan;
use crate::server_cache::ServerCache;
use sixslot_sim_core::{Purpose, Span, Streams};
use std::ops::RangeInclusive;

/// Bits of a call's number and of an instance's index in the key of a draw; [`limits::REQUESTS`] has 20.
const NUMBER_BITS: u32 = 24;

/// A call of a class: the key of its random draws.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Call {
    /// Number of the instance, from 0; for a random stream, of the arrival.
    pub index: u32,
    /// Number of the tab, from 0.
    pub tab: u32,
    /// The tick of the poll's timer that caused the call, counting skipped ticks; 0 is the call that starts the poll.
    pub tick: u32,
    /// 1-based attempt within the tick: 1 plus the retries before it.
    pub attempt: u32,
}

impl Call {
    /// The first call of an instance.
    pub const fn first(index: u32, tab: u32) -> Self {
        Self { index, tab, tick: 0, attempt: 1 }
    }
}

/// The random quantities of one load.
///
/// ```
/// use sixslot_models::{Document, load::{Call, Draws}};
/// let text = "schema = 1\n[request.a]\nservice = \"20ms\"\n[load]\nready = [\"a\"]";
/// let plan = Document::read("a.toml", text, &[])?.plan(&[], &[])?;
/// let draws = Draws::new(&plan, 1, 0).map_err(|error| error.to_string());
/// let (work, wait) = draws.unwrap_or_default().service(&plan.classes()[0], plan.origins()[0].discipline, Call::first(0, 0));
/// assert_eq!((work.as_millis_f64(), wait.as_millis_f64()), (0.0, 20.0));
/// # Ok::<(), sixslot_models::ScenarioError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Draws {
    source: Source,
    parameters: Vec<f64>,
    /// What the times of each server share, by the origin's index.
    shared: Vec<Option<Shared>>,
}

impl Default for Draws {
    fn default() -> Self {
        Self { source: Source::Streams(Streams::new(0, 0)), parameters: Vec::new(), shared: Vec::new() }
    }
}

impl Draws {
    /// The draws of a load.
    ///
    /// # Errors
    /// A load that opens too many tabs.
    pub fn new(plan: &Plan, seed: u64, load: u64) -> Result<Self, LoadError> {
        let mut draws = Self::default();
        draws.turn_to(plan, Source::Streams(Streams::new(seed, load)), load)?;
        Ok(draws)
    }

    /// Switches to the draws of another load, reusing the memory.
    pub(super) fn turn_to(&mut self, plan: &Plan, source: Source, load: u64) -> Result<(), LoadError> {
        self.source = source;
        let Self { source, parameters, shared } = self;
        plan.draw_parameters(|purpose| source.uniform(purpose, 0), parameters)
            .map_err(|parameter| LoadError::Count { load, parameter: parameter.to_owned() })?;
        shared.clear();
        shared.extend(plan.origins.iter().map(|origin| {
            Shared::new(origin.noise_shared.value(parameters), || source.uniform(origin.noise_purpose, 0))
        }));
        // The plan has checked only the parameters' usual values: a draw can be far beyond them.
        let tabs = plan.browser.tabs.count(&self.parameters);
        if tabs > limits::TABS {
            return Err(LoadError::Tabs { load, tabs });
        }
        Ok(())
    }

    /// The values of the plan's parameters.
    pub fn parameters(&self) -> &[f64] {
        &self.parameters
    }

    /// Number of tabs that show the page.
    pub fn tabs(&self, browser: &Browser) -> u32 {
        u32::try_from(browser.tabs.count(&self.parameters)).unwrap_or(u32::MAX)
    }

    /// Number of instances of a class in each tab. A random stream has none: its arrivals come one by one. A server's
    /// background call has one instance for any number of tabs.
    pub fn copies(&self, class: &Class, tab: u32) -> u64 {
        match class.common.start {
            Start::Arrivals { .. } => 0,
            _ if class.kind == Kind::Background && tab > 0 => 0,
            _ if !class.is_in(tab) => 0,
            _ => class.count.count(&self.parameters),
        }
    }

    /// Time from the tab's opening, or from the event that the class waits for, to the start of an instance; none for a
    /// random stream.
    pub fn start(&self, class: &Class, index: u32, tab: u32) -> Span {
        match &class.copy(index).start {
            Start::At(form) | Start::After(After { delay: form, .. }) => {
                self.span(form, class.purposes.start, Self::entity(index, 0, tab))
            }
            Start::Arrivals { .. } => Span::ZERO,
        }
    }

    /// Time from the previous arrival of a random stream, or from the tab's opening, to this one; none for other classes.
    pub fn gap(&self, class: &Class, number: u32, tab: u32) -> Span {
        let Start::Arrivals { gap, .. } = &class.common.start else { return Span::ZERO };
        let entity = Self::entity(number, 0, tab);
        Span::from_seconds_f64(gap.quantile(self.source.uniform(class.purposes.arrivals, entity)))
    }

    /// Time from the first call to the start of the poll's timer.
    pub fn timer_delay(&self, class: &Class, index: u32, tab: u32) -> Span {
        self.span(&class.timer_delay, class.purposes.tick, Self::entity(index, 0, tab))
    }

    /// Time from the end of a socket to its opening again; none if it stays closed.
    pub fn reconnect(&self, class: &Class, call: Call) -> Option<Span> {
        let form = class.reconnect.as_ref()?;
        Some(self.call_span(form, class.purposes.reconnect, class, call, None))
    }

    /// A whole number from a range, by which the browser delays WebSockets: this call, or those after it if it failed.
    pub fn backoff(&self, class: &Class, call: Call, range: RangeInclusive<u64>) -> u64 {
        let (first, last) = range.into_inner();
        first + (self.uniform_of(class.purposes.backoff, class, call) * (last - first + 1) as f64) as u64
    }

    /// The time that the page holds a call after its issue, if any, for a reason that the scenario does not know.
    pub fn stalled(&self, class: &Class, call: Call) -> Option<Span> {
        let form = class.copy(call.index).stalled.as_ref()?;
        let stalled = self.call_span(form, class.purposes.stalled, class, call, None);
        Some(stalled).filter(|stalled| !stalled.is_zero())
    }

    /// The cost of a request at its server: work, which is shared as the discipline says, and the I/O time after it.
    pub fn service(&self, class: &Class, discipline: Discipline, call: Call) -> (Span, Span) {
        let draw = |form, purpose| self.call_span(form, purpose, class, call, self.shared[class.origin]);
        let is_later = call.tick > 0 || call.attempt > 1;
        let later = class.later_service.as_ref().filter(|_| is_later);
        match later.or(class.copy(call.index).service.as_ref()) {
            Some(service) => {
                let service = draw(service, class.purposes.service);
                if discipline == Discipline::Fifo { (service, Span::ZERO) } else { (Span::ZERO, service) }
            }
            None => {
                let work = class.copy(call.index).work.as_ref().unwrap_or(&class.work);
                (draw(work, class.purposes.work), draw(&class.io_time, class.purposes.io_time))
            }
        }
    }

    /// The time from a request's headers to its end; none for a socket that stays open.
    pub fn body(&self, class: &Class, call: Call) -> Option<Span> {
        class.copy(call.index).body.as_ref().map(|form| self.call_span(form, class.purposes.body, class, call, None))
    }

    /// Whether the connection of a call is refused.
    pub fn is_refused(&self, class: &Class, call: Call) -> bool {
        self.happens(class.answer.refused.as_ref(), class.purposes.refused, class, call)
    }

    /// Whether the connection of a call is reset in the middle of its answer.
    pub fn is_reset(&self, class: &Class, call: Call) -> bool {
        self.happens(class.answer.reset.as_ref(), class.purposes.reset, class, call)
    }

    /// The status of the answer to a call: for a socket whose handshake is refused the server's.
    pub fn status(&self, class: &Class, call: Call) -> u16 {
        if self.happens(class.answer.handshake_fails.as_ref(), class.purposes.handshake, class, call) {
            return UNAVAILABLE;
        }
        if class.answer.statuses.is_empty() {
            return 200;
        }
        let uniform = self.uniform_of(class.purposes.status, class, call);
        let mut below = 1.0;
        let mut statuses = class.answer.statuses.iter().rev();
        let found = statuses.find(|(_, share)| {
            below -= share.value(&self.parameters);
            uniform > below
        });
        found.map_or(200, |(status, _)| *status)
    }

    /// A pause before the retry of a failed call, shortened by the jitter.
    pub fn jittered(&self, pause: Span, class: &Class, failed: Call) -> Span {
        if class.jitter == 0.0 || pause.is_zero() {
            return pause;
        }
        let left = 1.0 - class.jitter * self.uniform_of(class.purposes.jitter, class, failed);
        Span::from_seconds_f64(pause.as_seconds_f64() * left)
    }

    /// Whether something of this probability happens to a call: it does for the largest uniforms.
    fn happens(&self, share: Option<&Linear>, purpose: Purpose, class: &Class, call: Call) -> bool {
        share.is_some_and(|share| self.uniform_of(purpose, class, call) > 1.0 - share.value(&self.parameters))
    }

    /// The work and the I/O time of computing a cached value, by the call that causes the computation: `call` of `class`, for
    /// the look-up at `position` (from 0) of those that it makes.
    pub fn computation(&self, cache: &ServerCache, class: &Class, call: Call, position: usize) -> (Span, Span) {
        let draw = |form, purpose: Purpose| {
            let purpose = purpose.on_behalf_of(class.purposes.work).numbered(position as u64);
            self.call_span(form, purpose, class, call, self.shared[class.origin])
        };
        (draw(&cache.work, cache.work_purpose), draw(&cache.io_time, cache.io_time_purpose))
    }

    /// A length of time for a call.
    fn call_span(&self, form: &Form, purpose: Purpose, class: &Class, call: Call, shared: Option<Shared>) -> Span {
        form.span(&self.parameters, || {
            let own = self.uniform_of(purpose, class, call);
            shared.map_or(own, |shared| shared.uniform(own))
        })
    }

    /// The uniform of a call.
    ///
    /// A poll's calls are numbered by their ticks, other calls by their attempts; a retry within a poll's tick has a
    /// separate purpose.
    fn uniform_of(&self, purpose: Purpose, class: &Class, call: Call) -> f64 {
        let (number, retries) = match class.every {
            Some(_) => (u64::from(call.tick) + 1, call.attempt - 1),
            None => (u64::from(call.attempt), 0),
        };
        let rest = (number >> NUMBER_BITS) << 32 | u64::from(retries);
        let purpose = if rest == 0 { purpose } else { purpose.numbered(rest) };
        self.source.uniform(purpose, Self::entity(call.index, number & ((1 << NUMBER_BITS) - 1), call.tab))
    }

    /// The time to open the connection with a number to an origin, where it is not the browser's `connect`.
    pub fn connect(&self, origin: &Origin, number: u64) -> Option<Span> {
        origin.connect.as_ref().map(|form| self.span(form, origin.connect_purpose, number))
    }

    /// The round-trip time of a path.
    pub fn rtt(&self, path: &Path) -> Span {
        path.rtt.as_ref().map_or(Span::ZERO, |form| self.span(form, path.rtt_purpose, 0))
    }

    /// The time to resolve the name of a path's host.
    pub fn dns(&self, path: &Path) -> Span {
        path.dns.as_ref().map_or(Span::ZERO, |form| self.span(form, path.dns_purpose, 0))
    }

    /// The delay of an answer, beyond the server's own time.
    pub fn response_delay(&self, class: &Class, path: &Path, call: Call) -> Span {
        path.response_delay
            .as_ref()
            .map_or(Span::ZERO, |form| self.call_span(form, class.purposes.response_delay, class, call, None))
    }

    fn span(&self, form: &Form, purpose: Purpose, entity: u64) -> Span {
        form.span(&self.parameters, || self.source.uniform(purpose, entity))
    }

    /// The key that all draws of a call share.
    fn entity(index: u32, number: u64, tab: u32) -> u64 {
        debug_assert!(u64::from(index) < 1 << NUMBER_BITS && number < 1 << NUMBER_BITS, "{index}, {number}");
        u64::from(tab) << (2 * NUMBER_BITS) | number << NUMBER_BITS | u64::from(index)
    }
}
