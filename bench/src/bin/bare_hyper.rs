//! `bare_hyper`: the HTTP library alone, as the ceiling of what a server on it can do. Only arguments live here.
#![forbid(unsafe_code)]

use std::net::{SocketAddr, TcpListener};
use std::process::ExitCode;

use bench::Error;
use clap::Parser;

#[derive(Parser)]
#[command(
    about = "Reads every request whole and answers a constant 201: the ceiling that Tidegate is measured against"
)]
struct Arguments {
    /// Where to listen
    #[arg(long, default_value = "127.0.0.1:7790")]
    listen: SocketAddr,
    /// Single-threaded runtimes that the connections are dealt to
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..))]
    io_threads: u16,
    /// Bytes of each answer's body; Tidegate's answer to a reservation of one line has about so many
    #[arg(long, default_value_t = 230)]
    body_bytes: u32,
}

fn main() -> ExitCode {
    let Err(error) = serve(&Arguments::parse()) else { return ExitCode::SUCCESS };
    eprintln!("bare_hyper: {error}");
    ExitCode::from(2)
}

fn serve(arguments: &Arguments) -> Result<(), Error> {
    let listener = TcpListener::bind(arguments.listen).map_err(Error::connection(arguments.listen))?;
    println!("listening on {}", listener.local_addr().map_err(Error::connection(arguments.listen))?);
    bench::bare::serve(&listener, usize::from(arguments.io_threads), arguments.body_bytes as usize)
}
