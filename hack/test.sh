#!/usr/bin/env bash
# Runs every test. The end-to-end suite needs root and containerd for the local node; elsewhere it is skipped by name.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

cd "$ROOT"
export DARKROOM_PHOTOS=${DARKROOM_PHOTOS:-$ROOT/.cache/photos}
# What drives binaries is never cached: the cache does not see that they were built anew.
binaries='/(test/(golden|hostile|faults|sdk/npm)|renderer/imports)$'
command -v npm >/dev/null && npm ci --prefix test/sdk/npm --no-audit --no-fund
go test -timeout 30m $(go list ./... | grep -Ev "/test/e2e|$binaries")
go test -timeout 30m -count=1 $(go list ./... | grep -E "$binaries")
# What needs any stores has run on SQLite and a volume, and runs once more on PostgreSQL and S3.
any=$(go list -f '{{.ImportPath}} {{.TestImports}} {{.XTestImports}}' ./renderer/... | awk '/\/test\/stores[] ]/ {print $1}')
DARKROOM_STORES=servers go test -timeout 30m $(grep -Ev "$binaries" <<<"$any")
DARKROOM_STORES=servers go test -timeout 30m -count=1 $(grep -E "$binaries" <<<"$any")
if [ "$(id -u)" = 0 ] || [ "${CLUSTER:-}" = current ]; then
	hack/e2e.sh
else
	echo "SKIP test/e2e: the local node needs root (or CLUSTER=current)"
fi
