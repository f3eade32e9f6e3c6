# The project's images, one target each: manager, renderer, engine, console, and demo-app (the app of `make demo`).
#
#   docker build --target renderer -t darkroom/renderer .
#
# The renderer holds the keys and is a static binary in an empty image; the engine decodes, so it is the only
# image with libvips and ffmpeg, and the only one built with cgo.

ARG GO_IMAGE=docker.io/library/golang:1.26-bookworm
ARG BASE_IMAGE=docker.io/library/debian:bookworm-slim

FROM ${GO_IMAGE} AS toolchain
RUN apt-get update \
 && apt-get install -y --no-install-recommends gcc libc6-dev libpango1.0-dev libvips-dev pkg-config \
 && rm -rf /var/lib/apt/lists/*
ENV GOCACHE=/go/cache
WORKDIR /src

FROM toolchain AS build
COPY go.mod go.sum ./
COPY api ./api
COPY cmd ./cmd
COPY console ./console
COPY controllers ./controllers
COPY internal ./internal
COPY migration ./migration
COPY renderer ./renderer
COPY webhooks ./webhooks
COPY hack/demo ./hack/demo
RUN CGO_ENABLED=0 go build -trimpath -ldflags "-s -w" -o /out/ ./cmd/manager ./cmd/renderer ./cmd/console ./hack/demo/app
RUN CGO_ENABLED=1 go build -trimpath -ldflags "-s -w" -o /out/engine ./cmd/engine

FROM ${BASE_IMAGE} AS certificates
RUN apt-get update && apt-get install -y --no-install-recommends ca-certificates && rm -rf /var/lib/apt/lists/*

FROM scratch AS static
COPY --from=certificates /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
USER 65532:65532

FROM static AS manager
COPY --from=build /out/manager /manager
ENTRYPOINT ["/manager"]

FROM static AS renderer
COPY --from=build /out/renderer /renderer
ENTRYPOINT ["/renderer"]

FROM static AS console
COPY --from=build /out/console /console
ENTRYPOINT ["/console"]

FROM static AS demo-app
COPY --from=build /out/app /app
ENTRYPOINT ["/app"]

# The cache of fontconfig is made here: the root of a running engine is read-only. Debian's ffmpeg brings 345 MiB along; the half of it
# that is for drawing on screens, which it loads only when it does, is taken out again, and it must still run.
FROM ${BASE_IMAGE} AS engine
RUN apt-get update \
 && apt-get install -y --no-install-recommends ffmpeg libvips42 fontconfig fonts-dejavu-core fonts-dejavu-extra fonts-liberation \
    fonts-noto-core fonts-noto-color-emoji fonts-roboto fonts-wqy-microhei \
 && dpkg --purge --force-depends libgl1-mesa-dri libllvm15 libz3-4 xkb-data \
 && ffmpeg -version && ffprobe -version \
 && fc-cache --force --system-only \
 && rm -rf /var/lib/apt/lists/*
COPY --from=build /out/engine /engine
USER 65532:65532
ENTRYPOINT ["/engine"]
