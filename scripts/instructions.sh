#!/usr/bin/env bash
# How many instructions the I/O thread takes for one reservation, as callgrind counts them: whatever else the machine does,
# it is the same to one or two in a hundred. Two runs of different length are compared, so that a start is not counted.
# Prints the figure, the functions that it goes to, and adds it to bench/results/instructions.csv.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source scripts/lib/server.sh

# Nothing is shed for being late under valgrind, which makes everything fifty times as slow.
export TIDEGATE_ENGINE__SHARDS=1 TIDEGATE_ENGINE__IO_THREADS=1
export TIDEGATE_ADMISSION__TARGET_DELAY_MS=10000 TIDEGATE_ADMISSION__DROP_DELAY_MS=60000

cargo build --release --bin tidegate --bin load
binary=$(tidegate_binary)
work=$(mktemp -d)
server_pid=
trap '[[ -z $server_pid ]] || kill "$server_pid" 2>/dev/null; rm -rf "$work"' EXIT

# run SECONDS: sets requests, instructions and profile.
run() {
  local dir=$work/$1
  mkdir "$dir"
  # The same as the binary for whoever starts it.
  printf '#!/bin/sh\nexec valgrind --quiet --tool=callgrind --separate-threads=yes --callgrind-out-file=%s/profile %s "$@"\n' \
    "$dir" "$binary" >"$dir/tidegate"
  chmod +x "$dir/tidegate"
  start_server "$dir/tidegate" "$dir"
  "$(dirname "$binary")/load" --target tidegate --address "${api_url#http://}" --connections 16 --seconds "$1" \
    --warm-up-ms 0 >"$dir/load.json"
  stop_server
  server_pid=
  requests=$(sed -n 's/.*"requests":\([0-9]*\).*/\1/p' "$dir/load.json")
  profile=$(grep -l 'Desk::ask' "$dir"/profile-*)
  instructions=$(sed -n 's/^totals: //p' "$profile")
}

echo "instructions: two runs under callgrind, of about a minute together"
run 4
short_requests=$requests short_instructions=$instructions
run 16
each=$(((instructions - short_instructions) / (requests - short_requests)))
commit=$(git describe --always --dirty)
echo "$each instructions of the I/O thread a reservation, over $((requests - short_requests)) of them, at $commit"
callgrind_annotate --inclusive=yes "$profile" | grep -E '^ *[0-9,]+ \(' | grep -E 'server::|engine::|ledger::|hyper::' |
  sed -E 's/ \[.*//; s#/[^ ]*/(src|library)/#\1/#' | head -30 || true
kept=bench/results/instructions.csv
[[ -f $kept ]] || echo "date,commit,instructions_a_reservation" >"$kept"
echo "$(date +%F),$commit,$each" >>"$kept"
