//! Messages of a socket or an event stream: their number and times.

use crate::entry::Messages;
use crate::limits;
use crate::value::{Fold, Object, Word};
use serde::Deserialize;
use serde::de::Error;

/// Messages of a socket: their count and the range of their times, in seconds since 1970.
#[derive(Default)]
pub(super) struct RawMessages {
    pub count: usize,
    first: Option<f64>,
    last: Option<f64>,
}

#[derive(Default, Deserialize)]
pub(super) struct RawMessage {
    #[serde(default)]
    time: Word,
}

impl<'de> Fold<'de> for RawMessages {
    type Item = Object<RawMessage>;
    const EXPECTED: &'static str = "a list";
    const LOOSE: bool = true;
    fn take<E: Error>(&mut self, item: Self::Item) -> Result<(), E> {
        self.count += 1;
        if let Some(time) = item.0.and_then(|message| message.time.number()) {
            self.first = Some(self.first.map_or(time, |first| first.min(time)));
            self.last = Some(self.last.map_or(time, |last| last.max(time)));
        }
        Ok(())
    }
}

impl RawMessages {
    /// With times from `epoch_us`.
    pub fn messages(&self, epoch_us: i64) -> Messages {
        let moment = |seconds: f64| {
            Some(seconds * 1000.0 - epoch_us as f64 / 1000.0).filter(|ms| (0.0..=limits::LONGEST_MS).contains(ms))
        };
        Messages { count: self.count, first_ms: self.first.and_then(moment), last_ms: self.last.and_then(moment) }
    }
}
