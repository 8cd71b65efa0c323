//! One reservation as its client keeps it: what was asked, what was answered, what is under way.

use super::Scene;
use super::lawful;
use crate::Broken;
use ledger::{Command, Millis, Outcome, Refusal, Reservation, Reserve, State};
use std::sync::Arc;

/// The client's own record.
#[derive(Debug)]
pub(super) struct Order {
    pub reserve: Reserve,
    /// As it was last told.
    pub row: Option<Reservation>,
    /// It ended long ago and was not found. After a restart it may be: the log may remember longer.
    is_gone: bool,
    /// Sent, and not answered: each may have been done or not.
    pub open: Vec<Command>,
    /// The last verb that was answered, to be asked again.
    pub last: Option<Command>,
    /// What a retry must be told again, by this process, and when it was heard.
    pub refused: Option<(Refusal, Millis)>,
}

impl Order {
    pub fn new(reserve: Reserve) -> Self {
        Self { reserve, row: None, is_gone: false, open: Vec::new(), last: None, refused: None }
    }

    pub fn is_live(&self) -> bool {
        !self.is_gone && self.row.as_ref().is_some_and(|row| row.state.is_live())
    }

    /// Nothing of it needs to be remembered any more.
    pub fn is_over(&self, scene: Scene<'_>) -> bool {
        let is_done = match &self.row {
            Some(row) => !self.is_live() && may_be_gone(row, scene),
            None => self.refused.is_none(),
        };
        self.open.is_empty() && is_done
    }

    /// What was asked may be asked again, and must be answered the same.
    pub fn is_replayed(&self, scene: Scene<'_>) -> bool {
        self.open.is_empty() && self.row.as_ref().is_some_and(|row| !may_be_gone(row, scene))
    }

    /// Takes an answer to `command`, which is one of those under way.
    pub fn hear(&mut self, command: &Command, outcome: Outcome, sent: Millis, scene: Scene<'_>) -> Result<(), Broken> {
        match outcome {
            Outcome::Reserved(row) => self.hear_made(command, Arc::unwrap_or_clone(row), scene)?,
            Outcome::Reservation { reservation, replayed } => {
                let seen = lawful::as_decided(Arc::unwrap_or_clone(reservation));
                self.see(Some(seen), scene)?;
                let row = self.row.as_ref().filter(|_| !replayed);
                row.map_or(Ok(()), |row| lawful::fits_verb(command, row)).map_err(|why| self.unlawful(why))?;
            }
            Outcome::Refused(refusal) => self.hear_refused(command, refusal, sent, scene)?,
            Outcome::RefusedBefore(refusal) => match &self.refused {
                Some((before, _)) if *before != refusal => {
                    return Err(self.unlawful("the retry was told another refusal"));
                }
                Some(_) => {}
                // An answer that was ready at once may overtake the one that it repeats.
                None if self.open.len() > 1 => self.refused = Some((refusal, Millis::default())),
                None => return Err(self.unlawful("a refusal is repeated that was never given")),
            },
            Outcome::Stock { .. } | Outcome::Sku(_) | Outcome::SkuDeleted | Outcome::Sale(_) => {
                return Err(self.unlawful("the answer is about something else"));
            }
        }
        self.close(command);
        if !matches!(command, Command::Reserve(_) | Command::Expire(_)) {
            self.last = Some(command.clone());
        }
        Ok(())
    }

    /// It was not done, and is not under way any more.
    pub fn close(&mut self, command: &Command) {
        if let Some(at) = self.open.iter().position(|open| open == command) {
            self.open.remove(at);
        }
    }

    fn hear_made(&mut self, command: &Command, row: Reservation, scene: Scene<'_>) -> Result<(), Broken> {
        if let Some((_, at)) = &self.refused
            && !scene.may_be_forgotten(*at)
        {
            return Err(self.unlawful("a refusal that must be repeated became a hold"));
        }
        let asked = matches!(command, Command::Reserve(reserve) if reserve.print == row.asked);
        let known = self.row.as_ref();
        if !asked || known.is_some_and(|row| !may_be_gone(row, scene)) {
            return Err(self.unlawful("it was made anew"));
        }
        lawful::made(&self.reserve, &row, scene.now).map_err(|why| self.unlawful(why))?;
        self.row = Some(row);
        self.is_gone = false;
        Ok(())
    }

    fn hear_refused(
        &mut self,
        command: &Command,
        refusal: Refusal,
        sent: Millis,
        scene: Scene<'_>,
    ) -> Result<(), Broken> {
        let Some(row) = self.row.as_ref() else {
            if let Some((_, at)) = &self.refused
                && !scene.may_be_forgotten(*at)
                && !matches!(refusal, Refusal::IdempotencyMismatch { .. })
            {
                return Err(self.unlawful("a refusal that must be repeated was decided anew"));
            }
            return self.hear_turned_away(command, refusal, sent);
        };
        if may_be_gone(row, scene) {
            return Ok(());
        }
        if refusal == Refusal::ReservationNotFound {
            return Err(self.forgotten());
        }
        lawful::refusal(command, row, &refusal, scene.now).map_err(|why| self.unlawful(&format!("{why}: {refusal:?}")))
    }

    fn hear_turned_away(&mut self, command: &Command, refusal: Refusal, sent: Millis) -> Result<(), Broken> {
        let other = matches!(command, Command::Reserve(reserve) if reserve.print != self.reserve.print);
        if other {
            return Ok(());
        }
        let fits = match command {
            Command::Reserve(reserve) => lawful::turned_away(reserve, &refusal),
            _ if refusal == Refusal::ReservationNotFound => Ok(()),
            _ => Err("there is no such reservation"),
        };
        fits.map_err(|why| self.unlawful(&format!("{why}: {refusal:?}")))?;
        if refusal.is_remembered() {
            self.refused = Some((refusal, sent));
        }
        Ok(())
    }

    /// Takes the reservation as it was read.
    pub fn see(&mut self, seen: Option<Reservation>, scene: Scene<'_>) -> Result<(), Broken> {
        let Some(seen) = seen else {
            return match &self.row {
                Some(row) if !may_be_gone(row, scene) => Err(self.forgotten()),
                _ => {
                    self.is_gone = true;
                    Ok(())
                }
            };
        };
        let seen = lawful::as_decided(seen);
        let lawful = match &self.row {
            Some(row) => lawful::became(row, &seen, &self.open, scene.settings, scene.now),
            None if !self.is_asked() => Err("nobody was told that it was made"),
            None => lawful::made(&self.reserve, &seen, scene.now),
        };
        lawful.map_err(|why| {
            let Self { row, open, refused, .. } = self;
            Broken::Changed(format!("{why}: {seen:?} after {row:?}, refused {refused:?}, under way {open:?}"))
        })?;
        self.row = Some(seen);
        self.is_gone = false;
        Ok(())
    }

    fn is_asked(&self) -> bool {
        self.open.iter().any(|command| matches!(command, Command::Reserve(_)))
    }

    /// Another process answers from now on, and all that was under way was read back.
    pub fn restart(&mut self) {
        self.refused = None;
    }

    /// Units of its lines that are promised now: held, then allocated.
    pub fn promised(&self) -> impl Iterator<Item = (&ledger::Line, u32, u32)> {
        let state = self.row.as_ref().filter(|_| !self.is_gone).map(|row| row.state);
        let lines = self.row.iter().flat_map(|row| &row.lines);
        lines.map(move |line| match state {
            Some(State::Held) => (line, line.unshipped(), 0),
            Some(State::Confirmed) => (line, 0, line.unshipped()),
            _ => (line, 0, 0),
        })
    }

    fn forgotten(&self) -> Broken {
        Broken::Forgotten(format!("{:?}", self.row))
    }

    fn unlawful(&self, why: &str) -> Broken {
        let Self { row, open, refused, reserve, .. } = self;
        Broken::Unlawful(format!("{}: {why}; known {row:?}, refused {refused:?}, under way {open:?}", reserve.id))
    }
}

/// It has ended for sure, so long ago that nobody need know it.
fn may_be_gone(row: &Reservation, scene: Scene<'_>) -> bool {
    lawful::end_of(row).is_some_and(|end| scene.latest >= end && scene.may_be_forgotten(end))
}
