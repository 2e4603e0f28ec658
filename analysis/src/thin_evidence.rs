//! For a scenario that an import made: the fitted number with the fewest recorded times among those that matter.
//!
//! Rule: it is for the question to say which groups of random quantities matter. A number that was changed since the import has
//! no evidence.

use serde::Serialize;
use sixslot_models::Document;
use sixslot_models::evidence::FittedNumber;

/// A fitted number with little evidence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ThinEvidence {
    /// The number's key, such as `request.session.service`.
    pub key: String,
    /// The group of random quantities that it belongs to.
    pub group: String,
    /// Recorded times behind it.
    pub times: usize,
    /// Recorded loads.
    pub loads: usize,
}

impl ThinEvidence {
    /// The number with the fewest recorded times among the groups that matter, by name; none without evidence, or where no
    /// fitted number is in such a group.
    pub fn of(document: &Document, matters: impl Fn(&str) -> bool) -> Option<Self> {
        let evidence = document.evidence()?;
        let edited = document.edited();
        let thin = |number: &FittedNumber| {
            let mut parts = number.key.split(['.', '[']);
            let (kind, name) = (parts.next()?, parts.next()?);
            let group = if matches!(kind, "request" | "socket" | "background") {
                name.to_owned()
            } else {
                format!("{kind}.{name}")
            };
            let times = number.loads.iter().map(Vec::len).sum();
            let has = times > 0 && matters(&group) && !edited.contains(&number.key.as_str());
            has.then(|| Self { key: number.key.clone(), group, times, loads: evidence.loads })
        };
        evidence.numbers.iter().filter_map(thin).min_by_key(|thin| thin.times)
    }

    /// In a sentence.
    pub fn sentence(&self) -> String {
        let times = crate::words::count(self.times, "recorded time");
        let loads = crate::words::count(self.loads, "load");
        format!("The thinnest evidence among what matters is that of `{}`: {times} from {loads}.", self.key)
    }
}
