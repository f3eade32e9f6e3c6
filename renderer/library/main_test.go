package library_test

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/darkroom-media/darkroom/renderer/library"
	"github.com/darkroom-media/darkroom/renderer/library/librarytest"
)

var databases librarytest.Databases

func TestMain(m *testing.M) {
	code := m.Run()
	if code == 0 && !explainAll() {
		code = 1
	}
	if err := databases.Close(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

// each runs a test on an empty library of each kind.
func each(t *testing.T, run func(t *testing.T, l *library.Library)) {
	t.Helper()
	databases.Each(t, func(t *testing.T, l *library.Library) {
		l.Record(statements.note)
		run(t, l)
	})
}

// clock is a library's clock that stands still until it is moved.
type clock struct{ time time.Time }

func newClock(l *library.Library) *clock {
	c := &clock{time: time.Date(2026, 1, 31, 4, 14, 53, 123456000, time.UTC)}
	l.SetNow(func() time.Time { return c.time })
	return c
}

func (c *clock) advance(d time.Duration) { c.time = c.time.Add(d) }

// picture is an asset with little in it, whose object is called after it.
func picture(publicID string) *library.Asset {
	return &library.Asset{ResourceType: library.Image, Type: "upload", PublicID: publicID, Format: "jpg", Bytes: 10, ObjectKey: "originals/" + publicID}
}

func overwrite() library.StoreOptions { return library.StoreOptions{Overwrite: true} }

// garbage claims what is due at now.
func garbage(t *testing.T, l *library.Library, now time.Time) (keys []string) {
	t.Helper()
	claimed, err := l.Garbage(t.Context(), now, 1000)
	if err != nil {
		t.Fatal(err)
	}
	for _, discarded := range claimed {
		keys = append(keys, discarded.ObjectKey)
	}
	return keys
}

// textOf is a column as text, in both databases.
func textOf(columns ...string) string {
	for i, column := range columns {
		columns[i] = "CAST(" + column + " AS TEXT)"
	}
	return strings.Join(columns, " || ' ' || ")
}

// rows are what a query gives, one text each.
func rows(t *testing.T, l *library.Library, query string) []string {
	t.Helper()
	found, err := l.Strings(t.Context(), query)
	if err != nil {
		t.Fatal(err)
	}
	return found
}
