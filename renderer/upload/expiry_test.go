package upload

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"
)

func TestOnlyALinkLivesUntilItExpires(t *testing.T) {
	f := newFixture(t)
	f.expect(f.upload("/raw/upload", "a.txt", "a", "public_id", "a.txt"))
	old, later := fmt.Sprint(time.Now().Add(-2*time.Hour).Unix()), fmt.Sprint(time.Now().Add(time.Hour).Unix())
	params := signed("public_id", "a.txt", "timestamp", old, "expires_at", later).Encode()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, f.server.URL+"/v1_1/"+cloud+"/raw/download?"+params, nil)
	if err != nil {
		t.Fatal(err)
	}
	response, err := f.server.Client().Do(request)
	if err != nil {
		t.Fatal(err)
	}
	if response.Body.Close(); response.StatusCode != http.StatusOK {
		t.Errorf("a link that has not expired: %d %s", response.StatusCode, response.Header.Get("X-Cld-Error"))
	}
	for _, path := range []string{"/raw/destroy", "/raw/tags", "/raw/generate_archive"} {
		if got := f.post(path+"?"+params, "", nil); got.status != 400 || !strings.HasPrefix(got.message(), "Stale request - reported time is ") {
			t.Errorf("%s: %d %s", path, got.status, got.text)
		}
	}
	if got := f.upload("/raw/upload", "b.txt", "b", "timestamp", old, "expires_at", later); got.status != 400 || !strings.HasPrefix(got.message(), "Stale request - reported time is ") {
		t.Errorf("an upload: %d %s", got.status, got.text)
	}
}

func TestADownloadThatIsPostedEndsWithItsExpiry(t *testing.T) {
	f := newFixture(t)
	f.expect(f.upload("/raw/upload", "a.txt", "a", "public_id", "a.txt"))
	past, later := fmt.Sprint(time.Now().Add(-time.Minute).Unix()), fmt.Sprint(time.Now().Add(time.Hour).Unix())
	archive := func(pairs ...string) *reply {
		return f.post("/raw/generate_archive", "", strings.NewReader(signed(append(pairs, "public_ids", "a.txt")...).Encode()))
	}
	f.expectRefused(archive("mode", "download", "expires_at", past), 400, "The link has expired")
	f.expectRefused(archive("mode", "download", "expires_at", "soon"), 400, `Invalid value for expires_at: "soon" is no Unix time`)
	f.expectRefused(f.post("/image/multi", "", strings.NewReader(signed("tag", "t", "mode", "download", "expires_at", past).Encode())), 400, "The link has expired")
	f.expect(archive("mode", "create", "expires_at", past))
	params := signed("public_ids", "a.txt", "mode", "download", "expires_at", later)
	posted, err := f.server.Client().PostForm(f.server.URL+"/v1_1/"+cloud+"/raw/generate_archive", params)
	if err != nil {
		t.Fatal(err)
	}
	if posted.Body.Close(); posted.StatusCode != http.StatusOK || posted.Header.Get("Content-Type") != "application/zip" {
		t.Errorf("before its expiry: %d %s", posted.StatusCode, posted.Header.Get("X-Cld-Error"))
	}

	// A link that is asked for with key and secret ends as well as a signed one.
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, f.server.URL+"/v1_1/"+cloud+"/raw/download?public_id=a.txt&expires_at="+past, nil)
	if err != nil {
		t.Fatal(err)
	}
	request.SetBasicAuth(apiKey, apiSecret)
	response, err := f.server.Client().Do(request)
	if err != nil {
		t.Fatal(err)
	}
	if response.Body.Close(); response.StatusCode != http.StatusBadRequest || response.Header.Get("X-Cld-Error") != "The link has expired" {
		t.Errorf("with a key: %d %s", response.StatusCode, response.Header.Get("X-Cld-Error"))
	}
}
