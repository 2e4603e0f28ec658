//! The plan of one tab as JSON for page/page.js: all draws made, times in real milliseconds.
//!
//! Rule: the page draws no random numbers and knows no distributions. It follows this plan by the rules of
//! models/src/load/page.rs.

use crate::page_causes;
use crate::script::Script;
use crate::server::address::Address;
use serde_json::{Value, json};
use sixslot_models::browser::Priority;
use sixslot_models::class::{Class, DeadlineFrom, DeadlineUntil, Kind, Start};
use sixslot_models::load::Call;
use sixslot_models::queue::{Order, ReleaseOn};
use sixslot_sim_core::{Span, Time};

/// The most times that a socket opens.
const RECONNECTS: u32 = 1_000;

impl Script {
    /// Converts a span of scenario time to real milliseconds.
    pub(crate) fn real_ms(&self, span: Span) -> f64 {
        span.as_millis_f64() * self.scale
    }

    /// The plan of a tab; `addresses` are those of the origins, in order.
    pub(crate) fn page_plan(&self, tab: u32, addresses: &[Address]) -> Value {
        let queues = self.plan.queues().iter().map(|queue| {
            let release_on = match queue.release_on {
                ReleaseOn::Headers => "headers",
                ReleaseOn::End => "end",
            };
            json!({ "limit": queue.limit, "releaseOn": release_on, "lifo": queue.order == Order::Lifo })
        });
        json!({
            "tab": tab,
            "horizon": self.real_ms(self.plan.horizon() - Time::ZERO),
            "opens": self.real_ms(self.plan.opens(tab)),
            "closes": self.closes(tab),
            "queues": queues.collect::<Vec<_>>(),
            // A browser that does not know that an origin speaks HTTP/2 opens a connection for each request.
            "hello": addresses.iter().filter(|address| address.is_secure).map(|address| address.base("http")).collect::<Vec<_>>(),
            "navigationEndsCalls": self.plan.browser().navigation_ends_calls,
            "navigationClosesWebSockets": self.plan.browser().navigation_closes_websockets,
            "navigationRefusesCalls": self.plan.browser().navigation_refuses_calls,
            "classes": self.plan.classes().iter().map(|class| self.class_plan(class, tab, addresses)).collect::<Vec<_>>(),
        })
    }

    fn class_plan(&self, class: &Class, tab: u32, addresses: &[Address]) -> Value {
        let copies = u32::try_from(self.draws.copies(class, tab)).unwrap_or(u32::MAX);
        let each =
            |value: &dyn Fn(u32) -> Span| (0..copies).map(|index| self.real_ms(value(index))).collect::<Vec<_>>();
        let priority = match class.common.priority {
            // Loaded as a style sheet, which has this priority in browsers.
            Priority::Highest => "style",
            Priority::High => "high",
            Priority::Auto => "auto",
            Priority::Low | Priority::Lowest => "low",
        };
        let from = match class.deadline_from {
            DeadlineFrom::Issued => "issued",
            DeadlineFrom::Queue => "queue",
            DeadlineFrom::Sent => "sent",
        };
        let until = match class.deadline_until {
            DeadlineUntil::End => "end",
            DeadlineUntil::Headers => "headers",
            DeadlineUntil::Sent => "sent",
        };
        let (scheme, kind) = match class.kind {
            Kind::Fetch => ("http", "fetch"),
            Kind::WebSocket => ("ws", "websocket"),
            Kind::EventSource => ("http", "event-source"),
            Kind::Background => ("http", "background"),
        };
        let mut plan = json!({
            "name": class.name,
            "kind": kind,
            "navigates": class.navigates.then(|| self.way()),
            "leftBy": self.left_by(class),
            "base": addresses[class.origin].base(scheme),
            "refusedBase": addresses[class.origin].refused(scheme),
            "url": class.common.url.template(),
            "stream": matches!(class.common.start, Start::Arrivals { .. }),
            "arrivals": self.arrivals(class, tab),
            "after": page_causes::after(class),
            "cancelledBy": page_causes::events(&class.cancelled_by),
            "unmountedBy": page_causes::events(&class.unmounted_by),
            "cancelAborts": class.cancel_aborts,
            "starts": each(&|index| self.draws.start(class, index, tab)),
            "lags": each(&|index| self.draws.timer_delay(class, index, tab)),
            "every": class.every.map(|span| self.real_ms(span)),
            "everyFromEnd": class.every_from_end,
            "reconnects": self.reconnects(class, tab, copies),
            "skipWhileInFlight": class.skip_while_in_flight,
            "untilOk": class.until_ok,
            "fresh": class.skip_while_fresh.map(|(socket, within)| (socket, self.real_ms(within))),
            "attempts": class.attempts,
            "backoff": class.backoff.iter().map(|span| self.real_ms(*span)).collect::<Vec<_>>(),
            "dedupe": class.dedupe,
            "queue": class.queue,
            "method": class.common.method.name(),
            "bytes": (0..copies).map(|index| self.upload(class, index)).collect::<Vec<_>>(),
            "cache": class.cache.name(),
            "credentials": if class.omits_credentials { "omit" } else { "include" },
            "priority": priority,
            "deadline": class.deadline.map(|span| self.real_ms(span)),
            "deadlineFrom": from,
            "deadlineUntil": until,
            "deadlineAborts": class.deadline_aborts,
            "supersedes": class.supersedes,
            "readsBody": class.reads_body,
        });
        if let Value::Object(plan) = &mut plan {
            plan.append(&mut self.outcome_plan(class, tab));
        }
        plan
    }

    /// The pauses before each opening but the first of a socket that opens again, for each copy: as many as fit into the load.
    pub(crate) fn reconnects(&self, class: &Class, tab: u32, copies: u32) -> Vec<Vec<f64>> {
        let horizon = self.plan.horizon() - Time::ZERO;
        // An opening that fails takes no time.
        let can_fail = !class.answer.failures.is_empty();
        let most = class.reconnect_at_most.unwrap_or(horizon);
        let of_copy = |index| {
            let pause = |at: &mut (Span, u32)| {
                let call = Call { index, tab, tick: 0, attempt: at.1 };
                let pause = self.draws.reconnect(class, call)?;
                let lasts = self.draws.body(class, call).filter(|_| !can_fail).unwrap_or(Span::ZERO);
                *at = (at.0 + lasts + pause.min(most), at.1 + 1);
                (at.0 <= horizon && at.1 < RECONNECTS).then_some(pause)
            };
            let mut at = (Span::ZERO, 1);
            std::iter::from_fn(|| pause(&mut at)).map(|pause| self.real_ms(pause)).collect()
        };
        if class.reconnect.is_some() { (0..copies).map(of_copy).collect() } else { Vec::new() }
    }

    /// The arrival times of a class with `arrivals`, since the opening of the tab.
    pub(crate) fn arrivals(&self, class: &Class, tab: u32) -> Vec<f64> {
        let Start::Arrivals { until, .. } = class.common.start else { return Vec::new() };
        if !class.is_in(tab) {
            return Vec::new();
        }
        let last = until.min(self.plan.horizon() - Time::ZERO);
        let sum = |at: &mut Span, number| {
            *at = *at + self.draws.gap(class, number, tab);
            (*at <= last).then_some(*at)
        };
        (0..).scan(Span::ZERO, sum).map(|at| self.real_ms(at)).collect()
    }
}
