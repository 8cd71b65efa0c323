//! What clients were told, one answer a line as the k6 scenarios print it, and the figures that are made of many. It must
//! not know what is a good figure.

use crate::Error;

/// One answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// When the request was sent, milliseconds since 1970.
    pub sent_ms: u64,
    /// In which part of the scenario.
    pub phase: String,
    /// The class that its path has.
    pub class: String,
    /// `ok`, or the reason or code of a refusal.
    pub outcome: String,
    /// Until the answer was complete, in milliseconds.
    pub taken_ms: f64,
}

/// Something that a scenario did at a moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mark {
    /// Milliseconds since 1970.
    pub at_ms: u64,
    /// What, in one word.
    pub word: String,
}

impl Answer {
    /// Whether the platform did what was asked.
    pub fn is_served(&self) -> bool {
        self.outcome == "ok"
    }

    /// Whether it was refused at the gateway without a call, which is quick.
    pub fn is_refused(&self) -> bool {
        matches!(
            self.outcome.as_str(),
            "level" | "queue_delay" | "queue_full" | "upstream_limit" | "breaker_open" | "brownout" | "client_quota"
        )
    }

    /// Whether its class was too low for the level.
    pub fn is_shed_by_level(&self) -> bool {
        matches!(self.outcome.as_str(), "level" | "queue_delay")
    }
}

/// Reads what a scenario printed.
pub fn parse(text: &str) -> Result<(Vec<Answer>, Vec<Mark>), Error> {
    let (mut answers, mut marks) = (Vec::new(), Vec::new());
    for line in text.lines() {
        let wrong = || Error::Answer { attempt: "read what k6 printed", answer: line.to_owned() };
        let fields: Vec<&str> = line.split(',').collect();
        match fields[..] {
            ["answer", sent_ms, phase, class, outcome, taken_ms] => answers.push(Answer {
                sent_ms: sent_ms.parse().map_err(|_| wrong())?,
                phase: phase.to_owned(),
                class: class.to_owned(),
                outcome: outcome.to_owned(),
                taken_ms: taken_ms.parse().map_err(|_| wrong())?,
            }),
            ["mark", at_ms, word] => {
                marks.push(Mark { at_ms: at_ms.parse().map_err(|_| wrong())?, word: word.to_owned() });
            }
            _ => return Err(wrong()),
        }
    }
    Ok((answers, marks))
}

/// A part of the answers, and the time in which they were asked for.
#[derive(Debug, Clone)]
pub struct Part<'a> {
    answers: Vec<&'a Answer>,
    seconds: f64,
}

impl<'a> Part<'a> {
    /// Those of a phase, without its first `skipped_ms`.
    pub fn of_phase(answers: &'a [Answer], phase: &str, skipped_ms: u64) -> Self {
        let all = || answers.iter().filter(|answer| answer.phase == phase);
        let from = all().map(|answer| answer.sent_ms).min().unwrap_or_default() + skipped_ms;
        let to = all().map(|answer| answer.sent_ms + 1).max().unwrap_or_default();
        Self::between(all(), from, to)
    }

    /// Those asked for from one moment up to another, in milliseconds.
    pub fn between(answers: impl Iterator<Item = &'a Answer>, from_ms: u64, to_ms: u64) -> Self {
        let answers = answers.filter(|answer| (from_ms..to_ms).contains(&answer.sent_ms)).collect();
        Self { answers, seconds: to_ms.saturating_sub(from_ms) as f64 / 1e3 }
    }

    /// The same of these classes only.
    pub fn of_classes(&self, classes: &[&str]) -> Self {
        let mine = |answer: &&&Answer| classes.contains(&answer.class.as_str());
        Self { answers: self.answers.iter().filter(mine).copied().collect(), seconds: self.seconds }
    }

    /// How many.
    pub fn count(&self) -> usize {
        self.answers.len()
    }

    /// How many of them are so.
    pub fn count_of(&self, is_so: impl Fn(&Answer) -> bool) -> usize {
        self.answers.iter().filter(|answer| is_so(answer)).count()
    }

    /// Asked for in a second.
    pub fn offered_per_s(&self) -> f64 {
        self.count() as f64 / self.seconds.max(1e-3)
    }

    /// Served of what was asked for in a second.
    pub fn goodput_per_s(&self) -> f64 {
        self.count_of(Answer::is_served) as f64 / self.seconds.max(1e-3)
    }

    /// Served of those who asked, 0 to 1; 1 if nobody did.
    pub fn success(&self) -> f64 {
        if self.answers.is_empty() {
            return 1.0;
        }
        self.count_of(Answer::is_served) as f64 / self.count() as f64
    }

    /// What so large a part (0 to 1) of those that are so did not exceed, in milliseconds; 0 without any.
    pub fn quantile_ms(&self, part: f64, is_so: impl Fn(&Answer) -> bool) -> f64 {
        let mut taken: Vec<f64> = self.answers.iter().filter(|one| is_so(one)).map(|one| one.taken_ms).collect();
        taken.sort_by(f64::total_cmp);
        let place = (taken.len() as f64 * part).ceil() as usize;
        taken.get(place.saturating_sub(1)).copied().unwrap_or_default()
    }

    /// How often each outcome came, as text, the most frequent first.
    pub fn outcomes(&self) -> String {
        let mut counts: Vec<(&str, usize)> = Vec::new();
        for answer in &self.answers {
            match counts.iter_mut().find(|(word, _)| *word == answer.outcome) {
                Some((_, count)) => *count += 1,
                None => counts.push((&answer.outcome, 1)),
            }
        }
        counts.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        counts.iter().map(|(word, count)| format!("{word} {count}")).collect::<Vec<_>>().join(", ")
    }
}
