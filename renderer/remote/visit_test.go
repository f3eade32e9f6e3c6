package remote

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/darkroom-media/darkroom/renderer/catalog"
	"github.com/darkroom-media/darkroom/renderer/engine"
	"github.com/darkroom-media/darkroom/renderer/library"
	"github.com/darkroom-media/darkroom/renderer/problem"
	"github.com/darkroom-media/darkroom/renderer/sign"
	"github.com/darkroom-media/darkroom/test/stores"
)

var databases stores.Stores

func TestMain(m *testing.M) { os.Exit(databases.Main(m)) }

// prober takes every file for a small picture but the one that says that it is none.
type prober struct{ engine.Engine }

func (prober) Probe(_ context.Context, request engine.ProbeRequest) (*engine.ProbeResult, error) {
	content, err := io.ReadAll(request.File)
	if err != nil {
		return nil, err
	}
	if string(content) == "no picture" {
		return nil, problem.BadRequest("Invalid image file")
	}
	return &engine.ProbeResult{Format: "png", Width: 3, Height: 2, Pages: 1}, nil
}

// elsewhere is a store over a real library and a real bucket, and a server that it fetches from.
type elsewhere struct {
	*testing.T
	store    *Store
	library  *library.Library
	snapshot *catalog.Snapshot
	objects  func() []string
	again    func() *Store

	url   string
	files map[string]string
	// status, when not 0, is what the server answers instead.
	status int
	asked  int
	ahead  time.Duration
}

func newElsewhere(t *testing.T) *elsewhere {
	e := &elsewhere{T: t, library: databases.Library(t), files: map[string]string{}}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		e.asked++
		content, ok := e.files[r.URL.Path]
		switch {
		case e.status != 0:
			w.WriteHeader(e.status)
		case !ok:
			http.NotFound(w, r)
		default:
			_, _ = io.WriteString(w, content)
		}
	}))
	t.Cleanup(server.Close)
	e.url = server.URL
	e.snapshot = &catalog.Snapshot{Environment: catalog.Environment{
		FetchAllowedCIDRs: []string{"127.0.0.0/8"}, MaxImageBytes: 1000, MaxRawBytes: 1000, MaxImagePixels: 1000, RefetchAfter: 100,
	}}
	bucket, objects := databases.Bucket(t)
	e.objects = objects
	e.again = func() *Store {
		return New(Options{
			Catalog: catalog.Fixed{Snapshot: e.snapshot}, Rows: e.library, Library: e.library, Bucket: bucket, Engine: prober{},
			Now: func() time.Time { return time.Now().Add(e.ahead) },
		})
	}
	e.store = e.again()
	return e
}

func (e *elsewhere) fetch(resourceType, path string) (*library.Asset, error) {
	return e.store.Asset(e.Context(), library.Key{ResourceType: resourceType, Type: TypeFetch, PublicID: e.url + path})
}

func (e *elsewhere) mustFetch(path string) *library.Asset {
	e.Helper()
	asset, err := e.fetch(library.Image, path)
	if err != nil {
		e.Fatal(err)
	}
	return asset
}

// expectAsked checks how often the server was asked since the last time.
func (e *elsewhere) expectAsked(want int, when string) {
	e.Helper()
	if e.asked != want {
		e.Errorf("%s the server was asked %d times, want %d", when, e.asked, want)
	}
	e.asked = 0
}

func TestWhatIsRefusedLeavesNothing(t *testing.T) {
	e := newElsewhere(t)
	e.files["/text.png"], e.files["/empty.png"] = "no picture", ""
	for path, message := range map[string]string{
		"/text.png": "Invalid image file", "/empty.png": "Error in loading " + e.url + "/empty.png - the file is empty",
	} {
		if _, err := e.fetch(library.Image, path); err == nil || err.Error() != message {
			t.Errorf("%s: %v", path, err)
		}
	}
	if objects := e.objects(); len(objects) != 0 {
		t.Errorf("left are %q", objects)
	}
	if totals, err := e.library.Totals(t.Context()); err != nil || totals.Assets != 0 {
		t.Errorf("%+v, %v", totals, err)
	}
}

func TestAFileThatStaysTheSameIsNoNewVersion(t *testing.T) {
	e := newElsewhere(t)
	e.files["/a.png"] = "one"
	first := e.mustFetch("/a.png")
	e.ahead = 99 * time.Second
	e.mustFetch("/a.png")
	e.expectAsked(1, "within its time")
	e.ahead = 101 * time.Second
	if again := e.mustFetch("/a.png"); again.VersionID != first.VersionID || len(e.objects()) != 1 {
		t.Errorf("the same bytes are %+v, in %q", again, e.objects())
	}
	e.mustFetch("/a.png")
	e.expectAsked(1, "after it")
	e.files["/a.png"] = "two"
	e.ahead = 202 * time.Second
	if changed := e.mustFetch("/a.png"); changed.VersionID == first.VersionID || changed.Bytes != 3 || changed.AssetID != first.AssetID {
		t.Errorf("other bytes are %+v", changed)
	}
}

func TestAFileIsCurrentForAWeekWhereNothingIsSaid(t *testing.T) {
	e := newElsewhere(t)
	e.snapshot.Environment.RefetchAfter = 0
	e.files["/a.png"] = "one"
	e.mustFetch("/a.png")
	e.ahead = defaultRefetch - time.Minute
	e.mustFetch("/a.png")
	e.expectAsked(1, "within the week")
	e.ahead = defaultRefetch + time.Minute
	e.mustFetch("/a.png")
	e.expectAsked(1, "after it")
}

func TestAFailureIsRememberedForAWhile(t *testing.T) {
	for name, test := range map[string]struct {
		status int
		pause  time.Duration
	}{"a file that is missing": {http.StatusNotFound, permanentAge}, "a server that is broken": {http.StatusBadGateway, transientAge}} {
		t.Run(name, func(t *testing.T) {
			e := newElsewhere(t)
			e.files["/a.png"], e.status = "one", test.status
			_, first := e.fetch(library.Image, "/a.png")
			e.ahead = test.pause - time.Second
			if _, second := e.fetch(library.Image, "/a.png"); first == nil || second == nil || first.Error() != second.Error() {
				t.Errorf("at first %v, then %v", first, second)
			}
			e.expectAsked(1, "within the pause")
			e.ahead, e.status = test.pause+time.Second, 0
			e.mustFetch("/a.png")
			e.expectAsked(1, "after the pause")
		})
	}
}

func TestAnOldVersionIsServedWhileItsSourceFails(t *testing.T) {
	e := newElsewhere(t)
	e.files["/a.png"] = "one"
	first := e.mustFetch("/a.png")
	e.asked, e.status, e.ahead = 0, http.StatusNotFound, 101*time.Second
	for range 2 {
		if again := e.mustFetch("/a.png"); again.VersionID != first.VersionID {
			t.Errorf("%+v", again)
		}
	}
	e.expectAsked(1, "at once")
	e.ahead += retryAfter + time.Second
	e.mustFetch("/a.png")
	e.expectAsked(1, "after a minute")
}

func TestFilesAreAsLargeAsTheirKindMayBe(t *testing.T) {
	e := newElsewhere(t)
	e.files["/a.bin"] = "123456"
	e.snapshot.Environment.MaxImageBytes, e.snapshot.Environment.MaxRawBytes = 5, 6
	if _, err := e.fetch(library.Image, "/a.bin"); err == nil || err.Error() != "File size too large. Got 6. Maximum is 5." {
		t.Errorf("a picture: %v", err)
	}
	for _, resourceType := range []string{library.Raw, library.Video} {
		if asset, err := e.fetch(resourceType, "/a.bin"); err != nil || asset.Bytes != 6 || asset.Format != "bin" {
			t.Errorf("%s: %+v, %v", resourceType, asset, err)
		}
	}
	e.snapshot.Environment.MaxImageBytes, e.snapshot.Environment.MaxRawBytes = 6, 5
	e.files["/b.bin"] = "123456"
	if _, err := e.fetch(library.Raw, "/b.bin"); err == nil || err.Error() != "File size too large. Got 6. Maximum is 5." {
		t.Errorf("a raw file: %v", err)
	}
	if asset := e.mustFetch("/b.bin"); asset.Bytes != 6 || asset.Width != 3 || asset.Format != "png" {
		t.Errorf("a picture: %+v", asset)
	}
}

func TestWhatFetchedFilesAreCalled(t *testing.T) {
	e := newElsewhere(t)
	e.files["/"], e.files["/f/a b.tar.gz"] = "one", "two"
	for path, want := range map[string][2]string{"/": {"file", "file"}, "": {"file", "file"}, "/f/a%20b.tar.gz?x=1": {"a b.tar.gz", "a b.tar"}} {
		asset := e.mustFetch(path)
		if asset.DisplayName != want[0] || asset.OriginalFilename != want[1] {
			t.Errorf("%q is called %q, from %q", path, asset.DisplayName, asset.OriginalFilename)
		}
	}
}

func TestOtherReplicasKnowWhatIsCurrent(t *testing.T) {
	e := newElsewhere(t)
	e.files["/a.png"] = "one"
	e.mustFetch("/a.png")
	e.store, e.asked = e.again(), 0
	e.ahead = 99 * time.Second
	e.mustFetch("/a.png")
	e.expectAsked(0, "within its time")
	e.store = e.again()
	e.ahead = 101 * time.Second
	e.mustFetch("/a.png")
	e.expectAsked(1, "after it")
}

// sourceless is a library that cannot be asked for sources.
type sourceless struct {
	*library.Library
	err error
}

func (s sourceless) Source(context.Context, string) (*library.Source, error) { return nil, s.err }

func TestWhatIsThereIsBetterThanNothing(t *testing.T) {
	e := newElsewhere(t)
	for want, err := range map[bool]error{true: errors.New("the database is away"), false: fmt.Errorf("source: %w", library.ErrNotFound)} {
		e.store.library = sourceless{e.library, err}
		if got := e.store.Fresh(t.Context(), &library.Asset{AssetID: "1", VersionID: fmt.Sprint(err)}); got != want {
			t.Errorf("%v: current is %t", err, got)
		}
	}
	e.store.catalog = catalog.Fixed{}
	if _, err := e.fetch(library.Image, "/a.png"); problem.From(err).Status != http.StatusServiceUnavailable {
		t.Errorf("without a configuration: %v", err)
	}
	if _, err := e.store.Missing(t.Context(), library.Key{ResourceType: library.Image, Type: "upload", PublicID: "a"}, ""); !errors.Is(err, library.ErrNotFound) {
		t.Errorf("without a configuration: %v", err)
	}
	if _, err := e.again().Asset(t.Context(), library.Key{ResourceType: library.Image, Type: "upload", PublicID: "a"}); !errors.Is(err, library.ErrNotFound) {
		t.Errorf("a type that is not remote: %v", err)
	}
}

func TestMemoriesAreBounded(t *testing.T) {
	g := newGenerations[int, int]()
	for n := range remembered + 1 {
		g.put(n, n)
	}
	if value, ok := g.get(0); !ok || value != 0 || len(g.young)+len(g.old) > 2*remembered {
		t.Errorf("%d, %t of %d", value, ok, len(g.young)+len(g.old))
	}
	// What was asked for stays, what was not is gone when another generation is full.
	for n := range remembered {
		g.put(-n-1, n)
	}
	_, used := g.get(0)
	_, unused := g.get(1)
	if !used || unused || len(g.young)+len(g.old) > 2*remembered {
		t.Errorf("used %t, unused %t of %d", used, unused, len(g.young)+len(g.old))
	}
}

func TestFunctionsAreCalledWithTheSignatureOfThePrimaryKey(t *testing.T) {
	e := newElsewhere(t)
	var header http.Header
	var body []byte
	function := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		header = r.Header
		body, _ = io.ReadAll(r.Body)
		_, _ = io.WriteString(w, "drawn")
	}))
	defer function.Close()
	keys := map[string]catalog.Key{"3": {APISecret: "c"}, "1": {APISecret: "a"}, "2": {APISecret: "b"}}
	for name, test := range map[string]struct {
		keys            map[string]catalog.Key
		primary, secret string
	}{
		"the oldest":          {keys, "2", "b"},
		"the first by its ID": {keys, "", "a"},
		"no key at all":       {nil, "", ""},
	} {
		e.snapshot.Keys, e.snapshot.PrimaryKey = test.keys, test.primary
		picture, err := engine.NewFile([]byte("picture"))
		if err != nil {
			t.Fatal(err)
		}
		answer, err := e.store.Call(t.Context(), function.URL, picture, "png", []byte("{}"))
		_ = picture.Close()
		if err != nil {
			t.Fatal(err)
		}
		_ = answer.Close()
		at, err := strconv.ParseInt(header.Get(timestampHeader), 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		want := ""
		if test.secret != "" {
			want = sign.Notification(body, at, test.secret, sign.ParseAlgorithm(""))
		}
		if got := header.Get(signatureHeader); got != want {
			t.Errorf("%s: signed %q, want %q", name, got, want)
		}
	}
}
