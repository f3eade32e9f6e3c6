package wire

import (
	"net/http"
	"strings"
	"testing"

	"github.com/darkroom-media/darkroom/renderer/problem"
)

// FuzzReadParams reads bodies of any type: parameters, or a problem that the client has made.
func FuzzReadParams(f *testing.F) {
	f.Add("application/json", `{"a":[1,[2],null],"b":{"c":1},"d[1]":"x"}`, "q=1&a[]=2")
	f.Add("application/x-www-form-urlencoded", "a[10]=x&a[2]=y&a=z&%61[]=1", "")
	f.Add("multipart/form-data; boundary=x", "--x\r\nContent-Disposition: form-data; name=\"a[]\"\r\n\r\n1\r\n--x--\r\n", "")
	f.Add("text/plain", "x", "%zz")
	f.Fuzz(func(t *testing.T, contentType, body, query string) {
		request, err := http.NewRequest(http.MethodPost, "/", strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		request.URL.RawQuery = query
		request.Header.Set("Content-Type", contentType)
		params, err := ReadParams(request, 1<<20)
		if err != nil {
			if problem.From(err).Status != http.StatusBadRequest {
				t.Fatalf("%v", err)
			}
			return
		}
		for _, name := range params.Names() {
			if len(params.List(name)) > len(body)+len(query) || !params.Has(name) && !strings.HasSuffix(name, "]") {
				t.Fatalf("%q: %q", name, params.List(name))
			}
		}
	})
}

// FuzzDescriptions reads what describes assets: it is bounded, or refused with a problem that the client has made.
func FuzzDescriptions(f *testing.F) {
	for _, text := range []string{`a=b|c=d\|e`, `{"a":1,"b":null}`, "a,b,,c", "1,2,3,4|5,6,7,8", "[[1,2,3,4]]", "[1,2,NaN,4]", `{"r":[[1,2],[3,1e9]]}`} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		_, tags := ParseTags([]string{text})
		_, pairs := ParsePairs("context", []string{text})
		rectangles, coordinates := ParseCoordinates("face_coordinates", []string{text})
		regions, corners := ParseRegions(text)
		for _, err := range []error{tags, pairs, coordinates, corners} {
			if err != nil && problem.From(err).Status != http.StatusBadRequest {
				t.Fatalf("%v", err)
			}
		}
		for _, r := range rectangles {
			if coordinates == nil && min(r[0], r[1], r[2]-1, r[3]-1) < 0 {
				t.Fatalf("the rectangle %v", r)
			}
		}
		for name, polygon := range regions {
			if corners == nil && len(polygon) < 2 {
				t.Fatalf("the region %q of %v", name, polygon)
			}
		}
	})
}
