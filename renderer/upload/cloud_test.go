package upload

import (
	"net/http"
	"strings"
	"testing"
)

func TestCloudNamesHaveNoCase(t *testing.T) {
	f := newFixture(t)
	params := signed("file", dataURI(picture("png", 2, 2)))
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, f.server.URL+"/v1_1/DEMO/image/upload", strings.NewReader(params.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	f.expect(f.do(request))
	f.expectStored(1)
}
