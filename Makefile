# Copyright (c) 2026, the aksops.workload_identity contributors
# SPDX-License-Identifier: GPL-3.0-or-later

.DEFAULT_GOAL := help
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c

# A Python that can make environments; the pinned ansible-core runs on 3.11 to 3.13. `make PYTHON=/path/to/python3.12 venv` chooses.
# The versions are tried by running them: pyenv's shims exist for versions that are not selected, too.
PYTHON ?= $(shell for python in python3.11 python3.12 python3.13 python3 "$$HOME"/.pyenv/versions/3.1[123].*/bin/python3; do \
	if "$$python" -c 'import sys, venv, ensurepip; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null; \
	then command -v "$$python"; break; fi; done)
LAB_CLUSTERS ?= 3
# What the development environment runs with: the lab and the gates are packages in tests/.
RUN := PYTHONPATH=tests:.cache/collections ANSIBLE_COLLECTIONS_PATH=$(CURDIR)/.cache/collections PATH="$(CURDIR)/.venv/bin:$$PATH"
GATES := $(RUN) .venv/bin/python -m gates

.PHONY: help venv lab lab-down demo unit integration sanity lint docs test test-full bench

help:  ## Show this list
	@grep -hE '^[a-z-]+:.*## ' Makefile | awk -F ':.*## ' '{printf "  make %-14s %s\n", $$1, $$2}'

venv:  ## Make .venv (Python 3.11 or newer) with everything that the other targets need; quick when nothing changed
	@if [ -z "$(PYTHON)" ]; then echo "No Python 3.11, 3.12 or 3.13 with venv was found (Debian: apt-get install python3 python3-venv)." >&2; exit 1; fi
	@PYTHONPATH=tests "$(PYTHON)" -m gates.environments

lab: venv  ## Start the lab (emulated Azure, real Kubernetes) and leave it running; LAB_CLUSTERS=4 sets how many clusters
	@$(RUN) LAB_CLUSTERS=$(LAB_CLUSTERS) .venv/bin/python -m lab up

lab-down: venv  ## End the lab and all that it started
	@$(RUN) .venv/bin/python -m lab down

demo: venv  ## Start the lab, assess, migrate, verify and retire three clusters, show before and after, end the lab
	@$(RUN) .venv/bin/python -m lab.demo

unit: venv  ## Run the unit tests
	@$(GATES) unit

integration: venv  ## Run modules and playbooks against the lab
	@$(GATES) integration

sanity: venv  ## Run ansible-test sanity with the oldest and the newest supported ansible-core
	@$(GATES) sanity-oldest sanity-newest

lint: venv  ## Run the linters and type checks
	@$(GATES) ruff format mypy yamllint ansible-lint reuse

docs: venv  ## Check documentation, changelog and the built collection
	@$(GATES) docs changelog importer

test: venv  ## Run every gate; logs in .cache/test
	@$(GATES)

test-full: venv  ## Run every gate with every row of the fault and scenario tables
	@$(GATES) --full

bench: venv  ## Measure time, CPU and requests per cluster on the lab
	@$(RUN) .venv/bin/python -m benchmarks
