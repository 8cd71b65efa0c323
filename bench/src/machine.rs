//! The facts of the machine that results depend on. It must not read anything that names the machine or its owner.

use std::fs;
use std::thread;

use serde::{Deserialize, Serialize};

/// What a run ran on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Machine {
    /// How many cores this process may use.
    pub cores: usize,
    /// The processor's model.
    pub cpu: String,
    /// The kernel's release.
    pub kernel: String,
}

impl Machine {
    /// What cannot be read is said to be unknown.
    pub fn read() -> Self {
        let unknown = || "unknown".to_owned();
        let cpu_info = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
        let model = cpu_info.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "));
        let release = fs::read_to_string("/proc/sys/kernel/osrelease");
        Self {
            cores: thread::available_parallelism().map_or(1, Into::into),
            cpu: model.map_or_else(unknown, |(_, model)| model.trim().to_owned()),
            kernel: release.map_or_else(|_| unknown(), |release| release.trim().to_owned()),
        }
    }

    /// A few words for a file's name, like `2x-amd-epyc-7b13`.
    pub fn slug(&self) -> String {
        const NOISE: [&str; 2] = ["cpu", "processor"];
        let model = self.cpu.to_lowercase().replace("(r)", "").replace("(tm)", "");
        let model = model.split('@').next().unwrap_or_default();
        // "64-Core" is told by the number of cores, as far as they are ours.
        let telling = model.split_whitespace().filter(|word| !NOISE.contains(word) && !word.ends_with("-core"));
        let plain =
            |word: &str| word.chars().filter(|letter| letter.is_ascii_alphanumeric() || *letter == '-').collect();
        let words: Vec<String> = telling.take(4).map(plain).collect();
        format!("{}x-{}", self.cores, words.join("-"))
    }
}
