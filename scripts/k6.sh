#!/usr/bin/env bash
# One k6 scenario against a server of its own, in a temporary directory on free ports; the exit code is k6's,
# or the server's if that one did not end cleanly. Sizes come by environment (see the scenario).
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source scripts/lib/server.sh

scenario=${1:-k6/flash-sale.js}
dir=$(mktemp -d)
server_pid=
trap 'if [[ $server_pid ]]; then kill "$server_pid" 2>/dev/null || true; fi; rm -rf "$dir"' EXIT

build_tidegate
binary=$(tidegate_binary)
start_server "$binary" "$dir"

# Without its own HTTP port (it would clash with a second run) and without reporting to anybody.
code=0
API=$api_url .venv/bin/k6 run --quiet --address "" --no-usage-report "$scenario" || code=$?

stopped=0
stop_server || stopped=$?
server_pid=
if [[ $stopped -ne 0 ]]; then
  echo "the server ended with exit code $stopped; it said:" >&2
  cat "$dir/server.log" >&2
  exit "$stopped"
fi
exit "$code"
