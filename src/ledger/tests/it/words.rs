//! The words of the contract, each for what it stands for: clients, metrics and logs read them, so
//! that none may change.

use ledger::{Command, EventKind, IfExpired, Limit, Mode, Refusal, SalePhase, State};
use naive::asks;

#[test]
fn a_state_a_phase_and_a_mode_have_their_words() {
    let states = [State::Held, State::Confirmed, State::Released, State::Expired, State::Fulfilled, State::Cancelled];
    assert_eq!(states.map(State::as_str), ["held", "confirmed", "released", "expired", "fulfilled", "cancelled"]);
    let phases = [SalePhase::Scheduled, SalePhase::Open, SalePhase::SoldOut, SalePhase::Closed];
    assert_eq!(phases.map(SalePhase::as_str), ["scheduled", "open", "sold_out", "closed"]);
    assert_eq!([Mode::AllOrNothing, Mode::BestEffort].map(Mode::as_str), ["all_or_nothing", "best_effort"]);
    assert_eq!([IfExpired::Refuse, IfExpired::Reacquire].map(IfExpired::as_str), ["refuse", "reacquire"]);
}

#[test]
fn a_limit_has_its_word() {
    let limits = [
        (Limit::MaxPerOrder, "max_per_order"),
        (Limit::MaxPerCustomer, "max_per_customer"),
        (Limit::ChannelQuota, "channel_quota"),
        (Limit::SaleQuota, "sale_quota"),
        (Limit::SaleMaxPerCustomer, "sale_max_per_customer"),
        (Limit::SaleChannelQuota, "sale_channel_quota"),
    ];
    for (limit, word) in limits {
        assert_eq!(limit.as_str(), word);
    }
}

#[test]
fn an_event_has_its_word_and_some_are_only_in_the_log() {
    let told = [
        (EventKind::Held, "reservation.held"),
        (EventKind::Confirmed, "reservation.confirmed"),
        (EventKind::Released, "reservation.released"),
        (EventKind::Expired, "reservation.expired"),
        (EventKind::Extended, "reservation.extended"),
        (EventKind::Cancelled, "reservation.cancelled"),
        (EventKind::Fulfilled, "reservation.fulfilled"),
        (EventKind::StockSet, "stock.set"),
        (EventKind::StockAdjusted, "stock.adjusted"),
        (EventKind::StockShortfall, "stock.shortfall"),
        (EventKind::SaleOpened, "sale.opened"),
        (EventKind::SaleSoldOut, "sale.sold_out"),
        (EventKind::SaleClosed, "sale.closed"),
    ];
    let kept = [
        (EventKind::SkuSet, "sku.set"),
        (EventKind::SkuDeleted, "sku.deleted"),
        (EventKind::SaleSet, "sale.set"),
        (EventKind::SaleScheduled, "sale.scheduled"),
        (EventKind::SaleRetired, "sale.retired"),
    ];
    for (kind, word) in told {
        assert_eq!((kind.as_str(), kind.is_public()), (word, true));
    }
    for (kind, word) in kept {
        assert_eq!((kind.as_str(), kind.is_public()), (word, false));
    }
}

#[test]
fn a_refusal_has_its_code_and_sold_out_is_remembered() {
    let limited = Refusal::LimitExceeded { limit: Limit::SaleQuota, sku: None, remaining: 0 };
    let refusals = [
        (Refusal::InsufficientStock { shortfalls: Vec::new() }, true),
        (limited, true),
        (Refusal::SaleClosed, true),
        (Refusal::SaleNotOpen { starts: None }, false),
        (Refusal::ReservationExpired, false),
        (Refusal::ReservationReleased, false),
        (Refusal::ReservationConfirmed, false),
        (Refusal::ReservationCancelled, false),
        (Refusal::ReservationFulfilled, false),
        (Refusal::ReservationHeld, false),
        (Refusal::ReservationNotFound, false),
        (Refusal::IdempotencyMismatch { field: "lines" }, false),
        (Refusal::Invalid { pointer: "/lines".into(), detail: "is wrong" }, false),
        (Refusal::UnknownSku { sku: asks::sku("A"), location: None }, false),
        (Refusal::UnknownSale, false),
        (Refusal::StaleVersion { version: 1 }, false),
        (Refusal::OnHandNegative, false),
        (Refusal::SkuInUse, false),
    ];
    assert_eq!(refusals.len(), Refusal::CODES.len());
    for ((refusal, remembered), code) in refusals.iter().zip(Refusal::CODES) {
        assert_eq!((refusal.code(), refusal.is_remembered()), (code, *remembered));
    }
    assert_eq!(Refusal::CODES[0], "insufficient_stock");
    assert_eq!(Refusal::CODES[17], "sku_in_use");
}

#[test]
fn a_name_is_shown_as_it_was_written() {
    assert_eq!(asks::sku("A-1").to_string(), "A-1");
    assert_eq!(format!("{:?}", asks::location("east")), "\"east\"");
    assert_eq!(asks::text("so and so").to_string(), "so and so");
    assert_eq!(ledger::Quantity::new(7).map(|quantity| quantity.to_string()), Ok("7".to_owned()));
}

#[test]
fn a_verb_names_its_reservation_and_nothing_else_does() {
    let verbs = [
        asks::confirm("r1", None),
        asks::fulfil("r1"),
        asks::release("r1"),
        asks::extend("r1", 1),
        asks::payment_started("r1", None),
        asks::cancel("r1"),
        asks::expire("r1"),
    ];
    for verb in verbs {
        assert_eq!(verb.verb_on(), Some(&asks::id("r1")), "{verb:?}");
    }
    let others = [
        asks::reserve("r1", &[("A", 1)]),
        Command::SetStock(asks::set("A@east", 1)),
        Command::Adjust(asks::adjust("A@east", 1)),
        Command::DeleteSku(asks::sku("A")),
        Command::TurnSale(asks::sale("drop")),
    ];
    for other in others {
        assert_eq!(other.verb_on(), None, "{other:?}");
    }
}
