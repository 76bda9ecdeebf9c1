# make grade   a demo class, graded       make test    the kit's own tests
# make lint    ruff                       make types   mypy
# make prove   rates of the hidden suites over all known programs; before a release
#
# PYTHON  the interpreter that the virtual environment is made from
# VENV    where that environment is; an existing one is used as it is
# JOBS    how many submissions are graded at a time, and how many processes run the tests

PYTHON ?= python3
VENV ?= .venv
JOBS ?= 2
ARGS ?=

BIN := $(VENV)/bin
INSTALLED := $(VENV)/.biomed-grader-installed

# One thread per process: grading is parallel across submissions, and results do not depend on the number of cores.
export OMP_NUM_THREADS := 1
export OMP_WAIT_POLICY := PASSIVE

.PHONY: grade test prove lint types clean

grade: $(INSTALLED)
	@rm -rf demo/submissions
	$(BIN)/grader demo demo/submissions
	$(BIN)/grader grade demo/submissions --out demo/grades --jobs $(JOBS) --level best

test: $(INSTALLED)
	$(BIN)/python -m pytest -n $(JOBS) $(ARGS)

prove: $(INSTALLED)
	$(BIN)/grader prove --out proof --jobs $(JOBS) $(ARGS)

lint: $(INSTALLED)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(INSTALLED)
	$(BIN)/mypy

clean:
	rm -rf $(VENV) demo

$(INSTALLED): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "$(PYTHON) is missing or older than Python 3.11. Name another one: make PYTHON=python3.12" >&2; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); \
	  echo "$(PYTHON) cannot make virtual environments. Install its venv module (Debian and Ubuntu:" >&2; \
	  echo "the package python3-venv), name another interpreter (make PYTHON=python3.12), or an" >&2; \
	  echo "environment that is there already (make VENV=path)." >&2; exit 1; }
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	@touch $@
