#!/usr/bin/env bash
# Fuzzes TARGET (frames, records, config, http; all of them when left out) for SECONDS each (default 60), from the inputs in
# fuzz/corpus on. What is found on the way stays in the build folder, and what breaks a promise in fuzz/artifacts. Needs a
# nightly toolchain and cargo-fuzz: installs what is missing of the two, and says so. See docs/fuzzing.md.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

targets=${1:-all}
seconds=${2:-60}
builds=$(realpath -m "${CARGO_TARGET_DIR:-target}")/fuzz
[[ $targets != all ]] || targets="frames records config http"

if ! cargo +nightly --version >/dev/null 2>&1; then
  echo "fuzz: installing a nightly toolchain with rustup"
  rustup toolchain install nightly --profile minimal
fi
if ! cargo fuzz --version >/dev/null 2>&1; then
  echo "fuzz: installing cargo-fuzz"
  cargo install --locked cargo-fuzz
fi

# Files that live as long as a run: in memory where there is such a place.
scratch=$(mktemp -d -p "$([[ -d /dev/shm ]] && echo /dev/shm || echo "${TMPDIR:-/tmp}")" tidegate-fuzz.XXXXXX)
trap 'rm -rf "$scratch"' EXIT

cd fuzz
for target in $targets; do
  options=(-O --target-dir "$builds")
  limits=(-max_total_time="$seconds" -max_len=4096 -timeout=10 -print_final_stats=1)
  if [[ $target = http ]]; then
    # With the whole server: nothing unsafe of ours is in it that the other targets have not, and RocksDB would have to be
    # built for the sanitizer. Its database counts as the fuzzer's memory.
    [[ -d $builds-plain ]] || echo "fuzz: the first build for this target compiles RocksDB, about 10 minutes on two cores"
    options=(-O --target-dir "$builds-plain" --sanitizer none --features http)
    limits+=(-dict=http.dict -rss_limit_mb=4096)
  fi
  mkdir -p "$builds/corpus/$target"
  # New inputs go into the first folder.
  TMPDIR=$scratch cargo +nightly fuzz run "${options[@]}" "$target" "$builds/corpus/$target" "corpus/$target" -- "${limits[@]}"
done
