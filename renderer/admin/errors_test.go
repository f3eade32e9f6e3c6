package admin

import (
	"net/http"
	"reflect"
	"strings"
	"testing"

	"github.com/darkroom-media/darkroom/renderer/wire"
)

// TestErrorsHaveOneShape causes an error of each status that the contract names.
func TestErrorsHaveOneShape(t *testing.T) {
	f, _ := configurable(t, nil...)
	broken := newFixture(t, func(f *fixture, options *Options) { options.Library = brokenLibrary{f.library} })
	limited := newFixture(t, func(_ *fixture, options *Options) { options.HourlyLimit = 1 })
	limited.get("ping")
	f.send(http.MethodPost, "/transformations", map[string]any{"name": "taken", "transformation": "w_10"})
	unknown, err := http.NewRequestWithContext(t.Context(), http.MethodGet, f.server.URL+"/v1_1/demo/ping", nil)
	if err != nil {
		t.Fatal(err)
	}
	for status, got := range map[int]*reply{
		http.StatusBadRequest:          f.get("resources/image?max_results=0"),
		http.StatusUnauthorized:        f.do(unknown),
		http.StatusForbidden:           f.get("resources/visual_search?text=x"),
		http.StatusNotFound:            f.get("resources/image/upload/none"),
		http.StatusConflict:            f.send(http.MethodPost, "/transformations", map[string]any{"name": "taken", "transformation": "w_10"}),
		wire.StatusRateLimited:         limited.get("ping"),
		http.StatusInternalServerError: broken.get("resources/image"),
	} {
		message := got.message()
		if want := map[string]any{"error": map[string]any{"message": message}}; got.status != status || message == "" || !reflect.DeepEqual(got.body, want) {
			t.Errorf("%d: answer %d %v", status, got.status, got.body)
		}
		if got.header.Get("X-Cld-Error") != message || !strings.HasPrefix(got.header.Get("Content-Type"), "application/json") {
			t.Errorf("%d: headers %v", status, got.header)
		}
	}
}
