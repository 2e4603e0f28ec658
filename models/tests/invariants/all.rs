//! All invariants of a load's record; `models/tests/invariants.rs` checks them, and so does the fuzz target `scenario`.

pub mod page;
pub mod stations;
pub mod story;

use story::{Checked, Story};

impl Story<'_> {
    /// Everything that holds in each load of each plan, whatever its parameters.
    pub fn check(&self) -> Checked {
        self.times_are_in_order()?;
        self.stations_add_up()?;
        self.slots_stay_within_limits()?;
        self.pool_serves_by_rank()?;
        self.pool_lets_nothing_idle()?;
        self.deadlines_strike()?;
        self.calls_follow_each_other()?;
        self.ticks_are_skipped_for_a_reason()?;
        self.framework_queues_hold_back()?;
        self.scheduler_holds_low_ranks_only()?;
        self.cache_lock_passes_one_at_a_time()?;
        self.followers_have_leaders()?;
        self.links_keep_their_bandwidth()?;
        self.servers_take_their_time()?;
        self.first_come_servers_are_exact()
    }
}
