//! The curves in files, named by their date. Parts may be measured at different times: each takes the place of its former
//! self. It must not measure.

use std::fs;
use std::path::{Path, PathBuf};

use super::Curves;
use crate::Error;
use crate::calendar::today;

/// Writes `DATE-curves.md` and `DATE-curves.json` into the directory, beside what else was measured that day.
pub fn write(curves: &Curves, directory: &Path) -> Result<[PathBuf; 2], Error> {
    fs::create_dir_all(directory).map_err(Error::file("create", directory))?;
    let [page, data] = ["md", "json"].map(|kind| directory.join(format!("{}-curves.{kind}", today())));
    let earlier = fs::read_to_string(&data).ok().and_then(|text| serde_json::from_str::<Curves>(&text).ok());
    let mut all = earlier.unwrap_or_default();
    all.absorb(curves.clone());
    fs::write(&page, all.page()).map_err(Error::file("write", &page))?;
    fs::write(&data, format!("{:#}\n", serde_json::json!(all))).map_err(Error::file("write", &data))?;
    Ok([page, data])
}
