# `make grade` and `make test` need nothing but Python 3.11 or newer and make; each sets up what it needs.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.PHONY: help
help:
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 12

$(READY): pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed, this is " + sys.version)'
	test -d $(VENV) || $(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --editable '.[test]'
	touch $(READY)

.PHONY: setup
setup: $(READY)  ## install everything into .venv

.PHONY: release
release: $(READY)  ## generate the students' notebooks in release/ from source/
	$(BIN)/nbgrader generate_assignment --create --force $(if $(A),--assignment=$(A),--all)
