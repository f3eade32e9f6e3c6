package derive

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/darkroom-media/darkroom/renderer/bucket"
	"github.com/darkroom-media/darkroom/renderer/engine"
	"github.com/darkroom-media/darkroom/renderer/library"
	"github.com/darkroom-media/darkroom/renderer/problem"
)

func TestAFileIsFoundWhereItIsNearest(t *testing.T) {
	e := newEnvironment(t)
	asset := e.store(t, "sample", "original")
	d := e.deriver(t, nil)
	first, err := d.Find(t.Context(), ask(t, asset, "c_fill,w_7"))
	if err != nil {
		t.Fatal(err)
	}
	if got := content(t, first); got != "rendered" || first.From != FromEngine || first.Width != 7 || first.Height != 5 || first.Format != "png" {
		t.Errorf("first: %q from %s, %+v", got, first.From, first.Meta)
	}
	// From now on the engine would give other bytes: nobody may see them.
	e.engine.play(func(context.Context, *engine.RenderRequest) ([]byte, error) { return []byte("other"), nil })
	for _, step := range []struct {
		name    string
		deriver *Deriver
		from    string
	}{
		{"again", d, FromDisk},
		{"with an empty cache", e.deriver(t, nil), FromBucket},
	} {
		file, err := step.deriver.Find(t.Context(), ask(t, asset, "w_7,c_fill"))
		if err != nil {
			t.Fatalf("%s: %v", step.name, err)
		}
		if got := content(t, file); got != "rendered" || file.From != step.from || file.ETag != first.ETag || file.CreatedAt.Unix() != first.CreatedAt.Unix() {
			t.Errorf("%s: %q from %s, %+v", step.name, got, file.From, file.Meta)
		}
	}
	if n := e.engine.renders(); n != 0 {
		t.Errorf("%d more renders", n)
	}
}

func TestANewVersionIsAnotherFile(t *testing.T) {
	e := newEnvironment(t)
	d := e.deriver(t, nil)
	for _, version := range []string{"one", "two"} {
		asset := e.store(t, "sample", version)
		e.engine.play(func(_ context.Context, request *engine.RenderRequest) ([]byte, error) {
			return io.ReadAll(request.Source.File)
		})
		file, err := d.Find(t.Context(), ask(t, asset, "c_fill,w_7"))
		if err != nil {
			t.Fatal(err)
		}
		if got := content(t, file); got != version {
			t.Errorf("version %q gave %q", version, got)
		}
	}
}

func TestAHundredClientsCauseOneRender(t *testing.T) {
	const clients = 100
	e := newEnvironment(t)
	asset := e.store(t, "sample", "original")
	d := e.deriver(t, nil)
	release := make(chan struct{})
	e.engine.play(func(context.Context, *engine.RenderRequest) ([]byte, error) {
		<-release
		return []byte("rendered once"), nil
	})
	var pending sync.WaitGroup
	for range clients {
		request := ask(t, asset, "c_fill,w_7")
		pending.Go(func() {
			file, err := d.Find(t.Context(), request)
			if err != nil {
				t.Error(err)
				return
			}
			if got := content(t, file); got != "rendered once" {
				t.Errorf("a client got %q", got)
			}
		})
	}
	eventually(t, "all clients wait for one flight", func() bool { return counted(t, d.metrics.joined) == clients-1 })
	close(release)
	pending.Wait()
	if n := e.engine.renders(); n != 1 {
		t.Errorf("%d renders", n)
	}
}

func TestFollowersOutliveTheLeader(t *testing.T) {
	e := newEnvironment(t)
	asset := e.store(t, "sample", "original")
	d := e.deriver(t, nil)
	release := make(chan struct{})
	e.engine.play(func(ctx context.Context, _ *engine.RenderRequest) ([]byte, error) {
		select {
		case <-release:
			return []byte("rendered"), nil
		case <-ctx.Done():
			return nil, problem.Failed(ctx.Err())
		}
	})
	leading, leave := context.WithCancel(t.Context())
	leader := make(chan error)
	go func() {
		_, err := d.Find(leading, ask(t, asset, "c_fill,w_7"))
		leader <- err
	}()
	eventually(t, "the leader renders", func() bool { return e.engine.renders() == 1 })
	follower := make(chan *File)
	go func() {
		file, err := d.Find(t.Context(), ask(t, asset, "c_fill,w_7"))
		if err != nil {
			t.Error(err)
		}
		follower <- file
	}()
	eventually(t, "the follower waits", func() bool { return counted(t, d.metrics.joined) == 1 })
	leave()
	if err := <-leader; !errors.Is(err, context.Canceled) {
		t.Errorf("the leader left with %v", err)
	}
	close(release)
	if file := <-follower; file != nil && content(t, file) != "rendered" {
		t.Error("the follower got other bytes")
	}
	if n := e.engine.renders(); n != 1 {
		t.Errorf("%d renders", n)
	}
}

func TestARenderThatNobodyWaitsForIsKept(t *testing.T) {
	e := newEnvironment(t)
	asset := e.store(t, "sample", "original")
	d := e.deriver(t, nil)
	started, release := make(chan struct{}), make(chan struct{})
	e.engine.play(func(context.Context, *engine.RenderRequest) ([]byte, error) {
		close(started)
		<-release
		return []byte("rendered"), nil
	})
	ctx, leave := context.WithCancel(t.Context())
	go func() {
		<-started
		leave()
	}()
	if _, err := d.Find(ctx, ask(t, asset, "c_fill,w_7")); !errors.Is(err, context.Canceled) {
		t.Fatalf("left with %v", err)
	}
	close(release)
	if err := d.Wait(t.Context()); err != nil {
		t.Fatal(err)
	}
	file, err := d.Find(t.Context(), ask(t, asset, "c_fill,w_7"))
	if err != nil {
		t.Fatal(err)
	}
	if content(t, file); file.From != FromDisk || e.engine.renders() != 1 {
		t.Errorf("found from %s after %d renders", file.From, e.engine.renders())
	}
}

func TestReplicasAgreeOnTheBytes(t *testing.T) {
	e := newEnvironment(t)
	asset := e.store(t, "sample", "original")
	replicas := []*Deriver{e.deriver(t, nil), e.deriver(t, nil)}
	var mu sync.Mutex
	both, n := make(chan struct{}), 0
	e.engine.play(func(context.Context, *engine.RenderRequest) ([]byte, error) {
		mu.Lock()
		n++
		mine := fmt.Sprint("rendered by replica ", n)
		switch n {
		case 1:
			e.clock.advance(renderClaim) // It takes so long that the other one makes the file, too.
		case 2:
			close(both)
		}
		mu.Unlock()
		<-both
		return []byte(mine), nil
	})
	got := make([]string, len(replicas))
	var pending sync.WaitGroup
	for i, replica := range replicas {
		request := ask(t, asset, "c_fill,w_7")
		pending.Go(func() {
			file, err := replica.Find(t.Context(), request)
			if err != nil {
				t.Error(err)
				return
			}
			got[i] = content(t, file)
		})
	}
	pending.Wait()
	if got[0] == "" || got[0] != got[1] {
		t.Fatalf("the replicas serve %q", got)
	}
	for i, replica := range replicas {
		file, err := replica.Find(t.Context(), ask(t, asset, "c_fill,w_7"))
		if err != nil {
			t.Fatal(err)
		}
		if again := content(t, file); again != got[0] || file.From != FromDisk {
			t.Errorf("replica %d serves %q from %s the second time", i, again, file.From)
		}
	}
	garbage, err := e.library.Garbage(t.Context(), time.Now().Add(time.Second), 10)
	if err != nil || len(garbage) != 1 {
		t.Errorf("garbage after a lost race: %v, %v", garbage, err)
	}
}

func TestAnAssetReplacedMeanwhileIsStale(t *testing.T) {
	e := newEnvironment(t)
	asset := e.store(t, "sample", "original")
	d := e.deriver(t, nil)
	e.engine.play(func(context.Context, *engine.RenderRequest) ([]byte, error) {
		e.store(t, "sample", "replacement")
		return []byte("too late"), nil
	})
	if _, err := d.Find(t.Context(), ask(t, asset, "c_fill,w_7")); !errors.Is(err, ErrStale) {
		t.Fatalf("got %v", err)
	}
	if d.cache.Len() != 0 {
		t.Error("the file of the old version was kept")
	}
	// Swept originals mean the same.
	gone := *asset
	gone.ObjectKey = bucket.NewKey("originals")
	if _, err := d.Find(t.Context(), ask(t, &gone, "c_fill,w_8")); !errors.Is(err, ErrStale) {
		t.Errorf("missing original: %v", err)
	}
}

func TestPermanentProblemsAreRememberedShortly(t *testing.T) {
	for _, test := range []struct {
		name     string
		problem  *problem.Problem
		remember bool
	}{
		{"permanent", problem.BadRequest("Invalid width - 0"), true},
		{"transient", problem.Busy(1), false},
		{"missing", problem.NotFound("Resource not found - icon"), false},
		{"internal", problem.Failed(errors.New("crash")), false},
	} {
		t.Run(test.name, func(t *testing.T) {
			e := newEnvironment(t)
			asset := e.store(t, "sample", "original")
			d := e.deriver(t, nil)
			refuse := func(context.Context, *engine.RenderRequest) ([]byte, error) { return nil, test.problem }
			find := func(asset *library.Asset, renders int) {
				t.Helper()
				e.engine.play(refuse)
				if _, err := d.Find(t.Context(), ask(t, asset, "c_fill,w_7")); problem.From(err).Message != test.problem.Message {
					t.Errorf("got %v", err)
				}
				if n := e.engine.renders(); n != renders {
					t.Errorf("%d renders, want %d", n, renders)
				}
			}
			again := 1
			if test.remember {
				again = 0
			}
			find(asset, 1)
			find(asset, again)
			e.clock.advance(failureAge)
			find(asset, 1)
			find(e.store(t, "sample", "replacement"), 1)
		})
	}
}

func TestFailuresAreBounded(t *testing.T) {
	f := newFailures(time.Now)
	for n := range failureLimit + 100 {
		f.remember(testKey(n), problem.BadRequest("no"))
	}
	if len(f.m) > failureLimit {
		t.Errorf("%d problems are remembered", len(f.m))
	}
}

func TestLayersReachTheEngine(t *testing.T) {
	e := newEnvironment(t)
	asset := e.store(t, "sample", "original")
	e.store(t, "icons/star", "star")
	e.store(t, "logo.v2", "dotted")
	d := e.deriver(t, nil)
	e.engine.play(func(_ context.Context, request *engine.RenderRequest) ([]byte, error) {
		base, err := io.ReadAll(request.Source.File)
		if err != nil {
			return nil, err
		}
		for _, key := range []string{"upload/icons/star", "upload/logo.v2"} {
			layer, ok := request.Layers[key]
			if !ok {
				return nil, fmt.Errorf("no layer %s among %v", key, request.Layers)
			}
			b, err := io.ReadAll(layer.File)
			if err != nil {
				return nil, err
			}
			base = append(append(base, '+'), b...)
		}
		return base, nil
	})
	file, err := d.Find(t.Context(), ask(t, asset, "l_icons:star,w_5/l_icons:star,w_6/l_logo.v2,w_3"))
	if err != nil {
		t.Fatal(err)
	}
	if got := content(t, file); got != "original+star+dotted" {
		t.Errorf("the engine got %q", got)
	}
	_, err = d.Find(t.Context(), ask(t, asset, "l_icons:star,w_5/l_icons:none,w_5"))
	if p := problem.From(err); p.Status != 404 || p.Message != "Resource not found - icons/none" {
		t.Errorf("missing layer: %v", err)
	}
	// The upload of the layer is enough: the 404 was not remembered.
	e.store(t, "icons/none", "now there")
	e.engine.play(func(context.Context, *engine.RenderRequest) ([]byte, error) { return []byte("complete"), nil })
	if file, err = d.Find(t.Context(), ask(t, asset, "l_icons:star,w_5/l_icons:none,w_5")); err != nil {
		t.Fatal(err)
	}
	content(t, file)
}

func TestLayersInVariablesReachTheEngine(t *testing.T) {
	e := newEnvironment(t)
	asset := e.store(t, "sample", "original")
	e.store(t, "icons/star", "star")
	e.store(t, "moon", "moon")
	d := e.deriver(t, nil)
	var keys []string
	e.engine.play(func(_ context.Context, request *engine.RenderRequest) ([]byte, error) {
		keys = slices.Sorted(maps.Keys(request.Layers))
		return []byte("rendered"), nil
	})
	file, err := d.Find(t.Context(), ask(t, asset, "$img_!icons:star!/if_w_gt_100/$img_!moon!/if_else/$img_!none!/if_end/l_$img,w_5"))
	if err != nil {
		t.Fatal(err)
	}
	content(t, file)
	if want := []string{"upload/icons/star", "upload/moon"}; !slices.Equal(keys, want) {
		t.Errorf("layers %v, want %v", keys, want)
	}
}

func TestEveryFileIsClosed(t *testing.T) {
	e := newEnvironment(t)
	asset := e.store(t, "sample", "original")
	e.store(t, "icon", "star")
	d := e.deriver(t, nil)
	before := openFiles(t)
	for i := range 5 {
		transformation := fmt.Sprintf("l_icon,w_%d", i+1)
		e.engine.play(func(context.Context, *engine.RenderRequest) ([]byte, error) {
			if i%2 == 0 {
				return nil, problem.BadRequest("no")
			}
			return []byte("rendered"), nil
		})
		if file, err := d.Find(t.Context(), ask(t, asset, transformation)); err == nil {
			content(t, file)
		}
		_, _ = d.Find(t.Context(), ask(t, asset, transformation+"/l_none,w_1"))
	}
	if err := d.Wait(t.Context()); err != nil {
		t.Fatal(err)
	}
	if after := openFiles(t); after > before {
		t.Errorf("%d files were open before, %d are after", before, after)
	}
}

func openFiles(t *testing.T) int {
	t.Helper()
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Skip("open files cannot be counted here: ", err)
	}
	n := 0
	for _, entry := range entries {
		// Files of the bucket and of the cache; SQLite opens its own as it likes.
		if target, err := os.Readlink("/proc/self/fd/" + entry.Name()); err == nil && !strings.Contains(filepath.Base(target), ".db") && strings.HasPrefix(target, os.TempDir()) {
			n++
		}
	}
	return n
}

func TestARenderHasADeadlineOfItsOwn(t *testing.T) {
	e := newEnvironment(t)
	asset := e.store(t, "sample", "original")
	d := e.deriver(t, func(o *Options) { o.Deadline = 20 * time.Millisecond })
	e.engine.play(func(ctx context.Context, _ *engine.RenderRequest) ([]byte, error) {
		<-ctx.Done()
		return nil, problem.Failed(ctx.Err())
	})
	_, err := d.Find(t.Context(), ask(t, asset, "c_fill,w_7"))
	if p := problem.From(err); p.Status != 504 || !p.Transient {
		t.Errorf("got %v", err)
	}
}

func TestAPanicFailsOnlyItsFile(t *testing.T) {
	e := newEnvironment(t)
	asset := e.store(t, "sample", "original")
	d := e.deriver(t, nil)
	e.engine.play(func(context.Context, *engine.RenderRequest) ([]byte, error) { panic("broken") })
	_, err := d.Find(t.Context(), ask(t, asset, "c_fill,w_7"))
	if p := problem.From(err); p.Status != 500 || !p.Transient || strings.Contains(p.Message, "broken") {
		t.Errorf("got %v", err)
	}
	e.engine.play(func(context.Context, *engine.RenderRequest) ([]byte, error) { return []byte("fine"), nil })
	file, err := d.Find(t.Context(), ask(t, asset, "c_fill,w_7"))
	if err != nil {
		t.Fatal(err)
	}
	content(t, file)
}

func TestAFileTooLargeForTheCacheComesFromTheBucket(t *testing.T) {
	e := newEnvironment(t)
	asset := e.store(t, "sample", "original")
	d := e.deriver(t, func(o *Options) {
		var err error
		if o.Cache, err = OpenCache(t.TempDir(), 2); err != nil {
			t.Fatal(err)
		}
	})
	for _, from := range []string{FromEngine, FromBucket} {
		file, err := d.Find(t.Context(), ask(t, asset, "c_fill,w_7"))
		if err != nil {
			t.Fatal(err)
		}
		if got := content(t, file); got != "rendered" || file.From != from {
			t.Errorf("%q from %s, want it from %s", got, file.From, from)
		}
	}
}

// brokenBucket fails where the test says.
type brokenBucket struct {
	Bucket
	put, file error
}

func (b *brokenBucket) Put(ctx context.Context, key string, r io.Reader, contentType string) (bucket.Written, error) {
	if b.put != nil {
		return bucket.Written{}, b.put
	}
	return b.Bucket.Put(ctx, key, r, contentType)
}

func (b *brokenBucket) File(ctx context.Context, key string) (*os.File, error) {
	if b.file != nil {
		return nil, b.file
	}
	return b.Bucket.File(ctx, key)
}

func TestABrokenBucketIsTransient(t *testing.T) {
	e := newEnvironment(t)
	asset := e.store(t, "sample", "original")
	broken := &brokenBucket{Bucket: e.bucket}
	d := e.deriver(t, func(o *Options) { o.Bucket = broken })
	for _, broken.file = range []error{errors.New("away"), nil} {
		broken.put = errors.New("full")
		_, err := d.Find(t.Context(), ask(t, asset, "c_fill,w_7"))
		if p := problem.From(err); p.Status != 503 || p.RetryAfter == 0 {
			t.Errorf("got %v", err)
		}
	}
	broken.put = nil
	file, err := d.Find(t.Context(), ask(t, asset, "c_fill,w_7"))
	if err != nil {
		t.Fatal(err)
	}
	content(t, file)
}

func TestExists(t *testing.T) {
	e := newEnvironment(t)
	asset := e.store(t, "sample", "original")
	d := e.deriver(t, nil)
	request := ask(t, asset, "c_fill,w_7")
	for _, want := range []bool{false, true} {
		if got, err := d.Exists(t.Context(), request); got != want || err != nil {
			t.Errorf("exists: %v, %v; want %v", got, err, want)
		}
		file, err := d.Find(t.Context(), request)
		if err != nil {
			t.Fatal(err)
		}
		content(t, file)
	}
}

func TestKeysDifferWithEveryPart(t *testing.T) {
	seen := make(map[Key]string)
	for _, parts := range [][4]string{
		{"v", "c", "f", "h"}, {"vc", "", "f", "h"}, {"v", "cf", "", "h"}, {"v", "c", "fh", ""}, {"v", "c", "f", ""}, {"", "vc", "f", "h"},
	} {
		key := NewKey(parts[0], parts[1], parts[2], parts[3])
		if before, ok := seen[key]; ok {
			t.Errorf("%q and %q have the same key", before, parts)
		}
		seen[key] = fmt.Sprint(parts)
	}
}

func TestNames(t *testing.T) {
	for _, test := range []struct {
		id, ext, full string
		want          []Name
	}{
		{"a/b", "", "a/b", []Name{{"a/b", ""}}},
		{"logo", "png", "logo.PNG", []Name{{"logo", "png"}, {"logo.PNG", ""}}},
		{"logo", "v2", "logo.v2", []Name{{"logo.v2", ""}, {"logo", "v2"}}},
	} {
		if got := Names(test.id, test.ext, test.full); fmt.Sprint(got) != fmt.Sprint(test.want) {
			t.Errorf("Names(%q, %q): %v, want %v", test.id, test.ext, got, test.want)
		}
	}
}
