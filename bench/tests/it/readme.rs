//! README's comparison is the one of the result that it names.

use std::fs;
use std::path::Path;

use bench::peers::{latest, read, rewritten, write};

use crate::peers::comparison;

#[test]
fn the_table_of_readme_is_made_of_the_result_that_it_names() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let page = fs::read_to_string(root.join("README.md")).expect("the repository has a README");
    let (_, rest) = page.split_once("<!-- peers: ").expect("README has the marker of its comparison");
    let (named, _) = rest.split_once(" -->").expect("the marker ends");
    let result = read(&root.join(named)).unwrap_or_else(|error| panic!("{error}"));
    let expected = rewritten(&page, named, &result).expect("README has both markers");
    assert!(page == expected, "write it anew with `make bench-readme`");
}

#[test]
fn what_stands_between_the_markers_is_replaced_and_nothing_else() {
    let page = "before\n<!-- peers: old.json -->\nold\n<!-- end of peers -->\nafter\n";
    let new = rewritten(page, "results/new.json", &comparison()).expect("it has both markers");
    assert!(new.starts_with("before\n<!-- peers: results/new.json -->\nMeasured by"), "{new}");
    assert!(new.ends_with("\n<!-- end of peers -->\nafter\n") && !new.contains("old"), "{new}");
    assert!(new.contains("(results/new.md)") && new.contains("| 256 | 1,200/s, 0.30 / 0.30 |"), "{new}");
    assert_eq!(rewritten(&new, "results/new.json", &comparison()), Some(new.clone()));
    assert_eq!(rewritten("no markers", "x.json", &comparison()), None);
}

#[test]
fn the_latest_is_a_whole_one() {
    let directory = tempfile::tempdir().expect("a directory can be made");
    let make = |date: &str, only: &[&str]| {
        let mut made = comparison();
        date.clone_into(&mut made.date);
        made.only = only.iter().map(|word| (*word).to_owned()).collect();
        write(&made, directory.path()).unwrap_or_else(|error| panic!("{error}"));
    };
    assert!(latest(directory.path()).is_err());
    make("2026-11-20", &[]);
    make("2026-11-21", &[]);
    make("2026-11-22", &["proxies"]);
    fs::write(directory.path().join("2026-11-23-other.json"), "{}").expect("it can be written");
    let found = latest(directory.path()).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(found.file_name().and_then(|name| name.to_str()), Some("2026-11-21-2x-amd-epyc.json"));
}
