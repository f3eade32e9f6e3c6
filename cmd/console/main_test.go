package main

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestReadinessFollowsTheCredentials(t *testing.T) {
	folder := t.TempDir()
	served := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTeapot) })
	ask := func(path string) *httptest.ResponseRecorder {
		w := httptest.NewRecorder()
		handler(served, folder).ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
		return w
	}
	if w := ask("/readyz"); w.Code != http.StatusServiceUnavailable || !strings.Contains(w.Body.String(), folder) {
		t.Errorf("without credentials: %d %s", w.Code, w.Body)
	}
	for _, name := range []string{"account_id", "api_key", "api_secret"} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(name+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if c, err := readCredentials(folder); err != nil || c.AccountID != "account_id" || c.APIKey != "api_key" || c.APISecret != "api_secret" {
		t.Errorf("credentials %+v, %v", c, err)
	}
	for path, status := range map[string]int{"/readyz": 200, "/healthz": 200, "/v1_1/provisioning/accounts/a/users": 418, "/v2/accounts/a/permissions/roles": 418, "/v1_1/other": 404} {
		if w := ask(path); w.Code != status {
			t.Errorf("%s answers %d", path, w.Code)
		}
	}
	if err := os.WriteFile(filepath.Join(folder, "api_secret"), []byte(" \n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if w := ask("/readyz"); w.Code != http.StatusServiceUnavailable || !strings.Contains(w.Body.String(), "api_secret is empty") {
		t.Errorf("with an empty secret: %d %s", w.Code, w.Body)
	}
}
