//! Choices that follow from a seed and a name, the same on every machine.

use crate::generate::phantom::noise::hash;

/// A counter through a good hash: SplitMix64.
pub struct Dice(u64);

impl Dice {
    pub fn new(seed: u64, name: &str) -> Self {
        Self(name.bytes().fold(hash(seed), |state, b| hash(state ^ u64::from(b))))
    }

    /// 0…n−1; 0 for n = 0. The bias of the remainder is below 2⁻⁵⁰ for the few choices there are.
    pub fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_add(1);
        if n == 0 { 0 } else { (hash(self.0) % n as u64) as usize }
    }

    pub fn pick<'a, T>(&mut self, all: &'a [T]) -> Option<&'a T> {
        let at = self.below(all.len());
        all.get(at)
    }

    /// Fisher and Yates.
    pub fn shuffle<T>(&mut self, all: &mut [T]) {
        for last in (1..all.len()).rev() {
            let other = self.below(last + 1);
            all.swap(last, other);
        }
    }
}
