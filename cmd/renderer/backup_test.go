package main

import (
	"encoding/json"
	"fmt"
	"image/color"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"testing"

	"github.com/darkroom-media/darkroom/renderer/config"
	"github.com/darkroom-media/darkroom/renderer/library"
)

// admin calls the Admin API.
func (i *instance) admin(t *testing.T, method, path, content string) (code int, answer map[string]any) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, i.media+"/v1_1/demo/"+path, strings.NewReader(content))
	if err != nil {
		t.Fatal(err)
	}
	request.SetBasicAuth("key", "secret")
	request.Header.Set("Content-Type", "application/json")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	answer = map[string]any{}
	if err := json.Unmarshal([]byte(body(t, response)), &answer); err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, answer
}

// TestBackup has a renderer with the real engine back up what was there before and what comes, and bring back what was deleted.
func TestBackup(t *testing.T) {
	engine := buildEngine(t)
	dir, c := home(t)
	i := start(t, dir, c, engine, nil)
	eventually(t, "the renderer is ready", func() bool { return status(i.internal+"/readyz") == http.StatusOK })
	file := picture(t, 60, 40, color.RGBA{R: 200, A: 255})
	i.call(t, "upload", url.Values{"public_id": {"before"}, "tags": {"old"}}, file)
	i.stop()

	c.Backup = &config.Bucket{Driver: config.BucketVolume, Path: filepath.Join(dir, "copies")}
	var r *renderer
	i = start(t, dir, c, engine, func(composed *renderer) { r = composed })
	eventually(t, "the renderer is ready", func() bool { return status(i.internal+"/readyz") == http.StatusOK })
	copied := func(n int64) {
		t.Helper()
		eventually(t, fmt.Sprint(n, " versions are copied"), func() bool {
			progress, err := r.library.BackupProgress(t.Context())
			return err == nil && progress == library.BackupProgress{Assets: 1, Copied: n, Bytes: progress.Bytes}
		})
	}
	copied(1)
	second := picture(t, 30, 30, color.RGBA{B: 200, A: 255})
	i.call(t, "upload", url.Values{"public_id": {"before"}}, second)
	copied(2)
	i.call(t, "destroy", url.Values{"public_id": {"before"}}, nil)
	code, details := i.admin(t, http.MethodGet, "resources/image/upload/before?versions=true", "")
	if code != http.StatusOK || details["placeholder"] != true || len(details["versions"].([]any)) != 2 {
		t.Fatalf("%d %v", code, details)
	}
	if got := status(i.media + "/demo/image/upload/before.png"); got != http.StatusNotFound {
		t.Errorf("a deleted asset is delivered: %d", got)
	}
	oldest := details["versions"].([]any)[1].(map[string]any)["version_id"]
	for _, restore := range []struct {
		versions string
		want     []byte
	}{{"", second}, {fmt.Sprintf(`,"versions":[%q]`, oldest), file}} {
		code, answer := i.admin(t, http.MethodPost, "resources/image/upload/restore", `{"public_ids":["before"]`+restore.versions+`}`)
		if code != http.StatusOK {
			t.Fatalf("%d %v", code, answer)
		}
		if _, content := get(t, i.media+"/demo/image/upload/before.png"); content != string(restore.want) {
			t.Errorf("restored are %d bytes, want %d: %v", len(content), len(restore.want), answer)
		}
	}
	if response, _ := get(t, i.media+"/demo/image/upload/c_scale,w_10/before.png"); response.StatusCode != http.StatusOK {
		t.Errorf("a derived file of it: %d %s", response.StatusCode, response.Header.Get("X-Cld-Error"))
	}
}
