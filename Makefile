# Every command a person runs; CI calls only these. A line is a call: what there is to think about stands in
# scripts/. CARGO_TARGET_DIR is respected everywhere.

.DEFAULT_GOAL := help
.PHONY: help setup run test interleavings sanitize crash recovery disk-use simulate soak lint check instructions bench bench-peers bench-proxy bench-curves bench-readme k6 k6-all k6-overload openapi fuzz mutants admission-plots clean

SCENARIO ?= flash-sale
SEEDS ?= 0..1000

help: ## Show these commands
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  make %-15s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: ## Install what running, testing and benching need and the machine lacks
	@scripts/setup.sh run test bench

run: ## Build and start the server with a demo catalogue, in the foreground
	@scripts/setup.sh run
	@scripts/run.sh

test: ## Run every test, then k6, a replayed day, the contract and kills against real servers
	@scripts/setup.sh test
	cargo test --release --workspace
	@scripts/test-k6.sh
	@scripts/test-contract.sh
	@scripts/crash.sh 15

interleavings: ## Try every order of threads within bounds, and SCHEDULES (default 10,000) random ones, against the protocols
	@scripts/setup.sh run
	@scripts/interleavings.sh $(SCHEDULES)

fuzz: ## Fuzz TARGET (frames, records, config or http; default all) for SECONDS (default 60) each, on a nightly toolchain
	@scripts/setup.sh run
	@scripts/fuzz.sh $(or $(TARGET),all) $(or $(SECONDS),60)

crash: ## Kill the server ROUNDS times (default 300) under load, at random moments and at chosen calls, and check its promises
	@scripts/setup.sh run
	@scripts/crash.sh $(or $(ROUNDS),300)

recovery: ## Measure how long recovery takes, by what there is to load and to replay
	@scripts/setup.sh run
	@cargo build --release --quiet --bin tidegate --bin recovery
	@$(or $(CARGO_TARGET_DIR),target)/release/recovery --tidegate $(or $(CARGO_TARGET_DIR),target)/release/tidegate --work .

disk-use: ## Let a server live for 10 minutes with constant stock, and print the disk that it takes
	@scripts/setup.sh run
	@cargo build --release --quiet --bin tidegate --bin disk_use
	@$(or $(CARGO_TARGET_DIR),target)/release/disk_use --tidegate $(or $(CARGO_TARGET_DIR),target)/release/tidegate --work .

simulate: ## Play SEEDS (0..1000) of the simulator: crashes, failing disks, retrying clients; each keeps every promise
	@scripts/setup.sh run
	cargo run --release --quiet -p simulator -- --seeds $(SEEDS)

sanitize: ## Run ledger and log under Miri, address and thread sanitizers and valgrind, as far as they are here
	@scripts/setup.sh run
	@scripts/sanitize.sh

soak: ## Ask ledger and engine COMMANDS (default 100 million) random things and compare with the naive model
	@scripts/setup.sh run
	@scripts/soak.sh $(COMMANDS)

mutants: ## Change ledger and log one small thing at a time, and see whether a test notices; an hour or two
	@scripts/setup.sh run
	@scripts/mutants.sh

lint: ## Check the format and clippy, warnings denied
	@scripts/setup.sh run
	cargo fmt --all --check
	cargo clippy --release --workspace --all-targets -- -D warnings

check: lint ## All a change must pass beside its tests: lints, docs, licences, unused dependencies
	@scripts/check.sh

bench: ## Measure each stage of a reservation by itself, in ns; keeps a line a stage in bench/results/stages.csv
	@scripts/setup.sh run
	@scripts/bench.sh

bench-peers: ## Measure against hyper, Redis, PostgreSQL, nginx and HAProxy, in ROUNDS (3) of SECONDS (4); ONLY=open,answers for a part; TIGERBEETLE=path for that too
	@scripts/setup.sh bench proxies $(if $(TIGERBEETLE),tigerbeetle)
	@scripts/bench-peers.sh $(if $(ONLY),--only $(ONLY)) $(if $(ROUNDS),--rounds $(ROUNDS)) $(if $(SECONDS),--seconds $(SECONDS)) $(if $(MILLION),--million) $(if $(TIGERBEETLE),--tigerbeetle $(TIGERBEETLE))

bench-proxy: ## The part of it that is the gateway against nginx and HAProxy
	@$(MAKE) --no-print-directory bench-peers ONLY=proxies

bench-curves: ## Measure memory, CPU, an expiry wave and the limits of memory by how much is kept; ONLY=memory,wave for parts, SIZE=short
	@scripts/setup.sh run
	@scripts/bench-curves.sh

bench-readme: ## Write README's table of comparison anew from the latest result of make bench-peers
	@scripts/setup.sh run
	cargo run --release --quiet --bin peers -- readme

instructions: ## Count the I/O thread's instructions a reservation under callgrind; keeps it in bench/results/instructions.csv
	@scripts/setup.sh run instructions
	@scripts/instructions.sh

k6: ## A flash sale of BUYERS for UNITS within DURATION, or another SCENARIO of k6/; SIZE=short for a short one
	@scripts/setup.sh test
	@scripts/k6.sh k6/$(SCENARIO).js

k6-all: ## Every k6 scenario of reservations, one after another
	@scripts/setup.sh test
	@scripts/k6.sh $(filter-out k6/overload-%,$(wildcard k6/*.js))

k6-overload: ## The gateway before a stub platform at up to 10x its capacity: a table of criteria; ROWS=a,b for some, SIZE=short
	@scripts/setup.sh test
	@scripts/k6-overload.sh

openapi: ## Write docs/openapi.json anew from the code
	@scripts/setup.sh run
	cargo run --release --quiet --bin tidegate -- openapi > docs/openapi.json

admission-plots: ## Play the overload scenarios in a toy world and plot them anew into docs/admission
	@scripts/setup.sh run
	cargo run --release --quiet -p admission --example model -- docs/admission

clean: ## Remove what was built and the Python tools, never data
	cargo clean
	rm -rf .venv .venv-tigerbeetle
