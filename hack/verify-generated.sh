#!/usr/bin/env bash
# Fails when generated files are not what the sources generate: it generates into a copy and compares.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

copy=$(mktemp -d)
trap 'rm -rf "$copy"' EXIT
tar -C "$ROOT" --exclude=./.demo --exclude=./.git --exclude=./bin --exclude=./dist --exclude=./.cache --exclude=node_modules -cf - . | tar -C "$copy" -xf -
make --no-print-directory -C "$ROOT" bin/controller-gen >/dev/null
ln -s "$ROOT/bin" "$copy/bin"
quietly verify-generate make -C "$copy" generate manifests
for path in api config docs/reference; do
	diff -ru "$ROOT/$path" "$copy/$path" || die "$path is stale: run \`make generate manifests\` and commit"
done
say "generated files are up to date"
