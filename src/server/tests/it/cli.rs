//! The command line: what is understood, what is bad usage, and that the help teaches.

use clap::{CommandFactory, Parser};
use server::cli::{Cli, Command};
use server::import::{Format, PATIENCE, Source};

fn parse(line: &str) -> Result<Command, clap::Error> {
    Cli::try_parse_from(line.split(' ')).map(|cli| cli.command)
}

#[test]
fn serve_hands_its_flags_to_the_configuration() {
    let Command::Serve(serve) = parse("tidegate serve --config a.toml --api h:1 --admin h:2 --data-dir d").unwrap()
    else {
        panic!("serve is serve");
    };
    let flags = serve.flags();
    assert_eq!(serve.config.as_deref(), Some("a.toml".as_ref()));
    assert_eq!(flags.data_dir.as_deref(), Some("d"));
    assert_eq!(flags.api.as_deref(), Some("h:1"));
    assert_eq!(flags.admin.as_deref(), Some("h:2"));
}

#[test]
fn import_knows_stdin_formats_and_the_default_server() {
    let import = |line| match parse(line) {
        Ok(Command::Import(import)) => import.job(),
        other => panic!("import is import: {other:?}"),
    };
    let job = import("tidegate import -");
    assert_eq!((job.source, job.format, job.patience), (Source::Stdin, None, PATIENCE));
    assert_eq!(job.target, "http://127.0.0.1:7700/".parse().unwrap());
    let job = import("tidegate import a.csv --format csv --api http://h:1");
    assert_eq!((job.source, job.format), (Source::File("a.csv".into()), Some(Format::Csv)));
    assert_eq!(job.target, "http://h:1".parse().unwrap());
    assert_eq!(import("tidegate import - --format shopify-csv").format, Some(Format::ShopifyCsv));
}

#[test]
fn log_and_verify_take_a_data_directory() {
    let Command::Log(log) = parse("tidegate log --data-dir d --from 7 --limit 2").unwrap() else {
        panic!("log is log");
    };
    assert_eq!((log.from, log.limit), (Some(7), Some(2)));
    assert!(matches!(parse("tidegate verify --data-dir d"), Ok(Command::Verify(_))));
}

#[test]
fn restore_takes_two_directories_and_an_end() {
    let Command::Restore(restore) = parse("tidegate restore --from b --data-dir d --until 7").unwrap() else {
        panic!("restore is restore");
    };
    assert_eq!((restore.from, restore.data_dir, restore.until), ("b".into(), "d".into(), Some(7)));
}

#[test]
fn bench_self_measures_here_where_nothing_else_is_said() {
    let Command::BenchSelf(bench) = parse("tidegate bench-self --json").unwrap() else {
        panic!("bench-self is bench-self");
    };
    assert_eq!((bench.dir, bench.json), (".".into(), true));
}

#[test]
fn plan_takes_the_peak_for_the_mean_and_a_month_of_history_where_nothing_else_is_said() {
    let target = |line| match parse(line) {
        Ok(Command::Plan(plan)) => plan.target(),
        other => panic!("plan is plan: {other:?}"),
    };
    let least = target("tidegate plan --peak-rps 50 --skus 3 --ttl 60").unwrap();
    assert_eq!((least.peak_rps, least.mean_rps, least.lines, least.retention_s), (50.0, 50.0, 1, 2_592_000));
    let full = "tidegate plan --peak-rps 50 --mean-rps 5 --skus 3 --ttl 60 --lines 2 --retention 0";
    let full = target(full).unwrap();
    assert_eq!((full.mean_rps, full.skus, full.ttl_s, full.lines, full.retention_s), (5.0, 3, 60, 2, 0));
    let error = target("tidegate plan --peak-rps 5 --mean-rps 50 --skus 3 --ttl 60").unwrap_err();
    assert_eq!(error.exit_code(), 2);
}

#[test]
fn openapi_takes_nothing() {
    assert!(matches!(parse("tidegate openapi"), Ok(Command::OpenApi)));
}

#[test]
fn bad_usage_is_exit_code_2() {
    let bad = [
        "tidegate",
        "tidegate sevre",
        "tidegate serve --shards 2",
        "tidegate import",
        "tidegate import a.csv --api https://h",
        "tidegate import a.csv --api h:1",
        "tidegate import a.csv --format xml",
        "tidegate verify",
        "tidegate restore --from b",
        "tidegate restore --data-dir d",
        "tidegate restore --from b --data-dir d --until yesterday",
        "tidegate log --data-dir d --from first",
        "tidegate openapi --yaml",
        "tidegate bench-self --dir",
        "tidegate plan",
        "tidegate plan --peak-rps 1 --skus 1",
        "tidegate plan --peak-rps 0 --skus 1 --ttl 1",
        "tidegate plan --peak-rps 1 --skus 1 --ttl 1 --lines 101",
        "tidegate plan --peak-rps 1 --skus 1 --ttl 1 --cores 0",
        "tidegate plan --peak-rps 1 --skus 1 --ttl 1 --measured a.json --dir d",
    ];
    for line in bad {
        assert_eq!(parse(line).unwrap_err().exit_code(), 2, "{line}");
    }
}

#[test]
fn every_command_teaches_beyond_its_options() {
    let command = Cli::command();
    command.clone().debug_assert();
    for command in command.get_subcommands().chain([&command]) {
        let examples = command.get_after_help().map(ToString::to_string);
        assert!(examples.is_some_and(|text| text.contains("tidegate ") || text.contains("Exit codes")));
    }
}
