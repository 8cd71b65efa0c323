#!/usr/bin/env bash
# The table of overload: builds tidegate and the program `overload`, and plays its rows (ROWS=mixed,slow for some of them,
# SIZE=short for a few seconds of a few); arguments are those of the program.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source scripts/lib/server.sh

build_tidegate
cargo build --release --bin overload
arguments=(--tidegate "$(tidegate_binary)")
if [[ ${ROWS:-} ]]; then arguments+=(--rows "$ROWS"); fi
if [[ ${SIZE:-full} == short ]]; then arguments+=(--short); fi
exec cargo run --release --quiet -p bench --bin overload -- "${arguments[@]}" "$@"
