package derive

import (
	"errors"
	"testing"
	"time"

	"github.com/darkroom-media/darkroom/renderer/problem"
)

// meter notes what is made, and refuses more once it has made its fill.
type meter struct {
	fill, made int
	bytes      int64
}

var errUsedUp = &problem.Problem{Status: 420, Message: "used up", Transient: true}

func (m *meter) MayRender() error {
	if m.made >= m.fill {
		return errUsedUp
	}
	return nil
}

func (m *meter) Rendered(_ time.Duration, bytes int64) {
	m.made++
	m.bytes += bytes
}

func TestAUsedUpQuotaStopsNewFilesOnly(t *testing.T) {
	e := newEnvironment(t)
	counting := &meter{fill: 1}
	d := e.deriver(t, func(o *Options) { o.Meter = counting })
	asset := e.store(t, "photo", "photo")
	for range 3 {
		file, err := d.Find(t.Context(), ask(t, asset, "w_1"))
		if err != nil {
			t.Fatal(err)
		}
		content(t, file)
	}
	if counting.made != 1 || counting.bytes != int64(len("rendered")) {
		t.Errorf("counted are %+v", counting)
	}
	if _, err := d.Find(t.Context(), ask(t, asset, "w_2")); !errors.Is(err, errUsedUp) {
		t.Errorf("a new file: %v", err)
	}
	// Another replica finds in the bucket what was made, and delivers it.
	file, err := e.deriver(t, func(o *Options) { o.Meter = counting }).Find(t.Context(), ask(t, asset, "w_1"))
	if err != nil || file.From != FromBucket {
		t.Fatalf("%+v, %v", file, err)
	}
	content(t, file)
	if e.engine.calls != 1 {
		t.Errorf("the engine was asked %d times", e.engine.calls)
	}
	// What was refused is not remembered: with the quota raised it is made.
	counting.fill = 2
	if file, err = d.Find(t.Context(), ask(t, asset, "w_2")); err != nil {
		t.Fatal(err)
	}
	content(t, file)
}

func TestSamplesAreRenderedWithoutCounting(t *testing.T) {
	e := newEnvironment(t)
	counting := &meter{}
	d := e.deriver(t, func(o *Options) { o.Meter = counting })
	sample := e.store(t, "sample", "sample")
	sample.Sample = true
	file, err := d.Find(t.Context(), ask(t, sample, "w_1"))
	if err != nil {
		t.Fatal(err)
	}
	content(t, file)
	if counting.made != 0 {
		t.Errorf("counted are %+v", counting)
	}
}
