#!/usr/bin/env bash
# Builds imagor, the peer of the benchmarks, into .cache/bin. It is pinned in hack/imagor/go.mod, a module of its own, so
# that what it needs stays out of ours. Does nothing when it is there already.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

target=$ROOT/.cache/bin/imagor
if [ ! -x "$target" ] || [ "$ROOT/hack/imagor/go.sum" -nt "$target" ]; then
	say "building imagor, the peer of the benchmarks (1 minute the first time on two cores, then cached)"
	mkdir -p "$(dirname "$target")"
	CGO_ENABLED=1 quietly build-imagor go build -C "$ROOT/hack/imagor" -trimpath -o "$target" github.com/cshum/imagor/cmd/imagor
	touch "$target"
fi
