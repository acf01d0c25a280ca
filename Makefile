# `make help` lists what can be done. On a fresh Debian with Go and Node.js, `make run` and `make test` install the rest.

GO  ?= go
NPM ?= npm

# A repository that belongs to another user would stop the build when Go asks Git for the version.
export GOFLAGS += -buildvcs=false

BIN := bin/parley
APP := web/dist/index.html

# What the app is built from. Folders are among them, so that a deleted file counts as a change.
APP_SOURCES := $(wildcard web/*.json web/*.ts) \
	$(shell find web/client web/react web/app -name node_modules -prune -o -print 2>/dev/null)

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help run build web test test-vet test-go test-web test-e2e bench-sfu bench-sockets bench-chat bench-network bench-turn bench-heal lint fmt clean deps-run deps-test deps-bench

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: deps-run build ## install what is missing, build, and start a trial server (ARGS="--listen 127.0.0.1:9000" adds flags)
	@exec $(BIN) serve --dev $(ARGS)

build: web ## build bin/parley with the web app in it
	$(GO) build -trimpath -o $(BIN) ./cmd/parley

web: $(APP) ## build the web app, when it has changed

test: deps-test ## install what is missing and run all tests
	@MAKE="$(MAKE)" scripts/stages.sh test-vet test-go test-web test-e2e

test-vet: ## go vet
	$(GO) vet ./...

test-go: web/node_modules/.installed ## the Go tests, with the race detector and a real Postgres
	$(GO) test -race -timeout 12m ./...

test-web: web/node_modules/.installed ## the unit tests of the web packages
	cd web && $(NPM) test

test-e2e: build e2e/node_modules/.installed ## the tests in a real Chromium
	cd e2e && $(NPM) test

bench-sfu: ## what forwarding media costs; all of it goes to docs/media.md (ARGS="--rounds 1 --only 1x50,4x4" adds flags)
	$(GO) run ./bench/sfu --docs docs/media.md $(ARGS)

bench-sockets: ## what a connected and idle socket costs
	$(GO) run ./bench/sockets

bench-chat: bench/chat/peer/node_modules/.installed ## what chat costs beside a socket.io server, and how soon messages come; all of it goes to docs/chat.md (ARGS="--only cost" measures a part)
	$(GO) run ./bench/chat --docs docs/chat.md $(ARGS)

bench-network: build e2e/node_modules/.installed ## calls over bad networks, in a real Chromium: a table, and plots in docs/images
	node bench/network/run.js $(ARGS)

bench-heal: build e2e/node_modules/.installed ## how long a call has no picture when the network changes, in a real Chromium
	node bench/network/heal.js $(ARGS)

bench-turn: deps-bench ## what relaying by TURN costs, beside coturn (ARGS="--rounds 1" adds flags)
	$(GO) run ./bench/turn $(ARGS)

lint: web/node_modules/.installed ## formatting, staticcheck, known vulnerabilities
	@scripts/lint.sh

fmt: ## format the Go code
	gofmt -w $$(git ls-files --cached --others --exclude-standard '*.go')

clean: ## remove what was built; the data folder stays
	rm -rf bin web/node_modules web/*/node_modules e2e/node_modules bench/chat/peer/node_modules
	find web/dist -mindepth 1 ! -name .gitkeep -delete

deps-run:
	@scripts/install-deps.sh run

deps-test:
	@scripts/install-deps.sh test

deps-bench:
	@scripts/install-deps.sh bench

$(APP): web/node_modules/.installed $(APP_SOURCES)
	cd web && $(NPM) run build
	@touch $@

# npm ci empties node_modules, so the mark goes with it.
%/node_modules/.installed: %/package.json %/package-lock.json
	cd $* && $(NPM) ci --no-audit
	@touch $@
