#!/usr/bin/env bash
# Builds the project's images out of its Dockerfile and brings them to where the cluster finds them.
#
#   hack/images.sh build      build with buildah (no Docker, no registry needed); base images are made with debootstrap
#                             where none can be pulled
#   hack/images.sh load       import them into the local cluster's containerd
#   hack/images.sh push       push them to $IMAGE_REGISTRY (for CLUSTER=current)
#
# Every image is tagged by its content, darkroom/<name>:<first 12 digits of its id>; the tags are written to
# .demo/images/<name>.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

TARGETS=(manager renderer engine console demo-app)
IMAGES=$DEMO/images
GO_IMAGE=docker.io/library/golang:1.26-bookworm
BASE_IMAGE=docker.io/library/debian:bookworm-slim

buildah() { command buildah --root "$IMAGES/storage" --runroot "$IMAGES/run" --storage-driver overlay "$@"; }

# base_images makes the two images that the Dockerfile starts from, unless they are there already.
base_images() {
	local work mirror container
	if ! buildah inspect --type image "$BASE_IMAGE" >/dev/null 2>&1; then
		say "making the base image $BASE_IMAGE with debootstrap"
		mirror=$(sed -n 's/^URIs: *//p; s/^deb \([^ []*\) bookworm main.*/\1/p' /etc/apt/sources.list /etc/apt/sources.list.d/* 2>/dev/null | head -n 1 || true)
		work=$IMAGES/bookworm
		rm -rf "$work"
		quietly debootstrap debootstrap --variant=minbase --include=ca-certificates bookworm "$work" ${mirror:+"$mirror"}
		rm -rf "$work"/var/cache/apt/archives/*.deb "$work"/var/lib/apt/lists/* "$work"/usr/share/{doc,man,locale}/*
		container=$(buildah from scratch)
		quietly base-add buildah add "$container" "$work" /
		buildah config --env PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin --cmd bash "$container"
		quietly base-commit buildah commit --rm "$container" "$BASE_IMAGE"
		rm -rf "$work"
	fi
	if ! buildah inspect --type image "$GO_IMAGE" >/dev/null 2>&1; then
		say "making the build image $GO_IMAGE from this machine's Go"
		container=$(buildah from "$BASE_IMAGE")
		quietly go-add buildah add "$container" "$(go env GOROOT)" /usr/local/go
		buildah config --env PATH=/usr/local/go/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin --env GOPATH=/go "$container"
		quietly go-commit buildah commit --rm "$container" "$GO_IMAGE"
	fi
}

build() {
	packages bc buildah debootstrap runc
	mkdir -p "$IMAGES/tags" "$LOG"
	base_images
	local target id mounts=()
	# The machine's module and build caches, so that a second build takes seconds.
	mounts+=(--volume "$(go env GOMODCACHE):/go/pkg/mod" --volume "$(go env GOCACHE):/go/cache")
	for target in "${TARGETS[@]}"; do
		quietly "image-$target" buildah build --layers --isolation chroot --network host --pull-never "${mounts[@]}" --target "$target" --tag "darkroom/$target:dev" --file "$ROOT/Dockerfile" "$ROOT"
		id=$(buildah inspect --type image --format '{{.FromImageID}}' "darkroom/$target:dev")
		buildah tag "darkroom/$target:dev" "darkroom/$target:${id:0:12}"
		echo "darkroom/$target:${id:0:12}" >"$IMAGES/tags/$target"
	done
	say "images built: $(cat "$IMAGES"/tags/* | tr '\n' ' ')"
}

load() {
	local target tag archive ctr=(ctr --address "$RUN/containerd.sock" --namespace k8s.io)
	for target in "${TARGETS[@]}"; do
		tag=$(cat "$IMAGES/tags/$target")
		"${ctr[@]}" images ls -q | grep -qx "docker.io/$tag" && continue
		archive=$IMAGES/$target.tar
		rm -f "$archive"
		quietly "save-$target" buildah push "$tag" "docker-archive:$archive:docker.io/$tag"
		quietly "load-$target" "${ctr[@]}" images import "$archive"
		rm -f "$archive"
	done
	say "images are in the cluster"
}

push() {
	[ -n "${IMAGE_REGISTRY:-}" ] || die "IMAGE_REGISTRY is not set"
	local target tag
	for target in "${TARGETS[@]}"; do
		tag=$(cat "$IMAGES/tags/$target")
		quietly "push-$target" buildah push "$tag" "docker://$IMAGE_REGISTRY/$tag"
	done
	say "images are in $IMAGE_REGISTRY"
}

case ${1:-} in
build | load | push) "$1" ;;
*) die "usage: hack/images.sh build|load|push" ;;
esac
