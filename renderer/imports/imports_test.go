package imports

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/darkroom-media/darkroom/migration/source"
	"github.com/darkroom-media/darkroom/renderer/catalog"
	"github.com/darkroom-media/darkroom/renderer/library"
	"github.com/darkroom-media/darkroom/renderer/problem"
	"github.com/darkroom-media/darkroom/renderer/upload"
	"github.com/darkroom-media/darkroom/test/stores"
)

// desk is a runner over a real library, with uploads that only note.
type desk struct {
	*testing.T
	runner   *Runner
	library  *library.Library
	snapshot *catalog.Snapshot
	now      time.Time

	mu       sync.Mutex
	stored   []string
	fail     func(id string) error
	reports  []catalog.ImportReport
	live     bool
	reporter error
}

func newDesk(t *testing.T, l *library.Library) *desk {
	d := &desk{T: t, library: l, live: true, now: time.Now(), snapshot: &catalog.Snapshot{}}
	d.fail = func(string) error { return nil }
	d.runner = New(Options{Catalog: d, Library: l, Uploads: d, Cluster: d, Now: func() time.Time { return d.now }})
	return d
}

func (d *desk) Current() *catalog.Snapshot { return d.snapshot }

func (d *desk) Import(_ context.Context, _ string, wanted *source.Asset, _ bool) (*upload.Imported, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := d.fail(wanted.PublicID); err != nil {
		return nil, err
	}
	d.stored = append(d.stored, wanted.PublicID)
	return &upload.Imported{Bytes: 10}, nil
}

func (d *desk) ImportCredentials(context.Context, string) (map[string]string, error) {
	return nil, errors.New("there are none")
}

func (d *desk) ReportImport(_ context.Context, _ string, report catalog.ImportReport) error {
	if d.reporter != nil {
		return d.reporter
	}
	d.reports = append(d.reports, report)
	return nil
}

func (d *desk) Live() bool { return d.live }

// list asks for an import of n assets, a00 and so on.
func (d *desk) list(n int) *catalog.Import {
	var b strings.Builder
	b.WriteString("url\n")
	for i := range n {
		fmt.Fprintf(&b, "https://example.com/a%02d\n", i)
	}
	d.snapshot.Imports = []catalog.Import{{Name: "list", ID: "uid", Run: "one", Parallel: 1, List: &catalog.ImportList{Inline: b.String()}}}
	return &d.snapshot.Imports[0]
}

func (d *desk) look() {
	d.Helper()
	if err := d.runner.look(d.Context()); err != nil && d.reporter == nil {
		d.Fatal(err)
	}
}

// work runs the jobs that are due, and gives how many there were.
func (d *desk) work(ctx context.Context) int {
	d.Helper()
	for n := 0; ; n++ {
		job, err := d.library.ClaimJob(d.Context(), library.JobClaim{Kinds: []string{JobKind}, Worker: "w", Now: time.Now(), Until: time.Now().Add(time.Minute)})
		if err != nil {
			d.Fatal(err)
		}
		if job == nil {
			return n
		}
		if err := d.runner.Kind().Run(ctx, job); err != nil {
			// As the runner of jobs does when its process ends.
			if err := d.library.ReturnJob(d.Context(), job); err != nil {
				d.Fatal(err)
			}
			return n
		}
		if err := d.library.FinishJob(d.Context(), job); err != nil {
			d.Fatal(err)
		}
	}
}

func (d *desk) row() *library.Import {
	d.Helper()
	row, err := d.library.Import(d.Context(), "uid")
	if err != nil {
		d.Fatal(err)
	}
	return row
}

// Stores are those of all tests of the folder.
var Stores stores.Stores

func TestRunIsReportedAndRunsOnce(t *testing.T) {
	Stores.Each(t, func(t *testing.T, l *library.Library) {
		d := newDesk(t, l)
		d.list(10)
		d.fail = func(id string) error {
			if id == "a03" {
				return problem.BadRequest("Invalid image file")
			}
			return nil
		}
		d.look()
		d.look()
		if n := d.work(t.Context()); n != 1 {
			t.Errorf("%d jobs", n)
		}
		d.look()
		d.look()
		row := d.row()
		if row.State != library.ImportCompleted || row.Total != 10 || row.Done != 9 || row.Failed != 1 || row.Bytes != 90 || row.FinishedAt.IsZero() || !row.Reported {
			t.Errorf("row %+v", row)
		}
		last := d.reports[len(d.reports)-1]
		if last.State != library.ImportCompleted || len(last.Failures) != 1 || last.Failures[0] != [2]string{"line 5: a03", "Invalid image file"} {
			t.Errorf("reported %+v", last)
		}
		reports := len(d.reports)
		d.look()
		if d.work(t.Context()) != 0 || len(d.stored) != 9 || len(d.reports) != reports {
			t.Errorf("a run that is over goes on: %d stored, %d reports", len(d.stored), len(d.reports)-reports)
		}
		// Another run begins anew, without the failures of the one before.
		d.fail = func(string) error { return nil }
		d.snapshot.Imports[0].Run = "two"
		d.look()
		d.work(t.Context())
		if row := d.row(); row.Run != "two" || row.Done != 10 || row.Failed != 0 {
			t.Errorf("the second run %+v", row)
		}
		// One that nobody asks for any more is forgotten, unless the catalog may not know yet.
		d.snapshot.Imports, d.live = nil, false
		d.look()
		d.row()
		d.live = true
		d.look()
		if _, err := l.Import(t.Context(), "uid"); !errors.Is(err, library.ErrNotFound) {
			t.Errorf("a deleted import: %v", err)
		}
	})
}

func TestSuspendedRunGoesOnWhereItIs(t *testing.T) {
	Stores.Each(t, func(t *testing.T, l *library.Library) {
		d := newDesk(t, l)
		wanted := d.list(20)
		d.look()
		d.fail = func(id string) error {
			if id == "a05" {
				// In the middle of a batch.
				wanted.Suspended = true
				d.look()
			}
			return nil
		}
		d.work(t.Context())
		if row := d.row(); row.State != library.ImportSuspended || row.Done != 4 {
			t.Fatalf("suspended at %+v", row)
		}
		d.look()
		if d.work(t.Context()) != 0 || d.row().State != library.ImportSuspended {
			t.Error("a suspended import works")
		}
		wanted.Suspended = false
		d.fail = func(string) error { return nil }
		d.look()
		d.work(t.Context())
		if row := d.row(); row.State != library.ImportCompleted || row.Done != 20 || row.Failed != 0 {
			t.Errorf("completed as %+v", row)
		}
		// A batch that was under way is done twice, and nothing else.
		if len(d.stored) != 24 {
			t.Errorf("%d stored: %v", len(d.stored), d.stored)
		}
	})
}

func TestRunOfAStoppedProcessGoesOn(t *testing.T) {
	Stores.Each(t, func(t *testing.T, l *library.Library) {
		d := newDesk(t, l)
		d.list(20)
		d.look()
		ctx, cancel := context.WithCancel(t.Context())
		d.fail = func(id string) error {
			if id == "a09" {
				cancel()
				return ctx.Err()
			}
			return nil
		}
		d.work(ctx)
		if row := d.row(); row.Done != 8 || row.State != library.ImportRunning {
			t.Fatalf("stopped at %+v", row)
		}
		d.fail = func(string) error { return nil }
		d.work(t.Context())
		if row := d.row(); row.State != library.ImportCompleted || row.Done != 20 {
			t.Errorf("completed as %+v", row)
		}
	})
}

func TestRunWaitsForTheEnvironmentAndLongOnesTakeTurns(t *testing.T) {
	l := Stores.Library(t)
	d := newDesk(t, l)
	d.list(12)
	d.look()
	d.fail = func(id string) error {
		if id == "a05" {
			return problem.Unavailable("The bucket", nil)
		}
		return nil
	}
	d.work(t.Context())
	if row := d.row(); row.Done != 4 || row.Failed != 0 || row.State != library.ImportRunning || !strings.Contains(row.Message, "The bucket is unavailable") {
		t.Errorf("without a bucket: %+v", row)
	}
	pending, err := l.PendingJobs(t.Context(), JobKind, 10)
	if err != nil || len(pending) != 1 || !pending[0].RunAt.After(time.Now()) {
		t.Fatalf("pending %v, %v", pending, err)
	}
	// A job whose time is over leaves the rest to another one.
	d.fail = func(string) error {
		d.now = d.now.Add(jobBudget)
		return nil
	}
	job, err := l.ClaimJob(t.Context(), library.JobClaim{Kinds: []string{JobKind}, Worker: "w", Now: time.Now().Add(time.Hour), Until: time.Now().Add(2 * time.Hour)})
	if err != nil || job == nil {
		t.Fatal(job, err)
	}
	if err := errors.Join(d.runner.Kind().Run(t.Context(), job), l.FinishJob(t.Context(), job)); err != nil {
		t.Fatal(err)
	}
	if row := d.row(); row.Done != 8 || row.State != library.ImportRunning || row.Message != "" {
		t.Errorf("after one turn: %+v", row)
	}
	d.fail = func(string) error { return nil }
	if n := d.work(t.Context()); n != 1 || d.row().State != library.ImportCompleted || d.row().Done != 12 {
		t.Errorf("%d turns more, %+v", n, d.row())
	}
}

func TestRunThatCannotGoOnSaysWhy(t *testing.T) {
	l := Stores.Library(t)
	d := newDesk(t, l)
	wanted := d.list(1)
	wanted.List = &catalog.ImportList{Inline: "address\nhttps://example.com/a"}
	d.look()
	d.work(t.Context())
	if row := d.row(); row.State != library.ImportFailed || !strings.Contains(row.Message, `names "address"`) {
		t.Errorf("an unreadable list: %+v", row)
	}
	// Credentials that cannot be read are asked for again, for hours.
	wanted.Run, wanted.List, wanted.Secret = "two", nil, "missing"
	wanted.Bucket = &catalog.ImportBucket{Name: "b", Region: "us-east-1"}
	d.look()
	for range maxMisses {
		job, err := l.ClaimJob(t.Context(), library.JobClaim{Kinds: []string{JobKind}, Worker: "w", Now: time.Now().Add(24 * time.Hour), Until: time.Now().Add(25 * time.Hour)})
		if err != nil || job == nil {
			t.Fatal(job, err)
		}
		if row := d.row(); row.State != library.ImportRunning {
			t.Fatalf("given up early: %+v", row)
		}
		if err := errors.Join(d.runner.Kind().Run(t.Context(), job), l.FinishJob(t.Context(), job)); err != nil {
			t.Fatal(err)
		}
	}
	if row := d.row(); row.State != library.ImportFailed || row.Message != "there are none" {
		t.Errorf("after %d misses: %+v", maxMisses, row)
	}
	// What could not be reported is reported later; a job that is buried ends its run.
	d.reporter = errors.New("the API server is away")
	if err := d.runner.look(t.Context()); !errors.Is(err, d.reporter) {
		t.Errorf("a report that failed: %v", err)
	}
	if d.row().Reported {
		t.Error("counted as reported")
	}
	d.reporter = nil
	d.look()
	if !d.row().Reported || d.reports[len(d.reports)-1].Message != "there are none" {
		t.Errorf("reported %+v", d.reports)
	}
	wanted.Run = "three"
	d.look()
	pending, err := l.PendingJobs(t.Context(), JobKind, 1)
	if err != nil || len(pending) != 1 {
		t.Fatal(pending, err)
	}
	d.runner.Kind().Buried(t.Context(), pending[0], "the process ended each time")
	if row := d.row(); row.State != library.ImportFailed || row.Message != "the process ended each time" {
		t.Errorf("a buried job leaves %+v", row)
	}
}

// claim takes the job that is due.
func (d *desk) claim() *library.Job {
	d.Helper()
	job, err := d.library.ClaimJob(d.Context(), library.JobClaim{Kinds: []string{JobKind}, Worker: "w", Now: time.Now(), Until: time.Now().Add(time.Minute)})
	if err != nil || job == nil {
		d.Fatal(job, err)
	}
	return job
}

func TestJobOfARunThatIsNotWantedDoesNothing(t *testing.T) {
	for name, change := range map[string]func(*desk, *catalog.Import){
		"another run, begun":     func(d *desk, wanted *catalog.Import) { wanted.Run = "two"; d.look() },
		"another run, not begun": func(_ *desk, wanted *catalog.Import) { wanted.Run = "two" },
		"suspended":              func(d *desk, wanted *catalog.Import) { wanted.Suspended = true; d.look() },
		"deleted, not noted yet": func(d *desk, _ *catalog.Import) { d.snapshot.Imports = nil },
		"deleted":                func(d *desk, _ *catalog.Import) { d.snapshot.Imports = nil; d.look() },
		"suspended and gone on": func(d *desk, wanted *catalog.Import) {
			wanted.Suspended = true
			d.look()
			wanted.Suspended = false
			d.look()
		},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t, Stores.Library(t))
			wanted := d.list(3)
			d.look()
			job := d.claim()
			change(d, wanted)
			if err := d.runner.Kind().Run(t.Context(), job); err != nil || d.stored != nil {
				t.Errorf("%v, stored %q", err, d.stored)
			}
		})
	}
}

func TestJobWaitsForTheConfiguration(t *testing.T) {
	d := newDesk(t, Stores.Library(t))
	d.list(3)
	d.look()
	job, known := d.claim(), d.snapshot
	d.snapshot = nil
	d.look()
	if err := d.runner.Kind().Run(t.Context(), job); err == nil || d.row().State != library.ImportRunning {
		t.Errorf("%v, %+v", err, d.row())
	}
	d.snapshot = known
	if err := d.runner.Kind().Run(t.Context(), job); err != nil || len(d.stored) != 3 {
		t.Errorf("%v, stored %q", err, d.stored)
	}
}

func TestSuspensionBeforeAndAfterARun(t *testing.T) {
	d := newDesk(t, Stores.Library(t))
	wanted := d.list(3)
	wanted.Suspended = true
	d.look()
	if n := d.work(t.Context()); n != 0 || d.stored != nil {
		t.Errorf("%d jobs, stored %q", n, d.stored)
	}
	wanted.Suspended = false
	d.look()
	d.work(t.Context())
	wanted.Suspended = true
	d.look()
	if row := d.row(); row.State != library.ImportCompleted || row.Done != 3 {
		t.Errorf("a run that was through is %+v", row)
	}
}

func TestImportsWithoutACluster(t *testing.T) {
	d := newDesk(t, Stores.Library(t))
	d.runner.Cluster = nil
	d.list(3)
	d.look()
	d.work(t.Context())
	d.look()
	if row := d.row(); row.State != library.ImportCompleted || row.Done != 3 || d.reports != nil {
		t.Errorf("%+v, reported %+v", row, d.reports)
	}
	d.snapshot.Imports = nil
	d.look()
	if _, err := d.library.Import(t.Context(), "uid"); !errors.Is(err, library.ErrNotFound) {
		t.Errorf("a deleted import: %v", err)
	}
}
