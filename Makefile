# `make` lists the targets. Needs make, a POSIX shell and Python 3.11 or newer, nothing else.

SHELL = /bin/sh
VENV = .venv
BIN = $(VENV)/bin
PYTHONS = $(or $(PYTHON),python3.13 python3.12 python3.11 python3)
# mypy's Django plugin and the message files read the settings; no server is asked for them.
NO_SERVERS = DATABASE_URL=postgresql://none@/none REDIS_URL=unix:///none HELPDESK_SECRET_KEY=none

# Many images set it. Everything here starts processes, each of which would compile all modules anew:
# a quarter of its start, and half of what pytest takes to collect the tests.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help install install-dev up test lint types fix lock bench demo-reset messages

help:
	@printf '%s\n' \
	  'make install     make .venv and install requirements.txt, if that changed' \
	  'make up          start everything; PORT=8123 make up for another port than 8000' \
	  'make test        linters, types and tests; ARGS="-k word" is passed to pytest' \
	  'make lint        linters only' \
	  'make fix         let the linters repair and format what they can' \
	  'make lock        compile the .in files into requirements*.txt, with hashes' \
	  'make bench       measure turns, sockets, the widget, imports and flows' \
	  'make demo-reset  DELETE the demo site with its chats, tickets and FAQ edits, and load it anew;' \
	  '                 says what goes and asks, YES=1 make demo-reset does not ask' \
	  'make messages    collect and compile the translations'

# The stamps hold what an installation was made of: the place (programs in .venv name it in their
# first line), the Python and the requirements. They are written last, so that an interrupted
# installation is done again.
install:
	@set -e; \
	if [ -L $(VENV) ]; then \
	  echo "$(VENV) is a link to $$(readlink $(VENV)), which would be overwritten. Remove the link, and make installs one of its own." >&2; exit 1; \
	fi; \
	stamp() { pwd; $(BIN)/python -V; cat requirements.txt; }; \
	if [ -e $(VENV)/stamp ] && stamp 2>/dev/null | cmp -s - $(VENV)/stamp; then exit 0; fi; \
	found= older=; \
	for python in $(PYTHONS); do \
	  version=$$("$$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null) || continue; \
	  if "$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then found=$$python; break; fi; \
	  older="$$older $$python is $$version."; \
	done; \
	if [ -z "$$found" ]; then \
	  echo "Helpdesk needs Python 3.11 or newer:$${older:- none of $(PYTHONS) runs.} Name one: make PYTHON=/path/to/python3" >&2; exit 1; \
	fi; \
	if ! "$$found" -c 'import ensurepip, venv' 2>/dev/null; then \
	  echo "$$found lacks its venv module; on Debian or Ubuntu: apt-get install python$$version-venv" >&2; exit 1; \
	fi; \
	echo "Installing into $(VENV) with Python $$version; the first time takes a minute or two."; \
	rm -f $(VENV)/stamp $(VENV)/stamp-dev; \
	place=$$(cat $(VENV)/place 2>/dev/null || :); \
	if [ "$$place" != "$$(pwd) $$version" ] || ! $(BIN)/python -m pip --version >/dev/null 2>&1; then \
	  "$$found" -m venv --clear $(VENV); \
	  echo "$$(pwd) $$version" > $(VENV)/place; \
	fi; \
	$(BIN)/python -I helpdesk/install.py requirements.txt $(VENV)/install.log; \
	stamp > $(VENV)/stamp.new; mv $(VENV)/stamp.new $(VENV)/stamp

install-dev: install
	@set -e; \
	stamp() { cat $(VENV)/stamp requirements-dev.txt; }; \
	if [ -e $(VENV)/stamp-dev ] && stamp | cmp -s - $(VENV)/stamp-dev; then exit 0; fi; \
	rm -f $(VENV)/stamp-dev; \
	$(BIN)/python -I helpdesk/install.py requirements-dev.txt $(VENV)/install-dev.log; \
	stamp > $(VENV)/stamp-dev.new; mv $(VENV)/stamp-dev.new $(VENV)/stamp-dev

up: install
	@exec $(BIN)/python -m helpdesk.up

# The types beside the tests, which leave half of a core alone. Tests in their order: files with few
# of them are the slow ones, and would all come last. Where all but they is right, what pytest said
# stands in a file, for .ci/run: make's own status does not tell.
test: lint
	@rm -f $(VENV)/tests.status; \
	$(MAKE) --no-print-directory types & types=$$!; \
	$(BIN)/python -m pytest -n auto --dist loadfile --no-loadscope-reorder $(ARGS); tests=$$?; \
	wait $$types || { echo "The types are wrong: see above, or run make types." >&2; exit 1; }; \
	echo $$tests > $(VENV)/tests.status; \
	exit $$tests

lint: install-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/djlint --quiet --check --lint templates
	$(BIN)/lint-imports

types: install-dev
	$(NO_SERVERS) $(BIN)/mypy

fix: install-dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	-$(BIN)/djlint --quiet --reformat templates

lock: install-dev
	$(BIN)/uv pip compile --universal --generate-hashes --python-version 3.11 requirements.in -o requirements.txt
	$(BIN)/uv pip compile --universal --generate-hashes --python-version 3.11 requirements-dev.in -o requirements-dev.txt

bench: install-dev
	$(BIN)/python -m bench.turns
	$(BIN)/python -m bench.sockets
	$(BIN)/python -m bench.widget
	$(BIN)/python -m bench.imports
	$(BIN)/python -m bench.turns_saved

demo-reset: install
	@exec $(BIN)/python -m helpdesk.up demo-reset

messages: install-dev
	$(NO_SERVERS) $(BIN)/python -m helpdesk.messages
