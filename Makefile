# Every target installs what it needs (Debian packages through apt, with sudo when not root) and then does its work.
CARGO ?= cargo
NODE_TESTS := tests/node/node_modules/.installed
PLAYER := player/dist/index.html
VENV := .venv/.installed
CARGO_DENY := 0.20.2

.PHONY: help demo build player test live-soak bounds lint bench fuzz clean
.DEFAULT_GOAL := help

help: ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /  make \1\t/' | expand -t 18

# DEMO_ARGS="--http-port 8081 …" where a port is taken.
demo: ## build, make a ladder, serve it, print the player's address
	@scripts/setup.sh build media
	@$(MAKE) --no-print-directory player
	$(CARGO) build --release --locked
	target/release/edgepack demo $(DEMO_ARGS)

build: ## the release binary, player page included
	@scripts/setup.sh build
	@$(MAKE) --no-print-directory player
	$(CARGO) build --release --locked

player: $(PLAYER) ## bundle the player page (hls.js, dash.js, Shaka Player) into player/dist

$(PLAYER): player/package.json player/package-lock.json player/build.mjs $(shell find player/src -type f 2>/dev/null)
	@scripts/setup.sh build
	cd player && npm ci --no-audit --no-fund --loglevel=error && npm run --silent build
	@touch $@

$(NODE_TESTS): tests/node/package.json tests/node/package-lock.json
	cd tests/node && npm ci --no-audit --no-fund --loglevel=error
	@touch $@

$(VENV): tests/aioquic/requirements.txt
	python3 -m venv .venv
	.venv/bin/pip install --quiet --disable-pip-version-check -r tests/aioquic/requirements.txt
	@touch $@

# EDGEPACK_REQUIRE_TOOLS makes a missing tool a failure instead of a skipped test.
test: ## all tests: units, instruction counts, real binary, ffmpeg, browsers
	@scripts/setup.sh build media browser test
	$(COUNTS) check
	@$(MAKE) --no-print-directory player $(NODE_TESTS) $(VENV)
	EDGEPACK_REQUIRE_TOOLS=1 $(CARGO) test --workspace --locked --no-fail-fast

# LIVE_SOAK_SECONDS of each player instead of 300.
live-soak: ## five minutes of a channel in each player and protection, with latency and stalls
	@scripts/setup.sh build media browser test
	@$(MAKE) --no-print-directory player $(NODE_TESTS)
	EDGEPACK_REQUIRE_TOOLS=1 $(CARGO) test --locked -p edgepack --test e2e -- --ignored --nocapture soak_players

# Instructions of hot paths under callgrind, in a profile that only these crates are built for.
COUNTS := $(CARGO) run --quiet --locked --profile bounds -p edgepack-counts --

bounds: ## count the hot paths' instructions and note them as the bounds that the tests hold them to
	@scripts/setup.sh build test
	$(COUNTS) write

lint: ## rustfmt, clippy, cargo-deny
	@scripts/setup.sh build lint
	$(CARGO) fmt --all --check
	$(CARGO) clippy --workspace --all-targets --locked -- -D warnings
	command -v cargo-deny >/dev/null || $(CARGO) install --locked cargo-deny@$(CARGO_DENY)
	$(CARGO) deny --locked check licenses bans sources

# BENCH_ARGS="--only delivery --row HTTP/3 --skip varnish" for a part of it.
PIECES := isobmff/movie packager/segments manifest/manifests token/tokens h3/messages
bench: ## CPU per GB and per request beside nginx, Caddy, Varnish, h2o and bare floors; times of the pieces
	@scripts/setup.sh build media bench
	$(CARGO) build --release --locked -p edgepack -p edgepack-bench
	bench/run.sh $(BENCH_ARGS)
	$(CARGO) bench --locked $(foreach piece,$(PIECES),-p edgepack-$(patsubst %/,%,$(dir $(piece))) --bench $(notdir $(piece))) | tee bench/results/pieces.txt
	$(CARGO) bench --locked -p edgepack-drm --bench ciphers | tee bench/results/ciphers.txt

# libFuzzer needs flags that a stable compiler takes only with this variable.
FUZZ_SECONDS ?= 60
fuzz: ## every fuzz target for FUZZ_SECONDS (60)
	@scripts/setup.sh build fuzz
	command -v cargo-fuzz >/dev/null || $(CARGO) install --locked cargo-fuzz
	for target in $$(sed -n 's/^name = "\(.*\)"/\1/p' fuzz/Cargo.toml | grep -v edgepack); do \
		RUSTC_BOOTSTRAP=1 $(CARGO) fuzz run $$target -- -max_total_time=$(FUZZ_SECONDS) || exit 1; \
	done

clean: ## build products and generated media
	$(CARGO) clean
	rm -rf player/dist player/node_modules tests/node/node_modules .venv
