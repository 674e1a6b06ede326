# make serve   installs, builds and serves a demo at http://127.0.0.1:8000
# make test    installs what the tests need, Chromium too, and runs all of them
# make help    the rest

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PYTEST := $(BIN)/python -m pytest
ALONE = $(shell grep -rl --include='test_*.py' 'mark\.alone' tests)
# Databases in memory: the quick tests are not about disks.
QUICK = PYTEST_DEBUG_TEMPROOT=$(wildcard /dev/shm) $(PYTEST) --quiet \
	--hypothesis-profile quick -m 'not system and not browser and not web'
HALF := tests/api tests/dashboard tests/hub
WEB := $(shell find web -name node_modules -prune -o -type f -print 2>/dev/null)
PACKAGE := pyproject.toml hatch_build.py $(WEB)

.PHONY: help serve test quick quick-api quick-rest check bench site format clean

help:
	@echo 'make serve   install, build, and serve a demo at http://127.0.0.1:8000'
	@echo 'make test    install what the tests need, and run every check and test'
	@echo 'make quick   the tests without servers and browser, in seconds'
	@echo 'make check   linters, types, import contracts'
	@echo 'make bench   the benchmark (needs a C compiler)'
	@echo 'make site    build the documentation into results/site'
	@echo 'make format  format the Python code'
	@echo 'make clean   remove what was installed and built'

serve: $(VENV)/.serve
	$(BIN)/feedline serve --demo

# Many start Python, which is to find what it compiled the last time, wherever this is set.
test quick quick-api quick-rest: export PYTHONDONTWRITEBYTECODE =

# Tests of latency and load have the machine to themselves, after all the others, which share it:
# one more at a time than the two cores there are, because most of them wait most of the time.
# Of those that are alone, two that are light run at once (tests/conftest.py).
test: $(VENV)/.test check
	sh tests/ensure_programs.sh
	rm -rf results/failures
	failed=0; $(PYTEST) -n 3 --dist worksteal --durations 15 -m 'not alone' || failed=1; \
		$(PYTEST) -n 2 --durations 5 -m alone $(ALONE) || failed=1; \
		cat results/failures/failed.txt 2>/dev/null; exit $$failed

# Two halves that take about as long, a core for each: most tests are over sooner than one of them
# could be handed to a worker. What they leave out is not even imported.
quick: $(VENV)/.test
	@$(MAKE) --no-print-directory --jobs 2 --keep-going --output-sync quick-api quick-rest

quick-api:
	$(QUICK) $(HALF)

quick-rest:
	$(QUICK) $(addprefix --ignore ,$(HALF)) $(addprefix --ignore tests/,browser conformance convergence \
		gateway hostile simulation system web trial/test_statistics.py explain/test_simulated.py)

check: $(VENV)/.test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(VENV)/.test
	$(BIN)/python -m bench

site: $(VENV)/.test
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --quiet --config-file docsite/mkdocs.yml
	@echo 'To read it: python3 -m http.server --directory results/site 8080'

format: $(VENV)/.test
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

clean:
	rm -rf $(VENV) web/node_modules src/feedline/page

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo 'Feedline needs Python 3.11 or later. Name one: make PYTHON=python3.12 ...'; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); \
		echo 'Python cannot make virtual environments here. On Debian: apt-get install python3-venv'; exit 1; }

$(VENV)/.serve: $(BIN)/python $(PACKAGE)
	@echo 'Installing Feedline and building its page, which takes a minute or so, once.'
	$(BIN)/pip install --quiet --disable-pip-version-check --editable .
	@touch $@

$(VENV)/.test: $(BIN)/python $(PACKAGE)
	$(BIN)/pip install --quiet --disable-pip-version-check --editable '.[test]'
	@touch $@ $(VENV)/.serve
