//! The plan: which cancellation releases what, and that no unit is lost or made on the way.

use std::collections::{BTreeMap, HashSet};

use bench::replay::generate::generate;
use bench::replay::orders::{HEADER, Movement, OrderLine, parse};
use bench::replay::plan::{Action, Plan, Reservation, plan};
use proptest::prelude::*;

use crate::orders::read;

fn planned(rows: &str) -> Plan {
    plan(&read(rows), "r").unwrap_or_else(|error| panic!("{error}"))
}

/// The actions as short texts, to be compared at a glance.
fn actions(plan: &Plan) -> Vec<String> {
    let lines = |reservation: &Reservation| {
        let lines = reservation.lines.iter().map(|wanted| format!("{}x{}", wanted.quantity, wanted.sku));
        format!("{} {}", reservation.id, lines.collect::<Vec<_>>().join("+"))
    };
    let text = |action: &Action| match action {
        Action::Sell(reservation) => format!("sell {}", lines(reservation)),
        Action::SetAside(reservation) => format!("aside {}", lines(reservation)),
        Action::Release(id) => format!("release {id}"),
        Action::Adjust { key, returned, .. } => format!("adjust {key} {}x{}", returned.quantity, returned.sku),
    };
    plan.operations.iter().map(|operation| format!("{} {}", operation.at_seconds, text(&operation.action))).collect()
}

#[test]
fn a_cancelled_part_is_set_aside_and_released_at_its_time() {
    let plan = planned(
        "1,A,,5,2010-12-01 09:00:00,1,c,UK\n1,B,,2,2010-12-01 09:00:00,1,c,UK\nC2,A,,-3,2010-12-01 09:10:00,1,c,UK\n",
    );
    assert_eq!(actions(&plan), ["0 aside r.1.1 3xA", "0 sell r.1.2 2xA+2xB", "600 release r.1.1"]);
}

#[test]
fn a_wholly_cancelled_line_leaves_nothing_to_sell() {
    let plan = planned("1,A,,5,2010-12-01 09:00:00,1,c,UK\nC2,A,,-5,2010-12-01 09:10:00,1,c,UK\n");
    assert_eq!(actions(&plan), ["0 aside r.1.1 5xA", "600 release r.1.1"]);
}

#[test]
fn two_cancellations_share_a_line_as_far_as_it_goes() {
    let plan = planned(
        "1,A,,5,2010-12-01 09:00:00,1,c,UK\nC2,A,,-3,2010-12-01 09:10:00,1,c,UK\n\
         C3,A,,-2,2010-12-01 09:20:00,1,c,UK\nC4,A,,-1,2010-12-01 09:30:00,1,c,UK\n",
    );
    let expected = [
        "0 aside r.1.1 3xA",
        "0 aside r.1.2 2xA",
        "600 release r.1.1",
        "1200 release r.1.2",
        "1800 adjust r.C4.r1 1xA",
    ];
    assert_eq!(actions(&plan), expected);
}

#[test]
fn what_undoes_no_line_of_the_day_is_adjusted() {
    for (reason, cancellation) in [
        ("another customer", "C2,A,,-1,2010-12-01 09:10:00,1,d,UK"),
        ("nobody", "C2,A,,-1,2010-12-01 09:10:00,1,,UK"),
        ("another SKU", "C2,B,,-1,2010-12-01 09:10:00,1,c,UK"),
        ("more than was bought", "C2,A,,-6,2010-12-01 09:10:00,1,c,UK"),
        ("before it was bought", "C2,A,,-1,2010-12-01 08:50:00,1,c,UK"),
    ] {
        let plan = planned(&format!("1,A,,5,2010-12-01 09:00:00,1,c,UK\n{cancellation}\n"));
        let adjusted = plan.operations.iter().filter(|operation| matches!(operation.action, Action::Adjust { .. }));
        assert_eq!(adjusted.count(), 1, "{reason}: {:?}", actions(&plan));
        assert!(plan.operations.iter().all(|operation| !matches!(operation.action, Action::SetAside(_))), "{reason}");
    }
}

#[test]
fn nobody_is_not_the_same_customer_as_nobody() {
    let plan = planned("1,A,,5,2010-12-01 09:00:00,1,,UK\nC2,A,,-5,2010-12-01 09:10:00,1,,UK\n");
    assert_eq!(actions(&plan), ["0 sell r.1.1 5xA", "600 adjust r.C2.r1 5xA"]);
}

#[test]
fn the_latest_sale_is_undone_first() {
    let plan = planned(
        "1,A,,5,2010-12-01 09:00:00,1,c,UK\n2,A,,5,2010-12-01 09:05:00,1,c,UK\nC3,A,,-5,2010-12-01 09:10:00,1,c,UK\n",
    );
    assert_eq!(actions(&plan), ["0 sell r.1.1 5xA", "300 aside r.2.1 5xA", "600 release r.2.1"]);
}

#[test]
fn a_cart_over_100_lines_is_split_and_said() {
    let rows: Vec<String> = (0..101).map(|line| format!("1,S{line},,1,2010-12-01 09:00:00,1,c,UK")).collect();
    let plan = planned(&rows.join("\n"));
    assert_eq!((plan.invoices, plan.carts, plan.split_carts, plan.lines), (1, 1, 1, 101));
    let sizes: Vec<usize> = plan
        .operations
        .iter()
        .filter_map(|operation| match &operation.action {
            Action::Sell(reservation) => Some(reservation.lines.len()),
            _ => None,
        })
        .collect();
    assert_eq!(sizes, [100, 1]);
}

#[test]
fn an_empty_day_is_an_empty_plan() {
    assert_eq!(planned(""), Plan::default());
}

/// Units of each SKU by what becomes of them.
#[derive(Debug, Default, PartialEq, Eq)]
struct Units {
    sold: u64,
    returned: u64,
}

fn units_of_lines(lines: &[OrderLine]) -> BTreeMap<String, Units> {
    let mut units: BTreeMap<String, Units> = BTreeMap::new();
    for line in lines {
        let units = units.entry(line.sku.to_string()).or_default();
        match line.movement {
            Movement::Sold(quantity) => units.sold += u64::from(quantity.get()),
            Movement::Returned(quantity) => units.returned += u64::from(quantity.get()),
        }
    }
    units
}

/// The same from the plan; panics where a release has nothing to release, or an id is used twice.
fn units_of_plan(plan: &Plan) -> BTreeMap<String, Units> {
    let mut units: BTreeMap<String, Units> = BTreeMap::new();
    let mut seen = HashSet::new();
    let mut asides = BTreeMap::new();
    for operation in &plan.operations {
        match &operation.action {
            Action::Sell(reservation) | Action::SetAside(reservation) => {
                assert!(seen.insert(&reservation.id), "{} twice", reservation.id);
                assert!((1..=100).contains(&reservation.lines.len()));
                for wanted in &reservation.lines {
                    units.entry(wanted.sku.to_string()).or_default().sold += u64::from(wanted.quantity.get());
                }
                if let Action::SetAside(reservation) = &operation.action {
                    asides.insert(&reservation.id, reservation);
                }
            }
            Action::Release(id) => {
                let aside = asides.remove(id).unwrap_or_else(|| panic!("{id} is not set aside"));
                for wanted in &aside.lines {
                    units.entry(wanted.sku.to_string()).or_default().returned += u64::from(wanted.quantity.get());
                }
            }
            Action::Adjust { key, returned, .. } => {
                assert!(seen.insert(key), "{key} twice");
                units.entry(returned.sku.to_string()).or_default().returned += u64::from(returned.quantity.get());
            }
        }
    }
    assert!(asides.is_empty(), "set aside and never released: {asides:?}");
    units
}

/// Every unit of the file is in the plan once, in order of time, and what is stocked is what is sold.
pub fn assert_conserves_units(lines: &[OrderLine]) {
    let plan = plan(lines, "run").unwrap_or_else(|error| panic!("{error}"));
    let planned = units_of_plan(&plan);
    assert_eq!(planned, units_of_lines(lines));
    assert!(plan.operations.is_sorted_by_key(|operation| operation.at_seconds));
    for (sku, units) in plan.demand() {
        assert_eq!(planned[sku.as_str()].sold, units, "{sku}");
    }
    assert_eq!(plan.demand().len(), planned.len());
}

#[test]
fn a_generated_day_conserves_its_units() {
    for seed in 0..20 {
        let mut day = Vec::new();
        generate(&mut day, seed, 120).expect("writing to memory does not fail");
        assert_conserves_units(&parse(&day[..], "day").unwrap_or_else(|error| panic!("{error}")));
    }
}

proptest! {
    /// Few customers, SKUs and minutes, so that lines meet; invoices are mixed and out of order on purpose.
    #[test]
    fn any_day_conserves_its_units(
        rows in prop::collection::vec((0..12_u8, 0..3_u8, 1..6_i64, prop::bool::ANY, 0..30_u8, 0..3_u8), 0..60)
    ) {
        let mut day = vec![HEADER.join(",")];
        for (invoice, sku, units, is_return, minute, customer) in rows {
            let units = if is_return { -units } else { units };
            let customer = ["", "a", "b"][usize::from(customer)];
            day.push(format!("{invoice},S{sku},,{units},2010-12-01 09:{minute:02}:00,1,{customer},UK"));
        }
        assert_conserves_units(&parse(day.join("\n").as_bytes(), "day").unwrap_or_else(|error| panic!("{error}")));
    }
}
