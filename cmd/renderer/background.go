package main

import (
	"context"
	"time"

	"github.com/darkroom-media/darkroom/renderer/configure"
	"github.com/darkroom-media/darkroom/renderer/imports"
	"github.com/darkroom-media/darkroom/renderer/jobs"
	"github.com/darkroom-media/darkroom/renderer/library"
	"github.com/darkroom-media/darkroom/renderer/notify"
	"github.com/darkroom-media/darkroom/renderer/upload"
)

const (
	// jobWorkers bounds the jobs that run at once, jobsPerLane those that speak to one host.
	jobWorkers, jobsPerLane = 8, 2
	// renderWorkers bounds the jobs that render: they take their turns with requests.
	renderWorkers = 2
	// backupWorkers bounds the versions that are copied at once.
	backupWorkers = 2
	// importWorkers bounds the imports that run at once, each with as many assets as it says.
	importWorkers = 2
	// importsEvery is how often is looked what imports are asked for, and how far they have come.
	importsEvery = 5 * time.Second
	// fieldsEvery is how soon the external ID of a new metadata field is its own for good.
	fieldsEvery = 2 * time.Second
	// jobsEvery is how often jobs are looked for that other replicas have left, or whose time has come.
	jobsEvery = 2 * time.Second
	// reportsEvery is how often reports on triggers are looked at that wait for their time.
	reportsEvery = 5 * time.Second
)

// background are the tasks that run jobs, and report what came of them where there is somebody to tell.
func (r *renderer) background() []func(ctx context.Context) error {
	var tasks []func(ctx context.Context) error
	var reports *notify.Reports
	if reporter, ok := r.catalog.(notify.Reporter); ok {
		reports = notify.NewReports(reporter, r.library, time.Now, r.logger)
		tasks = append(tasks, func(ctx context.Context) error {
			ticker := time.NewTicker(reportsEvery)
			defer ticker.Stop()
			return reports.Run(ctx, ticker.C)
		})
	}
	sender := notify.NewSender(notify.SenderOptions{Catalog: r.catalog, Reports: reports, Logger: r.logger})
	run := func(queue jobs.Queue, name string, kind jobs.Kind, workers int) func(ctx context.Context) error {
		return func(ctx context.Context) error {
			ticker := time.NewTicker(jobsEvery)
			defer ticker.Stop()
			return jobs.Run(ctx, jobs.RunOptions{
				Queue: queue, Kinds: map[string]jobs.Kind{name: kind}, Workers: workers, PerLane: jobsPerLane,
				Tick: ticker.C, Now: time.Now, Logger: r.logger,
			})
		}
	}
	if r.backup != nil {
		for name, kind := range r.backup.Kinds() {
			tasks = append(tasks, run(polled{r.library}, name, kind, backupWorkers))
		}
	}
	if _, inCluster := r.catalog.(imports.Cluster); inCluster { // Elsewhere fields are gone with their process, and come again.
		tasks = append(tasks, func(ctx context.Context) error {
			ticker := time.NewTicker(fieldsEvery)
			defer ticker.Stop()
			return configure.New(r.catalog, r.library).ReserveFields(ctx, r.catalog, ticker.C, r.logger)
		})
	}
	// Each has workers and leases of its own: a notification must not wait as long as pictures may take.
	imported := r.imports()
	return append(tasks, run(r.library, notify.JobKind, sender.Kind(), jobWorkers), run(polled{r.library}, upload.EagerJobKind, r.uploads.EagerKind(), renderWorkers),
		run(polled{r.library}, upload.UploadJobKind, r.uploads.UploadKind(), renderWorkers),
		run(polled{r.library}, upload.CallJobKind, r.uploads.CallKind(), renderWorkers),
		run(polled{r.library}, imports.JobKind, imported.Kind(), importWorkers),
		func(ctx context.Context) error {
			ticker := time.NewTicker(importsEvery)
			defer ticker.Stop()
			return imported.Follow(ctx, ticker.C)
		})
}

// imports run what the catalog asks for.
func (r *renderer) imports() *imports.Runner {
	options := imports.Options{
		Catalog: r.catalog, Library: r.library, Uploads: r.uploads, Settings: configure.New(r.catalog, r.library), Logger: r.logger,
	}
	if cluster, ok := r.catalog.(imports.Cluster); ok {
		options.Cluster = cluster
	}
	return imports.New(options)
}

// polled is a queue for a second runner: news of new jobs are for one listener, the others ask now and then.
type polled struct{ *library.Library }

// JobsEnqueued never has a value.
func (polled) JobsEnqueued() <-chan struct{} { return nil }
