package library

import (
	"net/http"
	"reflect"
	"testing"

	"github.com/darkroom-media/darkroom/renderer/problem"
)

// FuzzCursor reads cursors: what is taken can be asked of a database, and means the same when it is written again.
func FuzzCursor(f *testing.F) {
	f.Add(cursor{"q", 5, "id"}.String(), 0)
	f.Add(searchCursor{"q", []any{"a", 1.5, 3}, "id"}.String(), 3)
	f.Add("eyJxIjoicSIsInYiOlsxZTk5OV0sImkiOiIifQ", 1)
	f.Add("AA==", 0)
	f.Fuzz(func(t *testing.T, opaque string, keys int) {
		at, err := parseCursor(opaque, "q")
		if err != nil && problem.From(err).Status != http.StatusBadRequest {
			t.Fatal(err)
		}
		if at != nil {
			again, err := parseCursor(at.String(), "q")
			if err != nil || *again != *at || !storable(at.ID) {
				t.Fatalf("%+v, and then %+v, %v", at, again, err)
			}
		}
		found, err := parseSearchCursor(opaque, "q", keys)
		if err != nil && problem.From(err).Status != http.StatusBadRequest {
			t.Fatal(err)
		}
		if found != nil {
			again, err := parseSearchCursor(found.String(), "q", keys)
			if err != nil || again.ID != found.ID || len(again.Values) != keys || !reflect.DeepEqual(numbers(again.Values), numbers(found.Values)) {
				t.Fatalf("%+v, and then %+v, %v", found, again, err)
			}
			for _, value := range found.Values {
				if !storableValue(value) {
					t.Fatalf("the value %v", value)
				}
			}
		}
	})
}

// numbers makes all numbers floating: a whole one is written without a point.
func numbers(values []any) []any {
	same := make([]any, len(values))
	for i, value := range values {
		if same[i] = value; reflect.TypeOf(value).Kind() == reflect.Int64 {
			same[i] = float64(value.(int64))
		}
	}
	return same
}
