//! One place's stock as its writers keep it: what was acknowledged, what may have been done, and what
//! left it with orders.

use crate::Broken;
use ledger::{Adjust, Applied, Command, MAX_QUANTITY, Millis, OnHand, Outcome, Refusal, SetStock, StockRow};
use std::collections::{BTreeMap, BTreeSet};

#[derive(Debug)]
pub(super) struct Shelf {
    /// Where stock is only ever added to, so that every unit can be accounted for.
    is_plain: bool,
    /// As it was last told, by its version.
    told: Option<StockRow>,
    /// Writes sent since the last rest, and not answered.
    open: u64,
    /// Units that left with fulfilled orders, as the clients know.
    pub shipped: u64,
    /// On-hand and units shipped at the last rest.
    rested: Option<(StockRow, u64)>,
    /// Units that were surely put in, at a plain place.
    put_in: u64,
    /// Additions that may have been made: units by their key.
    unsure: BTreeMap<u64, u64>,
    /// Additions that were acknowledged, by key: asking again changes nothing.
    made: BTreeSet<u64>,
    /// Units whose fate nobody will learn.
    given_up: u64,
}

impl Shelf {
    pub fn new(is_plain: bool) -> Self {
        Self {
            is_plain,
            told: None,
            open: 0,
            shipped: 0,
            rested: None,
            put_in: 0,
            unsure: BTreeMap::new(),
            made: BTreeSet::new(),
            given_up: 0,
        }
    }

    pub fn send(&mut self, command: &Command) {
        self.open += 1;
        if let Some((key, units)) = self.addition(command).filter(|(key, _)| !self.made.contains(key)) {
            self.unsure.insert(key, units);
        }
    }

    /// A key that is tried no more: what it adds may be there or not, for ever.
    pub fn give_up(&mut self, command: &Command) {
        if let Some((key, _)) = self.addition(command)
            && let Some(units) = self.unsure.remove(&key)
        {
            self.given_up += units;
        }
    }

    /// The answer says that it was not done, this time.
    pub fn close(&mut self) {
        self.open = self.open.saturating_sub(1);
    }

    /// A keyed addition to a plain place: its key and units.
    fn addition(&self, command: &Command) -> Option<(u64, u64)> {
        match command {
            Command::Adjust(Adjust { key: Some(key), delta, .. }) if self.is_plain => {
                Some((key.as_str().parse().ok()?, u64::try_from(*delta).ok()?))
            }
            _ => None,
        }
    }

    pub fn hear(&mut self, command: &Command, outcome: &Outcome) -> Result<(), Broken> {
        match outcome {
            Outcome::Stock { record, applied } => self.hear_written(command, &record.row, *applied)?,
            Outcome::Refused(refusal) => self.hear_refused(command, refusal)?,
            _ => return Err(self.unlawful("the answer is about something else")),
        }
        self.close();
        Ok(())
    }

    fn hear_written(&mut self, command: &Command, row: &StockRow, applied: Applied) -> Result<(), Broken> {
        let known = self.told.as_ref().map_or(0, |told| told.version);
        let next = known + u64::from(applied == Applied::Now);
        if row.version < next || row.version > known + self.open {
            return Err(self.unlawful(&format!("version {} after {known}", row.version)));
        }
        match (command, applied) {
            (Command::SetStock(set), Applied::Now) => written(set, row).map_err(|why| self.unlawful(why))?,
            (Command::SetStock(set), Applied::StaleSource) if set.source_ts.is_some() => {}
            (Command::Adjust(_), Applied::Now) | (Command::Adjust(Adjust { key: Some(_), .. }), Applied::Before) => {}
            _ => return Err(self.unlawful("it cannot have been applied so")),
        }
        if let (Command::SetStock(_), true) = (command, self.is_plain) {
            self.put_in = u64::from(row.on_hand);
        }
        if let Some((key, units)) = self.addition(command)
            && self.made.insert(key)
        {
            self.unsure.remove(&key);
            self.put_in += units;
        }
        if row.version > known {
            self.told = Some(row.clone());
        }
        Ok(())
    }

    fn hear_refused(&self, command: &Command, refusal: &Refusal) -> Result<(), Broken> {
        let fits = match (command, refusal) {
            (Command::SetStock(SetStock { if_version: Some(expected), .. }), Refusal::StaleVersion { version }) => {
                version != expected
            }
            (Command::Adjust(Adjust { delta, .. }), Refusal::OnHandNegative) => *delta < 0,
            (_, Refusal::Invalid { .. }) => !self.is_plain,
            _ => false,
        };
        if fits { Ok(()) } else { Err(self.unlawful(&format!("{command:?} was refused: {refusal:?}"))) }
    }

    /// Nothing is under way: the row as it was read must follow from what was told.
    pub fn rest(&mut self, row: &StockRow, held: u64, allocated: u64) -> Result<(), Broken> {
        let told = self.told.as_ref().ok_or_else(|| self.changed(row, "nobody wrote it"))?;
        if row.version < told.version {
            return Err(Broken::Forgotten(format!("{row:?} after {told:?}")));
        }
        if row.version > told.version + self.open {
            return Err(self.changed(row, "it was written more often than it was asked to"));
        }
        if (u64::from(row.held), u64::from(row.allocated)) != (held, allocated) {
            return Err(self.changed(row, &format!("its orders have {held} held and {allocated} allocated")));
        }
        if row.version == told.version && kept(row) != kept(told) {
            return Err(self.changed(row, "nothing was written, and it is another"));
        }
        if row.version == told.version && !self.is_on_hand(row, told) {
            return Err(self.changed(row, "on-hand is not what was there less what was shipped"));
        }
        if self.is_plain {
            self.account(row)?;
        }
        self.told = Some(row.clone());
        self.rested = Some((row.clone(), self.shipped));
        self.open = 0;
        Ok(())
    }

    /// What was shipped since the write is off, and nothing else: to the unit, if it was shipped since the
    /// last rest.
    fn is_on_hand(&self, row: &StockRow, told: &StockRow) -> bool {
        let (rested, shipped) = self.rested.as_ref().map_or((0, 0), |(row, shipped)| (row.version, *shipped));
        let least = told.on_hand.saturating_sub((self.shipped - shipped) as u32);
        let most = if rested == row.version { least } else { told.on_hand };
        (least..=most).contains(&row.on_hand)
    }

    /// Every unit that was put in is there or was shipped, and no other is.
    fn account(&self, row: &StockRow) -> Result<(), Broken> {
        let found = u64::from(row.on_hand) + self.shipped;
        let unsure: u64 = self.unsure.values().sum();
        if found < self.put_in {
            return Err(self.changed(row, "units that were put in are gone"));
        }
        if found > self.put_in + unsure + self.given_up {
            return Err(self.changed(row, "there are units that nobody put in"));
        }
        if row.available() < 0 {
            return Err(Broken::Oversold(format!("{row:?}: stock is only ever added here; {self:?}")));
        }
        Ok(())
    }

    fn changed(&self, row: &StockRow, why: &str) -> Broken {
        Broken::Changed(format!("{why}: {row:?}; {self:?}"))
    }

    fn unlawful(&self, why: &str) -> Broken {
        Broken::Unlawful(format!("{why}; {self:?}"))
    }
}

/// The figures that only a write changes.
fn kept(row: &StockRow) -> (u32, u32, u32, Option<Millis>) {
    (row.safety_stock, row.unavailable, row.backorder_limit, row.source_ts)
}

fn written(set: &SetStock, row: &StockRow) -> Result<(), &'static str> {
    let on_hand = match set.on_hand {
        OnHand::Exactly(units) => units,
        OnHand::BeyondPromised(units) => units + row.held + row.allocated,
    };
    let is = |asked: Option<u32>, found: u32| asked.is_none_or(|units| units == found);
    let fits = row.on_hand == on_hand
        && on_hand <= MAX_QUANTITY
        && is(set.safety_stock, row.safety_stock)
        && is(set.unavailable, row.unavailable)
        && is(set.backorder_limit, row.backorder_limit)
        && set.if_version.is_none_or(|version| version + 1 == row.version)
        && set.source_ts.is_none_or(|source_ts| row.source_ts == Some(source_ts));
    if fits { Ok(()) } else { Err("the record is not what was written") }
}
