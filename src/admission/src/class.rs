//! What matters more: one number for every request, its class first and its client's cohort second. After
//! client criticality (Beyer et al., "Site Reliability Engineering", 2016, chapter 21) and the two-part priority of
//! DAGOR (Zhou et al., "Overload Control for Scaling `WeChat` Microservices", 2018).
//! Must not know routes, methods or paths: who maps a request to its class is the listener.

use siphasher::sip::SipHasher13;

/// How many classes there are.
pub const CLASSES: usize = 5;

/// How many cohorts each class is divided into.
pub const COHORTS: u16 = 128;

/// How many priorities there are; each is below this.
pub const PRIORITIES: usize = CLASSES * COHORTS as usize;

/// What a request is for, the most important first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Class {
    /// Money is moving, or a reservation is being settled.
    Payment,
    /// On the way to paying; a reservation is being made.
    Checkout,
    /// Looking around.
    Browse,
    /// Nobody would miss it for an hour.
    NonEssential,
    /// Imports and back-office work.
    Admin,
}

impl Class {
    /// Every class, the most important first.
    pub const ALL: [Self; CLASSES] = [Self::Payment, Self::Checkout, Self::Browse, Self::NonEssential, Self::Admin];

    /// Whether a sale fails without it.
    pub const fn is_vital(self) -> bool {
        matches!(self, Self::Payment | Self::Checkout)
    }

    /// The class's name in configuration, answers, metrics and logs.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Payment => "payment",
            Self::Checkout => "checkout",
            Self::Browse => "browse",
            Self::NonEssential => "non_essential",
            Self::Admin => "admin",
        }
    }

    /// The class that is called `word`.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|class| class.word() == word)
    }
}

/// Where a client stands within its class, 0 to 127, 0 let in longest. Fixed for a sale, so that a shopper who
/// has come in stays in, instead of being shed by chance at every step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Cohort(u8);

impl Cohort {
    /// The cohort that is let in longest.
    pub const FIRST: Self = Self(0);

    /// The cohort of that number, if it is below [`COHORTS`].
    pub fn new(number: u8) -> Option<Self> {
        (u16::from(number) < COHORTS).then_some(Self(number))
    }

    /// The cohort of a client (a session, an API key, an address). The secret key, changed from sale to sale,
    /// keeps clients from choosing a name that lets them in.
    pub fn of(key: [u64; 2], client: &[u8]) -> Self {
        let hash = SipHasher13::new_with_keys(key[0], key[1]).hash(client);
        Self((hash % u64::from(COHORTS)) as u8)
    }

    /// The cohort's number.
    pub const fn number(self) -> u8 {
        self.0
    }
}

/// A request's place among all others: below [`PRIORITIES`], and the lower, the more important.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Priority(u16);

impl Priority {
    /// The priority of a cohort of a class: every cohort of a class comes before any of the next.
    pub const fn new(class: Class, cohort: Cohort) -> Self {
        Self(class as u16 * COHORTS + cohort.0 as u16)
    }

    /// The class it belongs to.
    pub const fn class(self) -> Class {
        Class::ALL[(self.0 / COHORTS) as usize]
    }

    /// Its number, below [`PRIORITIES`].
    pub const fn number(self) -> u16 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_are_said_and_read_by_the_same_words() {
        for class in Class::ALL {
            assert_eq!(Class::parse(class.word()), Some(class));
        }
        assert_eq!(Class::parse("Payment"), None);
    }

    #[test]
    fn a_class_comes_before_the_next_whatever_the_cohorts() {
        let last = Cohort::new(127).unwrap();
        for pair in Class::ALL.windows(2) {
            assert!(Priority::new(pair[0], last) < Priority::new(pair[1], Cohort::FIRST));
            assert_eq!(Priority::new(pair[0], last).class(), pair[0]);
            assert_eq!(Priority::new(pair[1], Cohort::FIRST).class(), pair[1]);
        }
        assert_eq!(usize::from(Priority::new(Class::Admin, last).number()), PRIORITIES - 1);
        assert_eq!(Cohort::new(128), None);
    }

    #[test]
    fn cohorts_are_even_and_another_key_deals_them_anew() {
        let mut counts = [0u32; COHORTS as usize];
        let mut kept = 0;
        for client in 0..128_000u32 {
            let client = client.to_le_bytes();
            let cohort = Cohort::of([1, 2], &client);
            counts[usize::from(cohort.number())] += 1;
            kept += u32::from(cohort == Cohort::of([1, 3], &client));
            assert_eq!(cohort, Cohort::of([1, 2], &client));
        }
        assert!(counts.iter().all(|count| (850..1150).contains(count)), "{counts:?}");
        // One client in 128 stays where it was by chance.
        assert!((850..1150).contains(&kept), "{kept}");
    }
}
