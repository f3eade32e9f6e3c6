package derive

import (
	"bytes"
	"context"
	"crypto/md5"
	"encoding/hex"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"

	"github.com/darkroom-media/darkroom/renderer/bucket"
	"github.com/darkroom-media/darkroom/renderer/engine"
	"github.com/darkroom-media/darkroom/renderer/library"
	"github.com/darkroom-media/darkroom/renderer/transform"
)

// environment is a real library and a real bucket, with an engine that the test plays.
type environment struct {
	library *library.Library
	bucket  *bucket.Bucket
	engine  *playedEngine
	clock   *clock
}

func newEnvironment(t *testing.T) *environment {
	t.Helper()
	objects, _ := databases.Bucket(t)
	return newEnvironmentOn(t, objects)
}

func newEnvironmentOn(t *testing.T, objects *bucket.Bucket) *environment {
	t.Helper()
	return &environment{
		library: databases.Library(t),
		bucket:  objects,
		engine:  &playedEngine{t: t, render: func(context.Context, *engine.RenderRequest) ([]byte, error) { return []byte("rendered"), nil }},
		clock:   &clock{now: time.Now()},
	}
}

// deriver is one replica, with a disk cache of its own.
func (e *environment) deriver(t *testing.T, change func(*Options)) *Deriver {
	t.Helper()
	cache, err := OpenCache(t.TempDir(), 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	options := Options{Library: e.library, Bucket: e.bucket, Engine: e.engine, Cache: cache, Now: e.clock.Now}
	if change != nil {
		change(&options)
	}
	d, err := New(options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		if err := d.Wait(ctx); err != nil {
			t.Errorf("files are still being made at the end: %v", err)
		}
	})
	return d
}

// store uploads a picture.
func (e *environment) store(t *testing.T, publicID, content string) *library.Asset {
	t.Helper()
	key := bucket.NewKey("originals")
	if err := e.library.ReserveObject(t.Context(), key, time.Now().Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	written, err := e.bucket.Put(t.Context(), key, bytes.NewReader([]byte(content)), "image/png")
	if err != nil {
		t.Fatal(err)
	}
	stored, err := e.library.StoreAsset(t.Context(), &library.Asset{
		PublicID: publicID, ResourceType: library.Image, Type: "upload", Format: "png",
		Bytes: written.Bytes, ETag: written.MD5, Width: 10, Height: 10, Pages: 1, ObjectKey: key,
	}, library.StoreOptions{Overwrite: true})
	if err != nil {
		t.Fatal(err)
	}
	return stored.Asset
}

// ask is a request for a PNG made from asset.
func ask(t *testing.T, asset *library.Asset, transformation string) *Request {
	t.Helper()
	plan, err := transform.Parse(transformation, nil)
	if err != nil {
		t.Fatal(err)
	}
	return &Request{Asset: asset, Plan: plan, Key: NewKey(asset.VersionID, plan.String(), "png", ""), Transformation: transformation, Format: "png"}
}

// content reads and closes a file.
func content(t *testing.T, file *File) string {
	t.Helper()
	defer file.Content.Close()
	var read bytes.Buffer
	if _, err := file.Content.Send(&read, 0, file.Bytes); err != nil {
		t.Error(err)
	}
	b := read.Bytes()
	if sum := md5.Sum(b); file.ETag != hex.EncodeToString(sum[:]) || file.Bytes != int64(len(b)) {
		t.Errorf("ETag %s and %d bytes for %q", file.ETag, file.Bytes, b)
	}
	return string(b)
}

// playedEngine renders what the test says, and counts.
type playedEngine struct {
	t      *testing.T
	mu     sync.Mutex
	render func(ctx context.Context, request *engine.RenderRequest) ([]byte, error)
	calls  int
	// mezzanine, when not nil, is what a mezzanine that is asked for holds; damaged says that any that is given is.
	mezzanine []byte
	damaged   bool
}

func (p *playedEngine) play(render func(ctx context.Context, request *engine.RenderRequest) ([]byte, error)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.render, p.calls = render, 0
}

func (p *playedEngine) renders() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.calls
}

func (p *playedEngine) Probe(context.Context, engine.ProbeRequest) (*engine.ProbeResult, error) {
	panic("derive does not probe")
}

func (p *playedEngine) Script(context.Context, *engine.ScriptRequest) (*engine.ScriptResult, error) {
	panic("nothing here runs scripts")
}

func (p *playedEngine) Assemble(context.Context, *engine.AssembleRequest) (*engine.RenderResult, error) {
	panic("nothing here assembles")
}

func (p *playedEngine) Analyse(context.Context, engine.AnalyseRequest) (*engine.Analysis, error) {
	panic("derive does not analyse")
}

func (p *playedEngine) Video(context.Context, engine.VideoRequest) (*engine.Video, error) {
	panic("derive looks at no videos")
}

func (p *playedEngine) Frame(context.Context, *engine.FrameRequest) (*engine.RenderResult, error) {
	panic("no video has frames here")
}

func (p *playedEngine) Slideshow(context.Context, *engine.SlideshowRequest) (*engine.RenderResult, error) {
	panic("derive makes no slideshows")
}

func (p *playedEngine) Render(ctx context.Context, request *engine.RenderRequest) (*engine.RenderResult, error) {
	p.mu.Lock()
	p.calls++
	render := p.render
	p.mu.Unlock()
	output, err := render(ctx, request)
	if err != nil {
		return nil, err
	}
	result := &engine.RenderResult{Bytes: int64(len(output)), Format: request.Format, Width: 7, Height: 5}
	if result.Output, err = p.file(output); err != nil {
		return nil, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	result.MezzanineDamaged = p.damaged && request.Mezzanine != nil
	if request.MakeMezzanine && p.mezzanine != nil {
		result.MezzanineBytes = int64(len(p.mezzanine))
		result.Mezzanine, err = p.file(p.mezzanine)
	}
	return result, err
}

func (p *playedEngine) file(holding []byte) (*os.File, error) {
	file, err := os.CreateTemp(p.t.TempDir(), "output")
	if err == nil {
		_, err = file.Write(holding)
	}
	return file, err
}

// clock is set by the test.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// eventually polls until done says so.
func eventually(t *testing.T, what string, done func() bool) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); !done(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("never happened: %s", what)
		}
	}
}

// counted is the value of a counter.
func counted(t *testing.T, counter prometheus.Counter) float64 {
	t.Helper()
	var metric dto.Metric
	if err := counter.Write(&metric); err != nil {
		t.Fatal(err)
	}
	return metric.GetCounter().GetValue()
}
