# `make grade` and `make test` need nothing but Python 3.11 or newer and make; each sets up what it needs.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.PHONY: help
help:
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 12

$(READY): pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed, this is " + sys.version)'
	test -d $(VENV) || $(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --editable '.[test]'
	touch $(READY)

.PHONY: setup
setup: $(READY)  ## install everything into .venv

.PHONY: release
release: $(READY)  ## generate the students' notebooks in release/ from source/
	$(BIN)/nbgrader generate_assignment --create --force --assignment='$(or $(A),*)'

.PHONY: catalogue
catalogue: $(READY)  ## write what students get wrong, answers/wrong/README.md
	$(BIN)/python -m proctor.authoring.catalogue

.PHONY: grade
grade: $(READY)  ## autograde the class in submitted/ (a sample class while it is empty)
	$(BIN)/proctor grade --sample

.PHONY: check
check: $(READY)  ## look for what is wrong with the course's own files
	$(BIN)/proctor lint
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

PYTEST := OMP_NUM_THREADS=1 $(BIN)/python -m pytest -q -n 2 --dist worksteal

.PHONY: test
test: check  ## run the tests that every change needs: five minutes
	$(PYTEST) -m 'not full'

.PHONY: test-all
test-all: test  ## run all the tests: twenty minutes
	$(PYTEST) -m full

.PHONY: docs
docs: $(READY)  ## build the documentation: docs/_build/index.html
	$(BIN)/sphinx-build -W --keep-going -n -q docs docs/_build

.PHONY: screenshots
screenshots: $(READY)  ## take the pictures in docs/images/ from the real screens
	$(BIN)/python tests/browser/screenshots.py

.PHONY: lab
lab: $(READY)  ## open the course in JupyterLab
	$(BIN)/jupyter lab
