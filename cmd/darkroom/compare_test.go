package main

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestCompare(t *testing.T) {
	serve := func(body string) string {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "text/plain")
			if strings.HasSuffix(r.URL.Path, "same.txt") {
				fmt.Fprint(w, "same")
				return
			}
			fmt.Fprint(w, body)
		}))
		t.Cleanup(server.Close)
		return server.URL
	}
	old, fresh := serve("old")+"/demo/", serve("new")+"/acme"
	call := func(arguments ...string) (string, error) {
		var out bytes.Buffer
		err := run(t.Context(), append([]string{"compare"}, arguments...), func(string) string { return "" }, &out)
		return out.String(), err
	}
	clouds := []string{"--old=" + old, "--new=" + fresh}
	if text, err := call(append(clouds, old+"raw/upload/same.txt")...); err != nil || !strings.Contains(text, "1 compared, 0 differ") {
		t.Errorf("%v\n%s", err, text)
	}
	folder := t.TempDir()
	list, page := filepath.Join(folder, "list"), filepath.Join(folder, "page.html")
	if err := os.WriteFile(list, []byte("GET /demo/raw/upload/same.txt\nGET /demo/raw/upload/other.txt\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	text, err := call(append(clouds, "--list="+list, "--html="+page)...)
	if !errors.Is(err, errDiffer) || !strings.Contains(text, "2 compared, 1 differ") || !strings.Contains(text, "/raw/upload/other.txt") || strings.Contains(text, "same.txt") {
		t.Errorf("%v\n%s", err, text)
	}
	if content, err := os.ReadFile(page); err != nil || !strings.Contains(string(content), "other.txt") {
		t.Errorf("the page: %v", err)
	}
	for _, test := range []struct {
		arguments []string
		want      string
	}{
		{[]string{"--new=" + fresh, "x"}, `--old "" is not https://host/cloud_name`},
		{append(clouds, "https://elsewhere.example.com/demo/a.jpg"), "is no URL of"},
		{clouds, "compare takes URLs"},
		{append(clouds, "--list="+filepath.Join(folder, "none")), "no such file"},
	} {
		if _, err := call(test.arguments...); err == nil || !strings.Contains(err.Error(), test.want) || exitCode([]string{"compare"}, err) != 2 {
			t.Errorf("%v: %v", test.arguments, err)
		}
	}
	if exitCode([]string{"compare"}, errDiffer) != 1 || exitCode([]string{"explain"}, errors.New("refused")) != 1 {
		t.Error("exit codes")
	}
}
