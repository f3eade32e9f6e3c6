package main

import (
	"encoding/json"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"testing"
)

// TestSampleAssets has the real engine look at the samples, deletes one, and restarts.
func TestSampleAssets(t *testing.T) {
	engine := buildEngine(t)
	dir, c := home(t)
	wanted := snapshot
	wanted.Environment.SampleAssets = true
	content, err := json.Marshal(wanted)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "catalog.json"), content, 0o600); err != nil {
		t.Fatal(err)
	}
	i := start(t, dir, c, engine, nil)
	eventually(t, "the last sample is there", func() bool { return status(i.media+"/demo/image/upload/samples/swatch.png") == http.StatusOK })
	for path, kind := range map[string]string{
		"/demo/image/upload/c_fill,h_50,w_50/samples/landscape.webp": "image/webp",
		"/demo/image/upload/samples/logo.png":                        "image/png",
		"/demo/image/upload/samples/spinner.gif":                     "image/gif",
		"/demo/raw/upload/samples/readme.txt":                        "text/plain",
	} {
		if response, _ := get(t, i.media+path); response.StatusCode != http.StatusOK || response.Header.Get("Content-Type")[:len(kind)] != kind {
			t.Errorf("%s: %d %s %s", path, response.StatusCode, response.Header.Get("Content-Type"), response.Header.Get("X-Cld-Error"))
		}
	}
	i.call(t, "destroy", url.Values{"public_id": {"samples/landscape"}}, nil)
	i.stop()

	var r *renderer
	i = start(t, dir, c, engine, func(composed *renderer) { r = composed })
	eventually(t, "the samples are there after a restart", func() bool { return status(i.media+"/demo/image/upload/samples/swatch.png") == http.StatusOK })
	if marked, err := r.library.Marked(t.Context(), "sample:samples/landscape"); err != nil || !marked {
		t.Errorf("the deleted sample is not remembered: %v", err)
	}
	if got := status(i.media + "/demo/image/upload/samples/landscape.jpg"); got != http.StatusNotFound {
		t.Errorf("the deleted sample answers %d", got)
	}
	if count, err := r.library.Uploaded(t.Context()); err != nil || count != 0 {
		t.Errorf("%d assets count, %v", count, err)
	}
}
