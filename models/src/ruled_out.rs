//! What cannot happen in any load of a plan, so that its loads need not look for it.
//!
//! Rule: only what the plan alone decides, and where in doubt it can happen. Without low-priority requests the scheduler holds
//! nothing and counts nothing. A request of whose URL no other request is neither waits at the cache nor leaves anything
//! there. Whatever is ruled out changes no load, only its cost; the second implementation of the tests rules nothing out.

use crate::browser::Browser;
use crate::class::{CacheMode, Class, Kind, Start};
use crate::origin::Origin;

/// What cannot happen.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct RuledOut {
    /// No request is held by the scheduler.
    pub(crate) scheduling: bool,
    /// By class: none of its requests meets another one at the cache.
    sharing: Vec<bool>,
    /// By class, a bit for each event that nothing waits for.
    events: Vec<u8>,
}

impl RuledOut {
    /// `awaited` gives the events of a class that something waits for, one bit each.
    pub(crate) fn of(browser: &Browser, origins: &[Origin], classes: &[Class], awaited: impl Fn(usize) -> u8) -> Self {
        let delays = |class: &Class| {
            let multiplexes = origins[class.origin].protocol.multiplexes();
            let raised = (!class.raised_by.is_empty()).then_some(class.raised_rank);
            let mut ranks = class.copies().iter().map(|copy| copy.rank).chain(raised);
            !multiplexes && ranks.any(|rank| rank < browser.delayable_below)
        };
        let scheduling = !browser.delays_low_priority || !classes.iter().any(delays);
        let one_tab = browser.tabs.fixed() == Some(1);
        let sharing = with_others(classes).into_iter().zip(classes);
        let sharing = sharing.map(|(shared, class)| !shared && calls_each_once(class, one_tab)).collect();
        let events = (0..classes.len()).map(|class| !awaited(class));
        Self { scheduling, sharing, events: events.collect() }
    }

    /// The events of a class that nothing waits for, one bit each.
    pub(crate) fn events(&self, class: usize) -> u8 {
        self.events[class]
    }

    /// Whether no request of a class meets another one at the cache.
    pub(crate) fn sharing(&self, class: usize) -> bool {
        self.sharing[class]
    }
}

/// Whether a class calls each of its URLs once, or again only after a call that has ended, and its calls need nothing of the
/// cache.
fn calls_each_once(class: &Class, one_tab: bool) -> bool {
    let in_order = class.reads_body && class.deadline_aborts && class.cancel_aborts && class.max_age.is_none();
    let once = class.every.is_none() && class.reconnect.is_none() && (class.attempts == 1 || in_order);
    let plain = class.fresh_for.is_none() && class.cache != CacheMode::Reload && class.kind == Kind::Fetch;
    let instances = match class.common.start {
        Start::Arrivals { .. } => None,
        _ => class.count.fixed(),
    };
    // The URLs of `each` differ, or else they meet others.
    let few = instances.is_some_and(|count| count <= class.each.len().max(1) as u64);
    let numbered = class.each.is_empty() && class.common.url.template().contains("{index}");
    once && plain && one_tab && (few || numbered)
}

/// By class, whether one of its URLs can be that of another class or of another of its entries.
fn with_others(classes: &[Class]) -> Vec<bool> {
    let templates = classes.iter().enumerate().flat_map(|(number, class)| {
        class.copies().iter().map(move |copy| ((class.origin, copy.url.template()), number))
    });
    let mut sorted: Vec<((usize, &str), usize)> = templates.collect();
    sorted.sort_unstable();
    let mut shared = vec![false; classes.len()];
    for pair in sorted.windows(2).filter(|pair| pair[0].0 == pair[1].0) {
        (shared[pair[0].1], shared[pair[1].1]) = (true, true);
    }
    // A placeholder stands for digits, or is compared as text where it is only a brace.
    let mut overlaps = vec![0_i64; sorted.len() + 1];
    for ((origin, template), number) in &sorted {
        let Some(open) = template.find('{') else { continue };
        let prefix = &template[..open];
        let from = |next: char| {
            let start = format!("{prefix}{next}");
            sorted.partition_point(|(other, _)| *other < (*origin, start.as_str()))
        };
        // `:` follows the digits, and `|` the brace.
        for (first, last, itself) in [(from('0'), from(':'), 0), (from('{'), from('|'), 1)] {
            if last - first > itself {
                shared[*number] = true;
                overlaps[first] += 1;
                overlaps[last] -= 1;
            }
        }
    }
    let mut open = 0;
    for (change, (_, number)) in overlaps.iter().zip(&sorted) {
        open += change;
        shared[*number] |= open > 0;
    }
    shared
}
