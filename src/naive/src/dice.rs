//! A stream of small numbers read as choices. Zero always stands for the plainest choice, so that
//! a stream that is shrunk towards zeros makes plainer and plainer commands; past its end all are.

pub(crate) struct Dice<I>(pub(crate) I);

impl<I: Iterator<Item = u16>> Dice<I> {
    /// 0 to `count - 1`.
    pub(crate) fn below(&mut self, count: u32) -> u32 {
        let thrown = u64::from(self.0.next().unwrap_or(0));
        ((thrown * u64::from(count)) >> 16) as u32
    }

    /// `least` to `most`.
    pub(crate) fn between(&mut self, least: u32, most: u32) -> u32 {
        least + self.below(most - least + 1)
    }

    /// True so often in a hundred.
    pub(crate) fn chance(&mut self, percent: u32) -> bool {
        self.below(100) >= 100 - percent
    }

    /// One of them.
    pub(crate) fn pick<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.below(of.len() as u32) as usize]
    }

    /// Something so often in a hundred.
    pub(crate) fn maybe<T>(&mut self, percent: u32, make: impl FnOnce(&mut Self) -> T) -> Option<T> {
        if self.chance(percent) { Some(make(self)) } else { None }
    }

    /// Which of them, each as often as its weight says.
    pub(crate) fn weighted(&mut self, weights: &[u32]) -> usize {
        let mut thrown = self.below(weights.iter().sum());
        for (at, weight) in weights.iter().enumerate() {
            if thrown < *weight {
                return at;
            }
            thrown -= weight;
        }
        0
    }
}
