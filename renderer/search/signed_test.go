package search

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/cloudinary/cloudinary-go/v2"
	"github.com/cloudinary/cloudinary-go/v2/api/admin/search"

	"github.com/darkroom-media/darkroom/renderer/catalog"
	"github.com/darkroom-media/darkroom/renderer/library"
	"github.com/darkroom-media/darkroom/renderer/library/librarytest"
)

func newHandler(t *testing.T) *Handler {
	t.Helper()
	l := databases.Library(t)
	for _, id := range []string{"kitten", "puppy", "ant??>>~"} {
		librarytest.Store(t, l, &library.Asset{ResourceType: library.Image, Type: "upload", PublicID: id, Format: "png", ObjectKey: "originals/" + id,
			Tags: []string{id}}, library.StoreOptions{})
	}
	return &Handler{
		Catalog: catalog.Fixed{Snapshot: &catalog.Snapshot{
			Environment: catalog.Environment{CloudName: "demo"},
			Keys:        map[string]catalog.Key{"1": {APIKey: "1", APISecret: "secret"}, "2": {APIKey: "2", APISecret: "other"}},
		}},
		Library: l, Logger: slog.New(slog.DiscardHandler),
	}
}

// get answers as the renderer does: what no search URL is has the status 0.
func get(t *testing.T, h *Handler, path string) (status int, header http.Header, body map[string]any) {
	t.Helper()
	request := httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil)
	if !h.Handles(request) {
		return 0, nil, nil
	}
	recorder := httptest.NewRecorder()
	h.ServeHTTP(recorder, request)
	if err := json.Unmarshal(recorder.Body.Bytes(), &body); err != nil {
		t.Fatal(err)
	}
	return recorder.Code, recorder.Header(), body
}

// searchURL is the path of a URL that the official SDK makes.
func searchURL(t *testing.T, query search.Query, ttl int, cursor string) string {
	t.Helper()
	client, err := cloudinary.NewFromURL("cloudinary://1:secret@demo")
	if err != nil {
		t.Fatal(err)
	}
	asset, err := client.SearchURL(query)
	if err != nil {
		t.Fatal(err)
	}
	url, err := asset.ToURL(ttl, cursor)
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimPrefix(url, "https://res.cloudinary.com")
}

func TestSignedSearchURLs(t *testing.T) {
	h := newHandler(t)
	// The SDK's base64 has slashes of its own, for one of these spellings.
	slashes := 0
	for _, expression := range []string{"tags=kitten", `tags=kitten OR tags="????"`, ` tags=kitten OR tags="????"`, `  tags=kitten OR tags="????"`} {
		path := searchURL(t, search.Query{Expression: expression, MaxResults: 30}, 1000, "")
		slashes += strings.Count(path, "/") - 5
		status, header, body := get(t, h, path)
		if status != 200 || fmt.Sprint(body["total_count"]) != "1" || header.Get("Cache-Control") != "public, max-age=1000" {
			t.Errorf("%s: %d %v %v", expression, status, body, header)
		}
		if again, _, _ := get(t, h, strings.TrimPrefix(path, "/demo")); again != 200 {
			t.Errorf("without the cloud name: %d", again)
		}
	}
	if slashes == 0 {
		t.Error("no URL had a slash in its query")
	}
	query := search.Query{MaxResults: 2, SortBy: []search.SortByField{{"public_id": search.Ascending}}}
	status, _, body := get(t, h, searchURL(t, query, 300, ""))
	if status != 200 || body["next_cursor"] == nil {
		t.Fatalf("%d %v", status, body)
	}
	status, _, body = get(t, h, searchURL(t, query, 300, fmt.Sprint(body["next_cursor"])))
	if resources, _ := body["resources"].([]any); status != 200 || len(resources) != 1 || resources[0].(map[string]any)["public_id"] != "puppy" {
		t.Errorf("second page: %d %v", status, body)
	}
}

func TestSignedSearchURLVector(t *testing.T) {
	h := newHandler(t)
	const b64 = "eyJleHByZXNzaW9uIjoicmVzb3VyY2VfdHlwZTppbWFnZSBBTkQgdGFncz1raXR0ZW4gQU5EIHVwbG9hZGVkX2F0PjFkIEFORCBieXRlcz4xbSIsIm1heF9yZXN1bHRzIjozMCwic29ydF9ieSI6W3sicHVibGljX2lkIjoiZGVzYyJ9XX0="
	for ttl, signature := range map[string]string{
		"300":  "431454b74cefa342e2f03e2d589b2e901babb8db6e6b149abf25bc0dd7ab20b7",
		"1000": "25b91426a37d4f633a9b34383c63889ff8952e7ffecef29a17d600eeb3db0db7",
	} {
		if status, _, body := get(t, h, "/demo/search/"+signature+"/"+ttl+"/"+b64+"?_a=x"); status != 200 || fmt.Sprint(body["total_count"]) != "0" {
			t.Errorf("%s: %d %v", ttl, status, body)
		}
		for _, bad := range []string{"/" + ttl + "1/" + b64, "/" + ttl + "/A" + b64[1:]} {
			if status, _, _ := get(t, h, "/demo/search/"+signature+bad); status != http.StatusUnauthorized {
				t.Errorf("%s: %d, want 401", bad, status)
			}
		}
	}
	for _, path := range []string{"/demo/search/abc/300/" + b64, "/other/search/" + strings.Repeat("a", 64) + "/300/x", "/demo/image/upload/search/x", "/search/" + strings.Repeat("a", 64) + "/x/y"} {
		if status, _, _ := get(t, h, path); status != 0 {
			t.Errorf("%s is taken for a search URL", path)
		}
	}
}

func TestSearchURLsAreOnlyRead(t *testing.T) {
	h := newHandler(t)
	path := searchURL(t, search.Query{Expression: "tags=kitten"}, 1000, "")
	for method, want := range map[string]bool{http.MethodGet: true, http.MethodHead: true, http.MethodPost: false, http.MethodDelete: false} {
		if got := h.Handles(httptest.NewRequest(method, path, nil)); got != want {
			t.Errorf("%s: %t", method, got)
		}
	}
	h.Catalog = catalog.Fixed{}
	if status, _, _ := get(t, h, path); status != http.StatusInternalServerError {
		t.Errorf("before the configuration is known: %d", status)
	}
}
