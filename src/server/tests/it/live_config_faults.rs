//! Changes that fail beside what is asked for: the disk does not take them, or a file would not hold without the overlay.
//! Everything stays as it was.

use std::fs;

use serde_json::json;

use crate::gateway::get;
use crate::live_config::{ask, calm, config, gateway, patch, server_file, write_file};
use crate::platform::Platform;

#[test]
fn what_cannot_be_kept_is_not_put_in_force() {
    let platform = Platform::start();
    let (dir, mut server) = gateway(&platform, "");
    patch(&server, &json!({"gateway": {"client_rate_per_s": 1000}})).ok(200);
    let before = config(&server);
    // No file can be put in a directory's place.
    fs::remove_file(server_file(&dir)).and_then(|()| fs::create_dir(server_file(&dir))).expect("it was kept");
    let refused = patch(&server, &json!({"gateway": {"client_rate_per_s": 2000}}));
    assert_eq!(refused.problem(503, "storage_failed")["reason"], "overlay_not_kept");
    assert!(refused.header("retry-after").is_some(), "{refused:?}");
    assert_eq!(config(&server), before, "a patch");
    let refused = ask(&server, "POST", "/admin/v1/config/rollback", &[], "");
    assert_eq!(refused.problem(503, "storage_failed")["reason"], "overlay_not_kept");
    assert_eq!(config(&server), before, "a rollback");
    write_file(&dir, &(calm(&platform) + "[gateway]\nclient_burst = 3000\n"));
    server.signal("HUP");
    let said = server.messages_until("everything stays as it was");
    assert!(said.contains("config-overlay.json") && said.contains("see to the disk"), "{said}");
    assert_eq!(config(&server), before, "a file that was read again");
    assert_eq!(get(&server, "/", &[]).header("ratelimit-policy"), Some("\"client\";q=1000;w=1;burst=1000"));
    fs::remove_dir(server_file(&dir)).expect("it is empty");
    assert_eq!(patch(&server, &json!({"gateway": {"client_rate_per_s": 2000}})).ok(200)["version"], 3);
}

#[test]
fn a_file_that_holds_only_with_what_is_patched_is_refused() {
    let platform = Platform::start();
    let (dir, mut server) = gateway(&platform, "");
    patch(&server, &json!({"admission": {"limit_max": 500}})).ok(200);
    let before = config(&server);
    let wrong = "[admission]\nlimit_min = 200\nlimit_max = 100\n";
    write_file(&dir, &calm(&platform).replace("[admission]\n", wrong));
    server.signal("HUP");
    let said = server.messages_until("everything stays as it was");
    assert!(said.contains("admission.limit_min"), "{said}");
    assert_eq!(config(&server), before, "without the patch there would be no way back");
}
