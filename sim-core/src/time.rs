//! Simulated time: a [`Time`] is a point, a [`Span`] is a length, both in whole nanoseconds.
//!
//! The rule: integers order and add exactly, so two events are simultaneous or they are not, on every
//! machine. Floating-point seconds appear only where a law is drawn or a result is printed. Overflow
//! saturates: the end of time (584 years) means "never".

use std::iter::Sum;
use std::ops::{Add, AddAssign, Div, Mul, Sub};

const NANOS_PER_MILLI: u64 = 1_000_000;
const NANOS_PER_SECOND: u64 = 1_000_000_000;

/// A point in simulated time: whole nanoseconds since the start of the load.
///
/// ```
/// use sixslot_sim_core::{Span, Time};
/// let arrival = Time::ZERO + Span::from_millis(250);
/// assert_eq!(arrival.as_nanos(), 250_000_000);
/// assert_eq!(arrival - Time::ZERO, Span::from_millis(250));
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Time(u64);

impl Time {
    /// The start of the load.
    pub const ZERO: Self = Self(0);
    /// The end of time; sums that would pass it stay here.
    pub const MAX: Self = Self(u64::MAX);

    /// The point `nanos` nanoseconds after the start.
    #[must_use]
    pub const fn from_nanos(nanos: u64) -> Self {
        Self(nanos)
    }

    /// Whole nanoseconds since the start.
    #[must_use]
    pub const fn as_nanos(self) -> u64 {
        self.0
    }

    /// Milliseconds since the start, rounded to the nearest double.
    #[must_use]
    pub fn as_millis_f64(self) -> f64 {
        self.0 as f64 / NANOS_PER_MILLI as f64
    }

    /// Seconds since the start, rounded to the nearest double.
    #[must_use]
    pub fn as_seconds_f64(self) -> f64 {
        self.0 as f64 / NANOS_PER_SECOND as f64
    }
}

impl Add<Span> for Time {
    type Output = Self;

    /// Saturates at [`Time::MAX`].
    fn add(self, span: Span) -> Self {
        Self(self.0.saturating_add(span.0))
    }
}

impl AddAssign<Span> for Time {
    fn add_assign(&mut self, span: Span) {
        *self = *self + span;
    }
}

impl Sub for Time {
    type Output = Span;

    /// The length from `earlier` to `self`. An `earlier` that is later is a programming error: it
    /// panics in debug builds and gives [`Span::ZERO`] in release builds.
    fn sub(self, earlier: Self) -> Span {
        debug_assert!(earlier <= self, "{earlier:?} is later than {self:?}");
        Span(self.0.saturating_sub(earlier.0))
    }
}

/// A length of simulated time: whole nanoseconds, never negative.
///
/// ```
/// use sixslot_sim_core::Span;
/// assert_eq!(Span::from_seconds_f64(0.0015), Span::from_nanos(1_500_000));
/// assert_eq!(Span::from_millis(3) / 2 * 4, Span::from_millis(6));
/// assert_eq!(Span::ZERO - Span::MAX, Span::ZERO);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Span(u64);

impl Span {
    /// No time at all.
    pub const ZERO: Self = Self(0);
    /// The longest span; added to any time it gives [`Time::MAX`].
    pub const MAX: Self = Self(u64::MAX);

    /// A span of whole nanoseconds.
    #[must_use]
    pub const fn from_nanos(nanos: u64) -> Self {
        Self(nanos)
    }

    /// A span of whole milliseconds; saturates at [`Span::MAX`].
    #[must_use]
    pub const fn from_millis(millis: u64) -> Self {
        Self(millis.saturating_mul(NANOS_PER_MILLI))
    }

    /// A span of whole seconds; saturates at [`Span::MAX`].
    #[must_use]
    pub const fn from_seconds(seconds: u64) -> Self {
        Self(seconds.saturating_mul(NANOS_PER_SECOND))
    }

    /// The whole nanoseconds nearest to `seconds`, halves away from zero. Negative and NaN give
    /// [`Span::ZERO`]; too large gives [`Span::MAX`].
    #[must_use]
    pub fn from_seconds_f64(seconds: f64) -> Self {
        let nanos = seconds * NANOS_PER_SECOND as f64;
        let whole = nanos as u64;
        // Exact: a number with a fraction is below 2^53, and so is what is left of it.
        Self(whole.saturating_add(u64::from(nanos - whole as f64 >= 0.5)))
    }

    /// Whole nanoseconds.
    #[must_use]
    pub const fn as_nanos(self) -> u64 {
        self.0
    }

    /// Milliseconds, rounded to the nearest double.
    #[must_use]
    pub fn as_millis_f64(self) -> f64 {
        self.0 as f64 / NANOS_PER_MILLI as f64
    }

    /// Seconds, rounded to the nearest double.
    #[must_use]
    pub fn as_seconds_f64(self) -> f64 {
        self.0 as f64 / NANOS_PER_SECOND as f64
    }

    /// Whether this is [`Span::ZERO`].
    #[must_use]
    pub const fn is_zero(self) -> bool {
        self.0 == 0
    }
}

impl Add for Span {
    type Output = Self;

    /// Saturates at [`Span::MAX`].
    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl Sub for Span {
    type Output = Self;

    /// Saturates at [`Span::ZERO`].
    fn sub(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }
}

impl Mul<u64> for Span {
    type Output = Self;

    /// Saturates at [`Span::MAX`].
    fn mul(self, factor: u64) -> Self {
        Self(self.0.saturating_mul(factor))
    }
}

impl Div<u64> for Span {
    type Output = Self;

    /// Whole nanoseconds, rounded down.
    ///
    /// # Panics
    /// When `divisor` is zero.
    fn div(self, divisor: u64) -> Self {
        Self(self.0 / divisor)
    }
}

impl Sum for Span {
    /// Saturates at [`Span::MAX`].
    fn sum<I: Iterator<Item = Self>>(spans: I) -> Self {
        spans.fold(Self::ZERO, Add::add)
    }
}
