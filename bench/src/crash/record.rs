//! What the clients were told, and so may rely on. It must not know how it was asked.

use std::collections::BTreeMap;

/// What is known of a reservation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Known {
    /// It was acknowledged in this state.
    Is(State),
    /// It was asked for, and never answered.
    Asked,
    /// It was acknowledged as held, and asked to become this.
    Either(State),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    Held,
    Confirmed,
    Released,
}

impl State {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Held => "held",
            Self::Confirmed => "confirmed",
            Self::Released => "released",
        }
    }
}

/// Everything that was asked for.
#[derive(Default)]
pub(super) struct Record {
    pub(super) reservations: BTreeMap<String, Known>,
}

impl Record {
    /// Notes what a reservation turned out to be, if that is allowed. `found` is none when the server knows no such one.
    pub(super) fn settle(&mut self, id: &str, found: Option<&str>) -> Result<(), String> {
        let Some(&known) = self.reservations.get(id) else { return Ok(()) };
        let allowed: &[State] = match &known {
            Known::Is(state) => &[*state],
            Known::Asked => &[State::Held],
            Known::Either(state) => &[State::Held, *state],
        };
        let state = allowed.iter().find(|state| Some(state.as_str()) == found);
        match (state, known, found) {
            (Some(state), ..) => {
                self.reservations.insert(id.to_owned(), Known::Is(*state));
                Ok(())
            }
            (None, Known::Asked, None) => {
                self.reservations.remove(id);
                Ok(())
            }
            (None, known, found) => Err(format!("{id} was acknowledged as {known:?} and is {found:?}")),
        }
    }

    /// Reservations that have units.
    pub(super) fn live(&self) -> u64 {
        let has_units = |known: &&Known| !matches!(known, Known::Is(State::Released));
        self.reservations.values().filter(has_units).count() as u64
    }
}

#[cfg(test)]
mod tests {
    use super::{Known, Record, State};

    fn record(known: Known) -> Record {
        Record { reservations: [("r".to_owned(), known)].into() }
    }

    #[test]
    fn what_was_acknowledged_must_be_so() {
        for state in [State::Held, State::Confirmed, State::Released] {
            assert!(record(Known::Is(state)).settle("r", Some(state.as_str())).is_ok());
            assert!(record(Known::Is(state)).settle("r", None).is_err(), "lost");
        }
        assert!(record(Known::Is(State::Confirmed)).settle("r", Some("held")).is_err(), "fell behind");
        assert!(record(Known::Is(State::Held)).settle("r", Some("confirmed")).is_err(), "nobody asked for that");
    }

    #[test]
    fn what_is_in_doubt_may_be_either_and_is_that_from_then_on() {
        let mut asked = record(Known::Asked);
        assert!(asked.settle("r", None).is_ok());
        assert!(asked.reservations.is_empty());
        let mut asked = record(Known::Asked);
        assert!(asked.settle("r", Some("held")).is_ok());
        assert_eq!((asked.reservations["r"], asked.live()), (Known::Is(State::Held), 1));
        let mut either = record(Known::Either(State::Released));
        assert!(either.settle("r", None).is_err(), "the hold was acknowledged");
        assert!(either.settle("r", Some("released")).is_ok());
        assert_eq!(either.live(), 0);
        assert!(either.settle("r", Some("held")).is_err(), "it was seen released");
    }
}
