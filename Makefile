# Two commands for a new machine: `make run` and `make test`. Both set up .venv first; both may be repeated.
PYTHON ?= python3
BIN := .venv/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check
STUDY ?= configs/jinjiang.yaml
SYSTEM := chromium fonts-noto-cjk postgresql postgresql-postgis

.PHONY: help run test check bench bench-peers lock docs-data clean
help:
	@echo "make run     set up, then read, measure and judge the embedded study (STUDY=configs/jinjiang.yaml)"
	@echo "make test    set up, then lint, check types and run every test"
	@echo "make check   lint and types only"
	@echo "make bench   time the engine against its peers, side by side (make bench-peers: those with an environment of"
	@echo "             their own: pandana, pyroutingkit, OSRM, Valhalla)"
	@echo "make lock    renew the lock files after a change of dependencies"

# What running needs.
.venv/run.ready: requirements.lock pyproject.toml
	@test -x $(BIN)/python || { echo "Setting up .venv ..."; $(PYTHON) -m venv .venv; }
	@echo "Installing what coverplan needs (a minute or two the first time) ..."
	@$(PIP) --require-hashes -r requirements.lock
	@$(PIP) --no-deps --no-build-isolation --editable .
	@echo "Compiling the searches (once) ..."
	@$(BIN)/python -c "import coverplan as cp; cp.warm_up()"
	@touch $@

# What developing needs on top, and, for root on Debian, what tests look at maps and databases with.
.venv/test.ready: .venv/run.ready requirements-dev.lock
	@echo "Installing what the tests need ..."
	@$(PIP) --require-hashes -r requirements-dev.lock
	@if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null \
		&& ! dpkg-query --show $(SYSTEM) >/dev/null 2>&1; then \
		echo "Installing a browser, Chinese fonts and PostGIS for the tests ..."; \
		{ apt-get update -qq \
			&& DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $(SYSTEM); } >/dev/null \
		|| echo "Not all of $(SYSTEM) to be had here: the tests that need them will skip and say so."; \
	fi
	@touch $@

run: .venv/run.ready
	@$(BIN)/coverplan run $(STUDY)

check: .venv/test.ready
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/basedpyright --level error

test: check
	@$(BIN)/python -m pytest --numprocesses 2 --dist loadfile

bench: .venv/test.ready
	@for name in field engine isochrones hierarchy growth; do \
		test ! -e benchmarks/bench_$$name.py || $(BIN)/python benchmarks/bench_$$name.py || exit 1; \
	done

bench-peers: .venv/test.ready
	@$(BIN)/python benchmarks/bench_peers.py

LOCK := $(BIN)/uv pip compile pyproject.toml --quiet --all-extras --group build --universal --python-version 3.11 \
	--generate-hashes --no-header --no-annotate --no-emit-index-url --no-emit-find-links
lock: .venv/test.ready
	@$(LOCK) --output-file requirements.lock
	@$(LOCK) --group dev --constraint requirements.lock --output-file requirements-dev.lock

clean:
	@rm -rf .venv out dist build .pytest_cache .ruff_cache .hypothesis tests/artefacts
