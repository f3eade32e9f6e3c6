package imports_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/cloudinary/cloudinary-go/v2/api"
	"github.com/cloudinary/cloudinary-go/v2/api/uploader"

	"github.com/darkroom-media/darkroom/renderer/catalog"
	"github.com/darkroom-media/darkroom/renderer/config"
	"github.com/darkroom-media/darkroom/renderer/imports"
	"github.com/darkroom-media/darkroom/test/s3server"
	"github.com/darkroom-media/darkroom/test/standalone"
)

var build struct {
	once     sync.Once
	folder   string
	binaries standalone.Binaries
	err      error
	// stores are how the renderer of a directory is configured, by the directory.
	stores sync.Map
}

func TestMain(m *testing.M) {
	code := imports.Stores.Main(m)
	if build.folder != "" {
		_ = os.RemoveAll(build.folder)
	}
	os.Exit(code)
}

// start runs a renderer until the test ends. One that is started in the same directory again has the same stores.
func start(t *testing.T, dir string, modify ...func(*catalog.Snapshot)) *standalone.Renderer {
	t.Helper()
	return startWith(t, dir, nil, modify...)
}

// withBackup is a configuration with a backup.
func withBackup(dir string) func(*config.Config) {
	return func(c *config.Config) {
		c.Backup = &config.Bucket{Driver: config.BucketVolume, Path: filepath.Join(dir, "backup")}
	}
}

func startWith(t *testing.T, dir string, configure func(*config.Config), modify ...func(*catalog.Snapshot)) *standalone.Renderer {
	t.Helper()
	build.once.Do(func() {
		if build.folder, build.err = os.MkdirTemp("", "imports-"); build.err == nil {
			build.binaries, build.err = standalone.Build(t.Context(), build.folder)
		}
	})
	if build.err != nil {
		t.Fatal(build.err)
	}
	stores, again := build.stores.LoadOrStore(dir, nil)
	if !again {
		stores = imports.Stores.Renderer(t)
		build.stores.Store(dir, stores)
	}
	r, err := build.binaries.Start(t.Context(), dir, func(c *config.Config) {
		for _, set := range []func(*config.Config){stores.(func(*config.Config)), configure} {
			if set != nil {
				set(c)
			}
		}
	}, modify...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		r.Stop()
		if t.Failed() {
			t.Logf("%s wrote:\n%s", r.URL, r.Log())
		}
	})
	return r
}

func opened(s *catalog.Snapshot) { s.Environment.FetchAllowedCIDRs = []string{"127.0.0.0/8"} }

// call makes a call of the Admin API.
func call(t *testing.T, r *standalone.Renderer, method, path string, params url.Values) map[string]any {
	t.Helper()
	target, body := r.URL+"/v1_1/"+standalone.CloudName+"/"+path, io.Reader(nil)
	if method == http.MethodGet {
		target += "?" + params.Encode()
	} else {
		body = strings.NewReader(params.Encode())
	}
	request, err := http.NewRequestWithContext(t.Context(), method, target, body)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	request.SetBasicAuth(standalone.APIKey, standalone.APISecret)
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	var answer map[string]any
	if err := json.NewDecoder(response.Body).Decode(&answer); err != nil {
		t.Fatalf("%s %s: %s: %v", method, path, response.Status, err)
	}
	return answer
}

// await waits until the import has that state, and gives it with what failed.
func await(t *testing.T, r *standalone.Renderer, name, state string) map[string]any {
	t.Helper()
	deadline := time.Now().Add(3 * time.Minute)
	for {
		found := call(t, r, http.MethodGet, "imports/"+name, url.Values{"max_results": {"100"}})
		if found["state"] == state {
			return found
		}
		if time.Now().After(deadline) {
			t.Fatalf("the import does not get %s: %v", state, found)
		}
		time.Sleep(50 * time.Millisecond)
	}
}

// failures are those of an import, by item.
func failures(found map[string]any) map[string]string {
	reasons := map[string]string{}
	list, _ := found["failures"].([]any)
	for _, entry := range list {
		failure := entry.(map[string]any)
		reasons[failure["item"].(string)] = failure["reason"].(string)
	}
	return reasons
}

func picture(t *testing.T, n int) []byte {
	t.Helper()
	img := image.NewRGBA(image.Rect(0, 0, 16+n, 12))
	for i := range img.Pix {
		img.Pix[i] = uint8(i*7 + n)
	}
	img.Set(0, 0, color.RGBA{R: uint8(n), A: 255})
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// front stands before a renderer and may answer in its place.
type front struct {
	*httptest.Server
	behind atomic.Pointer[url.URL]
	// intercept answers a request, or returns false.
	intercept atomic.Pointer[func(w http.ResponseWriter, r *http.Request) bool]
	// downloads counts requests for bytes.
	downloads atomic.Int64
}

func newFront(t *testing.T) *front {
	f := &front{}
	f.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !strings.HasPrefix(r.URL.Path, "/v1_1/") || strings.Contains(r.URL.Path, "/download") {
			f.downloads.Add(1)
		}
		if intercept := f.intercept.Load(); intercept != nil && (*intercept)(w, r) {
			return
		}
		proxy := httputil.NewSingleHostReverseProxy(f.behind.Load())
		proxy.ServeHTTP(w, r)
	}))
	t.Cleanup(f.Close)
	return f
}

// oldAccount is a renderer with something of everything in it, behind a front. It gives the number of its assets.
func oldAccount(t *testing.T) (*front, *standalone.Renderer, int) {
	f := newFront(t)
	old := start(t, t.TempDir(), opened, func(s *catalog.Snapshot) {
		s.Environment.DeliveryBaseURL, s.Environment.SecureDeliveryBaseURL = f.URL, f.URL
	})
	behind, err := url.Parse(old.URL)
	if err != nil {
		t.Fatal(err)
	}
	f.behind.Store(behind)
	for _, made := range []struct {
		path   string
		params url.Values
	}{
		{"metadata_fields", url.Values{"external_id": {"season"}, "type": {"string"}, "label": {"Season"}}},
		{"transformations", url.Values{"name": {"thumb"}, "transformation": {"c_fill,g_auto,h_40,w_40/e_sepia:50"}}},
		{"streaming_profiles", url.Values{"name": {"ours"}, "representations": {`[{"transformation":"c_limit,w_640,h_360,br_500k"}]`}}},
		{"upload_presets", url.Values{"name": {"site"}, "unsigned": {"true"}, "tags": {"web,site"}, "transformation": {"c_limit,w_800"}, "eager": {"w_10|w_20,h_20,c_fill"}}},
	} {
		if answer := call(t, old, http.MethodPost, made.path, made.params); answer["error"] != nil {
			t.Fatalf("%s: %v", made.path, answer)
		}
	}
	put := func(id string, content []byte, parameters uploader.UploadParams) {
		t.Helper()
		if err := old.Upload(t.Context(), id, bytes.NewReader(content), parameters); err != nil {
			t.Fatal(err)
		}
	}
	put("shop/lamp", picture(t, 100), uploader.UploadParams{
		Tags: api.CldAPIArray{"sale", "lamp"}, Context: api.CldAPIMap{"alt": "a lamp, bright"}, AssetFolder: "products", DisplayName: "The lamp",
		Metadata: api.Metadata{"season": "winter"}, Moderation: "manual",
	})
	put("secret/plan", picture(t, 101), uploader.UploadParams{Type: "authenticated"})
	put("private/plan", picture(t, 102), uploader.UploadParams{Type: "private"})
	put("notes.txt", []byte("just a text"), uploader.UploadParams{ResourceType: "raw"})
	const many = 24
	for n := range many {
		put(fmt.Sprintf("many/%02d", n), picture(t, n), uploader.UploadParams{})
	}
	if answer := call(t, old, http.MethodPost, "resources/image/upload/many/02", url.Values{"access_control": {`[{"access_type":"token"}]`}}); answer["error"] != nil {
		t.Fatal(answer)
	}
	return f, old, many + 4
}

// account imports the old account.
func account(f *front, run string, replace bool) func(*catalog.Snapshot) {
	return func(s *catalog.Snapshot) {
		s.Imports = []catalog.Import{{
			Name: "old", ID: "uid-old", Run: run, Parallel: 2, Replace: replace,
			Account:     &catalog.ImportAccount{CloudName: standalone.CloudName, APIBaseURL: f.URL, Types: []string{"upload", "private", "authenticated"}, Configuration: true},
			Credentials: map[string]string{"api_key": standalone.APIKey, "api_secret": standalone.APISecret},
		}}
	}
}

func TestAccountIsImportedThroughFaultsAndAKill(t *testing.T) {
	f, old, total := oldAccount(t)
	reached, release := make(chan struct{}), make(chan struct{})
	var once, limited sync.Once
	intercept := func(w http.ResponseWriter, r *http.Request) bool {
		answered := false
		switch {
		case strings.HasSuffix(r.URL.Path, "/resources/image/upload"):
			limited.Do(func() {
				w.Header().Set("X-FeatureRateLimit-Reset", time.Now().Add(time.Second).UTC().Format(http.TimeFormat))
				w.WriteHeader(420)
				fmt.Fprint(w, `{"error":{"message":"Rate Limit Exceeded. Limit of 500 api operations reached."}}`)
				answered = true
			})
		case strings.Contains(r.URL.Path, "many/07"):
			w.WriteHeader(http.StatusInternalServerError)
			return true
		case strings.Contains(r.URL.Path, "many/08"):
			fmt.Fprint(w, "\x89PNG\r\n\x1a\nthis is broken")
			return true
		case strings.Contains(r.URL.Path, "many/15"):
			once.Do(func() { close(reached) })
			<-release
		}
		return answered
	}
	f.intercept.Store(&intercept)
	dir := t.TempDir()
	target := start(t, dir, opened, account(f, "one", false))
	select {
	case <-reached:
	case <-time.After(2 * time.Minute):
		t.Fatalf("the import does not get to its middle: %v", call(t, target, http.MethodGet, "imports/old", nil))
	}
	// Outside Kubernetes settings are gone with their process; in it they are custom resources.
	compareSettings(t, old, target)
	compareAsset(t, old, target, "resources/image/upload/shop/lamp", "metadata")
	if err := syscall.Kill(target.Process(), syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	target.Stop()
	close(release)
	target = start(t, dir, opened, account(f, "one", false))
	found := await(t, target, "old", "Completed")
	if found["done"] != float64(total-2) || found["failed"] != 2.0 || found["total"] != float64(total) {
		t.Errorf("completed as %v", found)
	}
	reasons := failures(found)
	if reason := reasons["image/upload/many/07"]; !strings.Contains(reason, "500 Internal Server Error") {
		t.Errorf("many/07 failed for %q of %v", reason, reasons)
	}
	if reason := reasons["image/upload/many/08"]; reason != "Invalid image file" {
		t.Errorf("many/08 failed for %q of %v", reason, reasons)
	}
	for _, path := range []string{"resources/image/upload/shop/lamp", "resources/image/authenticated/secret/plan", "resources/image/private/private/plan"} {
		compareAsset(t, old, target, path, "asset_id", "version", "created_at", "bytes", "etag", "format", "tags", "context", "asset_folder", "display_name", "access_mode")
	}
	compareAsset(t, old, target, "resources/image/upload/many/02", "bytes", "etag", "access_control")
	if guarded := call(t, target, http.MethodGet, "resources/image/upload/many/02", nil); guarded["access_control"] == nil {
		t.Error("an asset for few has become one for everybody")
	}
	compareAsset(t, old, target, "resources/raw/upload/notes.txt", "asset_id", "version", "created_at", "bytes", "etag", "asset_folder", "display_name")
	if lamp := call(t, target, http.MethodGet, "resources/image/upload/shop/lamp", nil); !strings.Contains(fmt.Sprint(lamp["moderation"]), "pending") {
		t.Errorf("the moderation is %v", lamp["moderation"])
	}

	// Another run mends what failed and asks for nothing else.
	target.Stop()
	f.intercept.Store(nil)
	before := f.downloads.Load()
	target = start(t, dir, opened, account(f, "two", true))
	found = await(t, target, "old", "Completed")
	if found["run"] != "two" || found["done"] != float64(total) || found["unchanged"] != float64(total-2) || found["failed"] != 0.0 {
		t.Errorf("the second run completed as %v", found)
	}
	if asked := f.downloads.Load() - before; asked != 2 {
		t.Errorf("the second run downloaded %d files", asked)
	}
	// What differs is brought in line, and only that.
	target.Stop()
	if answer := call(t, old, http.MethodPost, "resources/image/upload/many/03", url.Values{"tags": {"late"}}); answer["error"] != nil {
		t.Fatal(answer)
	}
	if err := old.Upload(t.Context(), "many/04", bytes.NewReader(picture(t, 200)), uploader.UploadParams{}); err != nil {
		t.Fatal(err)
	}
	target = start(t, dir, opened, account(f, "three", true))
	if found = await(t, target, "old", "Completed"); found["unchanged"] != float64(total-2) || found["failed"] != 0.0 {
		t.Errorf("the third run completed as %v", found)
	}
	if late := call(t, target, http.MethodGet, "resources/image/upload/many/03", nil); fmt.Sprint(late["tags"]) != "[late]" {
		t.Errorf("many/03 is %v", late)
	}
	if other := call(t, target, http.MethodGet, "resources/image/upload/many/04", nil); other["width"] != 216.0 {
		t.Errorf("many/04 is %v", other)
	}
}

// compareAsset looks whether an asset came over as it was.
func compareAsset(t *testing.T, old, target *standalone.Renderer, path string, keys ...string) {
	t.Helper()
	before, after := call(t, old, http.MethodGet, path, nil), call(t, target, http.MethodGet, path, nil)
	for _, key := range keys {
		if fmt.Sprint(before[key]) != fmt.Sprint(after[key]) {
			t.Errorf("%s: %s was %v and is %v", path, key, before[key], after[key])
		}
	}
}

// compareSettings looks whether all settings came over.
func compareSettings(t *testing.T, old, target *standalone.Renderer) {
	t.Helper()
	for _, path := range []string{"metadata_fields/season", "transformations/thumb", "streaming_profiles/ours", "upload_presets/site"} {
		before, after := call(t, old, http.MethodGet, path, nil), call(t, target, http.MethodGet, path, nil)
		for _, answer := range []map[string]any{before, after} {
			delete(answer, "external_id")
			if inner, ok := answer["data"].(map[string]any); ok {
				delete(inner, "external_id")
			}
		}
		if fmt.Sprint(before) != fmt.Sprint(after) {
			t.Errorf("%s was\n%v and is\n%v", path, before, after)
		}
	}
}

func TestAccountThatRefusesFailsWithItsReason(t *testing.T) {
	f := newFront(t)
	old := start(t, t.TempDir(), opened)
	behind, _ := url.Parse(old.URL)
	f.behind.Store(behind)
	wrong := account(f, "one", false)
	target := start(t, t.TempDir(), opened, wrong, func(s *catalog.Snapshot) { s.Imports[0].Credentials["api_secret"] = "wrong" })
	found := await(t, target, "old", "Failed")
	if message := fmt.Sprint(found["message"]); !strings.Contains(message, "401 Unauthorized: Invalid credentials") {
		t.Errorf("failed for %s", message)
	}
	// An inside address that the environment does not open is no source.
	closed := start(t, t.TempDir(), account(f, "one", false))
	deadline := time.Now().Add(time.Minute)
	for {
		found := call(t, closed, http.MethodGet, "imports/old", nil)
		if strings.Contains(fmt.Sprint(found["message"]), "is not allowed") {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("an inside address is asked: %v", found)
		}
		time.Sleep(50 * time.Millisecond)
	}
}

func TestBucketIsImported(t *testing.T) {
	server := s3server.Start(t)
	client, name := server.Client(), aws.String("pictures")
	if _, err := client.CreateBucket(t.Context(), &s3.CreateBucketInput{Bucket: name}); err != nil {
		t.Fatal(err)
	}
	for key, content := range map[string][]byte{
		"site/a.png": picture(t, 1), "site/deep/b.png": picture(t, 2), "site/read.me.txt": []byte("read me"), "site/broken.png": []byte("\x89PNG\r\n\x1a\nno"),
		"site/odd#name.png": picture(t, 3), "elsewhere/c.png": picture(t, 4),
	} {
		if _, err := client.PutObject(t.Context(), &s3.PutObjectInput{Bucket: name, Key: aws.String(key), Body: bytes.NewReader(content)}); err != nil {
			t.Fatal(err)
		}
	}
	bucket := func(run, secret string) func(*catalog.Snapshot) {
		return func(s *catalog.Snapshot) {
			s.Imports = []catalog.Import{{
				Name: "pictures", ID: "uid-bucket", Run: run, Parallel: 4, Replace: true,
				Bucket:      &catalog.ImportBucket{Name: "pictures", Endpoint: server.URL, Region: "us-east-1", PathStyle: true, Prefix: "site/", Folder: "moved"},
				Credentials: map[string]string{"access_key_id": s3server.AccessKeyID, "secret_access_key": secret},
			}}
		}
	}
	dir := t.TempDir()
	target := start(t, dir, opened, bucket("one", s3server.SecretAccessKey))
	found := await(t, target, "pictures", "Completed")
	reasons := failures(found)
	if found["done"] != 3.0 || found["total"] != 5.0 || reasons["site/broken.png"] != "Invalid image file" || !strings.Contains(reasons["site/odd#name.png"], "the character # is not allowed") {
		t.Errorf("completed as %v", found)
	}
	for path, folder := range map[string]string{"image/upload/moved/a": "moved", "image/upload/moved/deep/b": "moved/deep", "raw/upload/moved/read.me.txt": "moved"} {
		if asset := call(t, target, http.MethodGet, "resources/"+path, nil); asset["asset_folder"] != folder {
			t.Errorf("%s is %v", path, asset)
		}
	}
	target.Stop()
	target = start(t, dir, opened, bucket("two", s3server.SecretAccessKey))
	if found := await(t, target, "pictures", "Completed"); found["unchanged"] != 3.0 || found["bytes"] != 0.0 {
		t.Errorf("the second run completed as %v", found)
	}
	target.Stop()
	target = start(t, dir, opened, bucket("three", "wrong"))
	if found := await(t, target, "pictures", "Failed"); !strings.Contains(fmt.Sprint(found["message"]), "the bucket pictures answers 403") {
		t.Errorf("failed as %v", found)
	}
}

func TestListIsImported(t *testing.T) {
	files := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/a.png":
			_, _ = w.Write(picture(t, 1))
		case "/b.bin":
			fmt.Fprint(w, "a file")
		default:
			http.NotFound(w, r)
		}
	}))
	t.Cleanup(files.Close)
	list := "url,public_id,tags,context\n" +
		files.URL + "/a.png?signature=hidden,shop/a,\"one,two\",alt=a \\| b|title=c\n" +
		files.URL + "/b.bin,,,\n" +
		"nonsense,x,,\n" +
		files.URL + "/missing.png?signature=hidden,gone,,\n"
	target := start(t, t.TempDir(), opened, func(s *catalog.Snapshot) {
		s.Imports = []catalog.Import{{Name: "list", ID: "uid-list", Run: "one", Parallel: 2, List: &catalog.ImportList{Inline: list}}}
	})
	found := await(t, target, "list", "Completed")
	reasons := failures(found)
	if found["done"] != 2.0 || found["failed"] != 2.0 || found["total"] != 4.0 {
		t.Errorf("completed as %v", found)
	}
	if reason := reasons["line 4"]; !strings.Contains(reason, `url "nonsense" is no http or https URL`) {
		t.Errorf("line 4 failed for %q", reason)
	}
	if reason := reasons["line 5: gone"]; !strings.Contains(reason, "404 Not Found") || strings.Contains(reason, "hidden") {
		t.Errorf("line 5 failed for %q", reason)
	}
	asset := call(t, target, http.MethodGet, "resources/image/upload/shop/a", nil)
	if fmt.Sprint(asset["tags"]) != "[one two]" || fmt.Sprint(asset["context"]) != "map[custom:map[alt:a | b title:c]]" {
		t.Errorf("shop/a is %v", asset)
	}
	if asset := call(t, target, http.MethodGet, "resources/raw/upload/b.bin", nil); asset["bytes"] != 6.0 {
		t.Errorf("b.bin is %v", asset)
	}
}

func TestDetailsOfAnAccountAreImported(t *testing.T) {
	dir := t.TempDir()
	old := startWith(t, dir, withBackup(dir), opened)
	put := func(id string, n int, parameters uploader.UploadParams) {
		t.Helper()
		if err := old.Upload(t.Context(), id, bytes.NewReader(picture(t, n)), parameters); err != nil {
			t.Fatal(err)
		}
	}
	put("shop/lamp", 1, uploader.UploadParams{})
	put("shop/lamp", 2, uploader.UploadParams{})
	put("shop/lamp", 3, uploader.UploadParams{FaceCoordinates: api.Coordinates{{1, 2, 3, 4}}, CustomCoordinates: api.Coordinates{{0, 1, 5, 6}}})
	put("shop/shade", 4, uploader.UploadParams{})
	if answer := call(t, old, http.MethodPost, "resources/related_assets/image/upload/shop/lamp", url.Values{"assets_to_relate": {"image/upload/shop/shade"}}); len(answer["success"].([]any)) != 1 {
		t.Fatal(answer)
	}
	var asked atomic.Int64
	f := newFront(t)
	behind, err := url.Parse(old.URL)
	if err != nil {
		t.Fatal(err)
	}
	f.behind.Store(behind)
	// The source is away for a moment, and has had enough of calls at another.
	intercept := func(w http.ResponseWriter, r *http.Request) bool {
		if r.URL.Query().Get("versions") == "" {
			return false
		}
		switch asked.Add(1) {
		case 1:
			w.Header().Set("X-FeatureRateLimit-Reset", time.Now().Add(time.Second).UTC().Format(http.TimeFormat))
			w.WriteHeader(420)
			return true
		case 2:
			w.WriteHeader(http.StatusBadGateway)
			return true
		}
		return false
	}
	f.intercept.Store(&intercept)
	target, into := t.TempDir(), func(s *catalog.Snapshot) {
		account(f, "one", false)(s)
		s.Imports[0].Account.Details = true
	}
	fresh := startWith(t, target, withBackup(target), opened, into)
	if found := await(t, fresh, "old", "Completed"); found["done"] != 2.0 || found["failed"] != 0.0 {
		t.Fatalf("completed as %v", found)
	}
	query := url.Values{"coordinates": {"1"}, "versions": {"1"}, "related": {"1"}}
	shown := func(r *standalone.Renderer) map[string]any {
		return call(t, r, http.MethodGet, "resources/image/upload/shop/lamp", query)
	}
	before, after := shown(old), shown(fresh)
	for _, key := range []string{"asset_id", "version", "coordinates", "related_assets", "bytes", "etag"} {
		if before[key] == nil || fmt.Sprint(before[key]) != fmt.Sprint(after[key]) {
			t.Errorf("%s was %v and is %v", key, before[key], after[key])
		}
	}
	// The number of a version is a number of its asset, and a text in the list of its versions.
	number := func(version any) string {
		if value, ok := version.(float64); ok {
			return strconv.FormatFloat(value, 'f', -1, 64)
		}
		return fmt.Sprint(version)
	}
	earlier := func(asset map[string]any) (found []string) {
		for _, version := range asset["versions"].([]any) {
			version := version.(map[string]any)
			if number(version["version"]) != number(asset["version"]) {
				found = append(found, fmt.Sprint(version["version_id"], version["version"], version["size"], version["restorable"]))
			}
		}
		slices.Sort(found)
		return found
	}
	if had, has := earlier(before), earlier(after); len(had) != 2 || !slices.Equal(had, has) {
		t.Errorf("the earlier versions were %v and are %v", had, has)
	}
	// The first one can be had again.
	first := slices.MinFunc(after["versions"].([]any), func(a, b any) int {
		return strings.Compare(number(a.(map[string]any)["version"]), number(b.(map[string]any)["version"]))
	}).(map[string]any)["version_id"].(string)
	restored := call(t, fresh, http.MethodPost, "resources/image/upload/restore", url.Values{"public_ids[]": {"shop/lamp"}, "versions[]": {first}})
	if lamp, _ := restored["shop/lamp"].(map[string]any); lamp["width"] != 17.0 {
		t.Errorf("restored %v", restored)
	}
	// Another run brings nothing twice.
	fresh.Stop()
	downloads := f.downloads.Load()
	fresh = startWith(t, target, withBackup(target), opened, into, func(s *catalog.Snapshot) { s.Imports[0].Run = "two" })
	if found := await(t, fresh, "old", "Completed"); found["done"] != 2.0 || found["unchanged"] != 2.0 || f.downloads.Load() != downloads {
		t.Errorf("again: %v, %d downloads", found, f.downloads.Load()-downloads)
	}
}
