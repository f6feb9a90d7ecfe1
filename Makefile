# `make grade` and `make test` need nothing but Python 3.11 or newer and make; each sets up what it needs.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/$(if $(filter Windows_NT,$(OS)),Scripts,bin)
READY := $(VENV)/.ready

.PHONY: help
help:
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 12

# uv installs in a tenth of the time, where it is there.
UV := $(shell command -v uv 2>/dev/null)
ifdef UV
VENV_OF = uv venv --quiet --seed --python $(1) $(VENV)
INSTALL = uv pip install --python $(BIN)/python
else
VENV_OF = $(1) -m venv $(VENV)
INSTALL = $(BIN)/pip install --disable-pip-version-check --no-compile
endif
# Once, and not again by every sandbox, which can't write what it compiles; on all cores, and pip would take one.
# What is left out is large, and hardly imported here.
COMPILE = $(BIN)/python -m compileall -qq -j 0 -x '/(tests?|testing/_internal|networkx|debugpy|jedi|physics)/' $(VENV)

# What grading needs is half of what the tests need.
TESTED := $(VENV)/.ready-to-test

$(READY): pyproject.toml constraints.txt
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed, this is " + sys.version)'
	test -d $(VENV) || $(call VENV_OF,$(PYTHON))
	@echo "Installing into $(VENV): some minutes, most of them for PyTorch."
	$(INSTALL) --constraint constraints.txt --editable .
	@echo "Compiling what was installed, once."
	-$(COMPILE)
	touch $(READY)

$(TESTED): $(READY)
	@echo "Adding to $(VENV) what the tests need."
	$(INSTALL) --constraint constraints.txt --editable '.[test]'
	-$(COMPILE)
	touch $(TESTED)

.PHONY: setup
setup: $(TESTED)  ## install everything into .venv

.PHONY: release
release: $(READY)  ## generate the students' notebooks in release/ from source/
	$(BIN)/nbgrader generate_assignment --create --force --assignment='$(or $(A),*)'

.PHONY: handout
ifdef COLAB
handout: release  ## pack each assignment, or A=NAME, into NAME.zip; with COLAB=1 one notebook in colab/
	for name in $(or $(A),$(notdir $(wildcard release/*))); do \
	  $(BIN)/python -m proctor.records.handout "release/$$name" colab || exit 1; done
else
handout: release
	bin=$$(cd "$(BIN)" && pwd) && cd release && for name in $(or $(A),*); do \
	  "$$bin/python" -m zipfile -c "../$$name.zip" "$$name" || exit 1; done
endif

.PHONY: grade
grade: $(READY)  ## autograde the class in submitted/ (a sample class where there is no class yet)
	$(BIN)/proctor grade --sample

LOOKS ?= 'proctor lint' 'ruff check .' 'ruff format --check .' lint-imports basedpyright 'python tests/browser/pictures.py'

.PHONY: check
check: $(TESTED)  ## look for what is wrong with the course's own files
	@exec 3>&1; failed=$$(printf '%s\n' $(LOOKS) | xargs -P 2 -I{} sh -c \
		'said=$$($(BIN)/{} 2>&1) || echo "{}"; printf "%s\n%s\n" "{}" "$$said" >&3'); \
	test -z "$$failed" || { printf 'not in order:\n%s\n' "$$failed" >&2; exit 1; }

# Three on two cores: a test often waits for a process of its own.
PYTEST := OMP_NUM_THREADS=1 $(BIN)/python -m pytest -q -n 3 --dist worksteal

.PHONY: test
test: check  ## run the tests that every change needs: about five minutes
	$(PYTEST) -m 'not full'

.PHONY: test-all
test-all: check  ## run all the tests: about forty minutes
	$(PYTEST) -m 'not part'

.PHONY: test-course
test-course: $(TESTED)  ## test the course alone: lint, the hidden checks, all known answers
	$(BIN)/proctor lint
	$(PYTEST) -m 'not part' tests/hidden tests/test_sources.py tests/test_corpus.py tests/test_visible.py \
	  tests/figures/test_numbers.py::test_the_map_stands_at_the_top_and_has_each_graded_function

.PHONY: test-promises
test-promises: $(TESTED)  ## run all known answers, attacks, honest notebooks and tests of records
	$(PYTEST) -m 'full' tests/attacks tests/honest tests/records tests/test_corpus.py

# A report and no gate: what has to be quick fails while it is traced.
.PHONY: coverage
coverage: $(TESTED)  ## run all the tests and tell which lines of proctor they never ran
	-OMP_NUM_THREADS=1 $(BIN)/coverage run -m pytest -q -n 2 --dist worksteal $(T)
	$(BIN)/coverage combine --quiet
	$(BIN)/coverage report

# What can be tested without walls, on macOS and Windows: the figures, the protocol, and all that a learner does.
.PHONY: portable
portable: $(TESTED)  ## run the tests that need no sandbox
	PROCTOR_SANDBOX=plain $(BIN)/python -m pytest -q tests/figures tests/sandbox/test_wire.py tests/selfstudy tests/examine/test_check.py
	$(BIN)/proctor start --to $(VENV)/mine

# In an environment of their own, and by uv alone: pip can't take the lowest versions.
.PHONY: lowest newest
lowest: RESOLUTION = lowest-direct
lowest:  ## test with the lowest versions that pyproject.toml declares; needs uv
newest: RESOLUTION = highest
newest:  ## test with the newest versions that there are; needs uv
lowest newest:
	uv venv --quiet --clear --python $(PYTHON) .venv-$@
	uv pip install --compile-bytecode --python .venv-$@/bin/python --resolution $(RESOLUTION) --editable .
	OMP_NUM_THREADS=1 .venv-$@/bin/python -m pytest -q tests/hidden tests/examine/test_check.py tests/examine/test_messages.py

.PHONY: dist
dist: $(TESTED)  ## build the wheel, which carries the course, and the source archive: dist/
	$(BIN)/python -m build --no-isolation

.PHONY: docs
docs: $(TESTED)  ## build the documentation: docs/_build/index.html
	$(BIN)/sphinx-build -W --keep-going -n -q docs docs/_build

.PHONY: screenshots
screenshots: $(TESTED)  ## take the pictures in docs/images/ from the real screens
	$(BIN)/python tests/browser/screenshots.py

# JupyterLab would ask at its first start whether it may fetch news.
.PHONY: lab
lab: $(TESTED)  ## open the course in JupyterLab
	mkdir -p $(VENV)/share/jupyter/lab/settings
	printf '%s\n' '{"@jupyterlab/apputils-extension:notification": {"fetchNews": "false"}}' \
	  >$(VENV)/share/jupyter/lab/settings/overrides.json
	$(BIN)/jupyter lab

# What a class leaves in this folder; README lists it. Rosters and groups stay.
OF_A_CLASS := gradebook.db proctor.db attempts exchange desk downloaded quiz colab report.html grades.csv

.PHONY: clean-class
clean-class:  ## remove a class's submissions, grades and feedback from this folder, after a question
	@echo "This removes from $(CURDIR) everything in submitted/, autograded/ and feedback/, and"
	@ls -d $(OF_A_CLASS) 2>/dev/null || true
	@printf 'Nothing brings it back. Type yes to remove it: '; read -r answer; test "$$answer" = yes || \
	  { echo 'Nothing was removed.'; exit 1; }
	find submitted autograded feedback -mindepth 1 -maxdepth 1 ! -name README.md -exec rm -rf {} +
	rm -rf $(OF_A_CLASS) gradebook.db.* gradebook.db-* proctor.db-*
