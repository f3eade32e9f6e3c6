package upload

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/darkroom-media/darkroom/renderer/bucket"
	"github.com/darkroom-media/darkroom/renderer/catalog"
	"github.com/darkroom-media/darkroom/renderer/library"
	"github.com/darkroom-media/darkroom/renderer/problem"
)

var errBroken = errors.New("broken")

// brokenLibrary fails at one step.
type brokenLibrary struct {
	*library.Library
	reserve, store, remove error
}

func (l brokenLibrary) ReserveObject(ctx context.Context, key string, until time.Time) error {
	if l.reserve != nil {
		return l.reserve
	}
	return l.Library.ReserveObject(ctx, key, until)
}

func (l brokenLibrary) StoreAsset(ctx context.Context, asset *library.Asset, options library.StoreOptions) (*library.Stored, error) {
	if l.store != nil {
		return nil, l.store
	}
	return l.Library.StoreAsset(ctx, asset, options)
}

func (l brokenLibrary) DeleteAsset(ctx context.Context, key library.Key, options library.DeleteOptions) (*library.Asset, int, error) {
	if l.remove != nil {
		return nil, 0, l.remove
	}
	return l.Library.DeleteAsset(ctx, key, options)
}

// brokenBucket fails at one step.
type brokenBucket struct {
	*bucket.Bucket
	put, settle, file, remove error
}

func (b brokenBucket) Receive(ctx context.Context, key string, r io.Reader, how bucket.Receiving) (bucket.Writing, error) {
	if b.put != nil {
		return nil, b.put
	}
	writing, err := b.Bucket.Receive(ctx, key, r, how)
	if err != nil {
		return nil, err
	}
	return brokenWriting{writing, b}, nil
}

// brokenWriting fails like its bucket.
type brokenWriting struct {
	bucket.Writing
	bucket brokenBucket
}

func (w brokenWriting) File() (*os.File, error) {
	if w.bucket.file != nil {
		return nil, w.bucket.file
	}
	return w.Writing.File()
}

func (w brokenWriting) Wait() (bucket.Written, error) {
	written, err := w.Writing.Wait()
	return written, errors.Join(err, w.bucket.settle)
}

func (b brokenBucket) File(ctx context.Context, key string) (*os.File, error) {
	if b.file != nil {
		return nil, b.file
	}
	return b.Bucket.File(ctx, key)
}

func (b brokenBucket) Delete(ctx context.Context, key string) error {
	if b.remove != nil {
		return b.remove
	}
	return b.Bucket.Delete(ctx, key)
}

func TestBrokenParts(t *testing.T) {
	content := picture("png", 3, 3)
	for _, test := range []struct {
		title   string
		library brokenLibrary
		bucket  brokenBucket
		message string
		// kept is how many objects stay for the sweeper: those that may have an owner, or could not be deleted.
		kept int
	}{
		{"no reservation", brokenLibrary{reserve: errBroken}, brokenBucket{}, "The database is unavailable, try again later", 0},
		{"no writing", brokenLibrary{}, brokenBucket{put: errBroken}, "The bucket is unavailable, try again later", 0},
		// Whether such an object is there is not known, and it may be on its way.
		{"no durability", brokenLibrary{}, brokenBucket{settle: errBroken}, "The bucket is unavailable, try again later", 1},
		{"no reading", brokenLibrary{}, brokenBucket{file: errBroken}, "The bucket is unavailable, try again later", 0},
		{"no row", brokenLibrary{store: errBroken}, brokenBucket{}, "The database is unavailable, try again later", 1},
		{"no deleting", brokenLibrary{}, brokenBucket{file: errBroken, remove: errBroken}, "The bucket is unavailable, try again later", 1},
	} {
		t.Run(test.title, func(t *testing.T) {
			f := newFixture(t, func(f *fixture, options *Options) {
				test.library.Library, test.bucket.Bucket = f.library, f.bucket
				options.Library, options.Bucket = test.library, test.bucket
			})
			f.expectRefused(f.upload("/image/upload", "a.png", content), 500, test.message)
			totals, err := f.library.Totals(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if totals.Assets != 0 || len(f.objects()) != test.kept || test.kept > 0 && totals.Unowned != 1 {
				t.Errorf("%+v, %d objects", totals, len(f.objects()))
			}
		})
	}
}

func TestStoreProblemsKeepTheirStatus(t *testing.T) {
	f := newFixture(t, func(f *fixture, options *Options) {
		options.Library = brokenLibrary{Library: f.library, store: problem.BadRequest("Invalid value for parameter tags")}
	})
	f.expectRefused(f.upload("/image/upload", "a.png", picture("png", 3, 3)), 400, "Invalid value for parameter tags")
}

func TestBrokenDestroy(t *testing.T) {
	f := newFixture(t, func(f *fixture, options *Options) {
		options.Library = brokenLibrary{Library: f.library, remove: errBroken}
	})
	f.expectRefused(f.post("/image/destroy", "", strings.NewReader(signed("public_id", "x").Encode())), 500, "The database is unavailable, try again later")
}

func TestNotReady(t *testing.T) {
	f := newFixture(t, func(_ *fixture, options *Options) { options.Catalog = catalog.Fixed{} })
	f.expectRefused(f.upload("/image/upload", "a.png", picture("png", 3, 3)), 500, "The configuration is unavailable, try again later")
}

// stalledBody gives a part of an upload, and then nothing until the client goes away.
type stalledBody struct {
	io.Reader
	sent func()
	gone <-chan struct{}
}

func (b *stalledBody) Read(p []byte) (int, error) {
	n, err := b.Reader.Read(p)
	if err == io.EOF {
		b.sent()
		<-b.gone
		return 0, context.Canceled
	}
	return n, err
}

func TestClientGoesAway(t *testing.T) {
	f := newFixture(t)
	ctx, leave := context.WithCancel(t.Context())
	sent := make(chan struct{})
	body := &stalledBody{Reader: strings.NewReader("--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a\"\r\n\r\n" + strings.Repeat("x", 10000)), sent: sync.OnceFunc(func() { close(sent) }), gone: ctx.Done()}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, "/v1_1/demo/raw/upload", body)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", "multipart/form-data; boundary=x")
	done := make(chan struct{})
	go func() {
		defer close(done)
		f.handler.ServeHTTP(httptest.NewRecorder(), request)
	}()
	<-sent
	leave()
	<-done
	f.expectStored(0)
}

// eagerNotes is a Deriver that notes what it is asked for.
type eagerNotes struct {
	asked []string
	asset *library.Asset
}

func (e *eagerNotes) Eager(_ context.Context, asset *library.Asset, transformation, format string) (*EagerFile, error) {
	e.asked = append(e.asked, transformation+" "+format)
	e.asset = asset
	if strings.Contains(transformation, "w_13") {
		return nil, problem.BadRequest("Unlucky width")
	}
	if format == "" {
		format = asset.Format
	}
	return &EagerFile{Format: format, Bytes: 42, Width: 20, Height: 10}, nil
}

func (e *eagerNotes) Open(_ context.Context, asset *library.Asset, transformation, format string) (*OpenFile, error) {
	if strings.Contains(transformation, "w_13") {
		return nil, problem.BadRequest("Unlucky width")
	}
	if format == "" {
		format = asset.Format
	}
	content := transformation + " of " + asset.PublicID
	return &OpenFile{Content: strings.NewReader(content), Close: func() error { return nil }, Format: format, Bytes: int64(len(content))}, nil
}

func TestEager(t *testing.T) {
	deriver := &eagerNotes{}
	f := newFixture(t, func(_ *fixture, options *Options) { options.Deriver = deriver })
	got := f.expect(f.upload("/image/upload", "a.png", picture("png", 40, 20), "public_id", "x", "eager", "c_scale,w_20|c_fill,w_20/r_max/jpg|w_20/|w_13"))
	version := got.body["version"].(json.Number)
	entry := func(transformation, format, end string) map[string]any {
		path := "/demo/image/upload/" + transformation + "/v" + string(version) + "/x" + end
		return map[string]any{"transformation": transformation, "width": json.Number("20"), "height": json.Number("10"), "bytes": json.Number("42"), "format": format,
			"url": "http://media.example.com" + path, "secure_url": "https://media.example.com" + path}
	}
	want := []any{
		entry("c_scale,w_20", "png", ".png"), entry("c_fill,w_20/r_max", "jpg", ".jpg"), entry("w_20", "png", ""),
		map[string]any{"transformation": "w_13", "status": "failed", "reason": "Unlucky width"},
	}
	if !reflect.DeepEqual(got.body["eager"], want) {
		t.Errorf("eager\n got %s\nwant %s", pretty(got.body["eager"]), pretty(want))
	}
	if asked := strings.Join(deriver.asked, ";"); asked != "c_scale,w_20 ;c_fill,w_20/r_max jpg;w_20 ;w_13 " {
		t.Errorf("asked for %s", asked)
	}
	if deriver.asset.AssetID != got.body["asset_id"] {
		t.Error("the stored asset was not handed over")
	}
	if refused := f.upload("/image/upload", "a.png", picture("png", 4, 4), "eager", "w_20|c_nonsense"); refused.status != 400 || !strings.Contains(refused.message(), "nonsense") {
		t.Errorf("answer %d %s", refused.status, refused.message())
	}
	made := len(deriver.asked)
	existing := f.expect(f.upload("/image/upload", "a.png", picture("png", 4, 4), "public_id", "x", "overwrite", "false", "eager", "w_20"))
	if existing.body["eager"] != nil || len(deriver.asked) != made {
		t.Errorf("an upload that changed nothing made %v", existing.body["eager"])
	}
	f.expectStored(1)
}

func TestClearAnswersToLargeRefusedBodies(t *testing.T) {
	f := newFixture(t)
	large := strings.Repeat("x", 8<<20)
	params := signed()
	params.Set("api_key", "42")
	f.expectRefused(f.multipart("/image/upload", append(parts(params), part{"file", "a.png", large})...), 401, "Invalid api_key 42")
	f.expectRefused(f.upload("/raw/upload", "a.bin", large), 400, "File size too large. Got 8388608. Maximum is 524288.")
	f.expectStored(0)
}
