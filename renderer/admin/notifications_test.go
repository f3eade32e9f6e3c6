package admin

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/darkroom-media/darkroom/renderer/catalog"
	"github.com/darkroom-media/darkroom/renderer/library"
	"github.com/darkroom-media/darkroom/renderer/notify"
)

func TestDeletionsAreTold(t *testing.T) {
	const form = "application/x-www-form-urlencoded"
	for title, test := range map[string]struct {
		path, body string
		want       []string
	}{
		"to triggers":             {"resources/image/upload", "prefix=a/", []string{"a/1 to http://hooks/also", "a/1 to http://hooks/mine", "a/2 to http://hooks/also", "a/2 to http://hooks/mine"}},
		"to the call's own URL":   {"resources/image/upload", "public_ids=a/1&notification_url=http%3A%2F%2Fcall", []string{"a/1 to http://call", "a/1 to http://hooks/also"}},
		"of nothing":              {"resources/image/upload", "public_ids=none", nil},
		"by tag":                  {"resources/image/tags/t", "", []string{"a/2 to http://hooks/also", "a/2 to http://hooks/mine"}},
		"a URL that is none":      {"resources/image/upload", "prefix=a/&notification_url=mailto:x", nil},
		"what another event says": {"resources/image/private", "all=true", nil},
	} {
		t.Run(title, func(t *testing.T) {
			databases.Each(t, func(t *testing.T, l *library.Library) {
				f := newFixture(t, func(f *fixture, options *Options) { f.library, options.Library = l, l })
				f.snapshot.Triggers = []catalog.Trigger{
					{Name: "mine", EventType: notify.Delete, URI: "http://hooks/mine"},
					{Name: "also", EventType: catalog.EventTypeAll, URI: "http://hooks/also", Additive: true},
					{Name: "other", EventType: notify.Upload, URI: "http://hooks/other"},
				}
				f.store("image", "upload", "a/1", nil)
				f.store("image", "upload", "a/2", func(asset *library.Asset) { asset.Tags = []string{"t"} })
				answer := f.call(http.MethodDelete, "demo/"+test.path, form, test.body)
				if refused := strings.Contains(test.body, "mailto"); refused != (answer.status != http.StatusOK) {
					t.Fatalf("answer %d %s", answer.status, answer.message())
				}
				waiting, err := l.PendingJobs(t.Context(), notify.JobKind, 100)
				if err != nil {
					t.Fatal(err)
				}
				var told []string
				for _, job := range waiting {
					var payload struct {
						URL  string `json:"url"`
						Body struct {
							Type      string `json:"notification_type"`
							Resources []struct {
								PublicID string `json:"public_id"`
							} `json:"resources"`
						} `json:"body"`
					}
					if err := json.Unmarshal(job.Payload, &payload); err != nil || payload.Body.Type != notify.Delete || len(payload.Body.Resources) != 1 {
						t.Fatalf("payload %s, %v", job.Payload, err)
					}
					told = append(told, payload.Body.Resources[0].PublicID+" to "+payload.URL)
				}
				if slices.Sort(told); !slices.Equal(told, test.want) {
					t.Errorf("told %q, want %q", told, test.want)
				}
			})
		})
	}
}
