//! Shapley values and smallest sufficient sets: how a joint effect is divided among its causes.
//!
//! Rule: a player's value is what it adds to the worth of the players before it, averaged over all n! orders
//! of the players (L. S. Shapley, A value for n-person games, in: Contributions to the Theory of Games II, Annals of Mathematics
//! Studies 28, Princeton 1953, 307). It is the only division with these properties: the values add up to the worth of all
//! players minus the worth of the empty set; players that add the same get the same; a player that adds nothing gets
//! nothing; and the value in a sum of games is the sum of the values. In |S|! (n - |S| - 1)! of the orders exactly the set S
//! precedes a player, so the values of whole worths are whole numbers over n!, and no rounding occurs.
//!
//! A set is a number: bit i says whether player i is in it. A game is a slice with the worth of each set at its number.

/// The most players: for more, a value can overflow.
pub const MOST_PLAYERS: usize = 20;

/// A slice that is not a game.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{sets} entries are not one for each set of players: that is 2^n for n players, at most {MOST_PLAYERS}")]
pub struct GameError {
    /// The number of its entries.
    pub sets: usize,
}

/// The Shapley values of a game.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Values {
    /// Each player's value, in units of 1 / `denominator` of the unit of the worths. Their sum is exactly `denominator` times the
    /// worth of all players minus the worth of none.
    pub numerators: Vec<i128>,
    /// n!, for n players.
    pub denominator: i128,
}

/// The Shapley value of each player, exact for all worths. O(n 2^n).
///
/// # Errors
/// A number of worths that is not 2^n, or more than [`MOST_PLAYERS`] players.
///
/// # Examples
/// A load fails if the first layer is present together with the second or the third. The first layer completes such a set
/// in 4 of 6 orders; each other layer in the one order in which it directly follows the first:
/// ```
/// let worth = [0, 0, 0, 1, 0, 1, 0, 1]; // of {}, {0}, {1}, {0, 1}, {2}, {0, 2}, {1, 2}, {0, 1, 2}
/// let values = sixslot_statistics::shapley::values(&worth)?;
/// assert_eq!(values.numerators, [4, 1, 1]);
/// assert_eq!(values.denominator, 6);
/// # Ok::<(), sixslot_statistics::shapley::GameError>(())
/// ```
pub fn values(worth: &[i64]) -> Result<Values, GameError> {
    let players = players(worth.len())?;
    let mut factorials = vec![1_i128; players + 1];
    for number in 1..=players {
        factorials[number] = factorials[number - 1] * number as i128;
    }
    let mut numerators = vec![0_i128; players];
    for (set, worth) in worth.iter().enumerate().filter(|(_, worth)| **worth != 0) {
        let size = set.count_ones() as usize;
        for (player, numerator) in numerators.iter_mut().enumerate() {
            // The worth is added for a player that completes the set, and subtracted for the first player after it.
            let orders = if set >> player & 1 == 1 {
                factorials[size - 1] * factorials[players - size]
            } else {
                -factorials[size] * factorials[players - size - 1]
            };
            *numerator += orders * i128::from(*worth);
        }
    }
    Ok(Values { numerators, denominator: factorials[players] })
}

/// The minimal sufficient sets: those without a sufficient proper subset. By size, then by number. O(n 2^n).
///
/// A superset of a sufficient set need not be sufficient.
///
/// # Errors
/// A number of entries that is not 2^n, or more than [`MOST_PLAYERS`] players.
///
/// # Examples
/// ```
/// let suffices = [false, false, false, true, false, true, false, true];
/// assert_eq!(sixslot_statistics::shapley::minimal_sets(&suffices)?, [0b011, 0b101]);
/// # Ok::<(), sixslot_statistics::shapley::GameError>(())
/// ```
pub fn minimal_sets(suffices: &[bool]) -> Result<Vec<usize>, GameError> {
    let players = players(suffices.len())?;
    // Whether the set or a subset of it suffices; subsets have smaller numbers.
    let mut reached = suffices.to_vec();
    let mut minimal = Vec::new();
    for set in 0..suffices.len() {
        let within = (0..players).any(|player| set >> player & 1 == 1 && reached[set & !(1 << player)]);
        reached[set] |= within;
        if suffices[set] && !within {
            minimal.push(set);
        }
    }
    minimal.sort_by_key(|set| set.count_ones());
    Ok(minimal)
}

/// The number of players of a game with this number of sets.
fn players(sets: usize) -> Result<usize, GameError> {
    let players = sets.trailing_zeros() as usize;
    if sets.is_power_of_two() && players <= MOST_PLAYERS { Ok(players) } else { Err(GameError { sets }) }
}
