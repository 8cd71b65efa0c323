//! The comparison in files, named by its date and the machine's kind. It must not measure.

use std::fs;
use std::path::{Path, PathBuf};

use super::{Comparison, markdown, plots};
use crate::Error;

impl Comparison {
    /// What its files are called: `2026-11-22-2x-amd-epyc`, and which part it is if not all.
    pub fn stem(&self) -> String {
        let kind = self.machine.slug();
        let words = [&self.date, &kind].into_iter().chain(&self.only);
        words.map(String::as_str).collect::<Vec<_>>().join("-")
    }
}

/// Writes page, data and plots into the directory, in the place of an earlier run's of that day.
pub fn write(comparison: &Comparison, directory: &Path) -> Result<Vec<PathBuf>, Error> {
    fs::create_dir_all(directory).map_err(Error::file("create", directory))?;
    let stem = comparison.stem();
    let plots: Vec<(String, String)> =
        plots(&comparison.medians).into_iter().map(|(name, text)| (format!("{stem}-{name}.svg"), text)).collect();
    let names: Vec<String> = plots.iter().map(|(name, _)| name.clone()).collect();
    let mut files = vec![
        (format!("{stem}.md"), markdown(comparison, &names)),
        (format!("{stem}.json"), format!("{:#}\n", serde_json::json!(comparison))),
    ];
    files.extend(plots);
    let written = files.into_iter().map(|(name, text)| {
        let path = directory.join(name);
        fs::write(&path, text).map_err(Error::file("write", &path)).map(|()| path)
    });
    written.collect()
}

/// Reads what was written.
pub fn read(path: &Path) -> Result<Comparison, Error> {
    let text = fs::read_to_string(path).map_err(Error::file("read", path))?;
    let failed = |error: serde_json::Error| Error::Answer {
        attempt: "read a comparison",
        answer: format!("{}: {error}", path.display()),
    };
    serde_json::from_str(&text).map_err(failed)
}
