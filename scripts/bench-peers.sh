#!/usr/bin/env bash
# Builds tidegate and whom it is measured against, and measures; arguments are those of the program `peers`. SERVER_BIN
# names a tidegate that is built already.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source scripts/lib/server.sh

build_tidegate
cargo build --release --bin bare_hyper --bin peers
exec cargo run --release --quiet --bin peers -- --tidegate "$(tidegate_binary)" "$@"
