//! The table as a page and as JSON, named by its date. Rows may be played at different times: each takes the place of its
//! former self. It must not measure, nor write what names a machine.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::{Outcome, ROWS, Verdict};
use crate::Error;
use crate::calendar::today;
use crate::machine::Machine;

#[derive(Debug, Default, Serialize, Deserialize)]
struct Page {
    rows: Vec<Outcome>,
}

/// Writes `DATE-overload.md` and `DATE-overload.json` into the directory; rows of an earlier run of that day stay where there
/// is no newer one.
pub fn write(outcomes: &[Outcome], directory: &Path) -> Result<[PathBuf; 2], Error> {
    fs::create_dir_all(directory).map_err(Error::file("create", directory))?;
    let page_path = directory.join(format!("{}-overload.md", today()));
    let data_path = directory.join(format!("{}-overload.json", today()));
    let earlier = fs::read_to_string(&data_path).ok().and_then(|text| serde_json::from_str::<Page>(&text).ok());
    let mut rows = earlier.unwrap_or_default().rows;
    rows.retain(|row| outcomes.iter().all(|newer| newer.row != row.row));
    rows.extend_from_slice(outcomes);
    rows.sort_by_key(|row| ROWS.iter().position(|one| one.name == row.row));
    let text = markdown(&rows);
    fs::write(&page_path, text).map_err(Error::file("write", &page_path))?;
    let data = format!("{:#}\n", serde_json::json!(Page { rows }));
    fs::write(&data_path, data).map_err(Error::file("write", &data_path))?;
    Ok([page_path, data_path])
}

/// The page.
pub fn markdown(rows: &[Outcome]) -> String {
    let machine = Machine::read();
    let mut page = format!(
        "# Overload, {}\n\n{} cores of {}, kernel {}; load, gateway and platform share them. The platform is a stub.\n\n\
         | row | criterion | seen | |\n|---|---|---|---|\n",
        today(),
        machine.cores,
        machine.cpu,
        machine.kernel
    );
    for Outcome { row, criterion, figure, verdict, leaks, .. } in rows {
        let leaks = if leaks.is_empty() { String::new() } else { format!("; NOT GIVEN BACK: {}", leaks.join(", ")) };
        // Writing to a String cannot fail.
        let _ = writeln!(page, "| {row} | {criterion} | {figure}{leaks} | {} |", word(*verdict));
    }
    for Outcome { row, details, .. } in rows.iter().filter(|row| !row.details.is_empty()) {
        let is_table = details.iter().any(|line| line.starts_with('|'));
        let lines = details.join(if is_table { "\n" } else { "\n\n" });
        let _ = writeln!(page, "\n## {row}\n\n{lines}");
    }
    page
}

fn word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Passed => "pass",
        Verdict::Failed => "FAIL",
        Verdict::Reported => "reported",
    }
}
