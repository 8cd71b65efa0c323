//! A small file that is there as a whole or not at all, whatever happens meanwhile. It knows not what is in it.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;

/// Puts these bytes on disk in the place of what the file held.
pub fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut unfinished = path.as_os_str().to_owned();
    unfinished.push(".tmp");
    let mut file = File::create(&unfinished)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(&unfinished, path)?;
    let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty());
    File::open(directory.unwrap_or(Path::new(".")))?.sync_all()
}

#[cfg(test)]
mod tests {
    use super::replace;
    use std::fs;

    #[test]
    fn what_was_there_is_replaced_and_nothing_is_left_beside_it() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("a.json");
        // What a crash has left is in nobody's way.
        fs::write(dir.path().join("a.json.tmp"), "half of something longer").expect("writable");
        for bytes in ["first", "2"] {
            replace(&path, bytes.as_bytes()).expect("writable");
            assert_eq!(fs::read_to_string(&path).expect("it is there"), bytes);
        }
        assert_eq!(fs::read_dir(dir.path()).expect("a directory").count(), 1);
        assert!(replace(&dir.path().join("none/a.json"), b"").is_err());
    }
}
