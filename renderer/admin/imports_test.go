package admin

import (
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/darkroom-media/darkroom/renderer/library"
)

// words are some values of an object, in that order.
func words(object map[string]any, names ...string) string {
	var values []string
	for _, name := range names {
		values = append(values, fmt.Sprint(object[name]))
	}
	return strings.Join(values, " ")
}

func TestImports(t *testing.T) {
	databases.Each(t, func(t *testing.T, l *library.Library) {
		f := newFixture(t, func(f *fixture, options *Options) { f.library, options.Library = l, l })
		f.expect(f.get("imports"), `{"imports":[]}`)
		f.expectRefused(f.get("imports/old"), 404, "Can't find import named old")
		job := func(int64) library.NewJob {
			return library.NewJob{ID: library.NewJobID(), Kind: "import", Payload: []byte("{}"), MaxAttempts: 1}
		}
		if err := errors.Join(l.StartImport(t.Context(), "1", "old", "first", job), l.StartImport(t.Context(), "2", "new", "second", job)); err != nil {
			t.Fatal(err)
		}
		row, err := l.Import(t.Context(), "1")
		if err != nil {
			t.Fatal(err)
		}
		row.State, row.Message, row.Total, row.Done, row.Unchanged, row.Bytes, row.FinishedAt = library.ImportFailed, "the account refuses", 10, 6, 1, 99, time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
		failures := []library.ImportFailure{{Item: "c", Reason: "too large"}, {Item: "a", Reason: "gone"}, {Item: "b", Reason: "no image"}}
		if err := l.SaveImport(t.Context(), row, failures); err != nil {
			t.Fatal(err)
		}
		listed := f.get("imports").body["imports"].([]any)
		if len(listed) != 2 {
			t.Fatalf("listed %v", listed)
		}
		names := map[string]map[string]any{}
		for _, found := range listed {
			names[fmt.Sprint(found.(map[string]any)["name"])] = found.(map[string]any)
		}
		if got := words(names["old"], "run", "state", "message", "total", "done", "unchanged", "failed", "bytes", "finished_at"); got != "first Failed the account refuses 10 6 1 3 99 2026-01-02T03:04:05Z" {
			t.Errorf("the old one is %s", got)
		}
		if got := words(names["new"], "run", "state", "message", "finished_at"); got != "second Running <nil> <nil>" {
			t.Errorf("the new one is %s", got)
		}
		items := func(body map[string]any) string {
			var items []string
			for _, failure := range body["failures"].([]any) {
				items = append(items, words(failure.(map[string]any), "item", "reason"))
			}
			return strings.Join(items, ", ")
		}
		first := f.get("imports/old?max_results=2")
		second := f.get("imports/old?max_results=2&next_cursor=" + fmt.Sprint(first.body["next_cursor"]))
		if items(first.body) != "a gone, b no image" || items(second.body) != "c too large" || second.body["next_cursor"] != nil || second.body["name"] != "old" {
			t.Errorf("the first page %v, the second %v", first.body, second.body)
		}
		if whole := f.get("imports/old?max_results=3"); items(whole.body) != "a gone, b no image, c too large" || whole.body["next_cursor"] != nil {
			t.Errorf("the only page %v", whole.body)
		}
		if none := f.get("imports/new"); len(none.body["failures"].([]any)) != 0 {
			t.Errorf("failures of another import: %v", none.body)
		}
		f.expectRefused(f.get("imports/old?next_cursor=*"), 400, `Invalid next_cursor "*"`)
		for _, damaged := range []string{"a\x00", "\xff"} {
			f.expectRefused(f.get("imports/old?next_cursor="+base64.RawURLEncoding.EncodeToString([]byte(damaged))), 400, "Invalid value for parameter next_cursor: it is damaged")
		}
	})
}
