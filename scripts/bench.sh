#!/usr/bin/env bash
# Builds tidegate and what it is measured against, and measures; arguments are those of the program `peers`.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source scripts/lib/server.sh

cargo build --release --bin tidegate --bin bare_hyper --bin peers
tidegate=$(tidegate_binary)
"$(dirname "$tidegate")/peers" --tidegate "$tidegate" "$@"
