# Thin: everything is a verb of `python3 -m dev`, run by any Python from 3.10 on.
PYTHON ?= python3
SERVE ?= 1
PORT ?= 8069
LLM ?= 0
DEV = $(PYTHON) -m dev

.PHONY: help setup demo test test-live lint bench eval shell stop clean distclean

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "%-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: ## Bring Odoo, PostgreSQL, Chromium and the Python environment
	@$(DEV) setup

demo: ## Validate demonstration invoices, then serve the web client (SERVE=0: do not)
	@$(DEV) demo --port $(PORT) $(if $(filter 0,$(SERVE)),--no-serve)

test: ## Run linters and all tests
	@$(DEV) test

test-live: ## Ask Claude itself, with your key and for money: LIVE=1
	@$(DEV) test-live

lint: ## Run the linters
	@$(DEV) lint

bench: ## Measure (PEERS=1: beside the LiteLLM proxy too)
	@PEERS="$(PEERS)" $(DEV) bench

eval: ## Measure with labelled cases: CASES=path [LLM=0|1] [OUT=path] [FLOORS=...]
	@$(DEV) eval -- --llm "$(LLM)" $(if $(CASES),--cases "$(CASES)") \
		$(if $(OUT),--out "$(OUT)") $(if $(FLOORS),--floors "$(FLOORS)")

shell: ## Open Odoo's shell on a copy of the test database
	@$(DEV) shell

stop: ## Stop the database server
	@$(DEV) stop

clean: ## Remove what this checkout has made
	@$(DEV) clean

distclean: ## Remove the cache of all checkouts too
	@$(DEV) clean --cache
