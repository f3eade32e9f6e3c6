#!/usr/bin/env bash
# Builds versitygw, a real S3 server, into .cache/bin: tests run buckets on it. It is pinned in hack/s3server/go.mod, a
# module of its own, so that what it needs stays out of ours. Does nothing when it is there already.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

target=$ROOT/.cache/bin/versitygw
if [ ! -x "$target" ] || [ "$ROOT/hack/s3server/go.sum" -nt "$target" ]; then
	say "building the S3 server of the tests (3 minutes the first time on two cores, then cached)"
	mkdir -p "$(dirname "$target")"
	CGO_ENABLED=0 quietly build-s3server go build -C "$ROOT/hack/s3server" -trimpath -o "$target" github.com/versity/versitygw/cmd/versitygw
	touch "$target"
fi
