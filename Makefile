# make run   set up what is missing, then analyse a sample article
# make test  set up what is missing, then run every check
# make demo  set up what is missing, then open the demo page

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check

.PHONY: run test demo clean

run: $(VENV)/.installed
	$(BIN)/mujaz analyze samples/diplomacy.txt

test: $(VENV)/.installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/pytest

demo: $(VENV)/.installed
	$(BIN)/mujaz demo

clean:
	rm -rf $(VENV)

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
	  echo "mujaz needs Python 3.11 or newer; '$(PYTHON)' is $$($(PYTHON) --version 2>&1 | head -n 1)." >&2; \
	  echo "Install one and say where it is: make PYTHON=/path/to/python3.12 $(MAKECMDGOALS)" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); \
	  echo "'$(PYTHON)' cannot make a virtual environment; on Debian and Ubuntu: apt install python3-venv" >&2; exit 1; }

$(VENV)/.installed: pyproject.toml | $(BIN)/python
	@echo "Installing mujaz and what it needs into $(VENV) (a few minutes the first time) ..."
	$(PIP) install --quiet --progress-bar off -e .
	@touch $@

$(VENV)/.installed-dev: pyproject.toml | $(BIN)/python
	@echo "Installing mujaz and its development tools into $(VENV) (a few minutes the first time) ..."
	$(PIP) install --quiet --progress-bar off -e '.[dev]'
	@touch $@ $(VENV)/.installed
