//! `stub_platform`: a platform with a knee and with faults, to stand behind a gateway. Only arguments live here.
#![forbid(unsafe_code)]

use std::net::SocketAddr;
use std::process::ExitCode;

use bench::Error;
use bench::platform::{Platform, Settings};
use clap::Parser;

#[derive(Parser)]
#[command(
    about = "Answers everything after a wait, like a platform that can do so much at once and no more",
    after_help = "A call takes half of its time surely and the rest by chance. WORKERS calls are worked on at once, QUEUE wait, and \
                  more are answered 503. The control listener changes it while it runs, any of the settings at a time:\n\n  \
                  curl -d '{\"slow\":10}' http://127.0.0.1:9001/set\n  \
                  curl -d '{\"slow\":1,\"status\":503}' http://127.0.0.1:9001/set     errors are answered at once\n  \
                  curl -d '{\"status\":200,\"error_rate\":0.2}' http://127.0.0.1:9001/set\n  \
                  curl -d '{\"hang\":true}' http://127.0.0.1:9001/set                never answers\n  \
                  curl -d '{\"hang\":false,\"trickle_ms\":50}' http://127.0.0.1:9001/set   a byte each 50 ms\n  \
                  curl -d '{\"reset\":true}' http://127.0.0.1:9001/set               breaks connections off\n  \
                  curl http://127.0.0.1:9001/stats\n\n\
                  Exit codes: 2 it could not listen, or cannot be like that."
)]
struct Arguments {
    /// Where it answers
    #[arg(long, default_value = "127.0.0.1:9000")]
    listen: SocketAddr,
    /// Where it is set and asked
    #[arg(long, default_value = "127.0.0.1:9001")]
    control: SocketAddr,
    /// What a call takes on average, in milliseconds
    #[arg(long, default_value_t = Settings::default().service_ms)]
    service_ms: f64,
    /// Calls worked on at once
    #[arg(long, default_value_t = Settings::default().workers)]
    workers: usize,
    /// Calls that may wait
    #[arg(long, default_value_t = Settings::default().queue)]
    queue: usize,
}

fn main() -> ExitCode {
    match start(&Arguments::parse()) {
        // It serves on its own thread until the process is ended.
        Ok(_platform) => loop {
            std::thread::park();
        },
        Err(error) => {
            eprintln!("stub_platform: {error}");
            ExitCode::from(2)
        }
    }
}

fn start(arguments: &Arguments) -> Result<Platform, Error> {
    let Arguments { service_ms, workers, queue, .. } = *arguments;
    let settings = Settings { service_ms, workers, queue, ..Settings::default() };
    let capacity = settings.capacity_per_s();
    let platform = Platform::listen(arguments.listen, arguments.control, settings)?;
    println!("platform listening on http://{}", platform.address);
    println!("control listening on http://{}", platform.control);
    println!("capacity {capacity:.0} calls a second");
    Ok(platform)
}
