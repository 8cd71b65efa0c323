//! The least of lately: what something takes while nothing waits for it. What is older than two spells is forgotten, so that
//! what has become slower for good is measured anew.
//! Must not know what is measured.

use crate::time::Nanos;

/// The least of this spell and of the one before it.
#[derive(Debug, Default)]
pub struct Least {
    this: Option<Nanos>,
    before: Option<Nanos>,
    began: Nanos,
}

impl Least {
    /// Takes note of one that took so long; whether a new spell has begun with it. A spell lasts `memory`.
    pub fn observe(&mut self, memory: Nanos, taken: Nanos, now: Nanos) -> bool {
        let is_new = now.since(self.began) >= memory;
        if is_new {
            *self = Self { this: None, before: self.this, began: now };
        }
        self.this = Some(self.this.map_or(taken, |least| least.min(taken)));
        is_new
    }

    /// The least, once anything was observed.
    pub fn get(&self) -> Option<Nanos> {
        self.this.into_iter().chain(self.before).min()
    }

    /// When this spell began.
    pub fn began(&self) -> Nanos {
        self.began
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_become_slower_for_good_is_measured_anew() {
        let (mut least, memory) = (Least::default(), Nanos::from_secs(10));
        assert_eq!(least.get(), None);
        let ms = Nanos::from_millis;
        least.observe(memory, ms(2), Nanos::from_secs(1));
        for second in 2..20 {
            least.observe(memory, ms(500), Nanos::from_secs(second));
        }
        assert_eq!(least.get(), Some(ms(2)), "the spell before counts");
        assert!(least.observe(memory, ms(500), Nanos::from_secs(20)), "a new spell");
        assert_eq!(least.get(), Some(ms(500)));
    }
}
