package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestImport(t *testing.T) {
	var uploaded []string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.Method == http.MethodGet && strings.Contains(r.URL.Path, "/resources/"):
			fmt.Fprint(w, `{"resources":[]}`)
		case r.Method == http.MethodPost && r.URL.Path == "/v1_1/demo/import":
			var given struct {
				URL      string            `json:"url"`
				PublicID string            `json:"public_id"`
				Version  int64             `json:"version"`
				Context  map[string]string `json:"context"`
			}
			if key, secret, _ := r.BasicAuth(); json.NewDecoder(r.Body).Decode(&given) != nil || key != "key" || secret != "secret" || given.PublicID == "bad" {
				w.WriteHeader(http.StatusBadRequest)
				fmt.Fprintf(w, `{"error":{"message":"Error in loading %s - 404"}}`, given.URL)
				return
			}
			uploaded = append(uploaded, fmt.Sprint(given))
			fmt.Fprint(w, `{"bytes":1,"unchanged":false}`)
		default:
			w.WriteHeader(http.StatusNotFound)
		}
	}))
	t.Cleanup(server.Close)
	folder := t.TempDir()
	list, state := filepath.Join(folder, "list.csv"), filepath.Join(folder, "state.json")
	if err := os.WriteFile(list, []byte("url,resource_type,public_id,context,version\nhttps://e.com/a.png,image,a,alt=x\\|y,7\nhttps://e.com/b.png?signature=hidden,image,bad,,\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	environment := map[string]string{"CLOUDINARY_URL": "cloudinary://key:secret@demo?upload_prefix=" + server.URL}
	call := func(arguments ...string) (string, error) {
		var out bytes.Buffer
		err := run(t.Context(), append([]string{"import"}, arguments...), func(name string) string { return environment[name] }, &out)
		return out.String(), err
	}
	text, err := call("--from="+list, "--state="+state)
	if err == nil || !strings.Contains(err.Error(), "1 of the assets and settings failed") || !strings.Contains(text, "line 3: bad: 400 Bad Request: Error in loading https://e.com/b.png - 404") || strings.Contains(text, "hidden") {
		t.Errorf("%v\n%s", err, text)
	}
	if len(uploaded) != 1 || uploaded[0] != `{https://e.com/a.png a 7 map[alt:x|y]}` {
		t.Errorf("uploaded %q", uploaded)
	}
	for _, test := range []struct {
		arguments []string
		want      string
	}{
		{nil, "import takes --from"},
		{[]string{"--from=account"}, "CLOUDINARY_FROM_URL is not set"},
		{[]string{"--from=s3://pictures"}, "AWS_ACCESS_KEY_ID"},
		{[]string{"--from=" + filepath.Join(folder, "none")}, "no such file"},
	} {
		if _, err := call(test.arguments...); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%v: %v", test.arguments, err)
		}
	}
	// A state that is finished is one of its source all the same.
	if _, err := call("--from=https://e.com/list", "--state="+state); err == nil || !strings.Contains(err.Error(), "is the state of an import of list "+list) {
		t.Errorf("the state of another list: %v", err)
	}
	delete(environment, "CLOUDINARY_URL")
	if _, err := call("--from=" + list); err == nil || !strings.Contains(err.Error(), "CLOUDINARY_URL is not set") {
		t.Errorf("without an environment: %v", err)
	}
}
