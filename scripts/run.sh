#!/usr/bin/env bash
# Builds tidegate and becomes it, with config/tidegate.toml: signals and the exit code are the server's own.
# A server that does not know the demo catalogue yet gets it once it is ready.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source scripts/lib/server.sh

hot_sku=SNEAKER-42

# Asking the server, rather than looking for a directory, honours whatever `data_dir` is set to; and an import
# only into a new ledger keeps a restart from putting the stock back to where it was.
import_once_ready() {
  local binary=$1 api_url=$2 admin_url=$3 status
  until curl -fs -o /dev/null "$admin_url/readyz"; do
    kill -0 $$ 2>/dev/null || return 0
    sleep 0.1
  done
  status=$(curl -s -o /dev/null -w '%{http_code}' "$api_url/v1/skus/$hot_sku")
  if [[ $status == 404 ]]; then
    "$binary" import config/demo-catalogue.ndjson --api "$api_url"
  fi
  cat <<EOF

Tidegate is ready. Hold a pair for ten minutes:

  curl -s $api_url/v1/reservations -H 'Content-Type: application/json' -H 'Idempotency-Key: try-1' \\
    -d '{"customer":"c-1","lines":[{"sku":"$hot_sku","quantity":1}]}'

and see what is left: curl -s $api_url/v1/skus/$hot_sku
Ctrl-C stops it.

EOF
}

# Passes the server's output on, and starts the import when both addresses have been announced. It outlives
# the signals that stop the server, so that the server's last words have a reader.
pass_on() {
  trap '' INT TERM
  local line api_url='' admin_url=''
  while IFS= read -r line; do
    printf '%s\n' "$line"
    case $line in
    "api listening on "*) api_url=${line#api listening on } ;;
    "admin listening on "*) admin_url=${line#admin listening on } ;;
    esac
    if [[ $api_url && $admin_url ]]; then break; fi
  done
  if [[ $api_url && $admin_url ]]; then
    import_once_ready "$1" "$api_url" "$admin_url" &
  fi
  exec cat
}

build_tidegate
binary=$(tidegate_binary)
exec "$binary" serve --config config/tidegate.toml "$@" > >(pass_on "$binary")
