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
