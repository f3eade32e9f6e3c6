package derive

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/darkroom-media/darkroom/renderer/bucket"
	"github.com/darkroom-media/darkroom/renderer/engine"
	"github.com/darkroom-media/darkroom/renderer/library"
	"github.com/darkroom-media/darkroom/test/stores"
)

// mezzanines is a photo and an engine that tells what renderings were given: "original", "make", or the content of a mezzanine.
type mezzanines struct {
	*environment
	asset *library.Asset
	mu    sync.Mutex
	given []string
}

func newMezzanines(t *testing.T) *mezzanines {
	t.Helper()
	objects, _ := databases.Bucket(t)
	return newMezzaninesOn(t, objects)
}

func newMezzaninesOn(t *testing.T, objects *bucket.Bucket) *mezzanines {
	t.Helper()
	m := &mezzanines{environment: newEnvironmentOn(t, objects)}
	stored := *m.store(t, "photo", "original")
	stored.Format = "jpg"
	m.asset = &stored
	m.engine.mezzanine = []byte("smaller")
	m.engine.play(func(_ context.Context, request *engine.RenderRequest) ([]byte, error) {
		given := "original"
		switch {
		case request.MakeMezzanine:
			given = "make"
		case request.Mezzanine != nil:
			content, err := io.ReadAll(io.NewSectionReader(request.Mezzanine, 0, 100))
			if err != nil {
				return nil, err
			}
			given = string(content)
		}
		m.mu.Lock()
		defer m.mu.Unlock()
		m.given = append(m.given, given)
		return []byte("rendered"), nil
	})
	return m
}

// request asks for a new file.
func (m *mezzanines) request(t *testing.T, width int) *Request {
	t.Helper()
	request := ask(t, m.asset, fmt.Sprintf("c_fit,w_%d", width))
	request.Format, request.Mezzanines = "webp", true
	request.Key = NewKey(m.asset.VersionID, request.Plan.String(), request.Format, "")
	return request
}

// find has files of these widths made, one after the other, and wants the engine to have been given that.
func (m *mezzanines) find(t *testing.T, d *Deriver, widths []int, want ...string) {
	t.Helper()
	m.mu.Lock()
	m.given = nil
	m.mu.Unlock()
	for _, width := range widths {
		file, err := d.Find(t.Context(), m.request(t, width))
		if err != nil {
			t.Fatal(err)
		}
		if got := content(t, file); got != "rendered" {
			t.Errorf("%q", got)
		}
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if !slices.Equal(m.given, want) {
		t.Errorf("widths %v were made from %q, want %q", widths, m.given, want)
	}
}

func TestMezzanineIsMadeBesideTheSecondFile(t *testing.T) {
	m := newMezzanines(t)
	d := m.deriver(t, nil)
	m.find(t, d, []int{1, 2, 3, 4}, "original", "make", "smaller", "smaller")
	if err := d.Wait(t.Context()); err != nil {
		t.Fatal(err)
	}
	m.find(t, m.deriver(t, nil), []int{5}, "smaller") // another replica, or a restart

	derived, _, err := m.library.ListDerived(t.Context(), m.asset.AssetID, 10, "")
	if err != nil || len(derived) != 5 {
		t.Errorf("%d derived files, %v", len(derived), err)
	}
	renders := int64(0)
	for _, cost := range d.costs.take() {
		renders += cost.Renders
	}
	if renders != 4 {
		t.Errorf("%d renders were counted", renders)
	}
}

func TestMezzanineIsMadeOnce(t *testing.T) {
	m := newMezzanines(t)
	replicas := []*Deriver{m.deriver(t, nil), m.deriver(t, nil)}
	m.find(t, replicas[0], []int{1}, "original")
	var pending sync.WaitGroup
	for i := range 10 {
		request := m.request(t, 10+i)
		pending.Go(func() {
			file, err := replicas[i%2].Find(t.Context(), request)
			if err != nil {
				t.Error(err)
				return
			}
			content(t, file)
		})
	}
	pending.Wait()
	made := 0
	for _, given := range m.given {
		if given == "make" {
			made++
		}
	}
	if made != 1 {
		t.Errorf("it was made %d times: %q", made, m.given)
	}
}

func TestAMezzanineIsUsedBeforeItIsStored(t *testing.T) {
	m := newMezzanines(t)
	gate := make(chan struct{})
	d := m.deriver(t, func(o *Options) { o.Bucket = &mezzanineBucket{Bucket: m.bucket, gate: gate} })
	m.find(t, d, []int{1, 2, 3}, "original", "make", "smaller")
	close(gate)
}

func TestMezzaninesCanBeSwitchedOff(t *testing.T) {
	m := newMezzanines(t)
	d := m.deriver(t, nil)
	m.find(t, d, []int{1, 2, 3}, "original", "make", "smaller")
	request := m.request(t, 4)
	request.Mezzanines = false
	file, err := d.Find(t.Context(), request)
	if err != nil {
		t.Fatal(err)
	}
	content(t, file)
	if last := m.given[len(m.given)-1]; last != "original" {
		t.Errorf("made from %q", last)
	}
}

func TestAMezzanineThatIsMissing(t *testing.T) {
	m := newMezzanines(t)
	d := m.deriver(t, nil)
	m.find(t, d, []int{1, 2, 3}, "original", "make", "smaller")
	if err := d.Wait(t.Context()); err != nil {
		t.Fatal(err)
	}
	known, err := m.library.Mezzanine(t.Context(), m.asset.AssetID, m.asset.VersionID, m.clock.Now())
	if err != nil {
		t.Fatal(err)
	}
	if err := m.bucket.Delete(t.Context(), known.ObjectKey); err != nil {
		t.Fatal(err)
	}
	d = m.deriver(t, nil) // one that holds nothing
	m.find(t, d, []int{4, 5}, "original", "original")
	m.clock.advance(mezzanineClaim)
	m.find(t, d, []int{6, 7}, "make", "smaller")
}

func TestMezzaninesFromFarAwayAreHeld(t *testing.T) {
	objects, _ := databases.S3Bucket(t)
	m := newMezzaninesOn(t, objects)
	maker, other := m.deriver(t, nil), m.deriver(t, nil)
	m.find(t, maker, []int{1, 2}, "original", "make")
	if err := maker.Wait(t.Context()); err != nil {
		t.Fatal(err)
	}
	m.find(t, other, []int{3}, "smaller")
	known, err := m.library.Mezzanine(t.Context(), m.asset.AssetID, m.asset.VersionID, m.clock.Now())
	if err != nil {
		t.Fatal(err)
	}
	if err := m.bucket.Delete(t.Context(), known.ObjectKey); err != nil {
		t.Fatal(err)
	}
	m.find(t, maker, []int{4}, "smaller") // kept when it was made
	m.find(t, other, []int{5}, "smaller") // kept when it was fetched
	m.find(t, m.deriver(t, nil), []int{6}, "original")
}

func TestMezzaninesOfAVolumeAreNotCopied(t *testing.T) {
	objects, _ := stores.VolumeBucket(t)
	m := newMezzaninesOn(t, objects)
	d := m.deriver(t, nil)
	m.find(t, d, []int{1, 2}, "original", "make")
	if err := d.Wait(t.Context()); err != nil {
		t.Fatal(err)
	}
	m.find(t, d, []int{3}, "smaller")
	if files := d.cache.Len(); files != 3 {
		t.Errorf("%d files in the cache for three pictures", files)
	}
}

func TestAMezzanineThatIsDamaged(t *testing.T) {
	m := newMezzanines(t)
	d := m.deriver(t, nil)
	m.find(t, d, []int{1, 2}, "original", "make")
	if err := d.Wait(t.Context()); err != nil {
		t.Fatal(err)
	}
	m.engine.damaged = true
	m.find(t, d, []int{3, 4}, "smaller", "original")
	m.engine.damaged = false
	m.clock.advance(mezzanineClaim)
	m.find(t, d, []int{5, 6}, "make", "smaller")
}

func TestAMezzanineThatCannotBeStored(t *testing.T) {
	for name, broken := range map[string]func(o *Options, m *mezzanines){
		"the bucket fails": func(o *Options, m *mezzanines) {
			o.Bucket = &mezzanineBucket{Bucket: m.bucket, failure: errors.New("full")}
		},
		"the library fails": func(o *Options, m *mezzanines) {
			o.Library = &mezzanineLibrary{Library: m.library, storing: errors.New("away")}
		},
		"the engine makes none": func(_ *Options, m *mezzanines) { m.engine.mezzanine = nil },
		"it is far too large":   func(_ *Options, m *mezzanines) { m.engine.mezzanine = make([]byte, maxMezzanineBytes+1) },
	} {
		t.Run(name, func(t *testing.T) {
			m := newMezzanines(t)
			d := m.deriver(t, func(o *Options) { broken(o, m) })
			m.find(t, d, []int{1, 2}, "original", "make")
			if err := d.Wait(t.Context()); err != nil {
				t.Fatal(err)
			}
			m.find(t, d, []int{3, 4}, "original", "original")
			m.clock.advance(mezzanineClaim)
			m.engine.mezzanine = []byte("smaller")
			m.find(t, m.deriver(t, nil), []int{5, 6}, "make", "smaller")
		})
	}
}

func TestMezzaninesOfALibraryThatFails(t *testing.T) {
	for name, fails := range map[string]mezzanineLibrary{
		"looking":  {looking: errors.New("away")},
		"claiming": {claiming: errors.New("away")},
	} {
		t.Run(name, func(t *testing.T) {
			m := newMezzanines(t)
			fails.Library = m.library
			d := m.deriver(t, func(o *Options) { o.Library = &fails })
			m.find(t, d, []int{1, 2, 3}, "original", "original", "original")
		})
	}
}

func TestWhatMayStartSmaller(t *testing.T) {
	m := newMezzanines(t)
	for transformation, want := range map[string]bool{
		"c_fit,w_10":                         true,
		"w_10":                               true,
		"c_fill,g_north_west,h_10,w_10/q_80": true,
		"c_limit,w_10/q_auto":                true,
		"c_pad,b_red,h_10,w_10/r_5/bo_1px_solid_red":  true,
		"c_fit,w_10/l_logo/fl_layer_apply":            true,
		"if_iw_gt_5/c_fit,w_10/if_end":                true,
		"q_80":                                        false,
		"c_crop,h_5,w_5,x_1,y_1":                      false,
		"c_crop,h_5,w_5,x_1,y_1/c_scale,w_3":          false,
		"c_fill,g_auto,h_10,w_10":                     false,
		"c_thumb,g_face,h_10,w_10":                    false,
		"c_fit,w_10/q_100":                            false,
		"c_fit,w_10/q_96":                             false,
		"c_fit,w_10/f_png":                            false,
		"c_fit,w_10/e_sharpen":                        false,
		"e_sharpen/c_fit,w_10":                        false,
		"c_pad,b_auto,h_10,w_10":                      false,
		"c_fit,w_10,pg_2":                             false,
		"c_fit,w_10/fn_wasm:a.wasm":                   false,
		"c_fit,w_10/fl_clip":                          false,
		"cs_cmyk/c_fit,w_10":                          false,
		"if_iw_gt_5/c_fit,w_10/e_sharpen/if_end":      false,
		"c_fit,w_10/l_logo/e_displace,fl_layer_apply": false,
	} {
		request := ask(t, m.asset, transformation)
		request.Format, request.Mezzanines = "webp", true
		if got := request.mayStartSmaller(); got != want {
			t.Errorf("%s: %t, want %t", transformation, got, want)
		}
	}
	for name, change := range map[string]func(*Request){
		"a format without loss": func(r *Request) { r.Format = "png" },
		"another original":      func(r *Request) { graphic := *r.Asset; graphic.Format = "png"; r.Asset = &graphic },
		"fl_getinfo": func(r *Request) {
			r.Describe = func(*engine.RenderRequest, *engine.RenderResult) ([]byte, error) { return nil, nil }
		},
	} {
		request := m.request(t, 10)
		change(request)
		if request.mayStartSmaller() {
			t.Errorf("%s may start smaller", name)
		}
	}
}

func TestTryingStartsFromAMezzanineAndMakesNone(t *testing.T) {
	m := newMezzanines(t)
	d := m.deriver(t, nil)
	m.find(t, d, []int{1}, "original")
	try := func(want string) {
		t.Helper()
		if _, err := d.Try(t.Context(), m.request(t, 2)); err != nil {
			t.Fatal(err)
		}
		if got := m.given[len(m.given)-1]; got != want {
			t.Errorf("tried from %q, want %q", got, want)
		}
	}
	try("original")
	m.find(t, d, []int{2, 3}, "make", "smaller")
	try("smaller")
}

// mezzanineBucket fails to take mezzanines, or takes them only once the gate is open.
type mezzanineBucket struct {
	Bucket
	gate    chan struct{}
	failure error
}

func (b *mezzanineBucket) Put(ctx context.Context, key string, r io.Reader, contentType string) (bucket.Written, error) {
	if contentType == mezzanineType {
		if b.failure != nil {
			return bucket.Written{}, b.failure
		}
		<-b.gate
	}
	return b.Bucket.Put(ctx, key, r, contentType)
}

// mezzanineLibrary fails where mezzanines are concerned.
type mezzanineLibrary struct {
	Library
	looking, claiming, storing error
}

func (l *mezzanineLibrary) Mezzanine(ctx context.Context, assetID, versionID string, now time.Time) (*library.Mezzanine, error) {
	if l.looking != nil {
		return nil, l.looking
	}
	return l.Library.Mezzanine(ctx, assetID, versionID, now)
}

func (l *mezzanineLibrary) ClaimMezzanine(ctx context.Context, assetID, versionID string, now, until time.Time) (bool, error) {
	if l.claiming != nil {
		return false, l.claiming
	}
	return l.Library.ClaimMezzanine(ctx, assetID, versionID, now, until)
}

func (l *mezzanineLibrary) StoreMezzanine(ctx context.Context, assetID, versionID, objectKey string, bytes int64) error {
	if l.storing != nil {
		return l.storing
	}
	return l.Library.StoreMezzanine(ctx, assetID, versionID, objectKey, bytes)
}
