# make compare   checks every component against PyTorch, trains real digits with both, writes build/compare/report.html
# make test      the whole suite
# make test-cupy the components and the training steps on CuPy, over a CUDA device emulated on the CPU, its threads in both orders
# make test-pages builds the atlas into build/atlas and holds every page to what a reader relies on, in Chromium
# All need Python 3.11+ and make: they create .venv and install into it what setup.cfg names. test-cupy also needs g++ on Linux and
# about 510 MB for CuPy's wheels; the kernels that it compiles are kept in ~/.cache/minitorch.
#
#   make compare PYTHON=python3.12          another Python for .venv
#   make test PYTEST="-n 4 -k conv"         other options for pytest
#   make compare TORCH_INDEX=URL            an index of torch's CPU builds, where pip knows none

PYTHON ?= python3
TORCH = 2.13.0
TORCH_INDEX ?=
PYTEST ?= -q -n 2

BIN = .venv/bin
export OMP_NUM_THREADS = 1
export OPENBLAS_NUM_THREADS = 1

.PHONY: compare test test-cupy test-pages clean
.DELETE_ON_ERROR:

compare: .venv/compare.installed
	$(BIN)/python -m comparisons compare

test: .venv/test.installed
	$(BIN)/ruff check --no-cache .
	$(BIN)/python -m pytest $(PYTEST)

test-cupy: .venv/test-cupy.installed
	@command -v g++ >/dev/null || { echo "make test-cupy compiles CuPy's kernels for the CPU and needs g++ (Debian: apt-get install g++)"; exit 1; }
	MINITORCH_BACKEND=cupy $(BIN)/python -m pytest $(PYTEST) tests/on_device
	EMULATED_CUDA_ORDER=reverse MINITORCH_BACKEND=cupy $(BIN)/python -m pytest $(PYTEST) tests/on_device/test_catalogue.py tests/on_device/test_training.py

test-pages: .venv/test.installed
	@command -v chromium >/dev/null || if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	    apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium >/dev/null; \
	else echo "make test-pages reads the atlas in Chromium, which is not on PATH (Debian: apt-get install chromium)"; exit 1; fi
	$(BIN)/python -m comparisons atlas build
	MINITORCH_PAGES=build/atlas $(BIN)/python -m pytest $(PYTEST) tests/pages

# Made again when its Python does not run: the machine's Python was upgraded, or the directory was moved or never finished.
ifneq ($(shell $(BIN)/python -c "print('runs')" 2>/dev/null),runs)
.PHONY: .venv/created
endif

.venv/created:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	    { echo "minitorch needs Python 3.11 or newer; $(PYTHON) is $$($(PYTHON) --version 2>&1). Name another: make ... PYTHON=python3.12"; exit 1; }
	$(PYTHON) -m venv --clear .venv
	@touch $@

# torch's CPU build where pip is told of one, else from TORCH_INDEX, else the ordinary build.
.venv/torch.installed: .venv/created
	@echo "Installing into .venv (the first time: a few minutes)"
	$(BIN)/python -m pip install -q torch==$(TORCH)+cpu \
	    || $(BIN)/python -m pip install -q torch==$(TORCH) $(if $(TORCH_INDEX),--index-url $(TORCH_INDEX))
	@touch $@

.venv/%.installed: .venv/torch.installed setup.cfg pyproject.toml
	$(BIN)/python -m pip install -q -e ".[$*]"
	@touch $@

clean:
	rm -rf .venv build
