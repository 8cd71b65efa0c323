//! The stub platform: its knee as arithmetic, and what it does to calls as clients see it.

use std::io::Read;
use std::time::{Duration, Instant};

use bench::platform::{Knee, Platform, Settings, Stats};
use serde_json::{Value, json};

const PATIENCE: Duration = Duration::from_secs(30);

fn quick() -> Settings {
    Settings { service_ms: 1.0, ..Settings::default() }
}

fn start(settings: Settings) -> Platform {
    Platform::start(settings).expect("loopback has free ports")
}

fn agent() -> ureq::Agent {
    ureq::Agent::config_builder().http_status_as_error(false).timeout_global(Some(PATIENCE)).build().into()
}

fn status(platform: &Platform, path: &str) -> u16 {
    let answer = agent().get(format!("http://{}{path}", platform.address)).call();
    answer.expect("the platform answers").status().as_u16()
}

fn set(platform: &Platform, change: &Value) -> (u16, String) {
    let answer = agent().post(format!("http://{}/set", platform.control)).send(change.to_string());
    let mut answer = answer.expect("the control listener answers");
    (answer.status().as_u16(), answer.body_mut().read_to_string().expect("it is text"))
}

fn wait_for(platform: &Platform, what: &str, holds: impl Fn(&Stats) -> bool) {
    let started = Instant::now();
    while !holds(&platform.stats()) {
        assert!(started.elapsed() < PATIENCE, "{what}: {:?}", platform.stats());
        std::thread::sleep(Duration::from_millis(2));
    }
}

#[test]
fn calls_wait_for_a_worker_and_a_full_line_refuses() {
    let at = Duration::from_millis;
    let mut knee = Knee::default();
    let mut arrive = |now, service| knee.arrive(at(now), 2, 2, at(service));
    assert_eq!(arrive(0, 10), Some(at(10)));
    assert_eq!(arrive(0, 30), Some(at(30)));
    assert_eq!(arrive(5, 10), Some(at(20)), "behind the first");
    assert_eq!(arrive(6, 10), Some(at(30)), "behind the third");
    assert_eq!(arrive(7, 10), None, "two wait already");
    assert_eq!(arrive(10, 10), Some(at(40)), "one of them has begun");
    assert_eq!(arrive(100, 10), Some(at(110)), "nobody waits any more");
}

#[test]
fn work_that_is_done_at_a_time_follows_the_workers() {
    let done_by = |workers| {
        let mut knee = Knee::default();
        (0..100).filter_map(|_| knee.arrive(Duration::ZERO, workers, 100, Duration::from_millis(10))).max()
    };
    assert_eq!(done_by(1), Some(Duration::from_secs(1)));
    assert_eq!(done_by(10), Some(Duration::from_millis(100)));
}

#[test]
fn workers_who_leave_finish_what_they_have_begun() {
    let at = Duration::from_millis;
    let mut knee = Knee::default();
    for service in [10, 20] {
        knee.arrive(at(0), 2, 9, at(service));
    }
    assert_eq!(knee.arrive(at(0), 1, 9, at(5)), Some(at(25)), "the one who stays is busy for 20 ms");
}

#[test]
fn a_call_takes_its_mean_on_average_and_at_least_half_of_it() {
    let settings = Settings { service_ms: 100.0, slow: 2.0, ..Settings::default() };
    let drawn: Vec<f64> = (0..1_000).map(|place| settings.service(f64::from(place) / 1e3).as_secs_f64()).collect();
    let mean = drawn.iter().sum::<f64>() / 1e3;
    assert!((mean - 0.2).abs() < 0.005, "{mean}");
    assert!((drawn[0] - 0.1).abs() < 1e-9);
}

#[test]
fn calls_are_counted_by_path_and_those_that_come_again_too() {
    let platform = start(quick());
    for (path, id) in [("/payments/1", "a"), ("/payments/2", "b"), ("/browse/1", "a")] {
        let call = agent().get(format!("http://{}{path}", platform.address)).header("x-request-id", id).call();
        assert_eq!(call.expect("the platform answers").status(), 200);
    }
    let stats = platform.stats();
    assert_eq!((stats.calls, stats.retries, stats.refused), (3, 1, 0));
    assert_eq!((stats.calls_by_kind["payments"], stats.calls_by_kind["browse"]), (2, 1));
    assert!(stats.peak_in_flight >= 1);
    let told = agent().get(format!("http://{}/stats", platform.control)).call().expect("the control listener answers");
    let told: Value = serde_json::from_reader(told.into_body().into_reader()).expect("JSON");
    assert_eq!(told["calls"], 3);
}

#[test]
fn it_is_set_while_it_runs_and_refuses_what_it_does_not_know() {
    let platform = start(quick());
    assert_eq!(set(&platform, &json!({ "status": 503 })).0, 200);
    assert_eq!(status(&platform, "/"), 503);
    assert_eq!(set(&platform, &json!({ "status": 200, "error_rate": 1.0 })).0, 200);
    assert_eq!(status(&platform, "/"), 500);
    assert_eq!(set(&platform, &json!({ "error_rate": 0.0 })).0, 200);
    assert_eq!(status(&platform, "/"), 200);
    for (change, word) in [(json!({ "speed": 1 }), "speed"), (json!({ "workers": 0 }), "workers is 1 to 10000")] {
        let (status, problem) = set(&platform, &change);
        assert_eq!(status, 400);
        assert!(problem.contains(word), "{problem}");
    }
}

#[test]
fn a_full_line_is_answered_503() {
    let platform = start(Settings { workers: 1, queue: 0, service_ms: 60_000.0, ..Settings::default() });
    let address = platform.address;
    std::thread::spawn(move || agent().get(format!("http://{address}/")).call());
    wait_for(&platform, "the first call", |stats| stats.in_flight == 1);
    assert_eq!(status(&platform, "/"), 503);
    assert_eq!(platform.stats().refused, 1);
}

#[test]
fn a_call_that_hangs_is_under_way_until_its_client_leaves() {
    let platform = start(quick());
    set(&platform, &json!({ "hang": true }));
    let mut client = std::net::TcpStream::connect(platform.address).expect("it listens");
    std::io::Write::write_all(&mut client, b"GET / HTTP/1.1\r\nhost: platform\r\n\r\n").expect("it reads");
    wait_for(&platform, "the call", |stats| stats.in_flight == 1);
    drop(client);
    wait_for(&platform, "the end of the call", |stats| stats.in_flight == 0);
}

#[test]
fn connections_are_broken_off_when_asked_for() {
    let platform = start(quick());
    set(&platform, &json!({ "reset": true }));
    assert!(agent().get(format!("http://{}/", platform.address)).call().is_err());
    assert_eq!(platform.stats().in_flight, 0);
}

#[test]
fn a_body_that_trickles_comes_whole_in_many_pieces() {
    let platform = start(Settings { trickle_ms: 1, ..quick() });
    let mut client = std::net::TcpStream::connect(platform.address).expect("it listens");
    let request = b"GET / HTTP/1.1\r\nhost: platform\r\nconnection: close\r\n\r\n";
    std::io::Write::write_all(&mut client, request).expect("it reads");
    let mut answer = String::new();
    client.read_to_string(&mut answer).expect("the platform answers");
    // Each byte is a chunk of its own.
    assert!(answer.contains("chunked"), "{answer}");
    assert_eq!(answer.matches("\r\n1\r\n").count(), "{\"served\":true}".len(), "{answer}");
}
