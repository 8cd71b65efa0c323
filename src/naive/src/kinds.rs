//! What kind of answer an answer is: so that a run can say which cases it has met.

use crate::{Answer, Hold};

/// An answer without its details: whether a case was met at all.
pub fn kind(answer: &Answer) -> String {
    match answer {
        Answer::Made(hold) => made(hold).to_owned(),
        Answer::Seen { hold, replayed: true } => format!("again {}", hold.state),
        Answer::Seen { hold, .. } if hold.state == "confirmed" => {
            let zero = hold.pieces.iter().any(|piece| piece.units == 0);
            let part = hold.pieces.iter().any(|piece| piece.shipped > 0);
            let words = [(hold.reacquired, ", reacquired"), (zero, ", a line given back"), (part, ", partly shipped")];
            let words = words.iter().filter(|(is, _)| *is).map(|(_, word)| *word);
            std::iter::once("now confirmed").chain(words).collect()
        }
        Answer::Seen { hold, .. } => format!("now {}", hold.state),
        Answer::Stock { applied, .. } => format!("stock {applied}"),
        Answer::Sku(..) => "sku".to_owned(),
        Answer::SkuDeleted => "sku deleted".to_owned(),
        Answer::Sale(campaign, ..) => format!("sale {}", campaign.told),
        Answer::No(why) => {
            let words = if why.starts_with("invalid") || why.starts_with("idempotency") || why.starts_with("limit") {
                2
            } else {
                1
            };
            why.split(' ').take(words).collect::<Vec<_>>().join(" ")
        }
    }
}

fn made(hold: &Hold) -> &'static str {
    let pieces = &hold.pieces;
    let is_split = pieces.iter().zip(&pieces[1..]).any(|(one, next)| one.line == next.line);
    let has_zero = pieces.iter().any(|piece| piece.units == 0);
    match (has_zero, is_split) {
        (true, _) => "made, a line got nothing",
        (false, true) => "made, a line split",
        (false, false) => "made",
    }
}
