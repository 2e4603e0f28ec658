//! One load of a plan, ready to run in a browser: the plan, the load's draws, and its time scale.
//!
//! Rule: an option that the lab cannot run is refused here, before a browser is started ([`crate::Unsupported`]). All
//! random numbers come from [`Draws`], so that the simulated and the real load have the same ones.

use crate::engine::Engine;
use crate::page_causes::waits_for;
use crate::unsupported::{Unsupported, table, unlike_a_resource};
use sixslot_models::Plan;
use sixslot_models::browser::{Browser, Priority};
use sixslot_models::class::{Class, Event, Kind};
use sixslot_models::load::{Draws, LoadError};
use sixslot_sim_core::{Span, Time};
use std::time::Duration;

/// The longest load, in real seconds.
pub const LONGEST_RUN: f64 = 600.0;
/// The lab's link is first in, first out (lab/link/carrier.py), and its servers' tasks wake up this much apart.
const GATHERS: Span = Span::from_nanos(500_000);
/// The most tabs of a load.
pub const TABS: u32 = 16;
/// The most origins of a load.
pub const ORIGINS: usize = 16;
/// The most bytes of a body that the page does not read: 256 MiB.
pub const UNREAD_BYTES: u64 = 256 << 20;
/// The most instances of requests and sockets in a load, over all tabs.
pub const COPIES: u64 = 10_000;

/// One load of a plan, ready to run in a browser.
#[derive(Clone, Debug)]
pub struct Script {
    pub(crate) plan: Plan,
    pub(crate) draws: Draws,
    pub(crate) seed: u64,
    pub(crate) load: u64,
    pub(crate) scale: f64,
    pub(crate) tabs: u32,
}

impl Script {
    /// Load `load` of a plan with a seed. Real time is scenario time times `scale` (0.001 to 1000), deadlines included.
    ///
    /// # Errors
    /// The first option that the lab cannot run in any browser, or that exceeds a limit.
    pub fn new(plan: &Plan, seed: u64, load: u64, scale: f64) -> Result<Self, Unsupported> {
        if !(0.001..=1_000.0).contains(&scale) {
            return Err(Unsupported::new("--scale", "it must be between 0.001 and 1000"));
        }
        let horizon = plan.horizon().as_seconds_f64() * scale;
        if horizon > LONGEST_RUN {
            let why = format!(
                "{horizon:.0} s of real time exceed the limit of {LONGEST_RUN} s; lower the horizon or the scale"
            );
            return Err(Unsupported::new("horizon", why));
        }
        let draws = Draws::new(plan, seed, load).map_err(|error| match error {
            LoadError::Tabs { .. } => Unsupported::new("browser.tabs", error.to_string()),
            LoadError::Count { ref parameter, .. } => {
                Unsupported::new(format!("parameters.{parameter}"), error.to_string())
            }
            _ => Unsupported::new("horizon", error.to_string()),
        })?;
        let tabs = draws.tabs(plan.browser());
        if tabs == 0 || tabs > TABS {
            return Err(Unsupported::new("browser.tabs", format!("the load has {tabs} tabs; use 1 to {TABS}")));
        }
        if plan.origins().len() > ORIGINS {
            let why = format!("{} origins exceed the limit of {ORIGINS}; use fewer", plan.origins().len());
            return Err(Unsupported::new("origin", why));
        }
        let copies: u64 = plan.classes().iter().map(|class| draws.copies(class, 0)).sum();
        if copies.saturating_mul(u64::from(tabs)) > COPIES {
            return Err(Unsupported::new(
                "request",
                format!(
                    "{copies} requests in each tab exceed the limit of {COPIES} in all tabs; lower `count` or `tabs`"
                ),
            ));
        }
        let script = Self { plan: plan.clone(), draws, seed, load, scale, tabs };
        script.check_navigations()?;
        (0..plan.origins().len()).try_for_each(|number| script.check_origin(number))?;
        script.check_scale()?;
        script.plan.classes().iter().try_for_each(|class| script.check_class(class))?;
        Ok(script)
    }

    /// The plan.
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// The seed of its draws.
    pub fn seed(&self) -> u64 {
        self.seed
    }

    /// The number of the load.
    pub fn load(&self) -> u64 {
        self.load
    }

    /// Real time divided by scenario time.
    pub fn scale(&self) -> f64 {
        self.scale
    }

    /// Whether an engine can run it: the plan's browser rules must be the engine's own, because a browser cannot be
    /// given others. The costs `dispatch`, `connect`, `event_source_delay`, `reload_delay` and `navigation_delay` are the machine's
    /// and are not compared.
    ///
    /// # Errors
    /// The first rule that differs; or the scenario has TLS, and this program is built without it.
    pub fn check(&self, engine: Engine) -> Result<(), Unsupported> {
        let (plan, own) = (self.plan.browser(), engine.rules());
        let Some(key) = first_difference(plan, &own) else { return self.check_build() };
        let others = [Browser::chromium(), Browser::firefox(), Browser::webkit(), Browser::as_reported()];
        let profile = others.iter().any(|other| first_difference(plan, other).is_none());
        let key = if profile { "profile" } else { key };
        let why =
            format!("{engine} does not do this; run it with browser.profile = \"{engine}\" and no other browser rules");
        Err(Unsupported::new(format!("browser.{key}"), why))
    }

    /// The plan whose simulation predicts the measurement. The browser's own costs and timeouts do not follow the
    /// scale: with a scale below 1 they take more scenario time.
    pub fn prediction(&self) -> Plan {
        let mut plan = self.plan.clone();
        plan.scale_browser_costs(1.0 / self.scale);
        plan.scale_browser_timeouts(1.0 / self.scale);
        // The one to the lab's own server.
        plan.add_websockets_before(1);
        plan.pass_first_in_first_out(GATHERS);
        plan
    }

    /// A span of scenario time as real time.
    pub(crate) fn real(&self, span: Span) -> Duration {
        Duration::from_secs_f64(span.as_seconds_f64() * self.scale)
    }

    /// The load's random draws.
    pub fn draws(&self) -> &Draws {
        &self.draws
    }

    /// The number of tabs.
    pub fn tabs(&self) -> u32 {
        self.tabs
    }

    fn check_class(&self, class: &Class) -> Result<(), Unsupported> {
        let key = |key: &str| format!("{}.{}.{key}", table(class), class.name);
        check_copies(class).map_err(|(what, why)| Unsupported::new(key(what), why))?;
        if class.kind == Kind::Background {
            return Ok(());
        }
        if class.fresh_for.is_some() {
            return Err(Unsupported::new(
                key("fresh_for"),
                "a load of the lab begins with an empty cache; leave it out",
            ));
        }
        self.check_outcomes(class).map_err(|(what, why)| Unsupported::new(key(what), why))?;
        self.check_page(class).map_err(|(what, why)| Unsupported::new(key(what), why))?;
        self.check_bytes(class).map_err(|(what, why)| Unsupported::new(key(what), why))?;
        match class.common.priority {
            Priority::Lowest => {
                return Err(Unsupported::new(key("priority"), "fetch() has no such priority; use \"low\""));
            }
            Priority::Highest if class.navigates => {}
            Priority::Highest => self.check_style_sheet(class).map_err(|why| Unsupported::new(key("priority"), why))?,
            Priority::High | Priority::Auto | Priority::Low => {}
        }
        let url = class.common.url.expand(0, 0);
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/?&=:@!$()*+,;-._~%".contains(&byte);
        if !url.starts_with('/')
            || url.starts_with("//")
            || url.contains("/.")
            || url.contains("sixslot")
            || !url.bytes().all(plain)
        {
            let why = format!(
                "\"{url}\" is not a plain path, or it contains `sixslot`, which the lab uses itself; write one such as \"/api/items?page=1\""
            );
            return Err(Unsupported::new(key("url"), why));
        }
        if class.common.body_bytes.is_some_and(|bytes| !class.reads_body && bytes > UNREAD_BYTES) {
            let why = format!("the browser may buffer all of an unread body; use at most {UNREAD_BYTES} bytes");
            return Err(Unsupported::new(key("body_bytes"), why));
        }
        if let Some(max_age) = class.max_age.filter(|max_age| Time::ZERO + *max_age < self.plan.horizon()) {
            self.check_seconds(max_age).map_err(|why| Unsupported::new(key("response_cache_control"), why))?;
        }
        Ok(())
    }
}

impl Script {
    /// Refuses what the lab's server is not.
    fn check_origin(&self, number: usize) -> Result<(), Unsupported> {
        let origin = &self.plan.origins()[number];
        let key = |key: &str| format!("{}.{key}", self.table(number));
        self.check_path(origin).map_err(|(what, why)| Unsupported::new(key(what), why))?;
        let Some(pause) = origin.queue.and_then(|queue| queue.retry_after) else { return Ok(()) };
        self.check_seconds(pause).map_err(|why| Unsupported::new(key("queue.retry_after"), why))
    }

    /// fetch() has no priority "highest". The lab loads such a request as a style sheet, which has fewer options.
    fn check_style_sheet(&self, class: &Class) -> Result<(), String> {
        let number = self.plan.classes().iter().position(|other| std::ptr::eq(other, class));
        let waits = |other: &Class| number.is_some_and(|number| waits_for(other, number, Event::Headers));
        let copies = self.draws.copies(class, 0);
        let other_urls = |other: &&Class| {
            let same = other.common.url.expand(0, 0) == class.common.url.expand(0, 0) && other.origin == class.origin;
            same && !std::ptr::eq(*other, class)
        };
        let limits = [
            ("has no failures", !class.answer.failures.is_empty()),
            ("has no `unmounted_by`", !class.unmounted_by.is_empty()),
            ("has no request `after` its `headers`", self.plan.classes().iter().any(waits)),
            (
                "has `{index}` in its URL if `count` is above 1",
                copies > 1 && class.common.url.expand(0, 0) == class.common.url.expand(1, 0),
            ),
            ("has a URL that no other request has", self.plan.classes().iter().filter(other_urls).count() > 0),
        ];
        let own = || limits.into_iter().find(|(_, broken)| *broken).map(|(limit, _)| limit);
        match unlike_a_resource(class).or_else(own) {
            Some(limit) => {
                Err(format!("\"highest\" is run as a style sheet, which {limit}; change that or the priority"))
            }
            None => Ok(()),
        }
    }
}

/// Instances that cannot be sent to the lab's page.
fn check_copies(class: &Class) -> Result<(), (&'static str, &'static str)> {
    if !class.each.is_empty() {
        return Err(("each", "the lab runs instances that are alike; give each a table of its own"));
    }
    if class.common.stalled.is_some() {
        return Err(("stalled", "the lab cannot make a stall that no rule explains; add it to `delay` or `start`"));
    }
    Ok(())
}

/// The first rule in which two browsers differ. What a request costs is the machine's, and the tabs are the scenario's.
fn first_difference(one: &Browser, other: &Browser) -> Option<&'static str> {
    const COSTS: [&str; 6] =
        ["tab_interval", "dispatch", "connect", "event_source_delay", "reload_delay", "navigation_delay"];
    one.differences(other).find(|key| !COSTS.contains(key))
}
