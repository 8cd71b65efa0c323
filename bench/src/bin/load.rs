//! `load`: the closed or the open loop on one target, a line of JSON for each number of connections. Only arguments and exit codes
//! live here.
#![forbid(unsafe_code)]

use std::net::SocketAddr;
use std::process::ExitCode;
use std::time::Duration;

use bench::Error;
use bench::load::carts::Carts;
use bench::load::http::{Ask, Http};
use bench::load::postgres::Postgres;
use bench::load::redis::Redis;
use bench::load::{Job, Pace, Span, Target, run};
use clap::{Parser, ValueEnum};

#[derive(Clone, Copy, ValueEnum)]
enum Protocol {
    /// Reservations of one unit of one hot SKU
    Tidegate,
    /// Carts of three of ten hot SKUs
    TidegateCarts,
    /// The same in a sale with limits per customer, each cart by another one
    TidegateSale,
    /// The same bytes to `bare_hyper`
    Hyper,
    /// A script that does the same work
    Redis,
    /// A function that does the same work, over one row
    Postgres,
}

#[derive(Parser)]
#[command(
    about = "Keeps N connections busy with reservations of hot SKUs and prints what came of it, as JSON lines",
    after_help = "It stocks its SKUs (HOT, CART-0 and so on) with 1,000,000,000 units each first: do not point it at a server whose stock matters.\n\n\
                  Examples:\n  \
                  load --target tidegate --address 127.0.0.1:7700 --connections 1,64,256 --seconds 10\n  \
                  load --target redis --address 127.0.0.1:6379\n  \
                  load --target tidegate --connections 256 --rate 20000\n\n\
                  Exit codes: 0 every answer was as expected, 1 some were not, 2 it could not be carried out."
)]
struct Arguments {
    /// Which protocol, and what to expect
    #[arg(long, value_enum)]
    target: Protocol,
    /// Where it listens
    #[arg(long, default_value = "127.0.0.1:7700")]
    address: SocketAddr,
    /// Connections, one run for each number
    #[arg(long, value_delimiter = ',', default_value = "64", value_parser = clap::value_parser!(u16).range(1..))]
    connections: Vec<u16>,
    /// Seconds of each run
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u64).range(1..=600))]
    seconds: u64,
    /// Requests a second over all connections, whatever becomes of them [default: each connection's next as soon as it can]
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    rate: Option<u32>,
    /// Milliseconds before that, which are not counted
    #[arg(long, default_value_t = 500, value_parser = clap::value_parser!(u64).range(..=60_000))]
    warm_up_ms: u64,
}

fn main() -> ExitCode {
    match load(&Arguments::parse()) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("load: {error}");
            ExitCode::from(2)
        }
    }
}

/// True when every answer was the expected one.
fn load(arguments: &Arguments) -> Result<bool, Error> {
    let mut target: Box<dyn Target> = match arguments.target {
        Protocol::Tidegate => Box::new(Http::tidegate(Ask::Reserve)),
        Protocol::TidegateCarts => Box::new(Carts::Plain),
        Protocol::TidegateSale => Box::new(Carts::InSale),
        Protocol::Hyper => Box::new(Http::constant(Ask::Reserve)),
        Protocol::Redis => Box::new(Redis::default()),
        Protocol::Postgres => Box::new(Postgres { skus: 1 }),
    };
    let span =
        Span { warm_up: Duration::from_millis(arguments.warm_up_ms), measured: Duration::from_secs(arguments.seconds) };
    target.prepare(arguments.address)?;
    let name = arguments.target.to_possible_value().map_or_else(String::new, |value| value.get_name().to_owned());
    let mut clean = true;
    for &connections in &arguments.connections {
        let summary = run(&Job {
            name: &name,
            target: &*target,
            address: arguments.address,
            connections: usize::from(connections),
            pace: arguments.rate.map_or(Pace::Closed, |rate_per_s| Pace::Open { rate_per_s }),
            span,
            process: None,
        })?;
        println!("{}", serde_json::json!(summary));
        clean &= summary.errors == 0;
    }
    Ok(clean)
}
