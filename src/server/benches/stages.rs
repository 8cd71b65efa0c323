//! `make bench`: each stage of a reservation by itself, under criterion. The stages are the server's (`sizing/stages`);
//! the table is made by scripts/bench.sh.
#![forbid(unsafe_code)]

use std::time::Duration;

use criterion::Criterion;
use server::sizing::stages::Stage;

/// The allocator of the program, which a part of every stage is.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() {
    let mut criterion = Criterion::default()
        .sample_size(40)
        .warm_up_time(Duration::from_millis(500))
        .measurement_time(Duration::from_secs(2))
        .configure_from_args();
    for stage in Stage::OF_A_RESERVATION {
        let dir = tempfile::tempdir_in(".").expect("the directory of the bench takes files");
        criterion.bench_function(stage.word(), |bencher| {
            let mut run =
                stage.prepare(&dir.path().join("log"), 1).expect("the machine has threads and room on its disk");
            bencher.iter_custom(|times| run(times).expect("the disk takes what the stage writes"));
        });
    }
    criterion.final_summary();
}
