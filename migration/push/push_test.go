package push_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/cloudinary/cloudinary-go/v2/api"
	"github.com/cloudinary/cloudinary-go/v2/api/admin"
	"github.com/cloudinary/cloudinary-go/v2/api/uploader"

	"github.com/darkroom-media/darkroom/migration/push"
	"github.com/darkroom-media/darkroom/migration/source"
	"github.com/darkroom-media/darkroom/renderer/catalog"
	"github.com/darkroom-media/darkroom/renderer/config"
	"github.com/darkroom-media/darkroom/test/standalone"
)

func picture(t *testing.T, n int) []byte {
	t.Helper()
	img := image.NewRGBA(image.Rect(0, 0, 10+n, 10))
	img.Set(0, 0, color.White)
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestPushFromAnAccountGoesOnWhereItWasInterrupted(t *testing.T) {
	binaries, err := standalone.Build(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	start := func() *standalone.Renderer {
		r, err := binaries.Start(t.Context(), t.TempDir(), nil, func(s *catalog.Snapshot) { s.Environment.FetchAllowedCIDRs = []string{"127.0.0.0/8"} })
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(r.Stop)
		return r
	}
	old, target := start(), start()
	if _, err := old.SDK.Admin.CreateTransformation(t.Context(), admin.CreateTransformationParams{Name: "thumb", Transformation: "c_fill,h_10,w_10"}); err != nil {
		t.Fatal(err)
	}
	const many = 11
	for n := range many {
		parameters := uploader.UploadParams{Tags: api.CldAPIArray{"old"}, Context: api.CldAPIMap{"alt": "plain"}, DisplayName: fmt.Sprintf("Picture %d", n)}
		if n == 0 {
			parameters.Type = "private"
		}
		if err := old.Upload(t.Context(), fmt.Sprintf("many/%02d", n), bytes.NewReader(picture(t, n)), parameters); err != nil {
			t.Fatal(err)
		}
	}
	// The target is away for a moment, once, and refuses one asset at first.
	var refuse, failed atomic.Bool
	refuse.Store(true)
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body := new(bytes.Buffer)
		_, _ = body.ReadFrom(r.Body)
		if strings.HasSuffix(r.URL.Path, "/import") && strings.Contains(body.String(), "many/04") && refuse.Load() {
			w.WriteHeader(http.StatusBadRequest)
			fmt.Fprint(w, `{"error":{"message":"Not today"}}`)
			return
		}
		if strings.HasSuffix(r.URL.Path, "/import") && failed.CompareAndSwap(false, true) {
			w.WriteHeader(http.StatusInternalServerError)
			return
		}
		request, _ := http.NewRequestWithContext(r.Context(), r.Method, target.URL+r.URL.RequestURI(), body)
		request.Header = r.Header
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			w.WriteHeader(http.StatusBadGateway)
			return
		}
		defer response.Body.Close()
		w.WriteHeader(response.StatusCode)
		content := new(bytes.Buffer)
		_, _ = content.ReadFrom(response.Body)
		_, _ = w.Write(content.Bytes())
	}))
	t.Cleanup(front.Close)
	options := push.Options{
		Name: "old", State: filepath.Join(t.TempDir(), "state.json"), Parallel: 1,
		Target: &push.Target{Client: http.DefaultClient, BaseURL: front.URL, CloudName: standalone.CloudName, APIKey: standalone.APIKey, APISecret: standalone.APISecret},
		Source: &source.Account{
			Client: http.DefaultClient, BaseURL: old.URL, CloudName: standalone.CloudName, APIKey: standalone.APIKey, APISecret: standalone.APISecret,
			Types: []string{"upload", "private"}, Configuration: true, Now: time.Now,
		},
	}
	ctx, cancel := context.WithCancel(t.Context())
	options.Told = func(s *push.State) {
		if s.Done >= 4 {
			cancel()
		}
	}
	if _, err := push.Run(ctx, options); err == nil {
		t.Fatal("an interrupted push says that it is through")
	}
	kept := &push.State{}
	content, err := os.ReadFile(options.State)
	if err != nil || json.Unmarshal(content, kept) != nil || kept.Finished || kept.Done < 3 {
		t.Fatalf("%v, kept %s", err, content)
	}
	options.Told = nil
	state, err := push.Run(t.Context(), options)
	if err != nil || !state.Finished || state.Done != many-1 || len(state.Failures) != 1 || state.Failures["image/upload/many/04"] != "400 Bad Request: Not today" {
		t.Fatalf("%v, state %+v", err, state)
	}
	if uploaded := state.Done - state.Unchanged; uploaded < many-1-4 {
		t.Errorf("%d uploaded", uploaded)
	}
	// Another push brings what failed and nothing else.
	refuse.Store(false)
	if state, err = push.Run(t.Context(), options); err != nil || state.Done != many || state.Unchanged != many-1 || len(state.Failures) != 0 {
		t.Fatalf("%v, state %+v", err, state)
	}
	for n, deliveryType := range map[int]string{0: "private", 4: "upload"} {
		params := admin.AssetParams{PublicID: fmt.Sprintf("many/%02d", n), DeliveryType: api.DeliveryType(deliveryType)}
		before, err := old.SDK.Admin.Asset(t.Context(), params)
		if err != nil {
			t.Fatal(err)
		}
		if asset, err := target.SDK.Admin.Asset(t.Context(), params); err != nil || asset.Version != before.Version || !asset.CreatedAt.Equal(before.CreatedAt) || asset.AssetID != before.AssetID {
			t.Errorf("many/%02d was version %d of %s and is %d of %s, %v", n, before.Version, before.CreatedAt, asset.Version, asset.CreatedAt, err)
		}
		asset, err := target.SDK.Admin.Asset(t.Context(), admin.AssetParams{PublicID: fmt.Sprintf("many/%02d", n), DeliveryType: api.DeliveryType(deliveryType)})
		if err != nil || asset.Width != 10+n || len(asset.Tags) != 1 || asset.DisplayName != fmt.Sprintf("Picture %d", n) {
			t.Errorf("many/%02d is %+v, %v", n, asset, err)
		}
	}
	if found, err := target.SDK.Admin.GetTransformation(t.Context(), admin.GetTransformationParams{Transformation: "t_thumb"}); err != nil || !found.Named {
		t.Errorf("thumb is %+v, %v", found, err)
	}
	options.Name = "other"
	if _, err := push.Run(t.Context(), options); err == nil || !strings.Contains(err.Error(), "is the state of an import of old, not of other") {
		t.Errorf("the state of another source: %v", err)
	}
	if err := os.WriteFile(options.State, []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := push.Run(t.Context(), options); err == nil || !strings.Contains(err.Error(), "is no state of an import") {
		t.Errorf("a broken state: %v", err)
	}
}

func TestPushBringsDetails(t *testing.T) {
	binaries, err := standalone.Build(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	start := func() *standalone.Renderer {
		dir := t.TempDir()
		r, err := binaries.Start(t.Context(), dir, func(c *config.Config) {
			c.Backup = &config.Bucket{Driver: config.BucketVolume, Path: filepath.Join(dir, "backup")}
		}, func(s *catalog.Snapshot) { s.Environment.FetchAllowedCIDRs = []string{"127.0.0.0/8"} })
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(r.Stop)
		return r
	}
	old, target := start(), start()
	for n, parameters := range []uploader.UploadParams{{}, {}, {FaceCoordinates: api.Coordinates{{1, 2, 3, 4}}, CustomCoordinates: api.Coordinates{{0, 1, 5, 6}}}} {
		if err := old.Upload(t.Context(), "a b/ä", bytes.NewReader(picture(t, n)), parameters); err != nil {
			t.Fatal(err)
		}
	}
	if err := old.Upload(t.Context(), "other", bytes.NewReader(picture(t, 9)), uploader.UploadParams{}); err != nil {
		t.Fatal(err)
	}
	related, err := old.SDK.Admin.AddRelatedAssets(t.Context(), admin.AddRelatedAssetsParams{PublicID: "a b/ä", AssetType: api.Image, DeliveryType: api.Upload, AssetsToRelate: []string{"image/upload/other"}})
	if err != nil || len(related.Success) != 1 {
		t.Fatalf("%+v, %v", related, err)
	}
	options := push.Options{
		Name: "old", State: filepath.Join(t.TempDir(), "state.json"), Parallel: 1, Details: true,
		Target: &push.Target{Client: http.DefaultClient, BaseURL: target.URL, CloudName: standalone.CloudName, APIKey: standalone.APIKey, APISecret: standalone.APISecret},
		Source: &source.Account{
			Client: http.DefaultClient, BaseURL: old.URL, CloudName: standalone.CloudName, APIKey: standalone.APIKey, APISecret: standalone.APISecret,
			Types: []string{"upload"}, Now: time.Now,
		},
	}
	shown := func() map[string]any {
		t.Helper()
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, target.URL+"/v1_1/"+standalone.CloudName+"/resources/image/upload/a%20b/%C3%A4?coordinates=1&versions=1&related=1", nil)
		if err != nil {
			t.Fatal(err)
		}
		request.SetBasicAuth(standalone.APIKey, standalone.APISecret)
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		defer response.Body.Close()
		var asset map[string]any
		if err := json.NewDecoder(response.Body).Decode(&asset); err != nil {
			t.Fatal(err)
		}
		return asset
	}
	expect := func(when string, versions int) {
		t.Helper()
		asset := shown()
		list, _ := asset["versions"].([]any)
		if asset["width"] != 12.0 || fmt.Sprint(asset["coordinates"]) != "map[custom:[[0 1 5 6]] faces:[[1 2 3 4]]]" || len(list) != versions || !strings.Contains(fmt.Sprint(asset["related_assets"]), "public_id:other") {
			t.Errorf("%s: %v", when, asset)
		}
	}
	if state, err := push.Run(t.Context(), options); err != nil || state.Done != 2 || len(state.Failures) != 0 {
		t.Fatalf("%v, %+v", err, state)
	}
	expect("pushed", 3)
	if state, err := push.Run(t.Context(), options); err != nil || state.Unchanged != 2 {
		t.Fatalf("%v, %+v", err, state)
	}
	expect("pushed again", 3)
	// What was uploaded there before grows further, and a push that replaces brings back what the source says.
	was := shown()
	if err := target.Upload(t.Context(), "a b/ä", bytes.NewReader(picture(t, 0)), uploader.UploadParams{}); err != nil {
		t.Fatal(err)
	}
	at := shown()
	if at["version"].(float64) <= was["version"].(float64) || at["created_at"] != was["created_at"] {
		t.Errorf("an upload has made %v of %v", at["version"], was["version"])
	}
	options.Replace = true
	if state, err := push.Run(t.Context(), options); err != nil || state.Unchanged != 1 {
		t.Fatalf("%v, %+v", err, state)
	}
	if again := shown(); again["etag"] != was["etag"] || again["version"].(float64) <= at["version"].(float64) || again["created_at"] != was["created_at"] {
		t.Errorf("replaced: %v after %v and %v", again, was, at)
	}
}
