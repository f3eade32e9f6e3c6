package imports

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/darkroom-media/darkroom/migration/source"
	"github.com/darkroom-media/darkroom/renderer/catalog"
	"github.com/darkroom-media/darkroom/renderer/configure"
	"github.com/darkroom-media/darkroom/renderer/jobs"
	"github.com/darkroom-media/darkroom/renderer/library"
	"github.com/darkroom-media/darkroom/renderer/problem"
	"github.com/darkroom-media/darkroom/renderer/upload"
	"github.com/darkroom-media/darkroom/renderer/wire"
)

const (
	// jobTimeout bounds a job, jobBudget how long it takes on more; the difference is for what is under way.
	jobTimeout = time.Hour
	jobBudget  = 5 * time.Minute
	// jobLease is how long another replica waits before it goes on in the place of one that was killed.
	jobLease = 20 * time.Second
	// jobAttempts is how often a job may fail by itself, because the database is away for example.
	jobAttempts = 100
	jobDelay    = 15 * time.Second
	// maxMisses is how often in a row the source may not answer. The waits between sum up to two hours.
	maxMisses    = 12
	shortestMiss = 5 * time.Second
	longestMiss  = 20 * time.Minute
	// assetAttempts is how often an asset is tried whose bytes do not come, firstPause the wait before the second time.
	assetAttempts = 3
	firstPause    = time.Second
	// batchPerWorker is how many assets each of the parallel ones does between two saves.
	batchPerWorker = 4
)

func newJob(id string, epoch int64, after time.Duration) library.NewJob {
	return library.NewJob{Kind: JobKind, Payload: library.ImportJob{ID: id, Epoch: epoch}.JSON(), After: after, MaxAttempts: jobAttempts}
}

// Kind is how jobs of JobKind are run.
func (r *Runner) Kind() jobs.Kind {
	return jobs.Kind{
		Run: r.run, Timeout: jobTimeout, Lease: jobLease,
		Delay: func(int) time.Duration { return jobDelay },
		Buried: func(ctx context.Context, job *library.Job, reason string) {
			var payload library.ImportJob
			if json.Unmarshal(job.Payload, &payload) == nil {
				if err := r.Library.FailImport(ctx, payload.ID, payload.Epoch, reason); err != nil {
					r.Logger.ErrorContext(ctx, "The end of an import could not be noted", "import", payload.ID, "error", err)
				}
			}
		},
	}
}

// position is where a run stands: in a page of the source, behind that many of its entries.
type position struct {
	Page string `json:"page,omitempty"`
	Skip int    `json:"skip,omitempty"`
}

// run works on an import for a while. It leaves the rest to the next job, which it makes together with its last save.
func (r *Runner) run(ctx context.Context, job *library.Job) error {
	var payload library.ImportJob
	if err := json.Unmarshal(job.Payload, &payload); err != nil {
		return fmt.Errorf("reading the payload: %w", err)
	}
	row, err := r.Library.Import(ctx, payload.ID)
	if errors.Is(err, library.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	snapshot := r.Catalog.Current()
	if snapshot == nil {
		return errors.New("the configuration is not known yet")
	}
	wanted, asked := snapshot.Import(payload.ID)
	if !asked || row.Epoch != payload.Epoch || row.State != library.ImportRunning || row.Run != wanted.Run {
		return nil // Follow brings in line what is not.
	}
	w := &worker{runner: r, row: row, wanted: &wanted, snapshot: snapshot, until: r.Now().Add(jobBudget)}
	err = w.work(ctx)
	if errors.Is(err, library.ErrLeaseLost) {
		return nil // Another one goes on, or nobody is to.
	}
	return err
}

// worker is one job at work.
type worker struct {
	runner   *Runner
	row      *library.Import
	wanted   *catalog.Import
	snapshot *catalog.Snapshot
	source   source.Source
	until    time.Time
}

// work reads page after page.
func (w *worker) work(ctx context.Context) error {
	at := position{}
	if w.row.Position != "" {
		if err := json.Unmarshal([]byte(w.row.Position), &at); err != nil {
			return w.fail(ctx, "the place where the import stands cannot be read")
		}
	}
	var err error
	if w.source, err = w.runner.source(ctx, w.wanted, &w.snapshot.Environment); err != nil {
		return w.missed(ctx, err)
	}
	if w.row.Total == 0 && w.row.Position == "" {
		if w.row.Total, err = w.source.Total(ctx); err != nil {
			return w.missed(ctx, err)
		}
	}
	for {
		page, err := w.source.Page(ctx, at.Page)
		if err != nil {
			return w.missed(ctx, err)
		}
		w.row.Misses, w.row.Message = 0, ""
		done, err := w.page(ctx, page, &at)
		if err != nil || !done {
			return err
		}
		if page.Next == "" {
			return w.complete(ctx)
		}
		at = position{Page: page.Next}
		if more, err := w.save(ctx, at, nil); err != nil || !more {
			return err
		}
	}
}

// page works through a page from where it stands; false says that the rest is left to another job.
func (w *worker) page(ctx context.Context, page *source.Page, at *position) (bool, error) {
	if at.Skip == 0 && (len(page.Settings) > 0 || len(page.Failures) > 0) {
		failures, err := w.settings(ctx, page)
		if err != nil {
			return false, err
		}
		if len(page.Assets) > 0 || len(failures) > 0 {
			// Failures are saved once; the page is not read past its assets yet.
			if more, err := w.save(ctx, *at, failures); err != nil || !more {
				return false, err
			}
		}
	}
	size := w.wanted.Parallel * batchPerWorker
	for at.Skip < len(page.Assets) {
		batch := page.Assets[at.Skip:min(at.Skip+size, len(page.Assets))]
		failures, err := w.batch(ctx, batch)
		if err != nil {
			if missed, ok := errors.AsType[*missedError](err); ok {
				return false, w.missed(ctx, missed.error)
			}
			return false, w.stopped(ctx, err)
		}
		at.Skip += len(batch)
		if more, err := w.save(ctx, *at, failures); err != nil || !more {
			return false, err
		}
	}
	return true, nil
}

// save notes how far the import is; false says that the time of this job is over and that the next one is there.
func (w *worker) save(ctx context.Context, at position, failures []library.ImportFailure) (bool, error) {
	text, err := json.Marshal(at)
	if err != nil {
		return false, err
	}
	w.row.Position = string(text)
	if w.runner.Now().Before(w.until) {
		return true, w.runner.Library.SaveImport(ctx, w.row, failures)
	}
	return false, w.runner.Library.SaveImport(ctx, w.row, failures, newJob(w.row.ID, w.row.Epoch, 0))
}

// complete ends a run that is through.
func (w *worker) complete(ctx context.Context) error {
	w.row.State, w.row.Message, w.row.FinishedAt = library.ImportCompleted, "", w.runner.Now()
	w.row.Total = w.row.Done + w.row.Failed
	return w.runner.Library.SaveImport(ctx, w.row, nil)
}

// fail ends a run that cannot go on.
func (w *worker) fail(ctx context.Context, reason string) error {
	w.row.State, w.row.Message, w.row.FinishedAt = library.ImportFailed, reason, w.runner.Now()
	return w.runner.Library.SaveImport(ctx, w.row, nil)
}

// missed puts the rest off when the source does not answer, and ends the run when it will not.
func (w *worker) missed(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if source.IsRefused(err) {
		return w.fail(ctx, err.Error())
	}
	wait := min(shortestMiss<<w.row.Misses, longestMiss)
	if later, ok := errors.AsType[*source.LaterError](err); ok {
		// It answers, and says when it will do so again: that is no miss.
		wait = max(later.At.Sub(w.runner.Now()), time.Second)
		w.row.Message = later.Error()
	} else {
		w.row.Misses++
		w.row.Message = publicReason(err)
		if w.row.Misses >= maxMisses {
			return w.fail(ctx, w.row.Message)
		}
	}
	return w.runner.Library.SaveImport(ctx, w.row, nil, newJob(w.row.ID, w.row.Epoch, wait))
}

// stopped puts the rest off when the environment itself cannot store.
func (w *worker) stopped(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	w.row.Message = publicReason(err)
	return w.runner.Library.SaveImport(ctx, w.row, nil, newJob(w.row.ID, w.row.Epoch, jobDelay))
}

// settings makes the settings of a page, and lists what cannot be.
func (w *worker) settings(ctx context.Context, page *source.Page) ([]library.ImportFailure, error) {
	var failures []library.ImportFailure
	for _, failure := range page.Failures {
		failures = append(failures, library.ImportFailure{Item: failure.Name, Reason: failure.Reason})
	}
	for _, setting := range page.Settings {
		err := w.runner.make(ctx, &setting)
		if err == nil {
			continue
		}
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		failures = append(failures, library.ImportFailure{Item: setting.Name, Reason: publicReason(err)})
	}
	return failures, nil
}

// make makes a setting, unless there is one of its name.
func (r *Runner) make(ctx context.Context, setting *source.Setting) error {
	if taken, err := r.taken(ctx, setting); err != nil || taken {
		return err
	}
	body, err := json.Marshal(setting.Body)
	if err != nil {
		return err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, "/"+setting.Path, bytes.NewReader(body))
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", "application/json")
	params, err := wire.ReadParams(request, int64(len(body))+1)
	if err != nil {
		return err
	}
	_, err = r.ask(ctx, http.MethodPost, []string{setting.Path}, params)
	if found, ok := errors.AsType[*problem.Problem](err); ok && found.Status == http.StatusConflict {
		return nil // Somebody else was faster.
	}
	return err
}

// taken says whether there is a setting of that name.
func (r *Runner) taken(ctx context.Context, setting *source.Setting) (bool, error) {
	if setting.Path == "metadata_rules" {
		// Rules have no name of their own: the list tells.
		answer, err := r.ask(ctx, http.MethodGet, []string{setting.Path}, wire.Params{})
		if err != nil {
			return false, err
		}
		return holdsName(answer, setting.Key), nil
	}
	segments, params := []string{setting.Path, setting.Key}, wire.Params{}
	if setting.Path == "transformations" {
		segments, params = segments[:1], wire.Params{"transformation": {setting.Key}}
	}
	_, err := r.ask(ctx, http.MethodGet, segments, params)
	if found, ok := errors.AsType[*problem.Problem](err); ok && found.Status == http.StatusNotFound {
		return false, nil
	}
	return err == nil, err
}

// holdsName says whether an answer lists something of that name.
func holdsName(answer any, name string) bool {
	text, err := json.Marshal(answer)
	if err != nil {
		return false
	}
	var lists map[string][]struct {
		Name string `json:"name"`
	}
	if json.Unmarshal(text, &lists) != nil {
		return false
	}
	for _, list := range lists {
		for _, item := range list {
			if item.Name == name {
				return true
			}
		}
	}
	return false
}

// ask makes a call of the Admin API.
func (r *Runner) ask(ctx context.Context, method string, segments []string, params wire.Params) (wire.Object, error) {
	handle, path := r.Settings.Route(method, segments)
	if handle == nil {
		return nil, fmt.Errorf("this environment has no %s", segments[0])
	}
	return handle(&configure.Request{Context: ctx, Params: params, Path: path})
}

// batch imports assets, as many at once as the import may, and lists those that cannot be. The error is that of the
// environment itself: then none of them counts.
func (w *worker) batch(ctx context.Context, batch []source.Asset) ([]library.ImportFailure, error) {
	type outcome struct {
		imported *upload.Imported
		err      error
	}
	outcomes := make([]outcome, len(batch))
	var group sync.WaitGroup
	slots := make(chan struct{}, w.wanted.Parallel)
	for i := range batch {
		slots <- struct{}{}
		group.Go(func() {
			defer func() { <-slots }()
			if outcomes[i].err = w.detail(ctx, &batch[i]); outcomes[i].err == nil {
				outcomes[i].imported, outcomes[i].err = w.runner.asset(ctx, w.wanted.Name, &batch[i], w.wanted.Replace)
			}
		})
	}
	group.Wait()
	var failures []library.ImportFailure
	for i, outcome := range outcomes {
		if err := outcome.err; err != nil {
			if _, missed := errors.AsType[*missedError](err); missed || ctx.Err() != nil || isOurs(err) {
				return nil, err
			}
			failures = append(failures, library.ImportFailure{Item: batch[i].Name, Reason: reasonOf(&batch[i], err)})
		}
	}
	for _, outcome := range outcomes {
		if outcome.err != nil {
			continue
		}
		w.row.Done++
		w.row.Bytes += outcome.imported.Bytes
		if outcome.imported.Unchanged {
			w.row.Unchanged++
		}
	}
	return failures, nil
}

// detail asks the source for the details of an asset, where they are wanted.
func (w *worker) detail(ctx context.Context, asset *source.Asset) (err error) {
	detailed, ok := w.source.(source.Detailed)
	if !ok || w.wanted.Account == nil || !w.wanted.Account.Details {
		return nil
	}
	asset.Details, err = detailed.Details(ctx, asset)
	if err != nil && !source.IsRefused(err) {
		return &missedError{err}
	}
	return err
}

// missedError says that the source does not answer, which is no fault of the asset.
type missedError struct{ error }

// Unwrap gives what the source's failure is.
func (e *missedError) Unwrap() error { return e.error }

// asset imports one asset by the import of that name, again when its bytes did not come.
func (r *Runner) asset(ctx context.Context, name string, asset *source.Asset, replace bool) (*upload.Imported, error) {
	pause := firstPause
	for attempt := 1; ; attempt++ {
		imported, err := r.Uploads.Import(ctx, name, asset, replace)
		found, ok := errors.AsType[*problem.Problem](err)
		if err == nil || !ok || !found.Transient || isOurs(err) || attempt == assetAttempts {
			return imported, err
		}
		timer := time.NewTimer(pause)
		select {
		case <-ctx.Done():
			timer.Stop()
			return nil, ctx.Err()
		case <-timer.C:
		}
		pause *= 2
	}
}

// isOurs says whether the environment's own stores are to blame, and not the asset.
func isOurs(err error) bool {
	found, ok := errors.AsType[*problem.Problem](err)
	return ok && (found.Status == http.StatusServiceUnavailable || found.Status == http.StatusInsufficientStorage || found.Status == http.StatusTooManyRequests)
}

// reasonOf is why an asset failed, without the signatures of its URL.
func reasonOf(asset *source.Asset, err error) string {
	reason := publicReason(err)
	if shown, _, signed := strings.Cut(asset.URL, "?"); signed {
		reason = strings.ReplaceAll(reason, asset.URL, shown)
	}
	return reason
}

// publicReason is an error in the words that people may read.
func publicReason(err error) string {
	if found, ok := errors.AsType[*problem.Problem](err); ok {
		return found.Message
	}
	return err.Error()
}
