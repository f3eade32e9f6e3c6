package main

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

const account1 = "cloudinary://key:secret@demo?upload_prefix=http://media.example.com&secure_distribution=img.example.com"

func TestWhereAURLIsExplained(t *testing.T) {
	who, err := parseAccount(account1)
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct{ url, server, want, refused string }{
		{"http://media.example.com/demo/image/upload/w_9/a%20b.jpg?_a=x", "", "http://media.example.com/demo/image/explain/image/upload/w_9/a%20b.jpg?_a=x", ""},
		{"https://img.example.com/Demo/images/a/seo.jpg", "", "https://img.example.com/Demo/image/explain/images/a/seo.jpg", ""},
		{"https://img.example.com/image/upload/a.jpg", "", "https://img.example.com/image/explain/image/upload/a.jpg", ""},
		{"/demo/image/upload/a.jpg", "http://localhost:8080", "http://localhost:8080/demo/image/explain/image/upload/a.jpg", ""},
		{"http://localhost:8080/demo/image/upload/a.jpg", "http://localhost:8080", "http://localhost:8080/demo/image/explain/image/upload/a.jpg", ""},
		{"https://evil.example.com/demo/image/upload/a.jpg", "", "", "evil.example.com is no host that CLOUDINARY_URL names"},
		{"/demo/image/upload/a.jpg", "", "", "names no host"},
		{"/demo/image/upload/a.jpg", "localhost", "", "is not scheme://host"},
	} {
		got, err := explainURL(test.url, test.server, who)
		if got != test.want || (err != nil) != (test.refused != "") || err != nil && !strings.Contains(err.Error(), test.refused) {
			t.Errorf("%s: %q, %v", test.url, got, err)
		}
	}
}

func TestAccounts(t *testing.T) {
	for _, text := range []string{"", "http://key:secret@demo", "cloudinary://demo", "cloudinary://key@demo", "cloudinary://:secret@demo"} {
		if who, err := parseAccount(text); err == nil || strings.Contains(err.Error(), ":secret@") {
			t.Errorf("%q: %+v, %v", text, who, err)
		}
	}
}

func TestExplain(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if key, secret, _ := r.BasicAuth(); key != "key" || secret != "secret" {
			w.Header().Set("X-Cld-Error", "Explanations need a key")
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		fmt.Fprintf(w, `{"address":{"public_id":"a"},"components":["c_scale,w_9"],"answer":{"kind":"derived","status":200,"format":%q},
			"steps":[{"step":"resize","width":9,"height":6}],"cost":{"cpu_ms":3.5}}`, r.Header.Get("Accept"))
	}))
	defer server.Close()
	call := func(account string, arguments ...string) (string, error) {
		var out bytes.Buffer
		err := run(t.Context(), append([]string{"explain"}, arguments...), func(string) string { return account }, &out)
		return out.String(), err
	}
	out, err := call(account1, "--server="+server.URL, "--header=Accept: image/webp", "/demo/image/upload/w_9/a.jpg")
	if err != nil || !strings.Contains(out, "c_scale,w_9") || !strings.Contains(out, "resize → 9×6") || !strings.Contains(out, "3.5 ms of CPU") || !strings.Contains(out, "image/webp") {
		t.Errorf("%v\n%s", err, out)
	}
	if out, err := call(account1, "--json", "--server="+server.URL, "/demo/a.jpg"); err != nil || !strings.HasPrefix(out, `{"address"`) {
		t.Errorf("%v\n%s", err, out)
	}
	if _, err := call("cloudinary://key:wrong@demo", "--server="+server.URL, "/demo/a.jpg"); err == nil || err.Error() != "401 Unauthorized: Explanations need a key" {
		t.Errorf("%v", err)
	}
	for _, arguments := range [][]string{{}, {"a", "b"}, {"--nonsense", "a"}, {"--header=x", "a"}} {
		if _, err := call(account1, arguments...); err == nil {
			t.Errorf("%v: no error", arguments)
		}
	}
	if err := run(t.Context(), nil, nil, nil); !errors.Is(err, flag.ErrHelp) {
		t.Errorf("%v", err)
	}
	if err := run(t.Context(), []string{"nonsense"}, nil, nil); err == nil || !strings.Contains(err.Error(), "nonsense") {
		t.Errorf("%v", err)
	}
}
