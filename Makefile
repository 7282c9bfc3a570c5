# make run      everything, in this terminal, until Ctrl-C      (make run ARGS="--port 8080")
# make test     all tests                                       (make test ARGS="tests/orders -x")
# make quick    the tests that need no server and no browser, in under two minutes
# make fuzz     send requests made up from the OpenAPI document (make fuzz FUZZ_EXAMPLES=200 FUZZ_PATHS=/orders/)
# make chaos    break it on purpose, for five minutes           (make chaos CHAOS_SECONDS=900 CHAOS_SEED=7)
# make endurance  drive each strategy for a thousand fills amid faults (make endurance ENDURANCE_SEED=7)
# make check    format, lint, types, layers, migrations, settings
# make lock     write both locks anew from pyproject.toml
# make pages    fetch the bundler again, which joins the pages' files (npm; without it they work too)
# make messages  collect the pages' texts into config/locale and compile them (GNU gettext)
# make fresh    both environments from nothing, with the oldest pip we support (CI does it)
#
# The first call makes .venv from the hashed lock; later ones are offline and quick.

.DEFAULT_GOAL := run
.PHONY: run test quick pages messages uv fresh fuzz chaos endurance check lock format help

# Where this is set, each of our processes compiles ccxt and Django anew: seconds at every start.
export PYTHONDONTWRITEBYTECODE :=

PYTHON ?= python3
VENV := .venv
PY := $(VENV)/bin/python
UV := $(VENV)/bin/uv
# The locks are complete, so nothing is resolved: neither the pip that came with Python nor a
# release since then changes what is installed. An index or certificate set for pip holds for uv too.
INSTALL := UV_DEFAULT_INDEX="$${UV_DEFAULT_INDEX:-$$($(PY) -m pip config get global.index-url 2> /dev/null)}" \
	SSL_CERT_FILE="$${SSL_CERT_FILE:-$$PIP_CERT}" UV_LINK_MODE="$${UV_LINK_MODE:-copy}" \
	$(UV) pip install --python $(PY) --quiet --compile-bytecode --no-deps --require-hashes -r
OFFLINE = { echo "Could not install $<. It needs a package index (set HTTPS_PROXY or PIP_INDEX_URL where"; \
	echo "there is a proxy or a mirror) and disk space; call make again to go on."; exit 1; }
# The copy of a lock inside .venv says what was installed; it is compared by content.
FOR_RUN := $(VENV)/requirements.lock
FOR_DEV := $(VENV)/requirements-dev.lock
# Tools of the pages, from npm. The stamp is written in any case: a machine without npm or network
# serves the pages' files one by one, and is not asked again at each start.
BUNDLER := node_modules/.installed
NPM_CI := npm ci --ignore-scripts --no-audit --no-fund --silent --fetch-retries=0 --fetch-timeout=20000
ARGS ?=
# Tests run in so many processes, each with servers of its own; 0 runs them in one, as debuggers like.
TEST_PROCESSES ?= 4
CHAOS_SECONDS ?= 300
FUZZ_EXAMPLES ?= 50
ENDURANCE_FILLS ?= 1000

# As in production: behind TLS, with services and secrets of its own. Nothing is connected to.
PRODUCTION := FILLWATCH_URL=https://fillwatch.example.org FILLWATCH_ROLE=web \
	SECRET_KEY=only-for-this-check-7hQm2vXw9RkTz4LpYc8NbGd5JsFa3UeKo6Wi \
	SEAL_PUBLIC_KEY=MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE= SEAL_PRIVATE_KEYS= \
	DATABASE_URL=postgres://fillwatch@db.example.org/fillwatch REDIS_URL=redis://redis.example.org:6379/0

run: $(FOR_RUN) $(BUNDLER)
	@exec $(PY) manage.py up $(ARGS)

test: $(FOR_DEV) $(BUNDLER)
	@$(PY) -m pytest -n $(TEST_PROCESSES) --dist loadfile --no-loadscope-reorder $(ARGS)

quick: $(FOR_DEV)
	@$(PY) -m pytest -m quick -n 2 --dist loadfile $(ARGS)

fuzz: $(FOR_DEV)
	@FUZZ_EXAMPLES=$(FUZZ_EXAMPLES) FUZZ_PATHS='$(FUZZ_PATHS)' $(PY) -m pytest tests/config/api/fuzzing $(ARGS)

chaos: $(FOR_DEV)
	@CHAOS_SECONDS=$(CHAOS_SECONDS) $(PY) -m pytest tests/chaos $(ARGS)

endurance: $(FOR_DEV)
	@ENDURANCE_FILLS=$(ENDURANCE_FILLS) $(PY) -m pytest tests/bots/endurance $(ARGS)

check: $(FOR_DEV)
	$(PY) -m ruff format --check .
	$(PY) -m ruff check .
	$(PY) -m mypy .
	$(PY) -c "from importlinter.cli import lint_imports_command as main; main()"
	git ls-files -z -- '*.html' | xargs -0 -r $(VENV)/bin/djade --check --target-version 5.2
	$(PY) -W ignore::RuntimeWarning manage.py makemigrations --check --dry-run
	$(PY) manage.py frames --check
	$(PY) manage.py describe_settings --check
	$(PRODUCTION) $(PY) manage.py check --deploy --fail-level WARNING

format: $(FOR_DEV)
	$(PY) -m ruff format .
	$(PY) -m ruff check --fix .

# `uv` writes hashes for every platform; the address of an index is nobody's business but yours.
lock: $(FOR_DEV)
	$(UV) pip compile --universal --generate-hashes --no-emit-index-url --no-header \
		--python-version 3.11 pyproject.toml -o requirements.lock
	$(UV) pip compile --universal --generate-hashes --no-emit-index-url --no-header \
		--python-version 3.11 --group dev -c requirements.lock pyproject.toml -o requirements-dev.lock

help:
	@sed -n 's/^# //p' Makefile | head -11

$(FOR_RUN): requirements.lock | $(VENV)/ready
	@cmp -s requirements.lock $@ || echo "Installing what Fillwatch needs (once)."
	@cmp -s requirements.lock $@ || $(INSTALL) $< || $(OFFLINE)
	@cp requirements.lock $@

$(FOR_DEV): requirements-dev.lock requirements.lock | $(VENV)/ready
	@cmp -s requirements-dev.lock $@ || echo "Installing what Fillwatch and its tests need (once)."
	@cmp -s requirements-dev.lock $@ || $(INSTALL) $< || $(OFFLINE)
	@cp requirements-dev.lock $@
	@cp requirements.lock $(FOR_RUN)

$(BUNDLER): package-lock.json
	@if command -v npm > /dev/null; then $(NPM_CI) || echo "npm could not install the bundler of" \
		"the pages; they work without it, in more requests. \`make pages\` tries again."; fi
	@mkdir -p node_modules
	@cp package-lock.json $@

pages:
	@rm -f $(BUNDLER)
	@$(MAKE) --no-print-directory $(BUNDLER)

messages: $(FOR_DEV)
	@command -v msgfmt > /dev/null || { echo "GNU gettext is missing: apt-get install gettext"; exit 1; }
	@$(PY) manage.py makemessages
	@$(PY) manage.py makemessages --domain djangojs
	@$(PY) manage.py compilemessages --ignore .venv --ignore node_modules

# A .venv without this file is one whose making was interrupted.
$(VENV)/ready:
	@command -v $(PYTHON) > /dev/null || { \
		echo "Python is missing: apt-get install python3 python3-venv"; exit 1; }
	@$(PYTHON) -c "import sys; sys.exit(sys.version_info < (3, 11))" || { \
		echo "Fillwatch needs Python 3.11 or later; this is $$($(PYTHON) --version)."; \
		echo "Name another one: make PYTHON=python3.12"; exit 1; }
	@$(PYTHON) -c "import ensurepip, venv" 2> /dev/null || { \
		echo "Python's venv is missing: apt-get install python3-venv"; exit 1; }
	@echo "Making $(VENV)."
	@$(PYTHON) -m venv --clear $(VENV)
	@$(MAKE) --no-print-directory uv
	@touch $@

# No dependencies, so any pip since 23.0 installs exactly this file.
uv: requirements-uv.lock
	@$(PY) -m pip install --disable-pip-version-check --quiet --require-hashes -r $< || $(OFFLINE)

# Both environments from nothing, with the oldest pip we support and no cache.
fresh:
	sh deploy/fresh_install.sh
