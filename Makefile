# Everything installs into .venv. TORCH_INDEX_URL names the index that has torch's CPU build (see README).
PYTHON ?= python3.11
BIN := .venv/bin
TORCH := torch==2.13.0
TORCH_INDEX := $(if $(TORCH_INDEX_URL),--index-url $(TORCH_INDEX_URL),)
# What is installed, by content: a changed lock installs anew, an unchanged one does nothing.
STAMP := .venv/.ok-$(shell cat requirements.lock Makefile setup.cfg 2>/dev/null | cksum | cut -d' ' -f1)

.PHONY: install demo test lint chaos eval bench train up down clean lock

install: $(STAMP)

$(STAMP): requirements.lock Makefile setup.cfg
	$(PYTHON) -c 'import sys; assert sys.version_info[:2] == (3, 11), "Auscult needs Python 3.11"'
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check uv==0.13.9
	$(BIN)/python -m pip install --quiet --disable-pip-version-check $(TORCH_INDEX) $(TORCH)
	$(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes --no-deps --compile-bytecode -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	rm -f .venv/.ok-*
	touch $@

demo: $(STAMP)
	$(BIN)/python -m demo

# Two at a time, file by file, the longest of which are not the last.
test: $(STAMP)
	$(BIN)/python -m pytest --numprocesses 2 --dist loadfile --no-loadscope-reorder

lint: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/sqlfluff lint --disable-progress-bar sql
	$(BIN)/python -m tests.lint.alembic_check
	$(BIN)/python -m tests.lint.sizes
	$(BIN)/auscult claims check

# Kill -9 at every commit and send, 200 times at random in overlapping runs, and 25 times in the whole demo.
chaos: $(STAMP)
	$(BIN)/python -m pytest -m chaos --chaos-share 1 --kills 25 -s
	$(BIN)/python -m pytest tests/sources/test_model.py --hypothesis-profile whole

# Measures on labelled posts; with AUSCULT_RESEARCH_DATA on the research sets too. Minutes.
eval: $(STAMP)
	$(BIN)/auscult eval

# Speed against the field's way, in one run; needs AUSCULT_RESEARCH_DATA. Hours; PARTS="throughput encoder quality claims": minutes.
bench: $(STAMP)
	$(BIN)/python -m benchmarks $(PARTS)

# Trains the shipped weights anew from the training split, then fits the decisions on development. About an hour.
train: $(STAMP)
	$(BIN)/python -m models.training.train_cross_encoder
	$(BIN)/python -m models.training.calibrate
	$(BIN)/python -m models.training.fit_decisions

up: $(STAMP)
	$(BIN)/auscult up

down: $(STAMP)
	$(BIN)/auscult down

clean:
	-test -x $(BIN)/auscult && $(BIN)/auscult down
	rm -rf .auscult .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache *.egg-info

# Rewrites requirements.lock from requirements.in. UV_ARGS may name a folder that holds torch's CPU wheel.
lock: $(STAMP)
	$(BIN)/uv pip compile requirements.in --output-file requirements.lock --python-version 3.11 --quiet --no-header \
	  $(addprefix --no-emit-package ,torch openvino-telemetry playwright pyee) \
	  --generate-hashes --no-emit-find-links $(UV_ARGS)
