#!/usr/bin/env bash
# Holds two promises of the design: what holds keys is built without cgo, and never links the decoder.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

cd "$ROOT"
for command in manager renderer; do
	CGO_ENABLED=0 go build -o /dev/null "./cmd/$command" || die "cmd/$command does not build without cgo"
	if CGO_ENABLED=0 go list -deps "./cmd/$command" | grep -E 'renderer/engine/(vips|video)|davidbyttow/govips'; then
		die "cmd/$command links the decoder"
	fi
done
say "the manager and the renderer are static and hold no decoder"
