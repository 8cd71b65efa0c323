//! The configuration changed while the server serves: by a patch, by taking one back, by reading the file again. What is
//! refused changes nothing, and no request is lost.

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::client::{Answer, Client};
use crate::gateway::{admission, get, metric};
use crate::platform::Platform;
use crate::program::{Server, tidegate, wait_until};

/// A platform that nothing is hidden from: neither a busy machine nor a slow answer makes the gateway refuse.
pub fn calm(platform: &Platform) -> String {
    let patient = "[admission]\ntarget_delay_ms = 10000\ndrop_delay_ms = 60000\n";
    patient.to_owned() + &platform.upstream("timeout_ms = 60000\nmax_concurrency = 100")
}

pub fn gateway(platform: &Platform, more: &str) -> (TempDir, Server) {
    let dir = tempfile::tempdir().expect("a directory");
    let server = Server::start_gateway(&dir.path().join("data"), &(calm(platform) + more));
    (dir, server)
}

fn upstream(platform: &Platform, name: &str) -> Value {
    json!({"name": name, "url": format!("http://{}", platform.address), "timeout_ms": 60_000, "max_concurrency": 100})
}

pub fn ask(server: &Server, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Answer {
    Client::connect(server.admin).request(method, path, headers, body.as_bytes())
}

pub fn patch(server: &Server, patch: &Value) -> Answer {
    ask(server, "PATCH", "/admin/v1/config", &[], &patch.to_string())
}

pub fn config(server: &Server) -> Value {
    ask(server, "GET", "/admin/v1/config", &[], "").ok(200)
}

fn answered_in(server: &Server, class: &str) -> u64 {
    let line = format!("tidegate_gateway_requests_total{{class=\"{class}\",status=\"2xx\"}}");
    metric(server, &line) as u64
}

#[test]
fn a_quota_holds_from_the_patch_on_and_until_it_is_given_back() {
    let platform = Platform::start();
    let (_dir, server) = gateway(&platform, "");
    assert_eq!(get(&server, "/", &[]).header("ratelimit-policy"), None);
    let answer = patch(&server, &json!({"gateway": {"client_rate_per_s": 1, "client_burst": 2}}));
    let changed = json!(["gateway.client_rate_per_s", "gateway.client_burst"]);
    assert_eq!(answer.ok(200), json!({"version": 2, "changed": changed}));
    assert_eq!(answer.header("etag"), Some("\"2\""));
    // The connection is as old as the listener: rules belong to requests.
    let mut shopper = server.shopper();
    let answers: Vec<_> = (0..5)
        .map(|_| {
            shopper.send("GET", "/", &[], b"");
            shopper.receive()
        })
        .collect();
    assert_eq!(answers[0].header("ratelimit-policy"), Some("\"client\";q=1;w=1;burst=2"));
    let refused = answers.iter().find(|answer| answer.status != 200).expect("two at once");
    assert_eq!(refused.problem(429, "rate_limited")["reason"], "client_quota");

    let shown = config(&server);
    assert_eq!((&shown["version"], &shown["overlay_in_force"]), (&json!(2), &json!(true)));
    assert_eq!(shown["overlay"], json!({"gateway": {"client_rate_per_s": 1, "client_burst": 2}}));
    assert_eq!(shown["config"]["gateway"]["client_burst"], 2);
    assert!(shown["live"].as_array().is_some_and(|live| live.contains(&json!("gateway.route"))));
    assert!((metric(&server, "tidegate_config_version") - 2.0).abs() < 0.1);

    let given_back = patch(&server, &json!({"gateway": null})).ok(200);
    assert_eq!(given_back["version"], 3);
    assert_eq!(get(&server, "/", &[]).header("ratelimit-policy"), None);
    assert_eq!(patch(&server, &json!({"gateway": null})).ok(200), json!({"version": 3, "changed": []}));
}

#[test]
fn routes_are_replaced_as_a_whole_with_class_and_answer() {
    let platform = Platform::start();
    let (_dir, server) = gateway(&platform, "");
    assert_eq!(get(&server, "/search", &[]).status, 200);
    assert_eq!(answered_in(&server, "browse"), 1);
    let answer = json!({"status": 203, "content_type": "text/plain", "body": "later"});
    let search = json!({"path": "/search", "class": "non_essential", "upstream": "platform",
                        "brownout_level": 2, "brownout_answer": answer, "percent": null});
    assert_eq!(patch(&server, &json!({"gateway": {"route": [search]}})).ok(200)["changed"], json!(["gateway.route"]));
    assert_eq!(get(&server, "/search", &[]).status, 200);
    assert_eq!(answered_in(&server, "non_essential"), 1);
    let pinned = ask(&server, "PUT", "/admin/v1/brownout", &[], "{\"level\":2}").ok(200);
    assert_eq!(pinned, json!({"level": 2, "pinned": 2}));
    let fixed = get(&server, "/search", &[]);
    assert_eq!((fixed.status, fixed.body.as_str()), (203, "later"));
    patch(&server, &json!({"gateway": {"route": []}})).ok(200);
    assert_eq!(get(&server, "/search", &[]).status, 200);
    assert_eq!(answered_in(&server, "browse"), 2);
}

#[test]
fn traffic_moves_to_another_upstream_by_percent_and_calls_under_way_are_finished() {
    let (old, new) = (Platform::start(), Platform::start());
    let (_dir, server) = gateway(&old, "[gateway]\ntrusted_hops = 1\n");
    let mut slow = server.shopper();
    slow.send("GET", "/trickle", &[], b"");
    assert_eq!(slow.receive().status, 200);
    let split = |percent: u8| {
        let routes = json!([{"path": "*", "upstream": "new", "percent": percent}]);
        let both = json!([upstream(&old, "platform"), upstream(&new, "new")]);
        patch(&server, &json!({"gateway": {"upstream": both, "route": routes}})).ok(200);
        let (before_old, before_new) = (old.asked(), new.asked());
        for client in 0..50 {
            let address = format!("198.51.100.{client}");
            assert_eq!(get(&server, "/", &[("X-Forwarded-For", &address)]).status, 200);
        }
        (old.asked() - before_old, new.asked() - before_new)
    };
    assert_eq!(split(0), (50, 0));
    let (to_old, to_new) = split(50);
    assert!(to_old > 5 && to_new > 5, "{to_old} and {to_new}");
    assert_eq!(split(100), (0, 50));
    patch(&server, &json!({"gateway": {"upstream": [upstream(&new, "new")], "route": []}})).ok(200);
    assert_eq!(admission(&server)["upstreams"].as_array().map(Vec::len), Some(1));
    let mut pieces = 0;
    while slow.read_chunk().expect("nobody breaks it off").is_some() {
        pieces += 1;
    }
    assert_eq!(pieces, 20);
    // The same name at another place is there at once as well.
    let asked = old.asked();
    patch(&server, &json!({"gateway": {"upstream": [upstream(&old, "new")]}})).ok(200);
    assert_eq!((get(&server, "/", &[]).status, old.asked() - asked), (200, 1));
}

/// A patch with one route, of which something is wrong.
fn route(wrong: Value) -> Value {
    let mut route = json!({"path": "/b", "upstream": "platform"});
    if let (Some(route), Value::Object(wrong)) = (route.as_object_mut(), wrong) {
        route.extend(wrong);
    }
    json!({"gateway": {"route": [route]}})
}

#[test]
fn what_cannot_be_is_refused_with_its_place_and_changes_nothing() {
    let platform = Platform::start();
    let (dir, server) = gateway(&platform, "[[gateway.route]]\npath = \"/a\"\nupstream = \"platform\"\n");
    let before = config(&server);
    for (wrong, pointer, says) in [
        (json!({"gateway": {"client_rate_per_s": -1}}), "/gateway/client_rate_per_s", "0 to 1000000 requests a second"),
        (json!({"gateway": {"client_rate_per_s": "5"}}), "/gateway/client_rate_per_s", "0 to 1000000"),
        (json!({"gateway": {"client_rate_per_s": [1, null]}}), "/gateway/client_rate_per_s", "0 to 1000000"),
        (
            json!({"gateway": {"client_rates_per_s": 5}}),
            "/gateway/client_rates_per_s",
            "did you mean `gateway.client_rate_per_s`",
        ),
        (json!({"gateway": {"max_clients": 4096}}), "/gateway/max_clients", "takes a restart"),
        (json!({"listen": {"gateway": ""}}), "/listen/gateway", "takes a restart"),
        (json!({"data_dir": "elsewhere"}), "/data_dir", "takes a restart"),
        (json!({"log": {"segment_bytes": 8_388_608}}), "/log/segment_bytes", "takes a restart"),
        (json!({"admission": {"limit_min": 5, "limit_max": 4}}), "/admission/limit_min", "not be above"),
        (json!({"admission": {"drop_delay_ms": 9000}}), "/admission/drop_delay_ms", "not be above"),
        (json!({"gateway": {"route": {"path": "/b"}}}), "/gateway/route", "JSON objects"),
        (json!({"gateway": {"route": [{"path": "/b"}]}}), "/gateway/route/0", "missing field `upstream`"),
        (
            json!({"gateway": {"route": [{"path": "/b", "upstream": "platform"}, {"path": "/b", "upstream": "x"}]}}),
            "/gateway/route/1",
            "there is no upstream `x`",
        ),
        (json!({"gateway": {"upstream": [{"name": "x", "url": "ftp://x"}]}}), "/gateway/upstream/0", "http://"),
        (json!({"gateway": {"api_key_header": "no name"}}), "/gateway/api_key_header", "letters, digits"),
        (route(json!({"path": "/a%zz"})), "/gateway/route/0", "two hexadecimal digits"),
        (route(json!({"path": "a"})), "/gateway/route/0", "begins with a slash"),
        (route(json!({"header": "x y: 1"})), "/gateway/route/0", "`name: value`"),
        // Nobody could send these.
        (route(json!({"header": "x_y: 1"})), "/gateway/route/0", "without an underscore"),
        (json!({"gateway": {"api_key_header": "x_key"}}), "/gateway", "without an underscore"),
        (route(json!({"header": "x: \u{e4}"})), "/gateway/route/0", "`name: value`"),
        (
            route(json!({"brownout_level": 1, "brownout_answer": {"content_type": "a\r\nb: c"}})),
            "/gateway/route/0",
            "content_type",
        ),
        (json!({"gateway": 5}), "/gateway", "a JSON object"),
        (json!(7), "", "a JSON object"),
        // A good part does not save a bad one, nor the other way round.
        (json!({"gateway": {"client_burst": 9, "trusted_hops": 99}}), "/gateway/trusted_hops", "0 to 16 proxies"),
    ] {
        let problem = patch(&server, &wrong).problem(400, "invalid_request");
        assert_eq!(problem["pointer"], pointer, "{wrong}: {problem}");
        assert!(problem["detail"].as_str().is_some_and(|detail| detail.contains(says)), "{wrong}: {problem}");
    }
    let no_json = ask(&server, "PATCH", "/admin/v1/config", &[], "{\"gateway\":");
    assert_eq!(no_json.problem(400, "invalid_request")["pointer"], "");
    assert_eq!(ask(&server, "PUT", "/admin/v1/config", &[], "{}").header("allow"), Some("GET, PATCH"));
    assert_eq!(config(&server), before);
    assert!(!server_file(&dir).exists(), "nothing was kept");
}

#[test]
fn an_endpoint_is_used_again_when_nothing_is_asked_of_it_any_more() {
    let (well, sick) = (Platform::start(), Platform::start());
    sick.set_sick(true);
    let both = |health: &str| {
        let urls = [&well, &sick].map(|platform| format!("http://{}", platform.address));
        json!({"name": "platform", "urls": urls, "health_path": health, "health_interval_ms": 100})
    };
    let (_dir, server) = gateway(&well, "");
    let put = |health: &str| patch(&server, &json!({"gateway": {"upstream": [both(health)]}})).ok(200);
    put("/health");
    let ask_both = || (0..20).for_each(|_| assert_eq!(get(&server, "/", &[]).status, 200));
    wait_until("the sick one is left out", || {
        let before = sick.asked();
        ask_both();
        sick.asked() == before
    });
    put("");
    wait_until("it is asked again", || {
        let before = sick.asked();
        ask_both();
        sick.asked() > before
    });
}

pub fn server_file(dir: &TempDir) -> std::path::PathBuf {
    dir.path().join("data/config-overlay.json")
}

#[test]
fn who_changes_an_earlier_version_than_he_has_read_is_told_so() {
    let platform = Platform::start();
    let (_dir, server) = gateway(&platform, "");
    let shown = ask(&server, "GET", "/admin/v1/config", &[], "");
    let tag = shown.header("etag").expect("a tag").to_owned();
    let change = |tag: &str, rate: u32| {
        let body = json!({"gateway": {"client_rate_per_s": rate}}).to_string();
        ask(&server, "PATCH", "/admin/v1/config", &[("If-Match", tag)], &body)
    };
    let next = change(&tag, 1000).header("etag").expect("a tag").to_owned();
    assert_eq!(change(&tag, 2000).problem(409, "stale_version")["version"], 2);
    let late = ask(&server, "POST", "/admin/v1/config/rollback", &[("If-Match", &tag)], "");
    late.problem(409, "stale_version");
    assert_eq!(config(&server)["config"]["gateway"]["client_rate_per_s"], 1000);
    assert_eq!(change(&next, 3000).ok(200)["version"], 3);
    assert_eq!(change("*", 4000).ok(200)["version"], 4);
}

#[test]
fn patches_are_taken_back_one_by_one_and_survive_a_restart() {
    let platform = Platform::start();
    let (dir, server) = gateway(&platform, "");
    let data = dir.path().join("data");
    let roll_back = |server: &Server| ask(server, "POST", "/admin/v1/config/rollback", &[], "");
    roll_back(&server).problem(400, "invalid_request");
    let rate = |server: &Server| config(server)["config"]["gateway"]["client_rate_per_s"].clone();
    for rate in [1000, 2000, 3000] {
        patch(&server, &json!({"gateway": {"client_rate_per_s": rate}})).ok(200);
    }
    let back = json!({"version": 5, "restored_version": 3, "changed": ["gateway.client_rate_per_s"]});
    assert_eq!(roll_back(&server).ok(200), back);
    assert_eq!((rate(&server), config(&server)["versions_before"].clone()), (json!(2000), json!([1, 2])));
    let said = server.messages();
    assert!(said.contains("the configuration was changed") && said.contains("gateway.client_rate_per_s"), "{said}");

    let server = Server::start_gateway(&data, &calm(&platform));
    assert_eq!((rate(&server), config(&server)["version"].clone()), (json!(2000), json!(5)));
    assert!(get(&server, "/", &[]).header("ratelimit-policy").is_some_and(|policy| policy.contains("q=2000")));
    assert_eq!(roll_back(&server).ok(200)["restored_version"], 2);
    assert_eq!(roll_back(&server).ok(200)["restored_version"], 1);
    roll_back(&server).problem(400, "invalid_request");
    assert_eq!((rate(&server), config(&server)["overlay_in_force"].clone()), (json!(0), json!(false)));
    let said = server.messages();
    assert!(said.contains("an overlay of patched settings is in force"), "{said}");
}

#[test]
fn an_overlay_that_cannot_be_used_is_named_and_nothing_starts() {
    let platform = Platform::start();
    let (dir, server) = gateway(&platform, "");
    patch(&server, &json!({"gateway": {"client_rate_per_s": 1000}})).ok(200);
    assert!(server.stop().success());
    let kept = std::fs::read_to_string(server_file(&dir)).expect("it was kept");
    for (damaged, says) in [
        (kept[..kept.len() / 2].to_owned(), "EOF"),
        (kept.replace("1000", "-1"), "0 to 1000000 requests a second"),
        (kept.replace("client_rate_per_s", "client_rates_per_s"), "did you mean `gateway.client_rate_per_s`"),
    ] {
        std::fs::write(server_file(&dir), &damaged).expect("writable");
        let said = serve_in_vain(&dir.path().join("data"));
        assert!(said.contains("config-overlay.json") && said.contains("move it away") && said.contains(says), "{said}");
    }
    std::fs::remove_file(server_file(&dir)).expect("it is there");
    let server = Server::start_gateway(&dir.path().join("data"), &calm(&platform));
    assert_eq!(config(&server)["config"]["gateway"]["client_rate_per_s"], 0);
}

/// What a server says that must end at once, with exit code 2.
fn serve_in_vain(data: &Path) -> String {
    let mut command = tidegate();
    let any = "127.0.0.1:0";
    command.args(["serve", "--api", any, "--admin", any, "--gateway", any, "--data-dir"]).arg(data);
    let ended = command.arg("--config").arg(data.with_extension("toml")).output().expect("the binary runs");
    assert_eq!(ended.status.code(), Some(2), "{ended:?}");
    String::from_utf8_lossy(&ended.stderr).into_owned()
}

#[test]
fn a_hangup_reads_the_file_again_below_what_was_patched() {
    let platform = Platform::start();
    let (dir, server) = gateway(&platform, "");
    patch(&server, &json!({"gateway": {"client_burst": 7000}})).ok(200);
    let file = "[gateway]\nclient_rate_per_s = 5000\nclient_burst = 1\n[engine]\nmax_sales = 7\n";
    write_file(&dir, &(calm(&platform) + file));
    server.signal("HUP");
    wait_until("it was read", || config(&server)["version"] == 3);
    let kept: Value =
        serde_json::from_str(&std::fs::read_to_string(server_file(&dir)).expect("it is there")).expect("JSON");
    assert_eq!(kept["version"], 3, "no other configuration gets this version after a restart");
    let shown = config(&server)["config"].clone();
    let gateway = &shown["gateway"];
    assert_eq!((&gateway["client_rate_per_s"], &gateway["client_burst"]), (&json!(5000), &json!(7000)));
    assert_eq!(shown["engine"]["max_sales"], 100_000, "only a start can change it");
    assert_eq!(get(&server, "/", &[]).header("ratelimit-policy"), Some("\"client\";q=5000;w=1;burst=7000"));
    // A patch goes on from what was read.
    patch(&server, &json!({"gateway": {"client_burst": null}})).ok(200);
    assert_eq!(config(&server)["config"]["gateway"]["client_burst"], 1);
    let said = server.messages();
    assert!(said.contains("this takes a restart") && said.contains("engine.max_sales"), "{said}");
}

#[test]
fn a_wrong_file_is_told_by_line_and_key_and_changes_nothing() {
    let platform = Platform::start();
    let (dir, mut server) = gateway(&platform, "");
    let before = config(&server);
    write_file(&dir, "[gateway]\nclient_rate_per_s = 6000\ntrusted_hops = 99\n");
    server.signal("HUP");
    let said = server.messages_until("everything stays as it was");
    assert!(said.contains("data.toml:3: `gateway.trusted_hops` = 99") && said.contains("0 to 16 proxies"), "{said}");
    assert_eq!(config(&server), before);
    assert_eq!(get(&server, "/", &[]).status, 200);
    write_file(&dir, &(calm(&platform) + "[gateway]\nclient_rate_per_s = 6000\n"));
    server.signal("HUP");
    wait_until("the mended one is read", || config(&server)["config"]["gateway"]["client_rate_per_s"] == 6000);
}

pub fn write_file(dir: &TempDir, text: &str) {
    std::fs::write(dir.path().join("data.toml"), text).expect("writable");
}

#[test]
fn no_request_is_lost_while_the_rules_change() {
    const PATCHES: u64 = 50;
    let (one, other) = (Platform::start(), Platform::start());
    let (_dir, server) = gateway(&one, "");
    let is_over = AtomicBool::new(false);
    let answered: u64 = thread::scope(|scope| {
        let shoppers: Vec<_> = (0..4)
            .map(|_| {
                let shop = || {
                    let (mut shopper, mut answered) = (server.shopper(), 0);
                    while !is_over.load(Ordering::SeqCst) {
                        shopper.send("GET", "/item", &[], b"");
                        let answer = shopper.receive();
                        assert_eq!(answer.status, 200, "{answer:?}");
                        assert_eq!(answer.json()["line"], "GET /item HTTP/1.1");
                        answered += 1;
                    }
                    answered
                };
                scope.spawn(shop)
            })
            .collect();
        let patched = (0..PATCHES).map(|step| {
            let (name, platform) = if step % 2 == 0 { ("other", &other) } else { ("one", &one) };
            let route = json!([{"path": "/item", "class": "checkout", "upstream": name}]);
            let before = platform.asked();
            let answer = patch(&server, &json!({"gateway": {"upstream": [upstream(platform, name)], "route": route}}));
            wait_until("the shoppers are where the rules lead", || platform.asked() > before);
            answer
        });
        let patched: Vec<_> = patched.collect();
        is_over.store(true, Ordering::SeqCst);
        for answer in &patched {
            answer.ok(200);
        }
        shoppers.into_iter().map(|shopper| shopper.join().expect("every answer is the platform's")).sum()
    });
    assert_eq!(config(&server)["version"], PATCHES + 1);
    assert_eq!(one.asked() + other.asked(), answered, "each request was asked once");
}

#[test]
fn a_quota_that_is_only_tried_is_counted_and_refuses_nobody() {
    let platform = Platform::start();
    let (_dir, server) = gateway(&platform, "");
    patch(&server, &json!({"gateway": {"shadow_client_rate_per_s": 1}})).ok(200);
    for _ in 0..20 {
        let answer = get(&server, "/", &[]);
        assert_eq!((answer.status, answer.header("ratelimit")), (200, None));
    }
    let counted = || admission(&server)["shadow_would_refuse"]["client_quota"]["browse"].as_u64().expect("a count");
    let first = counted();
    assert!((1..20).contains(&first), "all but what a second allows: {first}");
    let line = "tidegate_gateway_would_refuse_total{class=\"browse\",reason=\"client_quota\"}";
    wait_until("it is measured as well", || metric(&server, line) as u64 == first);
    assert!(metric(&server, "tidegate_gateway_refusals_total{class=\"browse\",reason=\"client_quota\"}").abs() < 0.1);
    patch(&server, &json!({"gateway": null})).ok(200);
    assert_eq!(get(&server, "/", &[]).status, 200);
    assert_eq!(counted(), first, "nothing is tried any more");
}

#[test]
fn a_brownout_level_is_pinned_and_let_go_and_ends_with_the_process() {
    let platform = Platform::start();
    let route = "[[gateway.route]]\npath = \"/more\"\nupstream = \"platform\"\nbrownout_level = 1\n";
    let (dir, server) = gateway(&platform, route);
    let put = |server: &Server, body: &str| ask(server, "PUT", "/admin/v1/brownout", &[], body);
    let now = |server: &Server| ask(server, "GET", "/admin/v1/brownout", &[], "").ok(200);
    assert_eq!(now(&server), json!({"level": 0, "pinned": null}));
    put(&server, "{\"level\":1}").ok(200);
    assert_eq!(get(&server, "/more", &[]).problem(503, "overloaded")["reason"], "brownout");
    for (wrong, pointer) in [
        ("{\"level\":4}", "/level"),
        ("{\"level\":-1}", "/level"),
        ("{\"level\":\"1\"}", "/level"),
        ("{\"level\":256}", "/level"),
        ("{}", ""),
        ("{\"levels\":1}", ""),
        ("", ""),
    ] {
        assert_eq!(put(&server, wrong).problem(400, "invalid_request")["pointer"], pointer, "{wrong}");
    }
    assert_eq!(now(&server), json!({"level": 1, "pinned": 1}));
    assert_eq!(put(&server, "{\"level\":null}").ok(200), json!({"level": 0, "pinned": null}));
    assert_eq!(get(&server, "/more", &[]).status, 200);
    put(&server, "{\"level\":3}").ok(200);
    assert!(server.stop().success());
    let server = Server::start_gateway(&dir.path().join("data"), &(calm(&platform) + route));
    assert_eq!(now(&server), json!({"level": 0, "pinned": null}));
}

#[test]
fn messages_of_lesser_severity_are_written_from_the_patch_on() {
    let platform = Platform::start();
    let (_dir, server) = gateway(&platform, "[gateway]\nclient_rate_per_s = 1\n");
    let flood = || (0..5).for_each(|_| drop(get(&server, "/", &[])));
    flood();
    patch(&server, &json!({"telemetry": {"log_level": "debug"}})).ok(200);
    flood();
    let said = server.messages();
    let (before, after) = said.split_once("the configuration was changed").expect("it says so");
    assert!(!before.contains("client_quota") && after.contains("client_quota"), "{said}");
}

#[test]
fn without_a_gateway_nothing_can_be_put_before_the_platform_until_a_restart() {
    let dir = tempfile::tempdir().expect("a directory");
    let server = Server::start(&dir.path().join("data"));
    let wrong = patch(&server, &json!({"gateway": {"upstream": [{"name": "a", "url": "http://127.0.0.1:1"}]}}));
    assert_eq!(wrong.problem(400, "invalid_request")["pointer"], "/gateway/upstream");
    assert_eq!(patch(&server, &json!({"telemetry": {"log_level": "warn"}})).ok(200)["version"], 2);
    ask(&server, "GET", "/admin/v1/brownout", &[], "").problem(404, "not_found");
}

#[test]
fn a_file_with_upstreams_for_a_gateway_that_is_off_is_warned_about_and_the_rest_of_it_holds() {
    let dir = tempfile::tempdir().expect("a directory");
    write_file(&dir, "");
    let mut server = Server::start_file(&dir.path().join("data"), &dir.path().join("data.toml"));
    let upstream = "[[gateway.upstream]]\nname = \"a\"\nurl = \"http://127.0.0.1:1\"\n";
    write_file(&dir, &format!("{upstream}[admission]\nlimit_max = 77\n"));
    server.signal("HUP");
    let said = server.messages_until("the configuration was changed");
    assert!(said.contains("this takes a restart") && said.contains("gateway.upstream"), "{said}");
    assert_eq!(config(&server)["config"]["admission"]["limit_max"], 77);
}
