# make         what every commit must pass: gofmt, vet, staticcheck, the fast tests with the race detector
# make run     build, and show it: `understudy demo`
# make build   ./bin/understudy
# make test    every test, those with other programs included: as root on Debian or Ubuntu it installs these
# make bench   CPU, speed and memory beside nginx's (BENCH='-h' lists its options, BENCH=-short takes a minute)
# make fuzz    every fuzz target for FUZZTIME
# make cross   binaries for every system, in ./bin, and vet of what only other systems compile
# make vuln    govulncheck

GO          ?= go
NPM         ?= npm
FUZZTIME    ?= 5s
SYSTEMS     ?= linux/amd64 linux/arm64 darwin/amd64 darwin/arm64 windows/amd64 windows/arm64
BENCH       ?=
STATICCHECK ?= honnef.co/go/tools/cmd/staticcheck@v0.7.0
GOVULNCHECK ?= golang.org/x/vuln/cmd/govulncheck@v1.2.0

# Tests in conformance start binaries, browsers and loads: `make test` runs them.
FAST = $(shell $(GO) list ./... | grep -v '^understudy/conformance')

.PHONY: check
check: fmt vet staticcheck fast

# The race detector allocates, so the tests of allocations run without it.
.PHONY: fast
fast:
	$(GO) test -race -skip 'Alloc' $(FAST)
	$(GO) test -run 'Alloc' $(FAST)

.PHONY: fmt
fmt:
	@unformatted=$$(gofmt -l .); test -z "$$unformatted" || { echo "not gofmt-ed:"; echo "$$unformatted"; exit 1; }

.PHONY: vet
vet:
	$(GO) vet ./...

.PHONY: staticcheck
staticcheck:
	$(GO) run $(STATICCHECK) ./...

.PHONY: build
build:
	CGO_ENABLED=0 $(GO) build -trimpath -o bin/ ./cmd/understudy

.PHONY: run
run: build
	./bin/understudy demo

.PHONY: test
test: programs clients fast
	$(GO) test -timeout 20m ./conformance/...

.PHONY: programs
programs:
	@.ci/install

# The npm packages that conformance/clients drives. Without npm its tests say
# that they are skipped, unless CI is set: then they fail.
.PHONY: clients
clients: conformance/clients/node_modules/.package-lock.json

conformance/clients/node_modules/.package-lock.json: conformance/clients/package-lock.json
	@if command -v $(NPM) >/dev/null; then \
		cd conformance/clients && $(NPM) ci --ignore-scripts --no-audit --no-fund; \
	else \
		echo "npm is not installed: the tests in conformance/clients will be skipped"; \
	fi

.PHONY: bench
bench: build
	$(GO) run ./conformance/bench -understudy bin/understudy $(BENCH)

# The fuzz targets of one package run one by one: go test takes no more. A worker
# that is busy when the time is up is called a failure by go test, though it has
# found nothing; a real one has written its input.
.PHONY: fuzz
fuzz:
	@grep -rHoE --include='*_test.go' '^func Fuzz[A-Za-z0-9_]*' . | grep -v node_modules | sort | \
	while IFS=: read -r file func; do \
		target=$${func#func }; pkg=$$(dirname $$file); \
		echo "fuzz $$pkg $$target"; \
		$(GO) test -run '^$$' -fuzz "^$$target$$" -fuzztime $(FUZZTIME) $$pkg </dev/null >fuzz.out 2>&1 || \
		{ grep -q 'context deadline exceeded' fuzz.out && ! grep -q 'Failing input' fuzz.out; } || { cat fuzz.out; exit 1; }; \
		tail -n 3 fuzz.out | grep elapsed || true; \
	done; status=$$?; rm -f fuzz.out; exit $$status

# -trimpath, so that vet finds the packages compiled that the binaries are made
# of. conformance starts and ends process groups: it is for unix.
.PHONY: cross
cross:
	@for system in $(SYSTEMS); do \
		os=$${system%/*} arch=$${system#*/} ext=; \
		if [ $$os = windows ]; then ext=.exe; fi; \
		echo "build $$system"; \
		CGO_ENABLED=0 GOOS=$$os GOARCH=$$arch $(GO) build -trimpath -o bin/understudy-$$os-$$arch$$ext ./cmd/understudy || exit 1; \
	done
	@for system in darwin/arm64 windows/amd64; do \
		echo "vet $$system"; \
		CGO_ENABLED=0 GOOS=$${system%/*} GOARCH=$${system#*/} $(GO) vet -trimpath $(FAST) || exit 1; \
	done

# govulncheck asks a database on the network. Where that cannot be reached this
# says so, and says nothing about vulnerabilities.
.PHONY: vuln
vuln:
	@out=$$($(GO) run $(GOVULNCHECK) ./... 2>&1); status=$$?; echo "$$out"; \
	case "$$out" in \
	*"fetching vulnerabilities: "*) echo "vuln: NOT CHECKED: the vulnerability database cannot be reached from here";; \
	*) exit $$status;; \
	esac

.PHONY: clean
clean:
	rm -rf bin conformance/clients/node_modules
