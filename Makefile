# Each target installs what it needs first, once. `make help` lists them.

.DEFAULT_GOAL := help

# Where it is set, each of the many processes that tests start would compile all modules anew.
unexport PYTHONDONTWRITEBYTECODE

PORT ?= 8000
FAULT_SECONDS ?= 60
FAULT_KILLS ?= 300
FAULT_MOVE_KILLS ?= 100
FAULT_CALLS ?= 1000
FAULT_POWER_CUTS ?= 200
CLUSTER_ROUNDS ?= 2
FILE_MIB ?= 2048

BIN := .venv/bin
CODE := $(wildcard src tests tools demo benchmarks)
READY := .venv/.ready

.PHONY: help setup demo run test test-faults test-cluster test-image test-flavours cov check format bench bench-mlflow bench-search bench-cluster bench-client bench-web screenshots clean

help: ## List these targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-14s %s\n", $$1, $$2 }' Makefile

setup: $(READY) ## Install Poetry into .poetry/ and the dependencies into .venv/

$(READY): pyproject.toml poetry.lock poetry.toml tools/setup.sh
	@sh tools/setup.sh
	@touch $@

demo: $(READY) ## Show a registry at work, from a first push to production
	$(BIN)/python -m demo

run: $(READY) ## Serve a registry kept in .data on http://127.0.0.1:8000 (PORT=... for another port)
	$(BIN)/modelyard serve --host 127.0.0.1 --port $(PORT) --data-dir .data

test: $(READY) ## Run all tests in parallel
	$(BIN)/python -m pytest -n auto

test-faults: $(READY) ## Run the tests with faults and load for longer, and print what was tried (see CONTRIBUTING.md)
	FAULT_SECONDS=$(FAULT_SECONDS) FAULT_CALLS=$(FAULT_CALLS) FAULT_KILLS=$(FAULT_KILLS) \
	FAULT_MOVE_KILLS=$(FAULT_MOVE_KILLS) FAULT_POWER_CUTS=$(FAULT_POWER_CUTS) \
	$(BIN)/python -m pytest -n auto -o faulthandler_timeout=0 tests/faults tests/client/test_kills.py

test-cluster: $(READY) ## Run the tests of a cluster in full (CLUSTER_ROUNDS=... for how many restarts and kills, 2)
	@command -v nginx > /dev/null || echo "nginx is not installed: the tests go to the servers in turn"
	CLUSTER_ROUNDS=$(CLUSTER_ROUNDS) $(BIN)/python -m pytest -o faulthandler_timeout=0 tests/cluster

test-image: $(READY) ## Run the tests of deploy/ with every step of the image's build, which takes packages from their registry
	IMAGE_IN_FULL=1 $(BIN)/python -m pytest -n auto tests/deploy

test-flavours: $(READY) ## Prove the flavours of heavy frameworks, each in an environment of its own (FLAVOURS="torch onnx" for some)
	$(BIN)/python tools/test_flavours.py $(FLAVOURS)

cov: $(READY) ## Run the tests of the product and report branch coverage, which must reach 95 %
	$(BIN)/python -m pytest -n auto --ignore=tests/architecture --cov --cov-report=term-missing:skip-covered

check: $(READY) ## Check format, lint, types, imports between layers, house rules and dependencies
	$(BIN)/black --check $(CODE)
	$(BIN)/ruff check $(CODE)
	$(BIN)/mypy $(CODE)
	$(BIN)/lint-imports --no-logo
	$(BIN)/python tools/check_house.py $(CODE)
	$(BIN)/deptry src
	$(BIN)/deptry $(filter-out src,$(CODE)) --ignore DEP002,DEP004

format: $(READY) ## Format the code, sort its imports and apply ruff's safe fixes
	$(BIN)/ruff check --fix-only $(CODE)
	$(BIN)/black $(CODE)

bench: $(READY) ## Measure the registry's speed
	$(BIN)/python -m benchmarks

bench-mlflow: $(READY) ## Measure MLflow on the same load, to compare
	$(BIN)/python -m benchmarks.mlflow

bench-search: $(READY) ## Measure searches among a million versions; takes 5 GB of disk and 4 GB of memory
	$(BIN)/python -m benchmarks.search

bench-cluster: $(READY) ## Measure what PostgreSQL, S3 and more workers cost
	$(BIN)/python -m benchmarks.cluster

bench-client: $(READY) ## Measure the Python client beside curl (FILE_MIB=... for the size of the large file, 2048)
	$(BIN)/python -m benchmarks.transfer --file-mib $(FILE_MIB)

bench-web: $(READY) ## Measure pages in a browser: requests, bytes, first paint; and the server's time (SEARCH_MODELS=... for how many)
	$(BIN)/python -m benchmarks.web

screenshots: $(READY) ## Take pictures of all web pages into .screenshots/, and those of README into docs/pictures/; needs Chromium
	$(BIN)/python -m demo.screenshots

clean: ## Remove caches and build output; .venv/, .poetry/ and .data/ stay
	rm -rf .coverage* .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache dist
	find $(CODE) -name __pycache__ -type d -prune -exec rm -rf {} +
