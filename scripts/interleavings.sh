#!/usr/bin/env bash
# Every order of threads that loom finds within its bounds, and SCHEDULES (default 10,000) random ones of the whole
# engine by each of shuttle's two schedulers. Says how many executions each model had. A failure names its schedule.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

cargo test --release -p interleavings --test loom -- --nocapture
INTERLEAVINGS_SCHEDULES=${1:-10000} cargo test --release -p interleavings --test shuttle -- --nocapture
