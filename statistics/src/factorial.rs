//! Factorial effects: what each of n changes does on average, and what two of them do together beyond that.
//!
//! Rule: the worth of every set of the changes is known: a two-level factorial design (F. Yates, The Design and Analysis of
//! Factorial Experiments, 1937; G. E. P. Box, J. S. Hunter and W. G. Hunter, Statistics for Experimenters, 2nd ed. 2005,
//! chapter 5). The effect of a set T of changes is the sum over all sets S of worth(S), with the sign (-1)^|T \ S|, over
//! 2^(n-1). So a main effect is the mean, over all sets of the others, of the worth with the change minus the worth without
//! it; the interaction of two is half the difference between the effect of the one with the other and without it.
//! Contrasts of whole worths are whole numbers, and nothing is rounded.
//!
//! A set is a number: bit i says whether change i is in it.

use super::shapley::{GameError, MOST_PLAYERS};

/// The contrast of each set of changes, by the set's number: its effect times 2^(n-1); that of the empty set is the sum of
/// all worths. Yates's algorithm, O(n 2^n).
///
/// # Errors
/// A number of worths that is not 2^n, or more than [`MOST_PLAYERS`] changes.
///
/// # Examples
/// A load fails unless the first or the second change is made. Each prevents it in one of the two cases of the other, and
/// with the other in place it does nothing more:
/// ```
/// let fails = [1, 0, 0, 0]; // of {}, {0}, {1}, {0, 1}
/// let contrasts = sixslot_statistics::factorial::contrasts(&fails)?;
/// assert_eq!(contrasts, [1, -1, -1, 1]);
/// assert_eq!(contrasts[0b11] as f64 / sixslot_statistics::factorial::units(2), 0.5);
/// # Ok::<(), sixslot_statistics::shapley::GameError>(())
/// ```
pub fn contrasts(worth: &[i64]) -> Result<Vec<i64>, GameError> {
    let sets = worth.len();
    if !sets.is_power_of_two() || sets.trailing_zeros() as usize > MOST_PLAYERS {
        return Err(GameError { sets });
    }
    let mut values = worth.to_vec();
    let mut width = 1;
    while width < sets {
        for pair in values.chunks_mut(2 * width) {
            let (without, with) = pair.split_at_mut(width);
            for (without, with) in without.iter_mut().zip(with) {
                (*without, *with) = (*without + *with, *with - *without);
            }
        }
        width *= 2;
    }
    Ok(values)
}

/// The contrast of an effect of 1, for n changes: 2^(n-1).
pub fn units(changes: usize) -> f64 {
    libm::exp2(changes as f64 - 1.0)
}

/// The main effects and then the interactions of two, as sets, in the order of their changes.
pub fn main_and_pairs(changes: usize) -> Vec<usize> {
    let pairs = (0..changes).flat_map(|one| (one + 1..changes).map(move |other| 1 << one | 1 << other));
    (0..changes).map(|change| 1 << change).chain(pairs).collect()
}
