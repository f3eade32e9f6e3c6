package main

import (
	"encoding/json"
	"image/color"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/darkroom-media/darkroom/renderer/catalog"
)

// TestQuotas has a renderer with the real engine use up its quotas, and be restarted.
func TestQuotas(t *testing.T) {
	engine := buildEngine(t)
	dir, c := home(t)
	file := picture(t, 60, 40, color.RGBA{R: 200, A: 255})
	wanted := snapshot
	wanted.Environment.Quotas = catalog.Quotas{Transformations: catalog.Quota{PerDay: 1}, StorageBytes: 2 * int64(len(file))}
	content, err := json.Marshal(wanted)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "catalog.json"), content, 0o600); err != nil {
		t.Fatal(err)
	}
	i := start(t, dir, c, engine, nil)
	eventually(t, "the renderer is ready", func() bool { return status(i.internal+"/readyz") == http.StatusOK })
	i.call(t, "upload", url.Values{"public_id": {"a"}}, file)
	original, first, second := "/demo/image/upload/a.png", "/demo/image/upload/c_scale,w_3/a.png", "/demo/image/upload/c_scale,w_4/a.png"
	expect := func(path string, want int) {
		t.Helper()
		response, _ := get(t, i.media+path)
		if response.StatusCode != want {
			t.Fatalf("%s: %d %s", path, response.StatusCode, response.Header.Get("X-Cld-Error"))
		}
		message := response.Header.Get("X-Cld-Error")
		if want == 420 && (!strings.HasPrefix(message, "Rate Limit Exceeded. Limit of 1 transformations per day reached. Try again on ") || response.Header.Get("Retry-After") == "") {
			t.Errorf("%s: %v", path, response.Header)
		}
	}
	delivered := func() {
		t.Helper()
		expect(first, http.StatusOK)
		expect(original, http.StatusOK)
		expect(second, 420)
	}
	expect(first, http.StatusOK)
	delivered()
	i.stop()
	i = start(t, dir, c, engine, nil)
	eventually(t, "the renderer is ready", func() bool { return status(i.internal+"/readyz") == http.StatusOK })
	eventually(t, "the books are read", func() bool {
		_, metrics := get(t, i.internal+"/metrics")
		return strings.Contains(metrics, `darkroom_quota_exceeded{measure="transformations",period="day"} 1`)
	})
	delivered()

	code, text := i.post(t, "upload", url.Values{"public_id": {"b"}}, file)
	if code != 420 || !strings.Contains(text, "Storage Limit Exceeded. The file has") {
		t.Errorf("an upload beyond the quota answers %d %s", code, text)
	}
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, i.media+"/v1_1/demo/usage", nil)
	if err != nil {
		t.Fatal(err)
	}
	request.SetBasicAuth("key", "secret")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	var usage struct {
		Transformations struct {
			Usage, Limit int
			UsedPercent  float64 `json:"used_percent"`
		}
		Requests  int
		Bandwidth struct{ Usage int }
		Resources int
	}
	if err := json.Unmarshal([]byte(body(t, response)), &usage); err != nil {
		t.Fatal(err)
	}
	if usage.Transformations.Usage != 1 || usage.Transformations.Limit != 1 || usage.Transformations.UsedPercent != 100 || usage.Requests != 5 || usage.Bandwidth.Usage < 2*len(file) || usage.Resources != 1 {
		t.Errorf("%+v", usage)
	}
}
