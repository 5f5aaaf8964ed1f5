# Verbs for people and for CI. Everything is installed below .venv*; nothing else is touched.
PYTHON ?= python3
PIP = -m pip install --quiet --disable-pip-version-check --constraint constraints.txt

.PHONY: demo test test-slow test-base lint format bench clean

demo: .venv-base/ready  ## fresh machine → detections on real pictures, without torch
	.venv-base/bin/yolov10 predict cells --model cells --output demo
	@echo "Look at the pictures in demo/, then try your own:"
	@echo "  .venv-base/bin/yolov10 predict PICTURES --model cells --output annotated"
	@echo "cells knows blood cells only. To find other things, train: docs/train.md; the network itself: yolov10 info n"

test: .venv/ready  ## everything in the default tier
	.venv/bin/python -m pytest

test-slow: .venv/ready  ## minutes more
	.venv/bin/python -m pytest -m slow

test-base: .venv-base/ready  ## the wheel of the base install alone: no torch is there
	.venv-base/bin/python $(PIP) pytest
	.venv-base/bin/python -m pytest --confcutdir=tests/base tests/base

lint: .venv/ready
	.venv/bin/ruff format --check .
	.venv/bin/ruff check .
	.venv/bin/mypy
	.venv/bin/lint-imports

format: .venv/ready
	.venv/bin/ruff format .
	.venv/bin/ruff check --fix .

bench: .venv/ready
	for file in benchmarks/*.py; do .venv/bin/python $$file || exit 1; done

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

clean:
	rm -rf .venv .venv-base build dist demo
