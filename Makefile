# Carillon's commands. Only Python 3.11 or newer, make and git are expected on the machine.

PYTHON ?= $(shell for python in python3 python3.14 python3.13 python3.12 python3.11; do \
	"$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo "$$python" && break; done)
RUN := .venv/bin/python
PYTEST_OPTIONS ?=

.DEFAULT_GOAL := help
.PHONY: help run test chaos demo bench env env-dev lint types fmt words pins clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-9s %s\n", $$1, $$2 }' Makefile

run: env ## start everything and print the address (PORT=8010 and HOST=0.0.0.0 change it)
	@exec $(RUN) -m operations.run --with-parent

test: env-dev ## lint, types and all tests; installs what they need (PYTEST_OPTIONS="-k name")
	@exec $(RUN) -m operations.proof $(PYTEST_OPTIONS)

chaos: env-dev ## the long form of the chaos tests, with every worker killed and stopped on the way
	@exec env CHAOS=long $(RUN) -m pytest -q -n 2 -rP tests/chaos

demo: env ## drive the running instance, or one of its own, through a 5,000-row file
	@exec $(RUN) -m operations.demo

bench: env-dev ## every benchmark, each alone, with its limit (JSON=1 for one object a line)
	@exec $(RUN) -m operations.bench $(if $(JSON),--json)

env: ## .venv with the pinned requirements
	@$(call needs_python)
	@exec $(PYTHON) -m operations.environment requirements.txt

env-dev: ## .venv with the tools of development as well
	@$(call needs_python)
	@exec $(PYTHON) -m operations.environment requirements-dev.txt

lint: env-dev ## ruff, rules and format
	@$(RUN) -m ruff check .
	@$(RUN) -m ruff format --check .

types: env-dev ## mypy
	@$(RUN) -m mypy

fmt: env-dev ## put the code into ruff's format
	@$(RUN) -m ruff check --fix-only --quiet .
	@$(RUN) -m ruff format .

COMPILE = $(RUN) -m uv pip compile --quiet --generate-hashes --universal --python-version 3.11 --no-header --annotation-style line
words: env-dev ## bring the translations in line with the texts in the code
	@exec $(RUN) -m operations.catalogue

pins: env-dev ## pin requirements*.in anew, with hashes (UPGRADE=1 takes the newest)
	@$(COMPILE) $(if $(UPGRADE),--upgrade) requirements.in --output-file requirements.txt
	@$(COMPILE) $(if $(UPGRADE),--upgrade) requirements-dev.in --constraint requirements.txt --output-file requirements-dev.txt

clean: ## remove .venv and the caches; never instance/, which holds data
	@rm -rf .venv .mypy_cache .pytest_cache .ruff_cache .hypothesis .coverage htmlcov
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

needs_python = $(if $(PYTHON),:,echo "Carillon needs Python 3.11 or newer, and found none on the PATH." >&2; exit 1)
