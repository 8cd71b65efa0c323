#!/usr/bin/env bash
# Two builds of tidegate under the same load, taking turns: what a change costs. Prints each round and the medians.
#   scripts/bench-before-after.sh BEFORE AFTER [CONNECTIONS] [SECONDS] [ROUNDS]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source scripts/lib/server.sh

before=${1:?give two tidegate binaries} after=${2:?give two tidegate binaries}
connections=${3:-64} seconds=${4:-4} rounds=${5:-5}
cargo build --release --bin load
load="$(dirname "$(tidegate_binary)")/load"

server_config=/dev/null # the defaults of each
rate() { # BINARY: reservations a second
  local dir
  dir=$(mktemp -d)
  start_server "$1" "$dir" || return
  "$load" --target tidegate --address "${api_url#http://}" --connections "$connections" --seconds "$seconds" |
    sed 's/.*"rate":\([0-9]*\).*/\1/'
  stop_server
  rm -rf "$dir"
}

median() { sort -n | awk '{ value[NR] = $1 } END { print value[int((NR + 1) / 2)] }'; }

befores="" afters=""
for round in $(seq "$rounds"); do
  befores+="$(rate "$before")"$'\n'
  afters+="$(rate "$after")"$'\n'
  echo "round $round: before $(tail -n 1 <<<"${befores%$'\n'}"), after $(tail -n 1 <<<"${afters%$'\n'}") reservations/s"
done
b=$(median <<<"${befores%$'\n'}") a=$(median <<<"${afters%$'\n'}")
awk -v b="$b" -v a="$a" 'BEGIN { printf "median: before %d, after %d reservations/s: %+.1f %%\n", b, a, 100 * (a - b) / b }'
