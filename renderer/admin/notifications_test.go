package admin

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

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
		"by the caller's name":    {"resources/image/upload", "public_ids=a/1&batch_id=mine", []string{"a/1 to http://hooks/also as mine", "a/1 to http://hooks/mine as mine"}},
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
							BatchID   string `json:"batch_id"`
							Resources []struct {
								PublicID string `json:"public_id"`
							} `json:"resources"`
						} `json:"body"`
					}
					if err := json.Unmarshal(job.Payload, &payload); err != nil || payload.Body.Type != notify.Delete || len(payload.Body.Resources) != 1 {
						t.Fatalf("payload %s, %v", job.Payload, err)
					}
					line := payload.Body.Resources[0].PublicID + " to " + payload.URL
					if batch := payload.Body.BatchID; batch != "" {
						line += " as " + batch
					}
					told = append(told, line)
				}
				if slices.Sort(told); !slices.Equal(told, test.want) {
					t.Errorf("told %q, want %q", told, test.want)
				}
			})
		})
	}
}

// bury makes dead letters of the notifications that wait.
func bury(t *testing.T, l *library.Library, reason string) {
	t.Helper()
	for {
		job, err := l.ClaimJob(t.Context(), library.JobClaim{Kinds: []string{notify.JobKind}, Worker: "w", Now: time.Now(), Until: time.Now().Add(time.Minute)})
		if err != nil {
			t.Fatal(err)
		}
		if job == nil {
			return
		}
		if err := l.BuryJob(t.Context(), job, reason); err != nil {
			t.Fatal(err)
		}
	}
}

func TestDeadLetters(t *testing.T) {
	databases.Each(t, func(t *testing.T, l *library.Library) {
		f := newFixture(t, func(f *fixture, options *Options) { f.library, options.Library = l, l })
		f.snapshot.Triggers = []catalog.Trigger{{Name: "mine", EventType: notify.Delete, URI: "http://hooks/mine"}, {Name: "other", EventType: notify.Delete, URI: "http://hooks/other"}}
		f.store("image", "upload", "a", nil)
		f.send(http.MethodDelete, "/resources/image/upload", map[string]any{"public_ids": "a"})
		list := func(query string) []any {
			t.Helper()
			answer := f.send(http.MethodGet, "/notifications"+query, nil)
			if answer.status != http.StatusOK {
				t.Fatalf("%d %s", answer.status, answer.message())
			}
			return answer.body["notifications"].([]any)
		}
		if failed, waiting := list(""), list("?status=waiting"); len(failed) != 0 || len(waiting) != 2 || waiting[0].(map[string]any)["next_attempt_at"] == nil {
			t.Fatalf("at first: failed %v, waiting %v", failed, waiting)
		}
		bury(t, l, "the server answered 500 Internal Server Error")
		failed := list("?trigger_id=mine")
		if len(failed) != 1 || len(list("")) != 2 || len(list("?status=waiting")) != 0 {
			t.Fatalf("failed %v", failed)
		}
		letter := failed[0].(map[string]any)
		payload := letter["payload"].(map[string]any)
		if letter["notification_type"] != "delete" || letter["uri"] != "http://hooks/mine" || letter["trigger_id"] != "mine" || letter["status"] != "failed" ||
			letter["last_error"] != "the server answered 500 Internal Server Error" || letter["failed_at"] == nil || payload["notification_type"] != "delete" {
			t.Errorf("the letter: %v", letter)
		}
		// By pages.
		first := f.send(http.MethodGet, "/notifications?max_results=1", nil)
		cursor, _ := first.body["next_cursor"].(string)
		if second := f.send(http.MethodGet, "/notifications?max_results=1&next_cursor="+cursor, nil); cursor == "" || len(second.body["notifications"].([]any)) != 1 || second.body["next_cursor"] != nil {
			t.Errorf("the pages: %v, %v", first.body, second.body)
		}
		f.expectRefused(f.send(http.MethodGet, "/notifications?status=waiting&next_cursor="+cursor, nil), http.StatusBadRequest, "Invalid value for parameter next_cursor: it belongs to another query")
		f.expectRefused(f.send(http.MethodGet, "/notifications?status=lost", nil), http.StatusBadRequest, `Invalid status "lost": it must be failed or waiting`)
		// By ID, by trigger, and all.
		for _, body := range []map[string]any{{"ids": []string{letter["id"].(string), "none"}}, {"trigger_id": "mine"}, {"all": true}} {
			want := 1
			if body["all"] != nil {
				want = 2
			}
			answer := f.send(http.MethodPost, "/notifications/resend", body)
			if resent, _ := answer.body["resent"].([]any); len(resent) != want || answer.body["partial"] != false || len(list("")) != 2-want {
				t.Errorf("%v: %d %v", body, answer.status, answer.body)
			}
			if waiting := list("?status=waiting"); len(waiting) != want || waiting[0].(map[string]any)["last_error"] != nil {
				t.Errorf("%v: waiting %v", body, waiting)
			}
			bury(t, l, "again")
		}
		if none := f.send(http.MethodPost, "/notifications/resend", map[string]any{"ids": "none"}); len(none.body["resent"].([]any)) != 0 {
			t.Errorf("none: %v", none.body)
		}
		for _, body := range []map[string]any{{}, {"all": true, "trigger_id": "mine"}} {
			f.expectRefused(f.send(http.MethodPost, "/notifications/resend", body), http.StatusBadRequest, "Exactly one of ids, trigger_id and all is required")
		}
	})
}
