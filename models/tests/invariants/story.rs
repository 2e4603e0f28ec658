//! A load from its record: each request with what its times imply.

use proptest::prelude::*;
use sixslot_models::Form;
use sixslot_models::Plan;
use sixslot_models::class::{Class, CopySpec, Kind};
use sixslot_models::load::{Load, Outcome, Request, Station};
use sixslot_sim_core::Time;
use std::cell::Cell;
use std::collections::BTreeMap;

pub type Checked = Result<(), TestCaseError>;

/// A request with what its record implies, in nanoseconds.
pub struct Life<'a> {
    pub request: &'a Request,
    pub class: &'a Class,
    pub rank: usize,
    /// Origin and credentials: requests with the same key share connections.
    pub group: (usize, bool),
    pub copy: &'a CopySpec,
    /// Connections of its group, or streams.
    pub places: usize,
    /// Origin and URL.
    pub url: (usize, String),
    /// When it left the page, the scheduler and the cache; if it never did, when it ended.
    pub page_until: u64,
    pub scheduler_until: u64,
    pub cache_until: u64,
    /// When it got its connection; if it never did, when it ended.
    pub pool_until: u64,
    pub issued: u64,
    /// When it ended, or the horizon.
    pub until: u64,
    /// When the page was notified of its end: at the headers if it does not read the body.
    pub page_knows: u64,
}

/// A load with its plan.
pub struct Story<'a> {
    pub plan: &'a Plan,
    pub parameters: &'a [f64],
    pub lives: Vec<Life<'a>>,
    pub horizon: u64,
}

pub fn nanos(time: Option<Time>) -> Option<u64> {
    time.map(Time::as_nanos)
}

impl<'a> Life<'a> {
    pub fn new(plan: &'a Plan, request: &'a Request) -> Self {
        let class = &plan.classes()[request.class];
        let copy = class.copy(request.index);
        let horizon = plan.horizon().as_nanos();
        let spent = |station| request.spent(station).as_nanos();
        let issued = request.issued.as_nanos();
        let until = nanos(request.ended).unwrap_or(horizon);
        let page_until = issued + spent(Station::Page);
        let scheduler_until = page_until + spent(Station::Scheduler);
        let cache_until = scheduler_until + spent(Station::Cache);
        let unread = !class.reads_body && request.sent.is_some();
        Self {
            request,
            class,
            copy,
            rank: copy.rank,
            places: plan.origins()[class.origin].places(plan.browser().connections),
            group: (class.origin, class.omits_credentials && plan.browser().partition_by_credentials),
            url: (class.origin, copy.url.expand(request.index, request.tab)),
            page_until,
            scheduler_until,
            cache_until,
            pool_until: nanos(request.slot_from).unwrap_or(cache_until + spent(Station::Pool)),
            issued,
            until,
            page_knows: nanos(request.gave_up).or_else(|| nanos(request.headers).filter(|_| unread)).unwrap_or(until),
        }
    }

    /// The interval in which it held a connection; none if only for an instant or never.
    pub fn slot(&self) -> Option<(u64, u64)> {
        let slot = nanos(self.request.slot_from).zip(nanos(self.request.slot_until));
        slot.filter(|(from, until)| from < until)
    }

    /// Whether it waited for a connection.
    pub fn needs_slot(&self, plan: &Plan) -> bool {
        let rules = plan.browser();
        match self.class.kind {
            Kind::Fetch => true,
            Kind::Background => false,
            Kind::EventSource => rules.event_source_takes_slot,
            Kind::WebSocket => rules.websocket_takes_slot || rules.websocket_handshake_takes_slot,
        }
    }

    pub fn succeeded_at(&self) -> Option<u64> {
        self.request.succeeded().then_some(self.page_knows)
    }

    pub fn copy(&self) -> (usize, u32, u32) {
        (self.request.class, self.request.tab, self.request.index)
    }
}

/// The greatest number of half-open intervals that hold at once.
pub fn most_at_once(intervals: impl Iterator<Item = (u64, u64)>) -> usize {
    let mut changes: Vec<(u64, bool)> = intervals.flat_map(|(from, until)| [(from, true), (until, false)]).collect();
    changes.sort_unstable();
    let (mut now, mut most) = (0_usize, 0);
    for (_, begins) in changes {
        if begins {
            now += 1;
        } else {
            now -= 1;
        }
        most = most.max(now);
    }
    most
}

/// The items under their keys.
pub fn grouped<T, K: Ord>(items: &[T], key: impl Fn(&T) -> Option<K>) -> BTreeMap<K, Vec<&T>> {
    let mut groups = BTreeMap::<K, Vec<&T>>::new();
    for item in items {
        if let Some(key) = key(item) {
            groups.entry(key).or_default().push(item);
        }
    }
    groups
}

impl<'a> Story<'a> {
    pub fn new(plan: &'a Plan, load: &'a Load) -> Self {
        Self {
            plan,
            parameters: load.parameters(),
            lives: load.requests().iter().map(|request| Life::new(plan, request)).collect(),
            horizon: plan.horizon().as_nanos(),
        }
    }

    /// A length of time of this load, and whether it is the least of a random one.
    pub fn time(&self, form: &Form) -> (u64, bool) {
        let random = Cell::new(false);
        let span = form.span(self.parameters, || {
            random.set(true);
            1e-9
        });
        (span.as_nanos(), random.get())
    }

    pub fn times_are_in_order(&self) -> Checked {
        for life in &self.lives {
            let request = life.request;
            prop_assert_eq!(request.ended.is_some(), request.outcome != Outcome::Unfinished, "{:?}", request);
            let steps = [Some(request.issued), request.slot_from, request.sent, request.headers, request.ended];
            let steps: Vec<Time> = steps.into_iter().flatten().chain([self.plan.horizon()]).collect();
            prop_assert!(steps.is_sorted(), "{:?}", request);
            prop_assert_eq!(request.slot_from.is_some(), request.connection.is_some());
            prop_assert_eq!(request.slot_from.is_some(), request.slot_until.is_some());
            prop_assert!(request.slot_until.is_none_or(|until| until.as_nanos() <= life.until), "{:?}", request);
            prop_assert!(request.sent.is_none() || !life.needs_slot(self.plan) || request.slot_from.is_some());
            prop_assert!(request.outcome != Outcome::Ok || request.headers.is_some(), "{:?}", request);
            if life.class.kind == Kind::Fetch && request.slot_from.is_some() {
                prop_assert_eq!(nanos(request.slot_until), Some(life.until), "{:?}", request);
            }
        }
        Ok(())
    }

    pub fn stations_add_up(&self) -> Checked {
        for life in &self.lives {
            let request = life.request;
            let spent = |station| request.spent(station).as_nanos();
            let sum: u64 = Station::ALL.iter().map(|(station, _)| spent(*station)).sum();
            prop_assert_eq!(sum, life.until - life.issued, "{:?}", request);
            if let Some(sent) = nanos(request.sent) {
                prop_assert_eq!(life.cache_until + spent(Station::Pool) + spent(Station::Connect), sent);
                let headers = nanos(request.headers).unwrap_or(life.until);
                prop_assert_eq!(sent + spent(Station::Server), headers, "{:?}", request);
                prop_assert_eq!(headers + spent(Station::Body), life.until, "{:?}", request);
            }
        }
        Ok(())
    }
}
