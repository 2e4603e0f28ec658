//! How calls end beside their deadlines: what the lab's servers and its page do, and what is refused.
//!
//! Rule: a page is told beforehand which of its calls are refused and how far each pause is shortened: all of its draws
//! are made. A refused call is sent to a port of its origin's host at which nobody listens.

use crate::script::Script;
use serde_json::{Map, Value, json};
use sixslot_models::browser::Priority;
use sixslot_models::class::{CacheMode, Class, Failure, Kind, Method, Start};
use sixslot_models::load::Call;
use sixslot_sim_core::{Span, Time};

/// The most calls of a class in one tab whose draws a page is told.
pub const CALLS: u64 = 100_000;

impl Script {
    /// The calls that a class can make in a tab: instances, ticks and attempts.
    fn calls(&self, class: &Class, tab: u32) -> impl Iterator<Item = Call> {
        let (copies, ticks, attempts) = self.numbers(class, tab);
        let of_tick = move |index, tick| (1..=attempts).map(move |attempt| Call { index, tab, tick, attempt });
        (0..copies).flat_map(move |index| (0..=ticks).flat_map(move |tick| of_tick(index, tick)))
    }

    /// The most instances, ticks after the first call, and attempts within a tick.
    fn numbers(&self, class: &Class, tab: u32) -> (u32, u32, u32) {
        let copies = match class.common.start {
            Start::Arrivals { .. } => self.arrivals(class, tab).len() as u64,
            _ => self.draws.copies(class, tab),
        };
        let horizon = (self.plan.horizon() - Time::ZERO).as_nanos();
        let ticks = class.every.map_or(0, |every| horizon / every.as_nanos().max(1));
        let openings = self.reconnects(class, tab, u32::try_from(copies).unwrap_or(u32::MAX));
        let openings = openings.iter().map(Vec::len).max().map_or(0, |pauses| pauses + 1);
        let small = |number: u64| u32::try_from(number).unwrap_or(u32::MAX);
        (small(copies), small(ticks), class.attempts.max(small(openings as u64)))
    }

    /// How the page recognizes a failure and what it does then, as JSON for page/page.js.
    pub(crate) fn outcome_plan(&self, class: &Class, tab: u32) -> Map<String, Value> {
        let key = |call: Call| format!("{}-{}-{}", call.index, call.tick, call.attempt);
        let failures = &class.answer.failures;
        let statuses = |failure: &Failure| if let Failure::Status(status) = *failure { Some(status) } else { None };
        let retried = |failure: &Failure| class.retries(Some(*failure));
        let mut retry_on: Vec<Value> =
            failures.iter().filter(|failure| retried(failure)).filter_map(statuses).map(Value::from).collect();
        retry_on.extend(retried(&Failure::Timeout).then(|| "timeout".into()));
        retry_on.extend(retried(&Failure::Refused).then(|| "network".into()));
        let refused = self.calls(class, tab).filter(|call| self.draws.is_refused(class, *call));
        let second = Span::from_seconds(1);
        let left = |call| (key(call), self.draws.jittered(second, class, call).as_seconds_f64().into());
        let jitter: Map<String, Value> =
            if class.jitter > 0.0 { self.calls(class, tab).map(left).collect() } else { Map::new() };
        let json = json!({
            "failsOn": failures.iter().filter_map(statuses).collect::<Vec<_>>(),
            "refused": if class.answer.refused.is_some() { refused.map(key).collect() } else { Vec::new() },
            "retryOn": class.retry_on.as_ref().map(|_| retry_on),
            "followsRetryAfter": class.follows_retry_after,
            "jitter": jitter,
            "reconnectFactor": class.reconnect_factor,
            "reconnectAtMost": class.reconnect_at_most.map(|span| self.real_ms(span)),
        });
        if let Value::Object(plan) = json { plan } else { Map::new() }
    }

    /// Whether a network error of a call is one that the load's draws have; a page does not see why a socket did not open.
    pub(crate) fn breaks(&self, class: &Class, call: Call) -> bool {
        let unopened = || {
            let limited = self.plan.origins()[class.origin].queue.is_some();
            class.kind.is_socket() && (limited || self.draws.status(class, call) != 200)
        };
        self.draws.is_refused(class, call) || self.draws.is_reset(class, call) || unopened()
    }

    /// Refuses failures that the lab cannot bring about in a browser; the error has the key without its table.
    pub(crate) fn check_outcomes(&self, class: &Class) -> Result<(), (&'static str, String)> {
        let answer = &class.answer;
        let refuse = |key, why: &str| Err((key, why.to_owned()));
        if let Some((status, _)) = answer.statuses.iter().find(|(status, _)| has_its_own_rules(*status)) {
            let why = format!("a browser acts on {status} by itself; use another status");
            return Err(("status", why));
        }
        if let Some((status, _)) = answer.statuses.iter().find(|(status, _)| has_no_body(*status))
            && (answer.reset.is_some() || self.has_body(class))
        {
            return Err(("status", format!("an answer with {status} has no body; leave out `body` and `reset`")));
        }
        if answer.reset.is_some() && class.common.method == Method::Head {
            return refuse("reset", "an answer to HEAD has no body that could break off; use \"GET\", or leave it out");
        }
        let is_low = matches!(class.common.priority, Priority::Low | Priority::Lowest);
        if answer.refused.is_some() && is_low && self.plan.browser().delays_low_priority {
            let why = "the browser's scheduler would not hold the refused calls, which have a port of their own; use another priority";
            return refuse("refused", why);
        }
        if answer.refused.is_some() && self.plan.browser().cache_lock && self.meets_others(class) {
            let why = "the refused calls, which have a port of their own, would not wait for others of their URL; use cache = \"no-store\", or {index} in the URL";
            return refuse("refused", why);
        }
        if self.scale != 1.0
            && class.kind == Kind::WebSocket
            && answer.refused.is_some() | answer.handshake_fails.is_some()
        {
            let key = if answer.refused.is_some() { "refused" } else { "handshake_fails" };
            return refuse(key, "the browser's delays of WebSockets after failures do not scale; use scale 1");
        }
        if !class.raised_by.is_empty() {
            return refuse("raised_by", "fetch() keeps its priority; leave it out, or `raised_to` too");
        }
        let (copies, ticks, attempts) = self.numbers(class, 0);
        let calls = u64::from(copies) * (u64::from(ticks) + 1) * u64::from(attempts);
        if calls > CALLS && (class.jitter > 0.0 || answer.refused.is_some()) {
            let key = if class.jitter > 0.0 { "retry.jitter" } else { "refused" };
            return Err((key, format!("the draws of {calls} calls exceed the limit of {CALLS}; lower the horizon")));
        }
        self.check_retry_after(class)
    }

    /// Whether the body of a call takes time.
    fn has_body(&self, class: &Class) -> bool {
        let mut calls = (0..self.tabs).flat_map(|tab| self.calls(class, tab).take(CALLS as usize));
        calls.any(|call| self.draws.body(class, call) != Some(Span::ZERO))
    }

    /// Whether calls of a class can be in flight together with others of their URL that wait at the cache.
    fn meets_others(&self, class: &Class) -> bool {
        let template = class.common.url.template();
        let others = self.plan.classes().iter().filter(|other| {
            other.origin == class.origin && other.common.url.template() == template && other.kind == Kind::Fetch
        });
        let overlap = class.every.is_some() && !class.skip_while_in_flight;
        let many = matches!(class.common.start, Start::Arrivals { .. }) || self.draws.copies(class, 0) > 1;
        let in_tabs = self.tabs > 1 && !template.contains("{tab}");
        let cached = class.kind == Kind::Fetch && class.common.method != Method::Post;
        cached
            && class.cache == CacheMode::Default
            && (others.count() > 1 || overlap || in_tabs || many && !template.contains("{index}"))
    }

    /// HTTP says how long to wait in whole seconds.
    fn check_retry_after(&self, class: &Class) -> Result<(), (&'static str, String)> {
        let Some(pause) = class.answer.retry_after else { return Ok(()) };
        self.check_seconds(pause).map_err(|why| ("retry_after", why))
    }

    /// Refuses a time that is no whole number of seconds in real time.
    pub(crate) fn check_seconds(&self, span: Span) -> Result<(), String> {
        let real = self.real(span).as_secs_f64();
        if real.fract() == 0.0 {
            return Ok(());
        }
        Err(format!("{real} s of real time: HTTP has whole seconds only; use another scale"))
    }

    /// When a tab closes, in real milliseconds since its opening; null if it stays open.
    pub(crate) fn closes(&self, tab: u32) -> Option<f64> {
        let closes = self.plan.pages().iter().filter(|page| page.tabs.as_ref().is_none_or(|tabs| tabs.contains(&tab)));
        closes.filter_map(|page| page.closes).min().map(|span| self.real_ms(span))
    }

    /// Refuses what the lab cannot do with the pages of a scenario's tabs.
    pub(crate) fn check_page(&self, class: &Class) -> Result<(), (&'static str, &'static str)> {
        let closes = (0..self.tabs).any(|tab| class.is_in(tab) && self.closes(tab).is_some());
        let own = class.page.and_then(|page| self.plan.pages().get(page));
        if closes && own.is_none_or(|page| page.closes.is_none()) {
            return Err((
                "page",
                "it is in a tab that closes, which ends all of its calls; give it the page that closes",
            ));
        }
        if class.keepalive && (closes || !self.left_by(class).is_empty()) {
            return Err(("keepalive", "a page that is gone cannot tell the lab how a call ends; leave it out"));
        }
        Ok(())
    }
}

/// Whether a browser does something by itself at a status (RFC 9110; Fetch standard): it takes it for the answer of a cache, asks for
/// credentials, or sends the request again. A redirect without `Location` is an answer like others.
const fn has_its_own_rules(status: u16) -> bool {
    matches!(status, 304 | 407 | 408 | 421)
}

/// Whether an answer with a status has no body (RFC 9110, sections 15.3.5 and 15.3.6).
pub(crate) const fn has_no_body(status: u16) -> bool {
    matches!(status, 204 | 205)
}
