# Every command a person runs; CI calls only these. A line is a call: what there is to think about stands in
# scripts/. CARGO_TARGET_DIR is respected everywhere.

.DEFAULT_GOAL := help
.PHONY: help setup run test lint check bench k6 openapi clean

help: ## Show these commands
	@awk -F ':.*## ' '/^[a-z0-9]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: ## Install what running, testing and benching need and the machine lacks
	@scripts/setup.sh run test bench

run: ## Build and start the server with a demo catalogue, in the foreground
	@scripts/setup.sh run
	@scripts/run.sh

test: ## Run every test, then a k6 flash sale, a replayed day and the contract against real servers
	@scripts/setup.sh test
	cargo test --release --workspace
	@scripts/test-flash-sale.sh
	@scripts/test-contract.sh

lint: ## Check the format and clippy, warnings denied
	cargo fmt --all --check
	cargo clippy --release --workspace --all-targets -- -D warnings

check: lint ## All a change must pass beside its tests: lints, docs, licences, unused dependencies
	@scripts/check.sh

bench: ## Measure against bare hyper and Redis on this machine; writes bench/results
	@scripts/setup.sh bench
	@scripts/bench.sh

k6: ## A flash sale of BUYERS for UNITS within DURATION (or at a peak RATE per second)
	@scripts/setup.sh test
	@scripts/k6.sh k6/flash-sale.js

openapi: ## Write docs/openapi.json anew from the code
	cargo run --release --quiet --bin tidegate -- openapi > docs/openapi.json

clean: ## Remove what was built and the Python tools, never data
	cargo clean
	rm -rf .venv
