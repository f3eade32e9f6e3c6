#!/usr/bin/env bash
# Installs the operator from config/default with the images that hack/images.sh built, into the cluster of
# $KUBECONFIG. The overlay that it applies is written to .demo/deploy, to be read or applied by hand.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

image() { echo "${IMAGE_REGISTRY:+$IMAGE_REGISTRY/}$(cat "$DEMO/images/tags/$1")"; }

overlay=$DEMO/deploy
mkdir -p "$overlay"
manager=$(image manager)
cat >"$overlay/kustomization.yaml" <<YAML
apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
resources: [$(realpath --relative-to="$overlay" "$ROOT/config/default")]
images:
- {name: darkroom/manager, newName: "${manager%:*}", newTag: "${manager##*:}"}
patches:
- patch: |
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: darkroom-controller-manager, namespace: darkroom-system}
    spec:
      template:
        spec:
          containers:
          - name: manager
            env:
            - {name: RELATED_IMAGE_RENDERER, value: "$(image renderer)"}
            - {name: RELATED_IMAGE_ENGINE, value: "$(image engine)"}
YAML
quietly deploy "$KUBECTL" apply --server-side --force-conflicts -k "$overlay"
quietly deploy-wait "$KUBECTL" --namespace darkroom-system rollout status deployment/darkroom-controller-manager --timeout 180s
say "the operator runs in namespace darkroom-system"
