package derive

import (
	"context"
	"errors"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"github.com/darkroom-media/darkroom/renderer/engine"
	"github.com/darkroom-media/darkroom/renderer/problem"
)

// claims is a library whose claims a test follows.
type claims struct {
	Library
	// lost gets a value, if there is room, when somebody else has the claim.
	lost                chan struct{}
	claiming, releasing error
}

func (c *claims) ClaimRendering(ctx context.Context, key string, now, until time.Time) (bool, error) {
	if c.claiming != nil {
		return false, c.claiming
	}
	claimed, err := c.Library.ClaimRendering(ctx, key, now, until)
	if err == nil && !claimed {
		select {
		case c.lost <- struct{}{}:
		default:
		}
	}
	return claimed, err
}

func (c *claims) ReleaseRendering(ctx context.Context, key string, now, until time.Time) error {
	if c.releasing != nil {
		return c.releasing
	}
	return c.Library.ReleaseRendering(ctx, key, now, until)
}

// replicated is an environment on PostgreSQL, where there can be more than one replica.
func replicated(t *testing.T) (*environment, *claims) {
	t.Helper()
	e := newEnvironment(t)
	e.library = databases.Postgres(t)
	return e, &claims{Library: e.library, lost: make(chan struct{}, 1)}
}

// found is what came of Find.
type found struct {
	file *File
	err  error
}

// find has a replica of its own look for a file.
func (e *environment) find(t *testing.T, c *claims, request *Request) <-chan found {
	t.Helper()
	d := e.deriver(t, func(o *Options) { o.Library = c })
	result := make(chan found, 1)
	go func() {
		file, err := d.Find(context.Background(), request)
		result <- found{file, err}
	}()
	return result
}

func TestOneReplicaMakesAFile(t *testing.T) {
	e, c := replicated(t)
	request := ask(t, e.store(t, "sample", "original"), "w_5")
	rendering, finish := make(chan struct{}, 2), make(chan struct{})
	e.engine.play(func(context.Context, *engine.RenderRequest) ([]byte, error) {
		rendering <- struct{}{}
		<-finish
		return []byte("rendered"), nil
	})
	first := e.find(t, c, request)
	<-rendering
	second := e.find(t, c, request)
	select {
	case <-c.lost:
	case <-rendering:
		t.Error("both make it at once")
	}
	close(finish)
	for i, from := range map[<-chan found]string{first: FromEngine, second: FromBucket} {
		got := <-i
		if got.err != nil {
			t.Fatal(got.err)
		}
		if text := content(t, got.file); text != "rendered" || got.file.From != from {
			t.Errorf("%q from the %s, want it from the %s", text, got.file.From, from)
		}
	}
	if n := e.engine.renders(); n != 1 {
		t.Errorf("%d renderings", n)
	}
}

func TestAnotherReplicaTriesWhatOneCouldNotMake(t *testing.T) {
	e, c := replicated(t)
	request := ask(t, e.store(t, "sample", "original"), "w_5")
	rendering, finish := make(chan struct{}), make(chan struct{})
	var tries atomic.Int64
	e.engine.play(func(context.Context, *engine.RenderRequest) ([]byte, error) {
		if tries.Add(1) > 1 {
			return []byte("rendered"), nil
		}
		rendering <- struct{}{}
		<-finish
		return nil, problem.Busy(1)
	})
	first := e.find(t, c, request)
	<-rendering
	second := e.find(t, c, request)
	<-c.lost
	close(finish)
	if got := <-first; problem.From(got.err).Status != http.StatusTooManyRequests {
		t.Errorf("the first: %v", got.err)
	}
	got := <-second
	if got.err != nil {
		t.Fatal(got.err)
	}
	if text := content(t, got.file); text != "rendered" || got.file.From != FromEngine {
		t.Errorf("%q from the %s", text, got.file.From)
	}
}

func TestTheClaimOfAKilledReplicaRunsOut(t *testing.T) {
	e, c := replicated(t)
	request := ask(t, e.store(t, "sample", "original"), "w_5")
	if claimed, err := e.library.ClaimRendering(t.Context(), request.Key.String(), e.clock.Now(), e.clock.Now().Add(renderClaim)); !claimed || err != nil {
		t.Fatal(claimed, err)
	}
	waiting := e.find(t, c, request)
	<-c.lost
	e.clock.advance(renderClaim)
	got := <-waiting
	if got.err != nil {
		t.Fatal(got.err)
	}
	if text := content(t, got.file); text != "rendered" {
		t.Errorf("%q", text)
	}
}

func TestWaitingForAnotherReplicaEndsWithTheDeadline(t *testing.T) {
	e, c := replicated(t)
	request := ask(t, e.store(t, "sample", "original"), "w_5")
	if claimed, err := e.library.ClaimRendering(t.Context(), request.Key.String(), e.clock.Now(), e.clock.Now().Add(renderClaim)); !claimed || err != nil {
		t.Fatal(claimed, err)
	}
	d := e.deriver(t, func(o *Options) { o.Library, o.Deadline = c, time.Millisecond })
	if _, err := d.Find(t.Context(), request); problem.From(err).Status != http.StatusGatewayTimeout {
		t.Errorf("%v", err)
	}
}

func TestClaimsOfALibraryThatFails(t *testing.T) {
	e, c := replicated(t)
	asset := e.store(t, "sample", "original")
	c.claiming = errors.New("away")
	if got := <-e.find(t, c, ask(t, asset, "w_5")); problem.From(got.err).Status != http.StatusServiceUnavailable {
		t.Errorf("%v", got.err)
	}
	c.claiming, c.releasing = nil, errors.New("away")
	got := <-e.find(t, c, ask(t, asset, "w_6"))
	if got.err != nil {
		t.Fatal(got.err)
	}
	if text := content(t, got.file); text != "rendered" {
		t.Errorf("%q", text)
	}
}
