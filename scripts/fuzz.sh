#!/usr/bin/env bash
# Fuzzes TARGET (frames, records, config; all of them when left out) for SECONDS each (default 60), from the inputs in
# fuzz/corpus on. What is found on the way stays in the build folder, and what breaks a promise in fuzz/artifacts. Needs a
# nightly toolchain and cargo-fuzz: installs what is missing of the two, and says so. See docs/fuzzing.md.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

targets=${1:-all}
seconds=${2:-60}
builds=$(realpath -m "${CARGO_TARGET_DIR:-target}")/fuzz
[[ $targets != all ]] || targets="frames records config"

if ! cargo +nightly --version >/dev/null 2>&1; then
  echo "fuzz: installing a nightly toolchain with rustup"
  rustup toolchain install nightly --profile minimal
fi
if ! cargo fuzz --version >/dev/null 2>&1; then
  echo "fuzz: installing cargo-fuzz"
  cargo install --locked cargo-fuzz
fi

cd fuzz
for target in $targets; do
  mkdir -p "$builds/corpus/$target"
  # New inputs go into the first folder.
  cargo +nightly fuzz run -O --target-dir "$builds" "$target" "$builds/corpus/$target" "corpus/$target" -- \
    -max_total_time="$seconds" -max_len=4096 -timeout=10 -print_final_stats=1
done
