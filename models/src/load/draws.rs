//! What a load draws, by identity and not by order.
//!
//! Rule: each quantity has a stream of its own, named by its purpose and by who draws it: copy, attempt and tab. So whoever
//! asks for a request's service time gets the same answer, in any order and also for a request that nobody has issued;
//! a real server can ask what the simulated one would.

use super::LoadError;
use crate::browser::Browser;
use crate::class::{Class, Kind, Start};
use crate::form::Form;
use crate::limits;
use crate::origin::Discipline;
use crate::plan::Plan;
use crate::server_cache::ServerCache;
use sixslot_sim_core::{Purpose, Span, Streams};

/// The random quantities of one load.
///
/// ```
/// use sixslot_models::{Document, load::Draws};
/// let text = "schema = 1\n[request.a]\nservice = \"20ms\"\n[load]\nready = [\"a\"]";
/// let plan = Document::read("a.toml", text, &[])?.plan(&[], &[])?;
/// let draws = Draws::new(&plan, 1, 0).map_err(|error| error.to_string());
/// let (work, wait) = draws.unwrap_or_default().service(&plan.classes[0], plan.origins[0].discipline, 0, 1, 0);
/// assert_eq!((work.as_millis_f64(), wait.as_millis_f64()), (0.0, 20.0));
/// # Ok::<(), sixslot_models::ScenarioError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Draws {
    streams: Streams,
    parameters: Vec<f64>,
}

impl Default for Draws {
    fn default() -> Self {
        Self { streams: Streams::new(0, 0), parameters: Vec::new() }
    }
}

impl Draws {
    /// The draws of a load.
    ///
    /// # Errors
    /// A load that opens too many tabs.
    pub fn new(plan: &Plan, seed: u64, load: u64) -> Result<Self, LoadError> {
        let mut draws = Self::default();
        draws.turn_to(plan, seed, load)?;
        Ok(draws)
    }

    /// Becomes the draws of another load, in the same memory.
    pub(super) fn turn_to(&mut self, plan: &Plan, seed: u64, load: u64) -> Result<(), LoadError> {
        self.streams = Streams::new(seed, load);
        plan.draw_parameters(&self.streams, &mut self.parameters);
        // The plan has checked the parameters' usual values only: a draw can lie far beyond them.
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

    /// How many tabs show the page.
    pub fn tabs(&self, browser: &Browser) -> u32 {
        u32::try_from(browser.tabs.count(&self.parameters)).unwrap_or(u32::MAX)
    }

    /// How many copies of a class a tab has. A random stream has none: its arrivals come one by one. A server's background calls run
    /// once, however many tabs there are.
    pub fn copies(&self, class: &Class, tab: u32) -> u64 {
        match class.start {
            Start::Arrivals { .. } => 0,
            _ if class.kind == Kind::Background && tab > 0 => 0,
            _ => class.count.count(&self.parameters),
        }
    }

    /// How long after its tab's opening, or after what it waits for, a copy starts; nothing for a random stream.
    pub fn start(&self, class: &Class, index: u32, tab: u32) -> Span {
        match &class.start {
            Start::At(form) | Start::After { delay: form, .. } => {
                self.span(form, class.purposes.start, Self::entity(index, 0, tab))
            }
            Start::Arrivals { .. } => Span::ZERO,
        }
    }

    /// The time between an arrival of a random stream and the one before it, or the tab's opening; nothing for others.
    pub fn gap(&self, class: &Class, number: u32, tab: u32) -> Span {
        let Start::Arrivals { gap, .. } = &class.start else { return Span::ZERO };
        let entity = Self::entity(number, 0, tab);
        Span::from_seconds_f64(gap.draw(&self.streams, class.purposes.arrivals, entity))
    }

    /// How long after its first call a poll's timer is armed.
    pub fn timer_delay(&self, class: &Class, index: u32, tab: u32) -> Span {
        self.span(&class.timer_delay, class.purposes.tick, Self::entity(index, 0, tab))
    }

    /// What a request costs its server: work, which is shared as the discipline says, and the wait after it.
    pub fn service(&self, class: &Class, discipline: Discipline, index: u32, attempt: u32, tab: u32) -> (Span, Span) {
        let draw = |form, purpose| self.span(form, purpose, Self::entity(index, attempt, tab));
        match &class.service {
            Some(service) => {
                let service = draw(service, class.purposes.service);
                if discipline == Discipline::Fifo { (service, Span::ZERO) } else { (Span::ZERO, service) }
            }
            None => (draw(&class.work, class.purposes.work), draw(&class.io_time, class.purposes.io_time)),
        }
    }

    /// The time from a request's headers to its end; none for a socket that stays open.
    pub fn body(&self, class: &Class, index: u32, attempt: u32, tab: u32) -> Option<Span> {
        let entity = Self::entity(index, attempt, tab);
        class.body.as_ref().map(|form| self.span(form, class.purposes.body, entity))
    }

    /// The work and the I/O time of computing a cached value, by the number of computations before.
    pub fn server_cache(&self, cache: &ServerCache, made: u64) -> (Span, Span) {
        (self.span(&cache.work, cache.work_purpose, made), self.span(&cache.io_time, cache.io_time_purpose, made))
    }

    fn span(&self, form: &Form, purpose: Purpose, entity: u64) -> Span {
        form.span(&self.parameters, || self.streams.uniform(purpose, entity))
    }

    /// The number that all draws of a request have in common.
    fn entity(index: u32, attempt: u32, tab: u32) -> u64 {
        u64::from(tab) << 48 | u64::from(attempt) << 24 | u64::from(index)
    }
}
