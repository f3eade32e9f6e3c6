package delivery

import (
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	dto "github.com/prometheus/client_model/go"

	"github.com/darkroom-media/darkroom/renderer/catalog"
	"github.com/darkroom-media/darkroom/renderer/library"
	"github.com/darkroom-media/darkroom/renderer/shortcut"
)

// taken counts what Answer takes.
type taken struct {
	*Handler
	answers atomic.Int64
}

func (h *taken) count() int { return int(h.answers.Load()) }

func (h *taken) Answer(c *shortcut.Conn, r *shortcut.Request) (bool, error) {
	h.answers.Add(1) // The client has the answer before Answer returns.
	sent, err := h.Handler.Answer(c, r)
	if !sent {
		h.answers.Add(-1)
	}
	return sent, err
}

// heat asks for a picture until it lies in memory, and tells whether the last answer was a shortcut's.
func (e *environment) heat(t *testing.T, path, body string, headers ...string) bool {
	t.Helper()
	before := 0
	for range 4 {
		before = e.taken.count()
		e.get(t, path, headers...).expect(t, 200, body)
	}
	return e.taken.count() > before
}

func TestHotPicturesTakeTheShortcut(t *testing.T) {
	e := newEnvironment(t)
	e.store(t, "sheep", "sheep", nil)
	const path = "/demo/image/upload/c_scale,w_9/fl_attachment:ab/sheep.jpg"
	if !e.heat(t, path, "sheep as jpg") || !e.heat(t, path+"?_a=BAMAAA", "sheep as jpg") {
		t.Fatal("a hot picture took the long way")
	}
	// A condition that changes nothing leads the long way: both have to say the same.
	count := e.taken.count()
	long := e.get(t, path, "If-None-Match", `"another"`, "X-Request-Id", "mine")
	if e.taken.count() != count {
		t.Fatal("a conditional request took the shortcut")
	}
	short := e.get(t, path, "X-Request-Id", "mine")
	if e.taken.count() != count+1 || short.body != long.body {
		t.Fatalf("%q, %q", short.body, long.body)
	}
	for _, name := range slices.Sorted(maps.Keys(long.Header)) {
		switch want, got := long.Header[name], short.Header[name]; name {
		case "Date":
			if _, err := http.ParseTime(short.Header.Get(name)); err != nil {
				t.Errorf("Date: %q", got)
			}
		case "Server-Timing":
			_, wanted, _ := strings.Cut(want[0], ";desc=")
			if _, given, _ := strings.Cut(got[0], ";desc="); given != wanted {
				t.Errorf("Server-Timing: %q, want %q", got, want)
			}
		default:
			if !slices.Equal(want, got) {
				t.Errorf("%s: %q, want %q", name, got, want)
			}
		}
	}
	if len(short.Header) != len(long.Header) || short.ContentLength != long.ContentLength || short.Header.Get("X-Request-Id") != "mine" {
		t.Errorf("%v, want %v", short.Header, long.Header)
	}
}

func TestWhatTakesTheLongWay(t *testing.T) {
	e := newEnvironment(t)
	e.store(t, "sheep", "sheep", nil)
	const path = "/demo/image/upload/c_scale,w_9/sheep.jpg"
	if !e.heat(t, path, "sheep as jpg") {
		t.Fatal("a hot picture took the long way")
	}
	count := e.taken.count()
	for name, value := range map[string]string{
		"Range": "bytes=0-4", "If-None-Match": "*", "If-Modified-Since": "Fri, 01 Jan 2100 00:00:00 GMT", "If-Match": `"another"`,
		"If-Unmodified-Since": "Thu, 01 Jan 1970 00:00:00 GMT",
	} {
		if a := e.get(t, path, name, value); a.StatusCode == 200 || e.taken.count() != count {
			t.Errorf("%s: %d", name, a.StatusCode)
		}
	}
	if a := e.do(t, http.MethodHead, path); a.StatusCode != 200 || a.body != "" || e.taken.count() != count {
		t.Errorf("HEAD: %d %q", a.StatusCode, a.body)
	}
	if e.heat(t, "/demo/image/upload/sheep.jpg", "sheep") {
		t.Error("an original took the shortcut")
	}
}

func TestTheShortcutKnowsClients(t *testing.T) {
	e := newEnvironment(t)
	e.configure(func(s *catalog.Snapshot) { s.Environment.NoAutoAVIF = true })
	e.store(t, "sheep", "sheep", nil)
	const path = "/demo/image/upload/c_scale,w_9/f_auto/sheep.jpg"
	if !e.heat(t, path, "sheep as jpg") || !e.heat(t, path, "sheep as webp", "Accept", "image/webp,*/*") || !e.heat(t, path, "sheep as jpg", "Accept", "*/*") {
		t.Error("a hot picture took the long way")
	}
}

// TestTheShortcutForgets changes what a hot answer rests on: the very next answer is the right one.
func TestTheShortcutForgets(t *testing.T) {
	const path = "/demo/image/upload/c_scale,w_9/sheep.jpg"
	hot := func(t *testing.T) *environment {
		e := newEnvironment(t)
		e.store(t, "sheep", "old", nil)
		if !e.heat(t, path, "old as jpg") {
			t.Fatal("a hot picture took the long way")
		}
		return e
	}
	t.Run("an overwritten asset", func(t *testing.T) {
		e := hot(t)
		e.store(t, "sheep", "new", nil)
		e.get(t, path).expect(t, 200, "new as jpg")
	})
	t.Run("a deleted asset", func(t *testing.T) {
		e := hot(t)
		key := library.Key{ResourceType: library.Image, Type: "upload", PublicID: "sheep"}
		if _, _, err := e.library.DeleteAsset(t.Context(), key, library.DeleteOptions{}); err != nil {
			t.Fatal(err)
		}
		e.assets.Invalidate(key)
		e.get(t, path).refused(t, 404, "Resource not found - sheep")
	})
	t.Run("an asset that is restricted", func(t *testing.T) {
		e := hot(t)
		e.store(t, "sheep", "old", func(a *library.Asset) { a.AccessMode = "authenticated" })
		e.get(t, path).refused(t, 401, "Unsigned request for an asset with restricted access")
	})
	t.Run("the configuration", func(t *testing.T) {
		e := hot(t)
		e.configure(func(s *catalog.Snapshot) { s.Environment.CloudName = "other" })
		e.get(t, path).refused(t, 401, "Unknown customer demo")
	})
	t.Run("no configuration", func(t *testing.T) {
		e := hot(t)
		e.snapshot.Store(nil)
		if a := e.get(t, path); a.StatusCode != 503 {
			t.Errorf("%d", a.StatusCode)
		}
	})
}

func TestTheShortcutCounts(t *testing.T) {
	e := newEnvironment(t)
	e.store(t, "sheep", "sheep", nil)
	for range 5 {
		e.get(t, "/demo/image/upload/c_scale,w_9/sheep.jpg").expect(t, 200, "sheep as jpg")
	}
	if e.taken.count() == 0 {
		t.Fatal("a hot picture took the long way")
	}
	// What the connection is asked next is answered when what was before is counted.
	e.get(t, "/demo/image/upload/none.jpg").refused(t, 404, "Resource not found - none")
	families, err := e.registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	find := func(name string) float64 {
		sum := 0.0
		for _, family := range families {
			if family.GetName() != name {
				continue
			}
			for _, metric := range family.Metric {
				if slices.ContainsFunc(metric.Label, func(l *dto.LabelPair) bool { return l.GetValue() == "derived" || l.GetValue() == "disk" }) {
					sum += metric.GetCounter().GetValue() + float64(metric.GetHistogram().GetSampleCount())
				}
			}
		}
		return sum
	}
	for name, want := range map[string]float64{"darkroom_delivery_requests_total": 5, "darkroom_delivery_seconds": 5, "darkroom_derived_finds_total": 4} {
		if got := find(name); got != want {
			t.Errorf("%s: %g, want %g", name, got, want)
		}
	}
}
