#!/usr/bin/env bash
# What the house demands of a change beyond its tests and lints, cheapest first. Installs the two cargo tools it
# needs, with pinned versions, where they are missing.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

# cargo_tool NAME VERSION
cargo_tool() {
  command -v "$1" >/dev/null && return 0
  echo "check: installing $1 $2 with cargo install"
  cargo install --locked "$1@$2"
}

cargo test --release -p server --test it tidy
RUSTDOCFLAGS='-D warnings' cargo doc --release --workspace --no-deps

cargo_tool cargo-machete 0.9.2
cargo machete

cargo_tool cargo-deny 0.20.2
cargo deny check bans licenses sources
if cargo deny fetch db; then
  cargo deny check --disable-fetch advisories
else
  echo "check: the advisory database is out of reach, so advisories were NOT checked" >&2
fi
