package delivery

import (
	"context"
	"testing"
	"time"

	"github.com/darkroom-media/darkroom/renderer/catalog"
	"github.com/darkroom-media/darkroom/renderer/library"
	"github.com/darkroom-media/darkroom/renderer/problem"
)

const (
	chrome = "image/avif,image/webp,*/*;q=0.8"
	kept   = "public, no-transform, immutable, max-age=2592000"
)

// settled waits until nothing is made in the background any more.
func (e *environment) settled(t *testing.T) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	if err := e.handler.derive.Wait(ctx); err != nil {
		t.Fatal(err)
	}
}

func (a *answer) cached(t *testing.T, contentType, caching string) {
	t.Helper()
	if a.Header.Get("Content-Type") != contentType || a.Header.Get("Cache-Control") != caching || a.Header.Get("Vary") != "Accept" {
		t.Errorf("%s, %s, Vary %s", a.Header.Get("Content-Type"), a.Header.Get("Cache-Control"), a.Header.Get("Vary"))
	}
}

func TestNobodyWaitsForAVIF(t *testing.T) {
	e := newEnvironment(t)
	e.store(t, "photo", "photo", nil)
	e.engine.texts = map[string]string{"avif": "tiny"}
	const path = "/demo/image/upload/c_scale,w_9/f_auto/photo.jpg"
	first := e.get(t, path, "Accept", chrome)
	first.expect(t, 200, "photo as webp")
	first.cached(t, "image/webp", interimCaching)
	e.settled(t)
	for range 3 {
		again := e.get(t, path, "Accept", chrome)
		again.expect(t, 200, "tiny")
		again.cached(t, "image/avif", kept)
	}
	others := e.get(t, path, "Accept", "image/webp")
	others.expect(t, 200, "photo as webp")
	others.cached(t, "image/webp", kept)
	if e.engine.renders() != 2 {
		t.Errorf("%d renders", e.engine.renders())
	}
}

func TestAVIFOnlyWhereItIsSmaller(t *testing.T) {
	e := newEnvironment(t)
	e.store(t, "photo", "photo", nil)
	e.engine.texts = map[string]string{"avif": "rather a large file"}
	const path = "/demo/image/upload/c_scale,w_9/f_auto/photo.jpg"
	e.get(t, path, "Accept", chrome).expect(t, 200, "photo as webp")
	e.settled(t)
	again := e.get(t, path, "Accept", chrome)
	again.expect(t, 200, "photo as webp")
	again.cached(t, "image/webp", kept)
}

func TestAVIFThatCannotBeMade(t *testing.T) {
	e := newEnvironment(t)
	e.store(t, "photo", "photo", nil)
	const path = "/demo/image/upload/c_scale,w_9/f_auto/photo.jpg"
	e.get(t, path, "Accept", "image/webp").expect(t, 200, "photo as webp")
	e.engine.failWith(problem.BadRequest("Invalid extension in transformation - avif"))
	e.get(t, path, "Accept", chrome).expect(t, 200, "photo as webp")
	e.settled(t)
	renders := e.engine.renders()
	again := e.get(t, path, "Accept", chrome)
	again.expect(t, 200, "photo as webp")
	again.cached(t, "image/webp", kept)
	e.settled(t)
	if e.engine.renders() != renders {
		t.Error("it was tried again at once")
	}
}

func TestWhereAVIFIsNotTried(t *testing.T) {
	e := newEnvironment(t)
	e.engine.texts = map[string]string{"avif": "tiny"}
	e.store(t, "clip", "clip", func(a *library.Asset) { a.Format, a.Pages = "gif", 7 })
	e.store(t, "photo", "photo", nil)
	e.get(t, "/demo/image/upload/c_scale,w_9/f_auto/clip", "Accept", chrome).cached(t, "image/webp", kept)
	e.configure(func(s *catalog.Snapshot) { s.Environment.NoAutoAVIF = true })
	e.get(t, "/demo/image/upload/c_scale,w_9/f_auto/photo.jpg", "Accept", chrome).cached(t, "image/webp", kept)
	e.settled(t)
	if e.engine.renders() != 2 {
		t.Errorf("%d renders", e.engine.renders())
	}
	e.get(t, "/demo/image/upload/c_scale,f_avif,w_9/photo.jpg").expect(t, 200, "tiny")
}
