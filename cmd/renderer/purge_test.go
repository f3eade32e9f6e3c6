package main

import (
	"fmt"
	"image/color"
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// TestDeletedDerivedFilesAreMadeAgain deletes derived files in every way, with a renderer that remembers rows and files.
func TestDeletedDerivedFilesAreMadeAgain(t *testing.T) {
	engine := buildEngine(t)
	dir, c := home(t)
	i := start(t, dir, c, engine, nil)
	eventually(t, "the renderer is ready", func() bool { return status(i.internal+"/readyz") == http.StatusOK })
	i.call(t, "upload", url.Values{"public_id": {"a"}}, picture(t, 60, 40, color.RGBA{R: 200, A: 255}))
	made := 0
	// expect asks three times, so that the file comes from memory in the end, and compares how often it was made.
	expect := func(want int) {
		t.Helper()
		for range 3 {
			if response, _ := get(t, i.media+"/demo/image/upload/c_scale,w_9/a.png"); response.StatusCode != http.StatusOK {
				t.Fatal(response.StatusCode, response.Header.Get("X-Cld-Error"))
			}
		}
		if _, metrics := get(t, i.internal+"/metrics"); !strings.Contains(metrics, fmt.Sprintf("darkroom_derived_finds_total{from=\"engine\"} %d\n", want)) {
			t.Errorf("it was not made %d times", want)
		}
	}
	remove := func(path, body string) {
		t.Helper()
		made++
		expect(made)
		if code, answer := i.admin(t, http.MethodDelete, path, body); code != http.StatusOK {
			t.Fatal(path, code, answer)
		}
	}
	remove("resources/image/upload", `{"public_ids":["a"],"keep_original":true}`)
	remove("resources/image/upload", `{"public_ids":["a"],"keep_original":true,"transformations":"c_scale,w_9"}`)
	remove("transformations", `{"transformation":"c_scale,w_9"}`)
	made++
	expect(made)
	_, details := i.admin(t, http.MethodGet, "resources/image/upload/a", "")
	derived := details["derived"].([]any)
	if len(derived) != 1 {
		t.Fatal(details)
	}
	made--
	remove("derived_resources", fmt.Sprintf(`{"derived_resource_ids":[%q]}`, derived[0].(map[string]any)["id"]))
	expect(made + 1)
}
