# Darkroom. `make help` lists the targets; the two that matter are `make demo` and `make test`.

SHELL := /usr/bin/env bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

BIN := bin
# Tools are pinned in hack/tools/go.mod, the only place that names their versions.
CONTROLLER_GEN := $(BIN)/controller-gen
GOLANGCI_LINT := $(BIN)/golangci-lint

##@ Development

.PHONY: help
help: ## Show this list.
	@awk 'BEGIN {FS = ":.*##"} /^[a-zA-Z0-9_-]+:.*?##/ {printf "  \033[36m%-16s\033[0m %s\n", $$1, $$2} /^##@/ {printf "\n%s\n", substr($$0, 5)}' $(MAKEFILE_LIST)

.PHONY: setup
setup: ## Install the Debian packages that building and testing needs.
	@hack/setup.sh

.PHONY: generate
generate: $(CONTROLLER_GEN) ## Regenerate deep copies.
	$(CONTROLLER_GEN) object:headerFile=hack/boilerplate.go.txt paths=./api/...

.PHONY: manifests
manifests: $(CONTROLLER_GEN) ## Regenerate CRDs, the manager's role and the CRD reference.
	$(CONTROLLER_GEN) crd paths=./api/... output:crd:artifacts:config=config/crd/bases
	$(CONTROLLER_GEN) rbac:roleName=manager paths=./controllers/... output:rbac:artifacts:config=config/rbac
	$(CONTROLLER_GEN) webhook paths=./webhooks/... output:webhook:artifacts:config=config/webhook
	go run ./hack/docs

.PHONY: samples
samples: ## Draw the sample assets anew, after a change to hack/samples.
	go run ./hack/samples renderer/samples/files

.PHONY: build
build: ## Build every binary into dist/.
	CGO_ENABLED=0 go build -trimpath -o dist/ ./cmd/manager ./cmd/renderer ./cmd/console ./cmd/darkroom
	CGO_ENABLED=1 go build -trimpath -o dist/ ./cmd/engine

.PHONY: lint
lint: $(GOLANGCI_LINT) ## Lint, and hold the folder table of docs/design.md.
	$(GOLANGCI_LINT) run ./...

##@ Checks

.PHONY: verify
verify: setup verify-generated verify-tidy verify-static lint ## Fail on stale generated files, untidy modules and lint.

.PHONY: verify-generated
verify-generated: ## Fail when generated files are not what the sources generate.
	@hack/verify-generated.sh

.PHONY: verify-tidy
verify-tidy: ## Fail when go.mod is not tidy.
	go mod tidy -diff

.PHONY: verify-static
verify-static: ## Fail when the renderer or the manager needs cgo, or the renderer links the engine's libraries.
	@hack/verify-static.sh

.PHONY: photos
photos: ## Fetch the real photos that tests look at (Debian packages, never committed).
	@hack/photos.sh

.PHONY: s3server
s3server: ## Build the S3 server that tests keep buckets on (3 minutes the first time, then cached).
	@hack/s3server.sh

.PHONY: test
test: setup photos s3server cluster-build ## Pass every test: unit, API server, golden pictures, and end to end on a real node.
	@hack/test.sh

.PHONY: chaos
chaos: setup photos s3server cluster-build ## Break backends and processes at random under load (DURATION=5m, SEED=n), and print what came of it.
	@hack/e2e.sh -ginkgo.label-filter=chaos -chaos.duration=$(or $(DURATION),5m) -chaos.seed=$(or $(SEED),0)

.PHONY: sdk
sdk: ## Run the Go SDK's own suite, unmodified, against standalone renderers on both pairs of stores (needs root for port 443 of a loopback address).
	@go run ./test/sdk

.PHONY: bench
bench: setup photos s3server cluster-build ## Measure against a peer or a bare tool in the same run.
	@hack/bench.sh

.PHONY: gallery
gallery: setup photos ## Render every effect on a few photos into one page to look at, .cache/gallery/index.html.
	go run ./test/gallery .cache/gallery

##@ Demo

.PHONY: demo
demo: setup photos ## Set everything up, bring up a Kubernetes node, install the operator and run the main job.
	@hack/demo.sh

.PHONY: demo-down
demo-down: ## Stop the demo and leave nothing behind.
	@hack/cluster.sh down

.PHONY: cluster-build
cluster-build: ## Build the local cluster's binaries (12 minutes the first time, then cached).
	@hack/cluster.sh build

$(BIN)/%: hack/tools/go.mod
	@mkdir -p $(BIN)
	@echo "building $* (pinned in hack/tools/go.mod)"
	@go build -C hack/tools -o $(CURDIR)/$@ $$(go list -C hack/tools tool | grep '/$*$$')
