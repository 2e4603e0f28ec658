//! Names of earlier versions, with their new names.
//!
//! Rule: an old name is an unknown name, and its error states the new one. Old names occur only in this table.

/// A changed name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Renamed {
    /// The old name.
    pub old: &'static str,
    /// The new name; several if the old name had several meanings.
    pub new: &'static [&'static str],
}

const fn renamed(old: &'static str, new: &'static [&'static str]) -> Renamed {
    Renamed { old, new }
}

/// Keys, words, commands and options that have changed.
pub static RENAMED: &[Renamed] = &[
    renamed("wait", &["io_time"]),
    renamed("memo", &["server_cache"]),
    renamed("needs", &["looks_up"]),
    renamed("needs_before", &["lookup_before_segment"]),
    renamed("life", &["ttl"]),
    renamed("wiped_by", &["invalidated_by"]),
    renamed("joinable", &["join_within"]),
    renamed("hops", &["segments"]),
    renamed("job", &["background"]),
    renamed("stops_on_abort", &["cancel_on_disconnect"]),
    renamed("contention", &["slowdown_exponent"]),
    renamed("guard", &["skip_while_in_flight"]),
    renamed("tick_lag", &["timer_delay"]),
    renamed("frees", &["release_on"]),
    renamed("newest_first", &["order"]),
    renamed("handover", &["dispatch"]),
    renamed("credentials_split", &["partition_by_credentials"]),
    renamed("cache_splits_credentials", &["cache_partition_by_credentials"]),
    renamed("cache_lock_frees_all_on_no_store", &["cache_lock_releases_all_on_no_store"]),
    renamed("cache_lock_frees_all_on_abort", &["cache_lock_releases_all_on_abort"]),
    renamed("cache_lock_frees_all_on_post", &["cache_lock_releases_all_on_post"]),
    renamed("delayable_release", &["delayable_timeout"]),
    renamed("idle_newest_first", &["idle_order"]),
    renamed("scale", &["factor"]),
    renamed("size", &["scale", "minimum"]),
    renamed("deviation", &["std_dev"]),
    renamed("without", &["removed_by"]),
    renamed("as-told", &["as-reported"]),
    renamed("account", &["hypothesis"]),
    renamed("accounts", &["hypotheses"]),
    renamed("--load", &["--replication"]),
];

/// A name that stands elsewhere now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moved {
    /// What it was called.
    pub old: &'static str,
    /// A name of the place where it stood.
    pub among: &'static str,
    /// What to write instead.
    pub now: &'static str,
}

/// Keys and words of `[browser]` that are each origin's now.
pub static MOVED: &[Moved] = &[
    Moved { old: "multiplexed", among: "connections", now: "write protocol = \"h2\" in [server] or [origin.NAME]" },
    Moved { old: "streams", among: "connections", now: "write max_concurrent_streams in [server] or [origin.NAME]" },
    Moved { old: "http2", among: "chromium", now: "write protocol = \"h2\" in [server] or [origin.NAME]" },
];

/// Advice with the new name, if one of these names is an old one.
pub fn renamed_to(old: &str, known: &[&str]) -> Option<String> {
    if let Some(moved) = MOVED.iter().find(|row| row.old == old && known.contains(&row.among)) {
        return Some(moved.now.to_owned());
    }
    let new = RENAMED.iter().find(|row| row.old == old)?.new;
    let new: Vec<String> = new.iter().filter(|name| known.contains(name)).map(|name| format!("`{name}`")).collect();
    (!new.is_empty()).then(|| format!("it is called {} now", new.join(" or ")))
}
