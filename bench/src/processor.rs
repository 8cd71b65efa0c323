//! What processes have taken of the processors, as the kernel tells in `/proc/PID/stat` (proc(5)). It must not know what
//! they do.

use std::collections::BTreeSet;
use std::fs;
use std::thread;
use std::time::Instant;

/// The kernel counts in hundredths of a second, whatever its own tick is (`USER_HZ`).
const TICKS_PER_S: f64 = 100.0;

/// The fields of a process that count here.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Stat {
    /// Who started it.
    pub parent: u32,
    /// In user and in system mode, seconds.
    pub own_s: f64,
    /// The same of children that have ended, seconds.
    pub ended_children_s: f64,
}

impl Stat {
    /// Reads the line of `/proc/PID/stat`; nothing if it is none.
    pub fn parse(line: &str) -> Option<Self> {
        // The program's name stands in brackets and may hold anything.
        let fields: Vec<&str> = line.rsplit_once(')')?.1.split_whitespace().collect();
        let seconds = |at: usize| Some(fields.get(at)?.parse::<f64>().ok()? / TICKS_PER_S);
        Some(Self {
            parent: fields.get(1)?.parse().ok()?,
            own_s: seconds(11)? + seconds(12)?,
            ended_children_s: seconds(13)? + seconds(14)?,
        })
    }

    fn of(process: u32) -> Option<Self> {
        Self::parse(&fs::read_to_string(format!("/proc/{process}/stat")).ok()?)
    }
}

/// What one process has taken, in seconds; 0 where the system does not tell.
pub(crate) fn process_s(process: u32) -> f64 {
    Stat::of(process).map_or(0.0, |stat| stat.own_s)
}

/// What a process and all that come of it have taken, in seconds: those that live, and those of its children that have
/// ended. Nothing where the system does not tell.
pub(crate) fn tree_s(root: u32) -> Option<f64> {
    let stats: Vec<(u32, Stat)> = processes().filter_map(|process| Some((process, Stat::of(process)?))).collect();
    let mut tree = BTreeSet::from([root]);
    // A child may have a smaller number than its parent, once numbers have begun anew: look until nobody is new.
    loop {
        let before = tree.len();
        tree.extend(
            stats
                .iter()
                .filter(|(_, stat)| tree.contains(&stat.parent))
                .map(|(process, _)| *process)
                .collect::<Vec<_>>(),
        );
        if tree.len() == before {
            break;
        }
    }
    let (_, of_root) = stats.iter().find(|(process, _)| *process == root)?;
    let living = stats.iter().filter(|(process, _)| tree.contains(process)).map(|(_, stat)| stat.own_s);
    Some(living.sum::<f64>() + of_root.ended_children_s)
}

fn processes() -> impl Iterator<Item = u32> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok())
}

/// What a tree takes between two moments, looked up beside whoever measures.
pub(crate) struct Watch(thread::JoinHandle<Option<f64>>);

impl Watch {
    /// From `start` to `end`.
    pub(crate) fn begin(root: u32, start: Instant, end: Instant) -> Self {
        Self(thread::spawn(move || {
            thread::sleep(start.saturating_duration_since(Instant::now()));
            let before_s = tree_s(root)?;
            thread::sleep(end.saturating_duration_since(Instant::now()));
            Some(tree_s(root)? - before_s)
        }))
    }

    /// Waits for `end`: seconds; nothing where the system does not tell.
    pub(crate) fn seconds(self) -> Option<f64> {
        self.0.join().ok().flatten()
    }
}
