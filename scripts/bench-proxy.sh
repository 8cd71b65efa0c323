#!/usr/bin/env bash
# Builds tidegate and a bare upstream, and measures the gateway beside nginx and HAProxy; arguments are those of the program
# `proxies`.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source scripts/lib/server.sh

build_tidegate
cargo build --release --bin bare_hyper --bin proxies
exec cargo run --release --quiet -p bench --bin proxies -- --tidegate "$(tidegate_binary)" "$@"
