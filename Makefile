# Every target makes and fills .venv when it is missing or older than pyproject.toml.
#   make demo    a shipped character speaks         make bench   figures for this machine
#   make quick   the quick tests, two minutes       make test    the whole test suite
#   make check   lint, format, types, import order  make format  mend lint and format
#   make test-ray   two replicas of Ray Serve on this machine
# Another interpreter: make demo PYTHON=/path/to/python3.12

.PHONY: demo quick test test-ray check bench format example clean help
.DEFAULT_GOAL := help

VENV := .venv
PY := $(VENV)/bin/python
PIP := $(PY) -m pip --disable-pip-version-check --quiet
PYTHON ?=
WORKERS ?= 2
ON_WORKERS := -n $(WORKERS) --dist loadgroup
FIND_PYTHON := sh scripts/find_python.sh $(PYTHON)

# An environment that was copied, moved or broken is made anew: it must know this very checkout.
WHERE := import os, vasa_avatar; print(os.path.realpath(os.path.join(vasa_avatar.__path__[0], "..")))
ifneq ($(realpath $(CURDIR)),$(shell $(PY) -I -c '$(WHERE)' 2>/dev/null))
$(shell rm -f $(VENV)/made $(VENV)/ready-run $(VENV)/ready-dev)
endif

help:
	@sed -n 's/^#   /  /p' Makefile

demo: $(VENV)/ready-run
	$(VENV)/bin/vasa-avatar demo $(ARGS)

# Tests run on two workers; make test WORKERS=8 for more, WORKERS=0 for none.
quick: $(VENV)/ready-dev
	$(PY) -m pytest $(ON_WORKERS) -m "not slow and not browser" $(ARGS)

test: $(VENV)/ready-dev
	@sh scripts/system_packages.sh
	$(PY) -m pytest $(ON_WORKERS) $(ARGS)

# Ray asks for other versions of some packages than Pipecat: it has an environment of its own.
test-ray: build/ray/ready
	build/ray/bin/python -m pytest tests/integrations/ray $(ARGS)

build/ray/ready: pyproject.toml
	@echo "installing what the tests of Ray need into build/ray (a few minutes, once)"
	@python=`$(FIND_PYTHON)` && $$python -m venv --clear build/ray
	@build/ray/bin/python -m pip --disable-pip-version-check --quiet install -e ".[ray]" \
		pytest pytest-timeout pytest-xdist hypothesis
	@touch $@

check: $(VENV)/ready-dev
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(PY) -m mypy
	$(PY) -m mypy -p livekit.plugins.vasa
	$(VENV)/bin/lint-imports
	$(VENV)/bin/lint-imports --config integrations/livekit/importlinter.ini

bench: $(VENV)/ready-run
	$(VENV)/bin/vasa-avatar bench $(ARGS)

format: $(VENV)/ready-dev
	$(PY) -m ruff check --fix .
	$(PY) -m ruff format .

# The pictures in README.md, drawn by the program itself.
example: $(VENV)/ready-run
	$(PY) scripts/draw_readme_pictures.py

clean:
	rm -rf $(VENV) build dist .mypy_cache .ruff_cache .pytest_cache .import_linter_cache

$(VENV)/made:
	@echo "making $(VENV)"
	@python=`$(FIND_PYTHON)` && $$python -m venv --clear $(VENV)
	@touch $@

$(VENV)/ready-run: pyproject.toml $(VENV)/made
	@echo "installing what vasa-avatar needs into $(VENV) (a minute or two, once)"
	@$(PIP) install -e ".[demo]"
	@touch $@

$(VENV)/ready-dev: pyproject.toml $(VENV)/made
	@echo "installing what the tests need into $(VENV) (a few minutes, once)"
	@$(PIP) install -e ".[dev]"
	@touch $@
