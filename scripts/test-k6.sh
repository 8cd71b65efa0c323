#!/usr/bin/env bash
# The end-to-end scenarios, each against a server process of its own: every k6 scenario in its short form, and
# a generated day replayed, and a few rows of overload before a stub platform. Ends with one line `N passed, N failed`.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source scripts/lib/server.sh

dir=$(mktemp -d)
server_pid=
trap 'if [[ $server_pid ]]; then kill "$server_pid" 2>/dev/null || true; fi; rm -rf "$dir"' EXIT

short_k6() {
  SIZE=short scripts/k6.sh "$1"
}

replay() {
  cargo run --release --quiet -p bench --bin replay -- "$@"
}

replayed_day() {
  local binary
  echo "== replayed day"
  build_tidegate &&
    binary=$(tidegate_binary) &&
    replay generate --out "$dir/day.csv" --seed 1 --invoices 120 &&
    start_server "$binary" "$dir" &&
    replay "$dir/day.csv" --api "$api_url" --speed 0 &&
    stop_server &&
    server_pid=
}

short_overload() {
  SIZE=short scripts/k6-overload.sh
}

# A machine with much else to do is no overload, unless overload is what is played.
patient() {
  TIDEGATE_ADMISSION__TARGET_DELAY_MS=10000 TIDEGATE_ADMISSION__DROP_DELAY_MS=60000 "$@"
}

passed=0
failed=0
check() {
  if "$@"; then
    passed=$((passed + 1))
  else
    echo "$* failed" >&2
    if [[ -f $dir/server.log ]]; then cat "$dir/server.log" >&2; fi
    failed=$((failed + 1))
  fi
}

# The flash sale first: when that one fails, the others have little to say.
check patient short_k6 k6/flash-sale.js
for scenario in k6/*.js; do
  case $scenario in
  # The overload scenarios want a gateway and a platform, which their own table has.
  k6/flash-sale.js | k6/overload-*) ;;
  *) check patient short_k6 "$scenario" ;;
  esac
done
check patient replayed_day
check short_overload
echo "$passed passed, $failed failed"
[[ $failed -eq 0 ]]
