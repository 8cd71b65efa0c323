#!/usr/bin/env bash
# What the tests of ledger and wal would not notice: cargo-mutants changes their code one small thing at a time and asks
# the tests. First all changes against the quick tests; then those that passed against the slow ones too. Prints how
# many were noticed, and which were not; bench/results has what came of it and why what is left is left.
#   scripts/mutants.sh [ledger] [wal]     JOBS (default 1) changes are tried at a time
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

# Unoptimised, as a mutant is compiled, each test left out here takes a second or more.
declare -A quick=(
  [ledger]="--skip agreement"
  [wal]="--skip crash:: --skip no_flipped_bit --skip a_file_cut_anywhere --skip a_power_cut_while_trimming
    --skip a_full_disk_is_terminal --skip an_io_error_at_any --skip a_failure_while_trimming --skip a_place_is_found
    --skip on_real_files --skip real_files_are_trimmed --skip every_segment_that_is_kept --skip so_many_bytes
    --skip after_any_flip --skip a_committer_and_a_preparer"
)
# And here a minute or more. The soak stands in for the long days.
declare -A slow=(
  [ledger]="--include-ignored --skip long_days"
  [wal]="--skip no_flipped_bit_of"
)

host=$(rustc -vV | sed -n 's/^host: //p' | tr 'a-z-' 'A-Z_')

# mutate PACKAGE SECONDS OPTION... -- FILTER...: the tests get so many seconds of processor time, since some changes never
# end and the machine may have other work. What a change comes to is no failure of this script; that nothing could be
# tried is.
mutate() {
  local package=$1 seconds=$2 status=0
  shift 2
  # Every job builds in a copy of its own.
  env -u CARGO_TARGET_DIR "CARGO_TARGET_${host}_RUNNER=prlimit --cpu=$seconds" \
    cargo mutants --package "$package" --output "$out/$package" --jobs "${JOBS:-1}" --profile mutants \
    --cargo-arg=--test=it --baseline=skip --build-timeout 1200 --timeout 900 "$@" || status=$?
  [[ $status -eq 0 || $status -eq 2 || $status -eq 3 ]] || exit "$status"
}

lines() { cat "$@" | wc -l; }

# Both passes together: what the first let pass was tried in the second.
report() {
  local first=$out/$1/mutants.out.old second=$out/$1/mutants.out
  local caught hung unviable missed
  caught=$(lines "$first/caught.txt" "$second/caught.txt")
  hung=$(lines "$first/timeout.txt" "$second/timeout.txt")
  unviable=$(lines "$first/unviable.txt" "$second/unviable.txt")
  missed=$(lines "$second/missed.txt")
  echo "mutants: $1: $((caught + hung + unviable + missed)) changes: $unviable do not compile, $caught are caught," \
    "$hung hang the tests, $missed are missed"
  cat "$second/missed.txt"
}

if ! command -v cargo-mutants >/dev/null; then
  echo "mutants: installing cargo-mutants"
  cargo install cargo-mutants --locked
fi

export SOAK_COMMANDS=40000
out=${CARGO_TARGET_DIR:-target}/mutants-found
packages=("$@")
((${#packages[@]} > 0)) || packages=(ledger wal)
# Unquoted below: lists of filters.
# shellcheck disable=SC2086
for package in "${packages[@]}"; do
  rm -rf "${out:?}/$package"
  mkdir -p "$out/$package"
  cargo test --quiet --profile mutants --package "$package" --test it -- ${slow[$package]}
  mutate "$package" 15 -- -- ${quick[$package]}
  # To hang is to be noticed: it is not tried again.
  cp "$out/$package/mutants.out/timeout.txt" "$out/$package/mutants.out/previously_caught.txt"
  mutate "$package" 300 --iterate -- -- ${slow[$package]}
done
echo
for package in "${packages[@]}"; do report "$package"; done
