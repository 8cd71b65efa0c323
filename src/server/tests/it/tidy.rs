//! The house's own rules, checked over the source tree: length and header of files, who imports
//! whom, nothing left undone, and that the documents name what the code has. Each rule is a
//! function from text to complaints, shown to complain about a bad sample below.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use ledger::Refusal;
use server::config::keys::KEYS;

const MAX_LINES: usize = 500;

/// Which crates of the house each crate of `src/` may name. A crate that is not here may not exist.
const MAY_IMPORT: &[(&str, &[&str])] = &[
    ("admission", &[]),
    ("ledger", &[]),
    ("wal", &[]),
    ("engine", &["ledger", "wal"]),
    ("store", &["ledger", "engine"]),
    ("server", &["admission", "ledger", "wal", "engine", "store"]),
    ("naive", &["ledger"]),
    ("simulator", &["ledger", "wal", "engine"]),
];

/// What any crate may name for its tests, and none for what runs.
const TESTS_ONLY: &str = "naive";

/// What only the edge may name: no other crate of `src/` knows of async or HTTP.
const EDGE_ONLY: &[&str] = &["tokio", "hyper", "hyper-util", "http-body-util"];

/// The edge, and those who may not serialise either.
const EDGE: &str = "server";
const NEVER_SERIALISED: &str = "serde";

/// Written apart so that this file does not break its own rule.
const UNDONE: &[&str] =
    &[concat!("to", "do!"), concat!("unimple", "mented!"), concat!("TO", "DO"), concat!("FIX", "ME")];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The Rust files below a directory of the repository, each with its text.
fn rust_files(directory: &str) -> Vec<(PathBuf, String)> {
    let mut files = Vec::new();
    let mut open = vec![root().join(directory)];
    while let Some(directory) = open.pop() {
        let entries = fs::read_dir(&directory).unwrap_or_else(|error| panic!("{}: {error}", directory.display()));
        for entry in entries {
            let path = entry.expect("the directory is being read").path();
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = read(&path);
                files.push((path, text));
            }
        }
    }
    files
}

fn all_rust_files() -> Vec<(PathBuf, String)> {
    let mut files = rust_files("src");
    files.extend(rust_files("bench"));
    files
}

/// Whether a file is part of what runs, not of what tests it.
fn is_shipped(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name != "tests.rs") && path.components().all(|part| part.as_os_str() != "tests")
}

/// Fails with every complaint about every file at once.
fn check(files: &[(PathBuf, String)], rule: impl Fn(&str) -> Vec<String>) {
    let complaints: Vec<_> = files
        .iter()
        .flat_map(|(path, text)| {
            let complaints = rule(text).into_iter();
            complaints.map(move |complaint| format!("{}: {complaint}", path.display()))
        })
        .collect();
    none(&complaints);
}

fn none(complaints: &[String]) {
    assert!(complaints.is_empty(), "\n{}", complaints.join("\n"));
}

fn length(text: &str) -> Vec<String> {
    match text.lines().count() {
        0..MAX_LINES => vec![],
        lines => vec![format!("{lines} lines; split it by ideas, below {MAX_LINES}")],
    }
}

/// The opening paragraph alone counts: a crate's page may go on after it.
fn header(text: &str) -> Vec<String> {
    let says_something = |line: &&str| line.strip_prefix("//!").is_some_and(|rest| !rest.is_empty());
    match text.lines().take_while(says_something).count() {
        1..=5 => vec![],
        _ => vec!["begin with 1 to 5 lines of //!: what lives here, what it must not know".to_owned()],
    }
}

fn undone(text: &str) -> Vec<String> {
    let lines = text.lines().enumerate();
    lines
        .filter_map(|(index, line)| {
            let word = UNDONE.iter().find(|word| line.contains(**word))?;
            let number = index + 1;
            Some(format!("line {number}: `{word}`: finish it or take it out"))
        })
        .collect()
}

/// The names in every dependency table of a manifest, be it for tests, builds or one platform; but
/// for the one that every test may name.
fn dependencies(manifest: &toml::Table) -> BTreeSet<&str> {
    let mut names = BTreeSet::new();
    for (table, value) in manifest {
        let Some(value) = value.as_table() else {
            continue;
        };
        if table.ends_with("dependencies") {
            let is_for_tests = table == "dev-dependencies";
            names.extend(value.keys().map(String::as_str).filter(|name| !(is_for_tests && *name == TESTS_ONLY)));
        } else if table == "target" {
            let platforms = value.values().filter_map(toml::Value::as_table);
            names.extend(platforms.flat_map(dependencies));
        }
    }
    names
}

fn imports(manifest: &str) -> Vec<String> {
    let manifest: toml::Table = manifest.parse().expect("cargo has read this manifest");
    let package = manifest["package"]["name"].as_str().expect("cargo has read this manifest");
    let Some((_, allowed)) = MAY_IMPORT.iter().find(|(name, _)| *name == package) else {
        return vec![format!("say in `MAY_IMPORT` what `{package}` may import")];
    };
    let is_house = |name: &str| MAY_IMPORT.iter().any(|(house, _)| *house == name);
    let is_barred = |name: &str| package != EDGE && (EDGE_ONLY.contains(&name) || name.starts_with(NEVER_SERIALISED));
    dependencies(&manifest)
        .into_iter()
        .filter(|name| {
            // A crate may name itself, to test with its own features on.
            let is_foreign_house = is_house(name) && *name != package && !allowed.contains(name);
            is_foreign_house || is_barred(name)
        })
        .map(|name| format!("`{package}` must not know `{name}`: move what needs it to the edge"))
        .collect()
}

/// The words that follow `opening` and begin with our metrics' prefix.
fn metric_names(text: &str, opening: char) -> BTreeSet<String> {
    const PREFIX: &str = "tidegate_";
    let is_name = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    text.match_indices(&format!("{opening}{PREFIX}"))
        .map(|(at, _)| {
            let name = text[at + opening.len_utf8()..].split(|c| !is_name(c));
            name.take(1).collect()
        })
        .collect()
}

fn metrics(code: &BTreeSet<String>, document: &str) -> Vec<String> {
    let documented = metric_names(document, '`');
    let missing =
        code.difference(&documented).map(|name| format!("docs/metrics.md: `{name}` is measured; say what it means"));
    let stale =
        documented.difference(code).map(|name| format!("docs/metrics.md: `{name}` is not measured; take it out"));
    missing.chain(stale).collect()
}

/// The words of refusals that the page of metrics lacks.
fn reasons(document: &str) -> Vec<String> {
    let missing = Refusal::CODES.iter().filter(|code| !document.contains(&format!("`{code}`")));
    missing.map(|code| format!("docs/metrics.md: `{code}` is a reason to refuse; name it")).collect()
}

/// Compares the commented file with the table of keys, both ways.
fn config_file(text: &str) -> Vec<String> {
    let mut complaints = Vec::new();
    let mut seen = BTreeSet::new();
    let mut section = String::new();
    let lines: Vec<_> = text.lines().collect();
    for (index, line) in lines.iter().enumerate() {
        if let Some(name) = line.strip_prefix('[') {
            section = format!("{}.", name.trim_end_matches(']'));
        }
        let Some((name, value)) = line.split_once(" = ").filter(|_| !line.starts_with('#')) else {
            continue;
        };
        let path = format!("{section}{name}");
        let Some(key) = KEYS.iter().find(|key| key.path == path) else {
            complaints.push(format!("`{path}` is no key: take it out"));
            continue;
        };
        seen.insert(key.path);
        let default = key.kind.default().to_string();
        let comment = [format!("# {}", key.doc), format!("# {}", key.summary())];
        if value != default {
            complaints.push(format!("`{path}` must show its default, {default}"));
        }
        if lines[index.saturating_sub(2)..index] != comment {
            complaints.push(format!("above `{path}` write:\n{}", comment.join("\n")));
        }
    }
    let missing = KEYS.iter().filter(|key| !seen.contains(key.path));
    complaints.extend(missing.map(|key| format!("`{}` is missing: add it", key.path)));
    complaints
}

#[test]
fn files_are_short() {
    check(&all_rust_files(), length);
    assert!(length(&"\n".repeat(MAX_LINES - 1)).is_empty());
    assert_eq!(length(&"\n".repeat(MAX_LINES)).len(), 1);
}

#[test]
fn files_begin_by_saying_what_they_are() {
    check(&all_rust_files(), header);
    assert!(header("//! A file.\n").is_empty());
    assert!(header(&format!("{}//!\n//! More.\n", "//! A.\n".repeat(5))).is_empty());
    assert_eq!(header("use std::fs;\n//! Late.\n").len(), 1);
    assert_eq!(header(&"//! Long.\n".repeat(6)).len(), 1);
}

#[test]
fn nothing_is_left_undone() {
    check(&all_rust_files(), undone);
    for word in UNDONE {
        assert_eq!(undone(&format!("fn f() {{}}\n// {word}\n")).len(), 1);
    }
}

#[test]
fn crates_import_only_what_they_may() {
    let manifests: Vec<_> = fs::read_dir(root().join("src"))
        .expect("the repository has src/")
        .map(|entry| entry.expect("the directory is being read").path())
        .map(|directory| directory.join("Cargo.toml"))
        .filter(|manifest| manifest.exists())
        .map(|manifest| (manifest.clone(), read(&manifest)))
        .collect();
    assert_eq!(manifests.len(), MAY_IMPORT.len());
    check(&manifests, imports);

    let bad = |package: &str, rest: &str| imports(&format!("[package]\nname = \"{package}\"\n{rest}")).len();
    assert_eq!(bad("ledger", "[dependencies]\nwal = {}\nengine = {}"), 2);
    assert_eq!(bad("wal", "[dev-dependencies]\nserde_json = {}\nwal = {}"), 1);
    assert_eq!(bad("engine", "[dependencies]\nledger = {}\nserver = {}"), 1);
    assert_eq!(bad("engine", "[target.x.dependencies]\ntokio = {}"), 1);
    assert_eq!(bad("server", "[dependencies]\ntokio = {}\nengine = {}"), 0);
    assert_eq!(bad("ledger", "[dev-dependencies]\nnaive = {}"), 0);
    assert_eq!(bad("ledger", "[dependencies]\nnaive = {}"), 1);
    assert_eq!(bad("server", "[build-dependencies]\nnaive = {}"), 1);
    assert_eq!(bad("newcomer", ""), 1);
}

#[test]
fn metrics_and_their_page_agree() {
    let page = read(&root().join("docs/metrics.md"));
    let shipped = rust_files("src").into_iter();
    let code = shipped.filter(|(path, _)| is_shipped(path)).flat_map(|(_, text)| metric_names(&text, '"')).collect();
    none(&metrics(&code, &page));
    none(&reasons(&page));
    assert_eq!(reasons(&page.replace("`sku_in_use`", "")).len(), 1);

    let code = metric_names("counter!(\"tidegate_a_total\"); gauge!(\"tidegate_b\")", '"');
    assert!(metrics(&code, "`tidegate_a_total{shard}` and `tidegate_b`").is_empty());
    assert_eq!(metrics(&code, "`tidegate_a_total`, `tidegate_c`").len(), 2);
    assert!(!is_shipped(Path::new("src/wal/src/tests.rs")));
    assert!(!is_shipped(Path::new("src/wal/tests/it/main.rs")));
    assert!(is_shipped(Path::new("src/wal/src/lib.rs")));
}

#[test]
fn the_commented_configuration_and_the_keys_agree() {
    let text = read(&root().join("config/tidegate.toml"));
    none(&config_file(&text));

    let one = |bad: String| assert_eq!(config_file(&bad).len(), 1, "{bad}");
    assert_ne!(text, text.replace("shards = 0", "shards = 1"));
    one(text.replace("\nshards = 0", "\nshards = 1"));
    one(text.replace("\nshards = 0", ""));
    one(text.replace("0 to 64 shards", "0 to 65 shards"));
    one(format!("{text}\nlog_colour = 1\n"));
    assert_eq!(
        config_file(&text.replace("[http]", "[https]")).len(),
        2 * KEYS.iter().filter(|key| key.section() == "http").count()
    );
}

#[test]
fn the_commented_configuration_is_what_stands_without_it() {
    use server::config::{Config, Flags};
    let file = root().join("config/tidegate.toml");
    let load = |file| Config::load(file, std::iter::empty(), Flags::default()).unwrap();
    assert_eq!(load(Some(&file)), load(None));
}
