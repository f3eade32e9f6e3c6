#!/usr/bin/env bash
# Installs the Debian packages that building and testing need: a C compiler, libvips, ffmpeg, Pango and fonts for the engine,
# PostgreSQL for the library's tests, Node for the npm SDK. Idempotent, and says what it installs.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

packages bc ca-certificates curl ffmpeg fontconfig fonts-dejavu-core fonts-dejavu-extra fonts-liberation \
  fonts-noto-color-emoji fonts-noto-core fonts-roboto fonts-wqy-microhei gcc jq libc6-dev libpango1.0-dev libvips-dev make openssl pkg-config postgresql-15
command -v go >/dev/null || die "Go 1.26 is needed: https://go.dev/dl/"
command -v node >/dev/null || packages nodejs npm
