//! Values of an archive that make no sense, counted, and how they were read.

use crate::limits;
use crate::value::Number;

/// Counts of what was strange.
#[derive(Default)]
pub(super) struct Strange {
    pub cut: usize,
    pub too_long: usize,
    /// Bodies that end far after everything else.
    pub beyond: usize,
    pub status: usize,
    pub order: bool,
}

impl Strange {
    /// A duration; `None` where it is negative or longer than the limit.
    pub fn ms(&mut self, number: Number) -> Option<f64> {
        let ms = number.get().filter(|ms| *ms >= 0.0)?;
        if ms > limits::LONGEST_MS {
            self.too_long += 1;
            return None;
        }
        Some(ms)
    }

    /// In sentences.
    pub fn notes(&self) -> Vec<String> {
        let counted = |number: usize, one: &str, several: String| match number {
            0 => None,
            1 => Some(one.to_owned()),
            _ => Some(format!("{number} {several}")),
        };
        let limit = limits::KEPT_TEXT;
        let notes = [
            counted(
                self.cut,
                &format!("1 URL of more than {limit} bytes was cut."),
                format!("URLs of more than {limit} bytes were cut."),
            ),
            counted(
                self.too_long,
                "1 time of more than 30 days was taken as not given.",
                "times of more than 30 days were taken as not given.".to_owned(),
            ),
            counted(
                self.beyond,
                "1 body that ends more than 10 minutes after everything else was taken as still open.",
                "bodies that end more than 10 minutes after everything else were taken as still open.".to_owned(),
            ),
            counted(
                self.status,
                "1 status that is no number from 0 to 999 was taken as 0.",
                "statuses that are no numbers from 0 to 999 were taken as 0.".to_owned(),
            ),
            self.order.then(|| "Entries are not in order of their start; they were sorted.".to_owned()),
        ];
        notes.into_iter().flatten().collect()
    }
}
