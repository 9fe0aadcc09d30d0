# Opsbook: `make demo` and `make test` do all their own set-up.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.PHONY: demo test bench site lock clean help

help: ## what can be made
	@sed -n 's/^\([a-z]*\):.*## /  make \1	/p' $(MAKEFILE_LIST)

$(READY): requirements/dev.lock pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

lock: ## pin every dependency again, with hashes
	$(PYTHON) -m venv build/lock && build/lock/bin/python -m pip install --quiet uv==0.13.8
	build/lock/bin/uv pip compile --universal --python-version 3.11 --quiet --generate-hashes --no-header --no-annotate --no-emit-index-url --no-emit-find-links pyproject.toml -o requirements/run.lock
	build/lock/bin/uv pip compile --universal --python-version 3.11 --quiet --generate-hashes --no-header --no-annotate --no-emit-index-url --no-emit-find-links pyproject.toml --group dev -o requirements/dev.lock

clean: ## remove everything that was built
	rm -rf build dist .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis
