#!/usr/bin/env bash
# Runs the end-to-end suite, or with arguments of `go test` a part of it, on the local node (as root), which it brings up,
# or with CLUSTER=current in the cluster of $KUBECONFIG.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

cd "$ROOT"
export DARKROOM_PHOTOS=${DARKROOM_PHOTOS:-$ROOT/.cache/photos}
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
	# What earlier runs have left on the node's pool of volumes makes place for this one.
	kubectl() { "$DEMO/bin/kubectl" --kubeconfig "$kubeconfig" "$@"; }
	kubectl get persistentvolumes --output json |
		jq -r '.items[] | select(.status.phase == "Released" and (.spec.claimRef.namespace | startswith("e2e-"))) | "\(.metadata.name) \(.spec.local.path)"' |
		while read -r volume path; do
			find "$path" -mindepth 1 -delete
			kubectl patch persistentvolume "$volume" --type merge --patch '{"spec":{"claimRef":null}}' >/dev/null
		done
fi
KUBECONFIG=$kubeconfig go test -count=1 -timeout 60m -v ./test/e2e "$@"
