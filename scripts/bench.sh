#!/usr/bin/env bash
# What each stage of a reservation costs by itself, as criterion measures it: prints one table, and adds a line for each
# stage to bench/results/stages.csv. The stages on the disk are measured on the disk of this directory. Under the profile
# that everything is built with, so that no dependency is compiled once more.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

build=(--profile release -p server --bench stages)
cargo bench --no-run "${build[@]}"
work=$(mktemp -d "$PWD/.tmp.XXXXXX")
trap 'rm -rf "$work"' EXIT
echo "bench: a stage after the other, about a minute together"
CRITERION_HOME=$work/criterion TMPDIR=$work cargo bench --quiet "${build[@]}" >"$work/said" 2>&1 || {
  cat "$work/said" >&2
  exit 1
}

# estimate NAME FILE: a point estimate in nanoseconds.
estimate() {
  sed -n "s/.*\"$1\":{\"confidence_interval\":{[^}]*},\"point_estimate\":\([0-9.e+-]*\).*/\1/p" "$2"
}

kept=bench/results/stages.csv
[[ -f $kept ]] || echo "date,commit,stage,median_ns,spread_ns" >"$kept"
commit=$(git describe --always --dirty)
printf '%-12s | %12s | %12s\n' stage 'median, ns' 'spread, ns'
while read -r file; do
  stage=$(basename "$(dirname "$(dirname "$file")")")
  median=$(estimate median "$file") spread=$(estimate median_abs_dev "$file")
  LC_ALL=C printf '%-12s | %12.0f | %12.0f\n' "$stage" "$median" "$spread"
  LC_ALL=C printf '%s,%s,%s,%.0f,%.0f\n' "$(date +%F)" "$commit" "$stage" "$median" "$spread" >>"$kept"
done < <(ls -tr "$work"/criterion/*/new/estimates.json)
echo "The spread is the median deviation from the median of 40 samples."
