#!/usr/bin/env bash
# What a server costs by how much it keeps: builds tidegate and the program `curves`, and measures (ONLY=memory,wave for some parts,
# SIZE=short for two minutes of little); arguments are those of the program.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source scripts/lib/server.sh

build_tidegate
arguments=(--tidegate "$(tidegate_binary)")
if [[ ${ONLY:-} ]]; then arguments+=(--only "$ONLY"); fi
if [[ ${SIZE:-full} == short ]]; then arguments+=(--short); fi
exec cargo run --release --quiet -p bench --bin curves -- "${arguments[@]}" "$@"
