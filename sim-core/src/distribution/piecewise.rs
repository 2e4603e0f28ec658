//! Laws whose inverse distribution function is a polygon: samples and tables of quantiles.
//!
//! The rule for samples: linear interpolation between the order statistics at probabilities
//! i / (n - 1), definition 7 of R. J. Hyndman and Y. Fan, "Sample quantiles in statistical packages",
//! The American Statistician 50 (1996). Equal values are an atom of the law.

/// The corners (probability, value) of the polygon: at least two, from probability 0 to 1.
#[derive(Clone, Copy)]
pub(super) enum Knots<'a> {
    Even(&'a [f64]),
    Given(&'a [(f64, f64)]),
}

impl Knots<'_> {
    const fn len(self) -> usize {
        match self {
            Self::Even(samples) => samples.len(),
            Self::Given(knots) => knots.len(),
        }
    }

    fn knot(self, index: usize) -> (f64, f64) {
        match self {
            Self::Even(samples) => (index as f64 / (samples.len() - 1) as f64, samples[index]),
            Self::Given(knots) => knots[index],
        }
    }

    /// The first knot after the ones that are `before`; they must come first.
    fn first_not(self, before: impl Fn((f64, f64)) -> bool) -> usize {
        let (mut low, mut high) = (0, self.len());
        while low < high {
            let middle = low.midpoint(high);
            if before(self.knot(middle)) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        low
    }

    pub(super) fn quantile(self, p: f64) -> f64 {
        let next = self.first_not(|(knot, _)| knot <= p).clamp(1, self.len() - 1);
        let ((p0, x0), (p1, x1)) = (self.knot(next - 1), self.knot(next));
        let part = ((p - p0) / (p1 - p0)).clamp(0.0, 1.0);
        (x0 + part * (x1 - x0)).min(x1)
    }

    pub(super) fn cumulative(self, x: f64) -> f64 {
        self.probability(x, self.first_not(|(_, knot)| knot <= x))
    }

    /// The probability of values strictly below `x`.
    pub(super) fn below(self, x: f64) -> f64 {
        self.probability(x, self.first_not(|(_, knot)| knot < x))
    }

    fn probability(self, x: f64, next: usize) -> f64 {
        if next == 0 {
            return 0.0;
        }
        if next == self.len() {
            return 1.0;
        }
        let ((p0, x0), (p1, x1)) = (self.knot(next - 1), self.knot(next));
        p0 + (p1 - p0) * (x - x0) / (x1 - x0)
    }

    /// The integral of the inverse distribution function from 0 to `p`.
    pub(super) fn integral(self, p: f64) -> f64 {
        (1..self.len())
            .map(|next| (self.knot(next - 1), self.knot(next).0.min(p)))
            .take_while(|&((p0, _), end)| p0 < end)
            .map(|((p0, x0), end)| (end - p0) * (x0 / 2.0 + self.quantile(end) / 2.0))
            .sum()
    }
}
