//! Why a distribution was refused. Every message says what to do next.

use thiserror::Error;

/// Why the parameters describe no distribution.
#[derive(Clone, Debug, PartialEq, Error)]
pub enum DistributionError {
    /// A parameter is NaN or infinite, or was computed as such from the given ones.
    #[error("{name} is {value}; give a finite number")]
    NotFinite {
        /// The parameter.
        name: &'static str,
        /// Its value.
        value: f64,
    },
    /// A parameter is zero or negative.
    #[error("{name} is {value}; give a number above zero")]
    NotPositive {
        /// The parameter.
        name: &'static str,
        /// Its value.
        value: f64,
    },
    /// A parameter is outside the range in which the family is computed accurately.
    #[error("{name} is {value}; give a number from {least} to {most}")]
    OutOfRange {
        /// The parameter.
        name: &'static str,
        /// Its value.
        value: f64,
        /// The least accepted value.
        least: f64,
        /// The greatest accepted value.
        most: f64,
    },
    /// Two parameters are in the wrong order, or equal where they must differ.
    #[error(
        "{lower_name} is {lower} and {upper_name} is {upper}; give them in ascending order, \
         or use a constant if there is only one value"
    )]
    NotOrdered {
        /// The parameter that must be lower.
        lower_name: &'static str,
        /// Its value.
        lower: f64,
        /// The parameter that must be higher.
        upper_name: &'static str,
        /// Its value.
        upper: f64,
    },
    /// A probability is not strictly between 0 and 1.
    #[error("the probability {0} is not strictly between 0 and 1; write the 95th percentile as 0.95")]
    ProbabilityOutside(f64),
    /// A quantile table does not run from probability 0 to probability 1.
    #[error(
        "the quantiles run from probability {first} to {last}; add the least value at probability 0 \
         and the greatest at probability 1"
    )]
    OpenEnded {
        /// The first probability.
        first: f64,
        /// The last probability.
        last: f64,
    },
    /// There are no samples, or no quantiles.
    #[error("the list of {0} is empty; give at least one value, or use a constant")]
    Empty(&'static str),
    /// There are more samples or quantiles than a distribution keeps.
    #[error("there are {count} {name}, more than {limit}; thin them out, or give a table of quantiles")]
    TooMany {
        /// The kind of values: samples or quantiles.
        name: &'static str,
        /// Their number.
        count: usize,
        /// The largest accepted number.
        limit: usize,
    },
    /// No accepted member of the family has these two quantiles.
    #[error(
        "no {family} distribution has two quantiles with the ratio {ratio}; bring the values closer \
         together if it is large, further apart if it is near 1, or use another family"
    )]
    NoSolution {
        /// The family.
        family: &'static str,
        /// The ratio of the two quantiles.
        ratio: f64,
    },
    /// A draw could overflow.
    #[error("a draw could be as large as {0}; make the spread or the scale smaller, or the tail lighter")]
    Overflow(f64),
    /// The truncation interval holds too little of the distribution.
    #[error(
        "the interval from {at_least} to {at_most} has probability {probability:e}; widen it to at least \
         {limit:e}, or use a constant"
    )]
    EmptyTruncation {
        /// The lower bound; negative infinity if there is none.
        at_least: f64,
        /// The upper bound; infinity if there is none.
        at_most: f64,
        /// The probability of the interval before truncation.
        probability: f64,
        /// The least accepted probability.
        limit: f64,
    },
}
