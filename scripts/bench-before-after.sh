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

rate() { # BINARY: reservations a second
	local data server
	data=$(mktemp -d)
	"$1" serve --data-dir "$data" --api 127.0.0.1:7790 --admin 127.0.0.1:7791 >/dev/null 2>&1 &
	server=$!
	for _ in $(seq 100); do
		curl -sf http://127.0.0.1:7791/readyz >/dev/null && break
		sleep 0.1
	done
	"$load" --target tidegate --address 127.0.0.1:7790 --connections "$connections" --seconds "$seconds" |
		sed 's/.*"rate":\([0-9]*\).*/\1/'
	kill "$server"
	wait "$server" || true
	rm -rf "$data"
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
