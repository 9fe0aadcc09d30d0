# Opsbook: `make demo` and `make test` do all their own set-up; they need Python 3.11, Git and make.
PYTHON ?= python3
VENV := .venv
BIN := $(abspath $(VENV)/bin)
READY := $(VENV)/.ready
DEMO := build/demo
UV := $(BIN)/uv pip install --python $(BIN)/python --quiet

.PHONY: help demo test quick test-any-day lint bench load site schemas lock dist release clean

help: ## what can be made
	@sed -n 's/^\([a-z-]*\):.*## /  make \1 	/p' Makefile

$(READY): requirements/uv.txt requirements/dev.txt pyproject.toml
	@echo "Setting up $(VENV) (once)"
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Opsbook needs Python 3.11 or newer: make PYTHON=python3.12 …")'
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip --disable-pip-version-check --quiet install --require-hashes -r requirements/uv.txt
	@$(UV) --require-hashes -r requirements/dev.txt
	@$(UV) --no-deps --no-build-isolation -e .
	@touch $@

demo: $(READY) ## declare an incident in a scratch book, check it, build the site
	@rm -rf $(DEMO) && mkdir -p $(DEMO)
	@git clone --quiet . $(DEMO)/book && git -C $(DEMO)/book checkout --quiet -B main
	@echo && echo '$$ opsbook declare --title "Support tickets cannot be opened" --severity P1 --service support-ticket-system --lead oncall-a'
	@$(BIN)/opsbook -C $(DEMO)/book declare --title "Support tickets cannot be opened" --severity P1 \
		--service support-ticket-system --lead oncall-a --by oncall-a
	@echo && echo '$$ opsbook note "The queue stopped growing at 10:02."'
	@$(BIN)/opsbook -C $(DEMO)/book note "The queue stopped growing at 10:02." --by oncall-a
	@echo && echo '$$ opsbook list'
	@$(BIN)/opsbook -C $(DEMO)/book list
	@echo && echo '$$ git merge --no-ff opsbook/INC-…    # what opsbook declare -v told you to run'
	@git -C $(DEMO)/book -c user.name=demo -c user.email=demo@opsbook.invalid merge --quiet --no-edit --no-ff \
		$$(git -C $(DEMO)/book for-each-ref --format='%(refname:short)' refs/heads/opsbook)
	@echo && echo '$$ opsbook check'
	@$(BIN)/opsbook -C $(DEMO)/book check
	@echo && echo '$$ opsbook site build'
	@$(BIN)/opsbook -C $(DEMO)/book site build --output $(abspath $(DEMO)/site)
	@echo && echo "Look at it:  python3 -m http.server -d $(DEMO)/site 8000  and then http://127.0.0.1:8000/"
	@echo "The scratch book is in $(DEMO)/book."

test: lint ## every check and every test, the fast ones first
	@$(BIN)/python -m pytest -n auto --dist worksteal

quick: $(READY) ## the tests for whoever is editing: no browser, no sweeps, no processes (about a minute)
	@$(BIN)/python -m pytest -n auto --dist worksteal -m "not slow" --hypothesis-profile=quick

test-any-day: $(READY) ## every test on four other days: New Year, 29 February, both clock changes (about an hour)
	@$(BIN)/python -m tests.any_day $(DAYS)

lint: $(READY)
	@$(BIN)/ruff check . && $(BIN)/ruff format --check --quiet .
	@$(BIN)/lint-imports --no-logo 2>/dev/null || $(BIN)/lint-imports
	@$(BIN)/mypy
	@$(BIN)/deptry scripts 2>/dev/null || $(BIN)/deptry scripts
	@$(BIN)/opsbook check && $(BIN)/opsbook schema --check && $(BIN)/opsbook forms --check

bench: $(READY) ## measure against peers, side by side
	@$(BIN)/python -m benchmarks

load: $(READY) ## let 50 people declare and 24 write 1,200 notes at once, while others merge (about an hour)
	@$(BIN)/python -m tests.load

site: $(READY) ## serve this book on http://127.0.0.1:8000/
	@$(BIN)/opsbook site serve

schemas: $(READY) ## write again what is made from the code: JSON Schemas, forms, examples, completion
	@$(BIN)/opsbook schema
	@$(BIN)/opsbook forms
	@$(BIN)/python -m tests.cases.examples
	@$(BIN)/python -m tests.report.completion_words

lock: ## pin every dependency again, with hashes
	@$(PYTHON) -m venv build/lock
	@build/lock/bin/python -m pip install --quiet --require-hashes -r requirements/uv.txt
	@for part in "run:pyproject.toml --group build" "site:pyproject.toml --extra site --group build" \
		"dev:pyproject.toml --extra site --group dev" "uv:--group install"; do \
		build/lock/bin/uv pip compile --universal --python-version 3.11 --quiet --generate-hashes --no-header \
			--no-annotate --no-emit-index-url --no-emit-find-links $${part#*:} \
			-o requirements/$${part%%:*}.txt; done

dist: $(READY) ## build what is published into dist/; a TAG must name this version
	@[ -z "$$TAG" ] || [ "$$TAG" = "v$$($(BIN)/hatchling version)" ] || \
		{ echo "The tag $$TAG does not name the version, $$($(BIN)/hatchling version)."; exit 1; }
	@rm -rf dist && $(BIN)/python -m build --no-isolation --outdir dist .

release: $(READY) ## the changelog, the version, a commit and a tag: make release VERSION=1.2.3
	@PATH="$(BIN):$$PATH" .ci/release "$(VERSION)"

clean: ## remove everything that was built
	rm -rf build dist .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
