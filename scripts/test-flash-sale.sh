#!/usr/bin/env bash
# The end-to-end scenarios, each against a server process of its own: a short k6 flash sale, and a
# generated day replayed. Ends with one line `N passed, N failed`.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source scripts/lib/server.sh

dir=$(mktemp -d)
server_pid=
trap 'if [[ $server_pid ]]; then kill "$server_pid" 2>/dev/null || true; fi; rm -rf "$dir"' EXIT

flash_sale() {
  BUYERS=2000 UNITS=100 DURATION=6s scripts/k6.sh k6/flash-sale.js
}

replay() {
  cargo run --release --quiet -p bench --bin replay -- "$@"
}

replayed_day() {
  local binary
  build_tidegate &&
    binary=$(tidegate_binary) &&
    replay generate --out "$dir/day.csv" --seed 1 --invoices 120 &&
    start_server "$binary" "$dir" &&
    replay "$dir/day.csv" --api "$api_url" --speed 0 &&
    stop_server &&
    server_pid=
}

passed=0
failed=0
for scenario in flash_sale replayed_day; do
  echo "== $scenario"
  if "$scenario"; then
    passed=$((passed + 1))
  else
    echo "$scenario failed" >&2
    if [[ -f $dir/server.log ]]; then cat "$dir/server.log" >&2; fi
    failed=$((failed + 1))
  fi
done
echo "$passed passed, $failed failed"
[[ $failed -eq 0 ]]
