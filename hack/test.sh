#!/usr/bin/env bash
# Runs every test. The end-to-end suite needs root and containerd for the local node; elsewhere it is skipped by name.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

cd "$ROOT"
export DARKROOM_PHOTOS=${DARKROOM_PHOTOS:-$ROOT/.cache/photos}
go test -timeout 30m $(go list ./... | grep -v /test/e2e)
if [ "$(id -u)" = 0 ] || [ "${CLUSTER:-}" = current ]; then
	hack/e2e.sh
else
	echo "SKIP test/e2e: the local node needs root (or CLUSTER=current)"
fi
