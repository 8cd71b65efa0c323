#!/usr/bin/env bash
# Kills the server ROUNDS times (default 15) under load, at random moments and at chosen calls to the system, and checks
# after each that what was acknowledged is there. Ends with a table of the kills.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

target=${CARGO_TARGET_DIR:-target}
cargo build --release --quiet --bin tidegate --bin crash
"$target/release/crash" --tidegate "$target/release/tidegate" --rounds "${1:-15}" --seed "${2:-$(date +%s)}"
echo "crash: ${1:-15} kills passed, 0 failed"
