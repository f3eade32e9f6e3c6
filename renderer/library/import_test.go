package library_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/darkroom-media/darkroom/renderer/library"
)

// TestImportsChangeByThemselves looks at whole rows: of an import that is changed, and of its neighbours.
func TestImportsChangeByThemselves(t *testing.T) {
	each(t, func(t *testing.T, l *library.Library) {
		clock := newClock(l)
		begun := clock.time.UnixMicro()
		start := func(id, name, run string) {
			t.Helper()
			if err := l.StartImport(t.Context(), id, name, run, func(int64) library.NewJob { return job(library.NewJobID()) }); err != nil {
				t.Fatal(err)
			}
		}
		// shown are the rows with their times in seconds since the start.
		shown := func() string {
			t.Helper()
			var found []string
			query := "SELECT " + textOf("id", "run", "state", "'('||message||')'", "epoch", "version", "failed", "reported", fmt.Sprintf("(updated_at-%d)/1000000", begun), fmt.Sprintf("(CASE WHEN finished_at = 0 THEN -1 ELSE (finished_at-%d)/1000000 END)", begun)) + " FROM imports ORDER BY id"
			found = append(found, rows(t, l, query)...)
			found = append(found, rows(t, l, "SELECT "+textOf("import_id", "item", "reason")+" FROM import_failures ORDER BY import_id, item")...)
			return strings.Join(found, "\n")
		}
		expect := func(when string, want ...string) {
			t.Helper()
			if got := shown(); got != strings.Join(want, "\n") {
				t.Errorf("%s:\n%s\nnot\n%s", when, got, strings.Join(want, "\n"))
			}
			clock.advance(time.Second)
		}
		read := func(id string) *library.Import {
			t.Helper()
			i, err := l.Import(t.Context(), id)
			if err != nil {
				t.Fatal(err)
			}
			return i
		}
		step := func(err error) {
			t.Helper()
			if err != nil {
				t.Fatal(err)
			}
		}
		for _, id := range []string{"1", "2", "3"} {
			start(id, "import "+id, "r")
		}
		expect("started", "1 r Running () 1 1 0 0 0 -1", "2 r Running () 1 1 0 0 0 -1", "3 r Running () 1 1 0 0 0 -1")
		saved := func(id, message string, items ...string) {
			t.Helper()
			i := read(id)
			i.Message = message
			var failures []library.ImportFailure
			for _, item := range items {
				failures = append(failures, library.ImportFailure{Item: item, Reason: "of " + id})
			}
			step(l.SaveImport(t.Context(), i, failures))
		}
		saved("1", "waits", "a", "b")
		saved("2", "waits", "b")
		saved("2", "waits", "b", "c")
		expect("saved", "1 r Running (waits) 1 2 2 0 1 -1", "2 r Running (waits) 1 3 2 0 1 -1", "3 r Running () 1 1 0 0 0 -1", "1 a of 1", "1 b of 1", "2 b of 2", "2 c of 2")
		step(l.NoteImportReported(t.Context(), read("1")))
		stale := read("1")
		step(l.SuspendImport(t.Context(), "1"))
		if i := read("1"); i.Reported {
			t.Error("a state that nobody was told of is reported")
		}
		expect("suspended", "1 r Suspended () 2 3 2 2 2 -1", "2 r Running (waits) 1 3 2 0 1 -1", "3 r Running () 1 1 0 0 0 -1", "1 a of 1", "1 b of 1", "2 b of 2", "2 c of 2")
		if err := l.SaveImport(t.Context(), stale, nil); !errors.Is(err, library.ErrLeaseLost) {
			t.Errorf("saved by a worker of before: %v", err)
		}
		step(l.SuspendImport(t.Context(), "1"))
		// One that is of another epoch or does not run is not failed.
		step(l.FailImport(t.Context(), "1", 2, "no"))
		step(l.FailImport(t.Context(), "2", 2, "no"))
		expect("nothing", "1 r Suspended () 2 3 2 2 2 -1", "2 r Running (waits) 1 3 2 0 1 -1", "3 r Running () 1 1 0 0 0 -1", "1 a of 1", "1 b of 1", "2 b of 2", "2 c of 2")
		step(l.FailImport(t.Context(), "2", 1, "the bucket is gone"))
		expect("failed", "1 r Suspended () 2 3 2 2 2 -1", "2 r Failed (the bucket is gone) 1 4 2 0 4 4", "3 r Running () 1 1 0 0 0 -1", "1 a of 1", "1 b of 1", "2 b of 2", "2 c of 2")
		step(l.SuspendImport(t.Context(), "2"))
		start("1", "import 1", "r")
		start("2", "import 2", "again")
		start("3", "import 3", "r")
		expect("started again", "1 r Running () 3 4 2 2 5 -1", "2 again Running () 2 5 0 0 5 -1", "3 r Running () 1 1 0 0 0 -1", "1 a of 1", "1 b of 1")
		step(l.ForgetImport(t.Context(), "2"))
		expect("forgotten", "1 r Running () 3 4 2 2 5 -1", "3 r Running () 1 1 0 0 0 -1", "1 a of 1", "1 b of 1")
	})
}

func TestImportsAndTheirFailuresAreListedInOrder(t *testing.T) {
	each(t, func(t *testing.T, l *library.Library) {
		for _, id := range []string{"3", "1", "2"} {
			name := map[string]string{"1": "b", "2": "a", "3": "b"}[id]
			if err := l.StartImport(t.Context(), id, name, "r", func(int64) library.NewJob { return job(library.NewJobID()) }); err != nil {
				t.Fatal(err)
			}
		}
		imports, err := l.Imports(t.Context())
		if err != nil || len(imports) != 3 || imports[0].ID != "2" || imports[1].ID != "1" || imports[2].ID != "3" {
			t.Errorf("%v, %v", imports, err)
		}
		for id, items := range map[string][]string{"1": {"c", "a", "b"}, "2": {"b", "d"}} {
			i, err := l.Import(t.Context(), id)
			if err != nil {
				t.Fatal(err)
			}
			var failures []library.ImportFailure
			for _, item := range items {
				failures = append(failures, library.ImportFailure{Item: item})
			}
			if err := l.SaveImport(t.Context(), i, failures); err != nil {
				t.Fatal(err)
			}
		}
		for after, want := range map[string]string{"": "a b", "a": "b c", "b": "c", "c": ""} {
			failures, err := l.ImportFailures(t.Context(), "1", 2, after)
			var items []string
			for _, failure := range failures {
				items = append(items, failure.Item)
			}
			if err != nil || strings.Join(items, " ") != want {
				t.Errorf("after %q are %q, %v, not %s", after, items, err, want)
			}
		}
	})
}
