package delivery

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/darkroom-media/darkroom/renderer/catalog"
	"github.com/darkroom-media/darkroom/renderer/problem"
)

// FuzzRoute resolves any path: to an asset, or to a problem that the client has made. None is signed, for nobody has signed
// any, and so all that is not public is demanded a signature for.
func FuzzRoute(f *testing.F) {
	for _, path := range []string{
		"/demo/image/upload/w_1/v1/a/b.jpg", "/image/authenticated/s--12345678--/a.jpg", "/demo/image/private/l_authenticated:x/fl_layer_apply/a",
		"/demo/image/fetch/http://a/b", "/demo/images/a/seo.jpg", "/res/demo/video/upload/a%2Fb", "/demo/image/explain/upload/t_n/a", "//demo//image/upload/$x_!a!/a", "/demo/image/list/a.json",
	} {
		f.Add(path)
	}
	snapshot := &catalog.Snapshot{
		Environment:     catalog.Environment{CloudName: "demo", Hosts: []string{"mapped"}},
		Keys:            map[string]catalog.Key{"1": {APIKey: "1", APISecret: "nobody knows"}},
		Transformations: map[string]catalog.Transformation{"n": {Transformation: "w_9/t_n"}},
	}
	f.Fuzz(func(t *testing.T, path string) {
		for _, mapped := range []bool{false, true} {
			made, err := newRoute(snapshot, path, mapped)
			if err != nil {
				if problem.From(err).Status >= http.StatusInternalServerError {
					t.Fatalf("%q: %v", path, err)
				}
				continue
			}
			if made.signed || made.address.Type == typeAuthenticated && made.demands == nil {
				t.Fatalf("%q: signed %v, of type %s, demands %v", path, made.signed, made.address.Type, made.demands)
			}
			if len(made.names) == 0 && made.address.Type != typeList {
				t.Fatalf("%q is nothing", path)
			}
		}
	})
}

// FuzzHeaders reads what a request says of ranges, versions and tokens: a part lies within the file, and few tokens are
// looked at.
func FuzzHeaders(f *testing.F) {
	f.Add("bytes=0-1,5-", `"a", W/"b"`, "Wed, 21 Oct 2015 07:28:00 GMT", "__cld_token__=exp=1~hmac=00; a=b", "__cld_token__=x%7e", int64(9))
	f.Add("bytes=-99999999999999999999", "*", "", "", "", int64(0))
	f.Add("bytes=5-99999999999999999999", "", "", "", "", int64(6))
	f.Fuzz(func(t *testing.T, byteRange, match, since, cookie, query string, size int64) {
		if size < 0 {
			return
		}
		r := httptest.NewRequest(http.MethodGet, "/demo/image/upload/a", nil)
		r.URL.RawQuery = query
		r.Header.Set("If-None-Match", match)
		r.Header.Set("If-Modified-Since", since)
		r.Header.Set("If-Range", since)
		r.Header.Set("Cookie", cookie)
		part, ok := parseRange(byteRange, size)
		if part != nil && (!ok || part.start < 0 || part.length < 1 || part.start+part.length > size) {
			t.Fatalf("the part %+v of %d, %v", *part, size, ok)
		}
		modified := time.Unix(1445412480, 0)
		if status := precondition(r.Header, `"a"`, modified); status != 0 && status != http.StatusNotModified {
			t.Fatalf("%d", status)
		}
		rangeApplies(r.Header, `"a"`, modified)
		if tokens := tokensOf(r); len(tokens) > maxTokens {
			t.Fatalf("%d tokens", len(tokens))
		}
	})
}
