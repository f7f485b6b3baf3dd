# Two commands do everything on a fresh machine: `make demo` and `make test`.
# PYTHON chooses the interpreter (3.11 or newer); everything is installed into .venv.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
DEMO_OUT ?= demo
# As many files of tests beside each other as there are cores, four at most; empty: one after the other.
BESIDE ?= --numprocesses auto --maxprocesses 4 --dist loadfile

.PHONY: demo run test test-all lint types bench robustness lock model bundle installers bundle-test docs pages pictures clean help

help:  ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

demo: $(VENV)/base.stamp  ## open the sample slide, analyze a region, write window.png and report.pdf into demo/
	$(BIN)/parfocal --demo $(DEMO_OUT)

run: $(VENV)/base.stamp  ## open the window
	$(BIN)/parfocal

test: lint types  ## everything but what is slow
	$(BIN)/python -m pytest $(BESIDE) -m "not slow"

test-all: lint types  ## everything
	$(BIN)/python -m pytest $(BESIDE) --hypothesis-profile=exploring

lint: $(VENV)/dev.stamp
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/dev.stamp
	$(BIN)/mypy

bench: $(VENV)/dev.stamp  ## figures as ratios measured in one run
	$(BIN)/python -m tests.bench

robustness: $(VENV)/dev.stamp  ## thousands of damaged files through the readers (needs PARFOCAL_DATA)
	$(BIN)/python -m tests.robustness.run
	$(BIN)/python -m tests.robustness.ct_run

model: $(VENV)/dev.stamp  ## train the built-in model anew (needs PARFOCAL_DATA)
	$(BIN)/parfocal-ml train resources/recipes/cellularity.toml --data "$$PARFOCAL_DATA" --out out/cellularity

lock: $(VENV)/dev.stamp  ## renew packaging/requirements*.txt from the ranges in pyproject.toml
	$(BIN)/python packaging/lock.py

docs: $(VENV)/dev.stamp  ## these pages as a site, in build/site; a broken link stops it
	$(BIN)/python -m sphinx -W --keep-going -q -b html docs build/site

pages: $(VENV)/dev.stamp  ## renew the pages that follow from the program (docs/keys.md, docs/commands.md)
	$(BIN)/python docs/make_pages.py
	$(BIN)/python docs/make_commands.py

pictures: $(VENV)/dev.stamp  ## renew docs/images from the real window
	$(BIN)/python docs/make_pictures.py
# cpu: for computers without an NVIDIA card; gpu: with CUDA, several times as large.
FLAVOUR ?= cpu
BUNDLE := cd packaging && ../$(BIN)/python -m bundle

bundle: $(VENV)/bundle.stamp  ## the program as one folder that needs no Python, in build/cpu/parfocal
	$(BUNDLE) build --flavour $(FLAVOUR)

installers: $(VENV)/bundle.stamp  ## .deb and .run out of the bundle (Debian: dpkg-deb, makeself, zstd)
	$(BUNDLE) installers --flavour $(FLAVOUR)

bundle-test:  ## as root on Debian: the .deb into a bare root without Python, used and removed (debootstrap)
	cd packaging && ../$(BIN)/python -m bundle.bare_root $(abspath build/$(FLAVOUR))/parfocal_*_amd64.deb

$(VENV)/bundle.stamp: $(VENV)/dev.stamp packaging/requirements-bundle.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r packaging/requirements-bundle.txt
	@touch $@

clean:  ## remove what was installed and made here
	rm -rf $(VENV) build dist demo out .mypy_cache .pytest_cache .ruff_cache

$(VENV)/base.stamp: packaging/requirements.txt packaging/install.sh pyproject.toml
	PYTHON="$(PYTHON)" sh packaging/install.sh $(VENV) packaging/requirements.txt
	@touch $@

$(VENV)/dev.stamp: packaging/requirements-dev.txt packaging/install.sh pyproject.toml
	PYTHON="$(PYTHON)" sh packaging/install.sh $(VENV) packaging/requirements-dev.txt
	@touch $(VENV)/base.stamp $@
