package library_test

import (
	"errors"
	"net/http"
	"testing"
	"time"

	"github.com/darkroom-media/darkroom/renderer/config"
	"github.com/darkroom-media/darkroom/renderer/library"
	"github.com/darkroom-media/darkroom/renderer/library/librarytest"
	"github.com/darkroom-media/darkroom/renderer/problem"
	"github.com/darkroom-media/darkroom/test/postgres"
)

// TestAServerThatStopsAnswering pauses, stops and starts a server of its own below an open library.
func TestAServerThatStopsAnswering(t *testing.T) {
	t.Parallel()
	server, err := postgres.Launch("")
	if errors.Is(err, postgres.ErrUnavailable) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := server.Close(); err != nil {
			t.Error(err)
		}
	})
	l, err := library.Open(t.Context(), config.DatabasePostgres, server.Socket("postgres"))
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	librarytest.Store(t, l, picture("kept"), library.StoreOptions{})
	librarytest.Reserve(t, l, "originals/late")
	key := library.Key{ResourceType: library.Image, Type: "upload", PublicID: "kept"}
	read := func() error {
		_, err := l.Asset(t.Context(), key)
		return err
	}
	write := func() error {
		_, err := l.StoreAsset(t.Context(), picture("late"), library.StoreOptions{})
		return err
	}
	expectAway := func(when string, call func() error) {
		t.Helper()
		began := time.Now()
		err := call()
		if p := problem.From(err); p == nil || p.Status != http.StatusServiceUnavailable || !p.Transient {
			t.Errorf("%s: %v, want a 503", when, err)
		}
		if took := time.Since(began); took > 10*time.Second {
			t.Errorf("%s: an answer after %s", when, took)
		}
	}

	if err := server.Pause(); err != nil {
		t.Fatal(err)
	}
	l.SetStatementTimeout(200 * time.Millisecond)
	expectAway("reading, paused", read)
	expectAway("writing, paused", write)
	if err := server.Resume(); err != nil {
		t.Fatal(err)
	}
	l.SetStatementTimeout(10 * time.Second)
	if err := read(); err != nil {
		t.Errorf("after the pause: %v", err)
	}

	if err := server.Stop(); err != nil {
		t.Fatal(err)
	}
	expectAway("reading over a connection that broke", read)
	expectAway("reading, stopped", read)
	expectAway("writing, stopped", write)
	if err := server.Run(); err != nil {
		t.Fatal(err)
	}
	if err := read(); err != nil {
		t.Errorf("after the restart: %v", err)
	}
	if err := write(); err != nil {
		t.Errorf("writing after the restart: %v", err)
	}
}
