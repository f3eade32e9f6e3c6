#!/usr/bin/env bash
# Runs every benchmark: ratios against a peer or a bare tool in the same run. Fails when one misses its bar.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

cd "$ROOT"
packages nginx-light wrk
export DARKROOM_PHOTOS=${DARKROOM_PHOTOS:-$ROOT/.cache/photos}
failed=0
hack/imagor.sh
for case in hot hot-postgres render widths burst memory upload s3 upload2g search; do
	go run ./test/bench "$case" || failed=1
done
if [ "$(id -u)" = 0 ] || [ "${CLUSTER:-}" = current ]; then
	hack/cluster.sh up
	hack/images.sh build
	hack/images.sh load
	export KUBECONFIG=$DEMO/kubeconfig
	hack/deploy.sh
	go run ./test/bench ready || failed=1
else
	echo "SKIP ready: the local node needs root (or CLUSTER=current)"
fi
exit $failed
