#!/usr/bin/env bash
# Runs every test. The end-to-end suite needs root and containerd for the local node; elsewhere it is skipped by name.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

cd "$ROOT"
export DARKROOM_PHOTOS=${DARKROOM_PHOTOS:-$ROOT/.cache/photos}
go test -timeout 30m $(go list ./... | grep -v /test/e2e)
if [ "$(id -u)" = 0 ] || [ "${CLUSTER:-}" = current ]; then
	command -v npm >/dev/null && quietly npm npm ci --prefix test/sdk/npm --no-audit --no-fund
	if [ "${CLUSTER:-}" = current ]; then
		kubeconfig=${KUBECONFIG:-$HOME/.kube/config}
		hack/images.sh build
		[ -z "${IMAGE_REGISTRY:-}" ] || hack/images.sh push
	else
		kubeconfig=$DEMO/kubeconfig
		hack/cluster.sh up
		hack/images.sh build
		hack/images.sh load
	fi
	KUBECONFIG=$kubeconfig go test -count=1 -timeout 40m -v ./test/e2e/...
else
	echo "SKIP test/e2e: the local node needs root (or CLUSTER=current)"
fi
