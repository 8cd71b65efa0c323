#!/usr/bin/env bash
# The published contract against a real server: schemathesis sends what the document allows and what it does not,
# to a server that knows a few SKUs, sales and reservations. Ends with one line `N passed, N failed`.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source scripts/lib/server.sh

dir=$(mktemp -d)
server_pid=
trap 'if [[ $server_pid ]]; then kill "$server_pid" 2>/dev/null || true; fi; rm -rf "$dir"' EXIT

send() {
  curl -fsS -o /dev/null -X "$1" "$api_url$2" -H 'Content-Type: application/json' -d "$3"
}

# The names that scripts/contract/schemathesis.toml has operations use, so that they get past "not found".
seed() {
  send PUT /v1/skus/A/locations/default '{"on_hand":1000000}'
  send PUT /v1/skus/A/locations/east '{"on_hand":1000}'
  send PUT /v1/skus/B '{"max_per_customer":2,"max_per_order":2,"channel_quotas":{"web":5}}'
  send PUT /v1/skus/B/locations/default '{"on_hand":3}'
  send PUT /v1/sales/open '{"skus":["A","B"],"quota":100}'
  send PUT /v1/sales/later '{"skus":["A"],"starts_ms":4102444800000}'
  for id in held released confirmed fulfilled cancelled; do
    send PUT "/v1/reservations/$id" '{"sale":"open","lines":[{"sku":"A","quantity":2}]}'
  done
  send POST /v1/reservations/released/release '{}'
  for id in confirmed fulfilled cancelled; do send POST "/v1/reservations/$id/confirm" '{}'; done
  send POST /v1/reservations/fulfilled/fulfil '{}'
  send POST /v1/reservations/cancelled/cancel '{}'
}

build_tidegate
# A machine with much else to do is no overload here.
export TIDEGATE_ADMISSION__TARGET_DELAY_MS=10000 TIDEGATE_ADMISSION__DROP_DELAY_MS=60000
start_server "$(tidegate_binary)" "$dir"
seed

# Bounded by the number of cases; the time is for a server that hangs.
code=0
timeout --kill-after=5 900 .venv/bin/schemathesis --config-file scripts/contract/schemathesis.toml \
  run "$api_url/openapi.json" --no-color | tee "$dir/cases.log" || code=$?
if [[ $code -eq 124 ]]; then echo "schemathesis did not end in time" >&2; fi

stopped=0
stop_server || stopped=$?
server_pid=
if [[ $stopped -ne 0 ]]; then
  echo "the server ended with exit code $stopped; it said:" >&2
  cat "$dir/server.log" >&2
fi

passed=$(sed -n 's/.* generated, \([0-9]*\) passed$/\1/p' "$dir/cases.log")
if [[ $code -ne 0 || $stopped -ne 0 || ${passed:-0} -eq 0 ]]; then
  echo "the contract: ${passed:-0} cases passed, others failed" >&2
  echo "0 passed, 1 failed"
  exit 1
fi
echo "$passed passed, 0 failed"
