package main

import (
	"context"
	"time"

	"github.com/darkroom-media/darkroom/renderer/jobs"
	"github.com/darkroom-media/darkroom/renderer/notify"
)

const (
	// jobWorkers bounds the jobs that run at once, jobsPerLane those that speak to one host.
	jobWorkers, jobsPerLane = 8, 2
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
		reports = notify.NewReports(reporter, time.Now, r.logger)
		tasks = append(tasks, func(ctx context.Context) error {
			ticker := time.NewTicker(reportsEvery)
			defer ticker.Stop()
			return reports.Run(ctx, ticker.C)
		})
	}
	sender := notify.NewSender(notify.SenderOptions{Catalog: r.catalog, Reports: reports, Logger: r.logger})
	return append(tasks, func(ctx context.Context) error {
		ticker := time.NewTicker(jobsEvery)
		defer ticker.Stop()
		return jobs.Run(ctx, jobs.RunOptions{
			Queue:   r.library,
			Kinds:   map[string]jobs.Kind{notify.JobKind: sender.Kind()},
			Workers: jobWorkers, PerLane: jobsPerLane,
			Tick: ticker.C, Now: time.Now, Logger: r.logger,
		})
	})
}
