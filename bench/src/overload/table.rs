//! The table of rows: names, criteria, and who plays each. It must not know how.

use super::judges::{self, Finding};
use super::run::{Run, with_k6};
use super::world::Setup;
use super::{Options, forged, idle, listener, refusals};
use crate::Error;

/// What it found, and what was not given back.
pub(super) type Played = Result<(Finding, Vec<String>), Error>;

type Play = fn(&Row, &Options, &mut dyn FnMut(&str)) -> Played;

/// A row.
#[derive(Debug, Clone, Copy)]
pub struct Row {
    /// Its name; a k6 scenario is called `overload-NAME.js`.
    pub name: &'static str,
    /// What must hold.
    pub criterion: &'static str,
    /// How long it takes, about, in seconds.
    pub seconds: u64,
    /// Whether it is played in a short run too.
    pub is_in_short: bool,
    pub(super) play: Play,
}

/// All of them.
pub const ROWS: [Row; 12] = [
    Row {
        name: "sweep",
        criterion: "0.5x to 10x: goodput from 1x on 95 % of its peak or more; p99 of what is served at most twice that at 0.8x",
        seconds: 140,
        is_in_short: false,
        play: |row, options, say| plain(row, options, judges::sweep, say),
    },
    Row {
        name: "mixed",
        criterion: "5x, classes mixed: payment and checkout 99.9 % or more; nothing of a class shed while a lower one is let in",
        seconds: 55,
        is_in_short: true,
        play: |row, options, say| plain(row, options, judges::mixed, say),
    },
    Row {
        name: "step",
        criterion: "1x to 10x: after 3 s 95 % of the goodput before, p99 at most twice, none lost; memory at most 64 MiB above rest",
        seconds: 55,
        is_in_short: false,
        play: |row, options, say| plain(row, options, judges::step, say),
    },
    Row {
        name: "refusals",
        criterion: "a refusal: p99 under 5 ms; less than 5 % of the platform's service time",
        seconds: 40,
        is_in_short: false,
        play: refusals::play,
    },
    Row {
        name: "slow",
        criterion: "platform 10x slower: limit at three quarters or less within 5 s; healthy: back at 90 % within 30 s",
        seconds: 70,
        is_in_short: false,
        play: |row, options, say| plain(row, options, judges::slow, say),
    },
    Row {
        name: "hanging",
        criterion: "platform answers nothing: the limit falls to half or less and does not rise",
        seconds: 65,
        is_in_short: true,
        play: |row, options, say| {
            let setup = Setup { timeout_ms: 1_000, ..Setup::default() };
            with_k6(row, options, &setup, judges::hanging, say)
        },
    },
    Row {
        name: "failing",
        criterion: "platform answers 503 to all: retries add at most 10 % to the calls that it sees",
        seconds: 50,
        is_in_short: true,
        play: |row, options, say| plain(row, options, judges::failing, say),
    },
    Row {
        name: "flaky",
        criterion: "half of the platform's answers are errors, and no breaker: retries add at most 10 % to the calls that it sees",
        seconds: 50,
        is_in_short: false,
        play: |row, options, say| {
            let setup = Setup { has_breaker: false, ..Setup::default() };
            with_k6(row, options, &setup, judges::flaky, say)
        },
    },
    Row {
        name: "greedy",
        criterion: "one client asks 100x as much, with quotas: the others lose less than 5 %",
        seconds: 35,
        is_in_short: false,
        play: |row, options, say| {
            let setup = Setup { client_rate_per_s: 10, ..Setup::default() };
            with_k6(row, options, &setup, judges::greedy, say)
        },
    },
    Row {
        name: "forged",
        criterion: "1,000,000 forged client keys: memory at most 64 MiB above rest",
        seconds: 120,
        is_in_short: false,
        play: forged::play,
    },
    Row {
        name: "idle",
        criterion: "10,000 idle connections, or as many as there are descriptors for: none holds a place at the platform; others are served",
        seconds: 45,
        is_in_short: false,
        play: idle::play,
    },
    Row {
        name: "listener",
        criterion: "the api listener beyond its processors: reported",
        seconds: 40,
        is_in_short: false,
        play: listener::play,
    },
];

/// With k6, and a platform and gateway as they are.
fn plain(row: &Row, options: &Options, judge: fn(&Run) -> Finding, say: &mut dyn FnMut(&str)) -> Played {
    with_k6(row, options, &Setup::default(), judge, say)
}
