//! Makes the library that is loaded into the server under test. It must not know what it is used for.

use crate::Error;
use std::path::{Path, PathBuf};
use std::process::Command;

const SOURCE: &str = include_str!("shim.c");

/// Compiles the library into a directory.
pub(super) fn build(directory: &Path) -> Result<PathBuf, Error> {
    let (source, library) = (directory.join("shim.c"), directory.join("shim.so"));
    std::fs::write(&source, SOURCE).map_err(Error::file("write", &source))?;
    let mut compiler = Command::new("cc");
    compiler.args(["-shared", "-fPIC", "-O1", "-o"]).arg(&library).arg(&source).arg("-ldl");
    let failed = |problem: String| Error::Program { program: "cc".to_owned(), problem };
    let status = compiler.status().map_err(|error| failed(format!("{error}; install a C compiler")))?;
    if status.success() { Ok(library) } else { Err(failed("it could not compile the shim".to_owned())) }
}
