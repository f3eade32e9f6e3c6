package admin

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/darkroom-media/darkroom/renderer/sign"
)

// signed sends a request that is signed with the key, in the query or, where there is one, in the body.
func (f *fixture) signed(method, path, key, secret string, body map[string]string, at time.Time) *reply {
	f.Helper()
	path, query, _ := strings.Cut(path, "?")
	given, err := url.ParseQuery(query)
	if err != nil {
		f.Fatal(err)
	}
	given.Set("timestamp", fmt.Sprint(at.Unix()))
	all := url.Values{}
	for name := range given {
		all.Set(name, given.Get(name))
	}
	for name, value := range body {
		all.Set(name, value)
	}
	signature := sign.Upload(all, secret)
	text := ""
	if body == nil {
		given.Set("api_key", key)
		given.Set("signature", signature)
	} else {
		text = fmt.Sprintf(`{"api_key":%q,"signature":%q`, key, signature)
		for name, value := range body {
			text += fmt.Sprintf(",%q:%q", name, value)
		}
		text += "}"
	}
	request, err := http.NewRequestWithContext(f.Context(), method, f.server.URL+"/v1_1/"+cloud+"/"+path+"?"+given.Encode(), strings.NewReader(text))
	if err != nil {
		f.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/json")
	return f.do(request)
}

// A signature is one of parameters, not of what is done with them, so that it only opens this API with a key that says so.
func TestSignedCalls(t *testing.T) {
	f := newFixture(t)
	f.store("image", "upload", "a", nil)
	now := time.Now()
	refused := signatureRefused().Error()
	f.expectRefused(f.signed(http.MethodGet, "resources/image/upload/a", apiKey, apiSecret, nil, now), 401, refused)
	f.expectRefused(f.signed(http.MethodPost, "resources/image/upload/a", apiKey, apiSecret, map[string]string{"tags": "x"}, now), 401, "Invalid credentials")

	key := f.snapshot.Keys["2"]
	key.AdminSignatures = true
	f.snapshot.Keys["2"] = key
	f.expectRefused(f.signed(http.MethodGet, "resources/image/upload/a", apiKey, apiSecret, nil, now), 401, refused)
	if got := f.signed(http.MethodGet, "resources/image/upload/a?tags=true", "2", "other", nil, now); got.status != http.StatusOK || got.body["public_id"] != "a" {
		t.Errorf("signed in the query: %d %v", got.status, got.body)
	}
	if got := f.signed(http.MethodPost, "resources/image/upload/a", "2", "other", map[string]string{"tags": "x"}, now); got.status != http.StatusOK || fmt.Sprint(got.body["tags"]) != "[x]" {
		t.Errorf("signed in the body: %d %v", got.status, got.body)
	}
	if got := f.signed(http.MethodGet, "resources/image/upload/a", "2", "wrong", nil, now); got.status != http.StatusUnauthorized || !strings.HasPrefix(got.message(), "Invalid Signature ") {
		t.Errorf("a wrong signature: %d %v", got.status, got.body)
	}
	f.expectRefused(f.signed(http.MethodGet, "resources/image/upload/a", "3", "other", nil, now), 401, "Invalid api_key 3")
	if got := f.signed(http.MethodGet, "resources/image/upload/a", "2", "other", nil, now.Add(-2*time.Hour)); got.status != http.StatusBadRequest || !strings.HasPrefix(got.message(), "Stale request") {
		t.Errorf("an old signature: %d %v", got.status, got.body)
	}
	// Credentials that are given count alone.
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, f.server.URL+"/v1_1/"+cloud+"/resources/image", nil)
	if err != nil {
		t.Fatal(err)
	}
	request.SetBasicAuth("2", "wrong")
	f.expectRefused(f.do(request), 401, "Invalid credentials")
	// What is larger than any request is not kept to be read again.
	long := map[string]string{"tags": strings.Repeat("x", maxBody)}
	if got := f.signed(http.MethodPost, "resources/image/upload/a", "2", "other", long, now); got.status != http.StatusBadRequest || !strings.HasPrefix(got.message(), "Request is too large") {
		t.Errorf("a large body: %d %v", got.status, got.body)
	}
}
