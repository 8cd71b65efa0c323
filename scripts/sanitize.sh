#!/usr/bin/env bash
# What Miri, the sanitizers of a nightly toolchain and valgrind say of ledger and wal. The house's own crates have no
# unsafe code: what is looked for is a misuse of what lies under them. Does what the machine has the tools for, and says
# what it leaves out and why.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

target=$(rustc -vV | sed -n 's/^host: //p')
builds=${CARGO_TARGET_DIR:-target}
# Miri and valgrind take a hundred times as long as the tests alone: a few of every kind.
ledger_tests="best_effort partial prints stock"
wal_tests="frame:: format:: tail::"
wal_tests_of_miri="format::a_ format::version_1_is_read"
ran=() skipped=()

# with TOOL COMMAND...: runs it and notes it; the first failure ends the script.
with() {
  echo "== $1"
  "${@:2}"
  ran+=("$1")
}

skip() {
  echo "== $1: SKIPPED, $2" >&2
  skipped+=("$1 ($2)")
}

has_nightly() { cargo +nightly --version >/dev/null 2>&1; }

# In a build folder of its own: a sanitizer's objects fit no other's.
sanitized() {
  local name=$1
  shift
  RUSTFLAGS="-Zsanitizer=$name" CARGO_TARGET_DIR="$builds/$name" \
    cargo +nightly test --release --target "$target" --test it "$@"
}

miri() {
  # Isolation is off for the temporary folders of the log's tests.
  CARGO_TARGET_DIR="$builds/miri" MIRIFLAGS=-Zmiri-disable-isolation \
    cargo +nightly miri test -p "$1" --test it -- "${@:2}"
}

# memcheck PACKAGE FLAG FILTER...: the test binary that cargo builds with the flag, under valgrind.
memcheck() {
  local binary
  binary=$(CARGO_TARGET_DIR="$builds/valgrind" cargo test -p "$1" "$2" --test it --no-run --message-format=json |
    sed -n 's/.*"executable":"\([^"]*\)".*/\1/p' | tail -1)
  valgrind --quiet --error-exitcode=9 --leak-check=full --show-leak-kinds=definite --errors-for-leak-kinds=definite \
    "$binary" --test-threads=1 "${@:3}"
}

# Unquoted below: a list of filters.
# shellcheck disable=SC2086
if ! has_nightly; then
  skip "Miri and sanitizers" "no nightly toolchain"
else
  if cargo +nightly miri --version >/dev/null 2>&1; then
    with "Miri, ledger" miri ledger $ledger_tests
    with "Miri, wal" miri wal $wal_tests_of_miri
  else
    skip Miri "rustup component add miri --toolchain nightly"
  fi
  with "address sanitizer, ledger and wal" sanitized address -p ledger -p wal
  if [[ -d "$(rustc +nightly --print sysroot)/lib/rustlib/src/rust/library" ]]; then
    # Ledger has no threads.
    with "thread sanitizer, wal" sanitized thread -p wal -Zbuild-std
  else
    skip "thread sanitizer" "rustup component add rust-src --toolchain nightly"
  fi
fi

# shellcheck disable=SC2086
if command -v valgrind >/dev/null; then
  # Not optimised: LLVM compares the payload of an enum before its tag, which memcheck takes for a read of nothing.
  with "valgrind, ledger" memcheck ledger --profile=dev $ledger_tests
  # Optimised: it writes whole segments.
  with "valgrind, wal" memcheck wal --release $wal_tests
else
  skip valgrind "not installed"
fi

echo
printf 'sanitize: clean: %s\n' "${ran[@]}"
((${#skipped[@]} == 0)) || printf 'sanitize: left out: %s\n' "${skipped[@]}"
