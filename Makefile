# make setup | demo | test | fuzz | lint | bench     Everything lives in .venv; demo and test set it up.
PYTHON ?= python3
CORES ?= 2
CASES ?= 500
TESTS ?=
BIN := .venv/bin
READY := .venv/.ready
TORCH := $(shell grep '^torch==' constraints.txt)
export PATH := $(CURDIR)/$(BIN):$(PATH)

.PHONY: setup demo test fuzz lint bench
.DELETE_ON_ERROR:
MAKEFLAGS += --no-print-directory

setup: $(READY) bedtools

# torch goes first: a pinned torch keeps other packages from pulling another build of it.
$(READY): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	|| { echo "Python 3.11 or newer is needed; $(PYTHON) is $$($(PYTHON) --version 2>&1)."; \
	     echo "Name another one, as in: make PYTHON=python3.13 $(MAKECMDGOALS)"; exit 1; }
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check $(TORCH)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	touch $@

.PHONY: bedtools
bedtools:
	@command -v bedtools > /dev/null \
	|| { [ "$$(id -u)" = 0 ] && command -v apt-get > /dev/null \
	     && apt-get update -qq && apt-get install -y -qq bedtools > /dev/null; } \
	|| { echo "bedtools is missing: conda install -c bioconda bedtools, or apt-get install bedtools"; exit 1; }

demo: setup
	$(BIN)/snakemake --cores $(CORES) all
	@echo "Report: $(CURDIR)/results/demo/report/index.html"

test: setup
	$(BIN)/python -m pytest -n $(CORES) --dist loadgroup $(TESTS)

fuzz: setup
	ORTHRUS_FUZZ_CASES=$(CASES) $(BIN)/python -m pytest -n $(CORES) -m fuzz --hypothesis-profile=fuzz tests/fuzz
	$(BIN)/python -m pytest --hypothesis-profile=fuzz tests/workflow/test_random_kills.py

lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/snakefmt --check workflow rules
	$(BIN)/snakemake --lint
	$(BIN)/codespell

bench: setup
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev,bench]'
	for script in benchmarks/[a-z]*.py; do $(BIN)/python $$script --check || exit 1; done
