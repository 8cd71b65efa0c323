# shellcheck shell=bash
# To be sourced: builds tidegate, and starts and stops one in a directory on free loopback ports. SERVER_BIN
# names a binary that is there already, and nothing is built (the server takes TIDEGATE_ names for its own
# settings). It must not know what the server is started for.

# Features are resolved for the whole workspace, so that run and test compile each crate once.
build_tidegate() {
  if [[ ${SERVER_BIN:-} ]]; then return 0; fi
  cargo build --release --bin tidegate
}

# Where cargo put it: CARGO_TARGET_DIR, a config file and the default all decide this.
tidegate_binary() {
  if [[ ${SERVER_BIN:-} ]]; then
    echo "$SERVER_BIN"
    return
  fi
  local metadata
  metadata=$(cargo metadata --no-deps --format-version 1) || return
  echo "$(grep -o '"target_directory":"[^"]*"' <<<"$metadata" | cut -d'"' -f4)/release/tidegate"
}

# listener_url NAME FILE: the address that the server announced on its output for this listener.
listener_url() {
  sed -n "s/^$1 listening on //p" "$2"
}

# start_server BINARY DIR: sets server_pid, api_url and admin_url once the server is ready. Data and output are in DIR.
# An older build may not know every key of this one's configuration: server_config may name another.
start_server() {
  local binary=$1 dir=$2
  : >"$dir/server.log"
  "$binary" serve --config "${server_config:-config/tidegate.toml}" --data-dir "$dir/data" \
    --api 127.0.0.1:0 --admin 127.0.0.1:0 >>"$dir/server.log" 2>&1 &
  server_pid=$!
  for ((tries = 0; tries < 600; tries++)); do
    kill -0 "$server_pid" 2>/dev/null || break
    api_url=$(listener_url api "$dir/server.log")
    admin_url=$(listener_url admin "$dir/server.log")
    if [[ $api_url && $admin_url ]] && curl -fs -o /dev/null "$admin_url/readyz"; then return 0; fi
    sleep 0.1
  done
  echo "the server did not become ready; it said:" >&2
  cat "$dir/server.log" >&2
  return 1
}

# Ends the server as an operator would; its exit code is the answer.
stop_server() {
  kill -TERM "$server_pid" 2>/dev/null || true
  wait "$server_pid"
}
