#!/usr/bin/env bash
# Random days beyond those of `make test`: COMMANDS commands (default 100 million), 7 in 10 of them through the pure
# ledger, the rest through the whole engine with crashes and restarts, each compared with the naive model. A disagreement
# ends it and names its seed.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

commands=${1:-100000000}
engine=$((commands * 3 / 10))
SOAK_COMMANDS=$((commands - engine)) cargo test --release -p ledger --test it -- --ignored --nocapture soak
SOAK_COMMANDS=$engine cargo test --release -p engine --test it -- --ignored --nocapture soak
