# Verbs for people and for CI. Everything is installed below .venv*; nothing else is touched.
PYTHON ?= python3
PIP = -m pip install --quiet --disable-pip-version-check --constraint constraints.txt

.PHONY: demo test test-slow chaos test-base node lint format bench clean

demo: .venv-base/ready  ## fresh machine → detections on real pictures, without torch
	.venv-base/bin/yolov10 predict cells --model cells --output demo
	@echo "Look at the pictures in demo/, then try your own:"
	@echo "  .venv-base/bin/yolov10 predict PICTURES --model cells --output annotated"
	@echo "cells knows blood cells only. To find other things, train: docs/train.md; the network itself: yolov10 info n"

# A process that crashes is not begun anew: after that, xdist would wait for tests that nobody runs.
test: .venv/ready  ## everything in the default tier
	.venv/bin/python -m pytest --numprocesses auto --maxprocesses 4 --dist loadfile --max-worker-restart 0

test-slow: .venv/ready  ## minutes more
	.venv/bin/python -m pytest -m slow

chaos: .venv/ready  ## kills, full disks, read-only mounts, wrong clocks, damaged files; as root all of it
	.venv/bin/python -m pytest -m chaos

test-base: .venv-base/ready  ## the wheel of the base install alone: no torch is there
	.venv-base/bin/python $(PIP) pytest
	.venv-base/bin/python -m pytest --confcutdir=tests/base tests/base

node:  ## what the test of exports under Node needs; without it that test is skipped
	cd tests/node && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error

test-lowest: .venv-lowest/ready  ## the core on the lowest versions that pyproject.toml admits
	.venv-lowest/bin/python -m pytest --ignore=tests/rules --ignore=tests/base

FUZZED ?= $(notdir $(wildcard tests/fuzz/corpus/*))
SECONDS ?= 600

fuzz: .venv/ready  ## ten minutes a target; what breaks one is left in .cache/fuzz; FUZZED="image yolo" SECONDS=60
	.venv/bin/python $(PIP) atheris
	for target in $(FUZZED); do .venv/bin/python tests/fuzz/run.py $$target --seconds $(SECONDS) || exit 1; done

lint: .venv/ready
	.venv/bin/ruff format --check .
	.venv/bin/ruff check .
	.venv/bin/mypy
	.venv/bin/lint-imports

format: .venv/ready
	.venv/bin/ruff format .
	.venv/bin/ruff check --fix .

# performance.py runs these itself, and writes docs/performance.md.
IN_PERFORMANCE = runtimes predict_path cold_start install_size
BENCHMARKS = $(filter-out $(IN_PERFORMANCE:%=benchmarks/%.py),$(wildcard benchmarks/*.py))

bench: .venv/ready
	for file in $(BENCHMARKS); do .venv/bin/python $$file || exit 1; done

dist: .venv/ready  ## wheel and source archive; equal to the byte whoever builds them (tests/rules/test_reproducible.py)
	.venv/bin/python -m hatchling build --clean

# The tool has an environment of its own, so that the list holds nothing of it.
sbom: .venv-all/ready .venv-sbom/ready  ## dist/sbom.cdx.json: what an install with every extra brings (CycloneDX)
	mkdir -p dist
	.venv-sbom/bin/cyclonedx-py environment --pyproject pyproject.toml --mc-type library --output-reproducible \
		--output-file dist/sbom.cdx.json .venv-all/bin/python

.venv/ready: pyproject.toml requirements-dev.txt constraints.txt
	$(PYTHON) -m venv .venv
	.venv/bin/python $(PIP) --editable '.[all]' --requirement requirements-dev.txt
	touch $@

# The base install is a real wheel, as a user gets it.
.venv-base/ready: pyproject.toml constraints.txt $(shell find src -type f)
	$(PYTHON) -m venv .venv-base
	.venv-base/bin/python $(PIP) --force-reinstall --no-deps .
	.venv-base/bin/python $(PIP) open-yolov10
	touch $@

.venv-all/ready: pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv-all
	.venv-all/bin/python $(PIP) '.[all]'
	touch $@

.venv-sbom/ready: constraints.txt
	$(PYTHON) -m venv .venv-sbom
	.venv-sbom/bin/python $(PIP) cyclonedx-bom
	touch $@

.venv-lowest/ready: pyproject.toml constraints-lowest.txt requirements-dev.txt
	$(PYTHON) -m venv .venv-lowest
	.venv-lowest/bin/python -m pip install --quiet --disable-pip-version-check --constraint constraints-lowest.txt \
		--editable '.[all]' --requirement requirements-dev.txt
	touch $@

clean:
	rm -rf .venv .venv-* build dist demo
