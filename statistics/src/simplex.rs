//! Minimises a function of a few variables, without derivatives.
//!
//! Rule: the simplex of J. A. Nelder and R. Mead (The Computer Journal 7 (1965) 308) with their coefficients 1, 2, 1/2,
//! 1/2, restarted from its own result until that no longer helps, so that a simplex that has collapsed too early is
//! replaced (K. I. M. McKinnon, SIAM J. Optim. 9 (1998) 148, shows that one can). A value that is not a number counts as
//! infinite, so a function may refuse a point.

/// Where a search ended.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Minimum<const N: usize> {
    /// The point.
    pub point: [f64; N],
    /// The value of the function there.
    pub value: f64,
}

/// Steps of one simplex, and simplexes of one search: limits, not targets.
const STEPS: usize = 500;
const STARTS: usize = 12;

/// The least value of `function` near `start`; `step` is the size of the first simplex, in the units of the variables.
///
/// For a function with one valley the relative accuracy of the point is about 1e-8 (the root of the rounding error),
/// because the function is flat there.
pub fn minimum<const N: usize>(start: [f64; N], step: f64, function: impl Fn([f64; N]) -> f64) -> Minimum<N> {
    let value = |point: [f64; N]| {
        let value = function(point);
        if value.is_nan() { f64::INFINITY } else { value }
    };
    let mut best = Minimum { point: start, value: value(start) };
    let mut size = step;
    for _ in 0..STARTS {
        let found = search(best, size, &value);
        let gain = best.value - found.value;
        best = found;
        if gain.is_finite() && gain <= 1e-13 * (1.0 + best.value.abs()) {
            break;
        }
        size *= 0.5;
    }
    best
}

fn search<const N: usize>(from: Minimum<N>, size: f64, value: &impl Fn([f64; N]) -> f64) -> Minimum<N> {
    let at = |point| Minimum { point, value: value(point) };
    let mut corners = vec![from];
    for axis in 0..N {
        let mut point = from.point;
        point[axis] += size;
        corners.push(at(point));
    }
    for _ in 0..STEPS {
        corners.sort_by(|one, other| one.value.total_cmp(&other.value));
        let (best, worst) = (corners[0], corners[N]);
        let spread = worst.value - best.value;
        let width = (0..N).map(|axis| (worst.point[axis] - best.point[axis]).abs()).fold(0.0, f64::max);
        if spread <= 1e-15 * best.value.abs() && width < 1e-9 || width < 1e-14 {
            break;
        }
        let mut centre = [0.0; N];
        for corner in &corners[..N] {
            for (sum, x) in centre.iter_mut().zip(corner.point) {
                *sum += x / N as f64;
            }
        }
        let along = |factor: f64| {
            let mut point = centre;
            for (x, away) in point.iter_mut().zip(worst.point) {
                *x += factor * (*x - away);
            }
            at(point)
        };
        let reflected = along(1.0);
        let next = if reflected.value < best.value {
            let expanded = along(2.0);
            if expanded.value < reflected.value { expanded } else { reflected }
        } else if reflected.value < corners[N - 1].value {
            reflected
        } else if reflected.value < worst.value {
            along(0.5)
        } else {
            along(-0.5)
        };
        if next.value < worst.value {
            corners[N] = next;
            continue;
        }
        for corner in &mut corners[1..] {
            let mut point = corner.point;
            for (x, anchor) in point.iter_mut().zip(best.point) {
                *x = anchor + (*x - anchor) / 2.0;
            }
            *corner = at(point);
        }
    }
    corners.into_iter().min_by(|one, other| one.value.total_cmp(&other.value)).unwrap_or(from)
}

#[cfg(test)]
mod tests {
    use super::minimum;

    #[test]
    fn a_bowl_and_a_curved_valley_end_at_their_known_minima() {
        let bowl =
            minimum([5.0, -7.0, 0.3], 1.0, |[x, y, z]| (x - 1.0) * (x - 1.0) + 3.0 * (y + 2.0) * (y + 2.0) + z * z);
        for (found, known) in bowl.point.iter().zip([1.0, -2.0, 0.0]) {
            assert!((found - known).abs() < 1e-6, "{bowl:?}");
        }
        // H. H. Rosenbrock, The Computer Journal 3 (1960) 175: the minimum is 0 at (1, 1).
        let valley = minimum([-1.2, 1.0], 0.5, |[x, y]| {
            let bend = y - x * x;
            100.0 * bend * bend + (1.0 - x) * (1.0 - x)
        });
        assert!((valley.point[0] - 1.0).abs() < 1e-6 && (valley.point[1] - 1.0).abs() < 1e-6, "{valley:?}");
    }

    #[test]
    fn a_function_may_refuse_points() {
        let found = minimum([3.0], 1.0, |[x]| if x <= 0.0 { f64::NAN } else { x - libm::log(x) });
        assert!((found.point[0] - 1.0).abs() < 1e-6, "{found:?}");
    }

    /// The valley of H. H. Rosenbrock in ten variables is longer than the steps of one simplex.
    #[test]
    fn a_simplex_that_ran_out_of_steps_is_followed_by_others() {
        let valley = minimum([-1.2; 10], 0.5, |x| {
            let square = |value: f64| value * value;
            x.windows(2).map(|pair| 100.0 * square(pair[1] - square(pair[0])) + square(1.0 - pair[0])).sum()
        });
        assert!(valley.point.iter().all(|x| (x - 1.0).abs() < 1e-6), "{valley:?}");
    }

    /// Where nothing is better than the start, each step fails, and the corners come nearer to it by half each time.
    #[test]
    fn a_step_that_fails_halves_the_simplex() {
        let seen = std::cell::RefCell::new(Vec::new());
        let found = minimum([5.0, 7.0], 1.0, |point| {
            seen.borrow_mut().push(point);
            if point == [5.0, 7.0] { 0.0 } else { 1.0 }
        });
        assert_eq!(found.point, [5.0, 7.0]);
        let seen = seen.into_inner();
        for size in [1.0, 0.5, 0.25, 0.125, 0.0625] {
            for corner in [[5.0 + size, 7.0], [5.0, 7.0 + size]] {
                assert!(seen.contains(&corner), "{corner:?}");
            }
        }
        assert!(seen.iter().flatten().all(|x| (2.0..10.0).contains(x)), "{seen:?}");
    }
}
