//! Random words, from which a scenario is generated.

/// Random words that are used up one by one.
pub struct Tape<'a>(std::slice::Iter<'a, u32>);

impl<'a> Tape<'a> {
    pub fn new(words: &'a [u32]) -> Self {
        Self(words.iter())
    }

    /// A number below another one.
    pub fn below(&mut self, limit: u32) -> u32 {
        self.0.next().map_or(0, |word| word % limit)
    }

    pub fn chance(&mut self, percent: u32) -> bool {
        self.below(100) >= 100 - percent
    }

    pub fn pick<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[self.below(u32::try_from(choices.len()).unwrap()) as usize]
    }
}
