#!/usr/bin/env bash
# k6 scenarios, each against a server of its own, in a temporary directory on free ports; the exit code is that
# of the first k6, or server, that did not end well. Sizes come by environment (see the scenarios).
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source scripts/lib/server.sh

# A cart shall meet several shards on a machine with one core too.
export TIDEGATE_ENGINE__SHARDS=${TIDEGATE_ENGINE__SHARDS:-4}

server_pid=
dir=
end_server() {
  if [[ $server_pid ]]; then kill "$server_pid" 2>/dev/null || true; fi
  rm -rf "$dir"
}
trap end_server EXIT
# k6 ends well when it is interrupted; the scenarios after it shall not begin.
trap 'exit 130' INT

run() {
  dir=$(mktemp -d)
  start_server "$binary" "$dir" || exit
  # Without its own HTTP port (it would clash with a second run) and without reporting to anybody.
  local code=0
  API=$api_url .venv/bin/k6 run --quiet --address "" --no-usage-report "$1" || code=$?
  local stopped=0
  stop_server || stopped=$?
  server_pid=
  if [[ $stopped -ne 0 ]]; then
    echo "the server ended with exit code $stopped; it said:" >&2
    cat "$dir/server.log" >&2
    return "$stopped"
  fi
  rm -rf "$dir"
  return "$code"
}

if [[ $# -eq 0 ]]; then
  echo "usage: scripts/k6.sh k6/SCENARIO.js..." >&2
  exit 2
fi
build_tidegate
binary=$(tidegate_binary)
failed=0
for scenario in "$@"; do
  echo "== $scenario"
  code=0
  run "$scenario" || code=$?
  if [[ $failed -eq 0 ]]; then failed=$code; fi
done
exit "$failed"
