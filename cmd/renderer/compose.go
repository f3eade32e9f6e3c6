package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"github.com/darkroom-media/darkroom/renderer/admin"
	"github.com/darkroom-media/darkroom/renderer/analysis"
	"github.com/darkroom-media/darkroom/renderer/backup"
	"github.com/darkroom-media/darkroom/renderer/bucket"
	"github.com/darkroom-media/darkroom/renderer/config"
	"github.com/darkroom-media/darkroom/renderer/delivery"
	"github.com/darkroom-media/darkroom/renderer/derive"
	"github.com/darkroom-media/darkroom/renderer/engine"
	"github.com/darkroom-media/darkroom/renderer/jobs"
	"github.com/darkroom-media/darkroom/renderer/library"
	"github.com/darkroom-media/darkroom/renderer/remote"
	"github.com/darkroom-media/darkroom/renderer/search"
	"github.com/darkroom-media/darkroom/renderer/shortcut"
	"github.com/darkroom-media/darkroom/renderer/upload"
	"github.com/darkroom-media/darkroom/renderer/usage"
)

const (
	// rememberedAssets is how many asset rows are kept in memory.
	rememberedAssets = 16384
	// sweepEvery is the time between two looks for objects without an owner.
	sweepEvery = time.Minute
	// costsEvery is the time between two notes of what rendering has cost.
	costsEvery = 10 * time.Second
)

// renderer is the composed process.
type renderer struct {
	config  *config.Config
	logger  *slog.Logger
	library *library.Library
	bucket  *bucket.Bucket
	// copies is the bucket of the backup; it and backup are nil without one.
	copies   *bucket.Bucket
	backup   *backup.Backup
	engine   *engine.Client
	deriver  *derive.Deriver
	meter    *usage.Meter
	catalog  source
	registry *prometheus.Registry
	media    http.Handler
	// hot answers what needs nothing but memory ahead of media.
	hot     shortcut.Answerer
	uploads *upload.Handler
	// opening is the way to a library that can be used.
	opening *opening
	lock    lock
	// tasks run beside the servers until their context ends, libraryTasks only once the library is open.
	tasks, libraryTasks []func(ctx context.Context) error
}

// compose builds every part, without a look at the database or an S3 bucket: those may be away. What it opened is
// closed again when it fails.
func compose(ctx context.Context, c *config.Config, o options, logger *slog.Logger) (_ *renderer, err error) {
	r := &renderer{config: c, logger: logger, registry: prometheus.NewRegistry(), lock: lock{path: c.Database.Path + ".lock"}}
	defer func() {
		if err != nil {
			r.close()
		}
	}()
	r.registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	if err := r.openStores(ctx); err != nil {
		return nil, err
	}
	if r.catalog, err = openCatalog(c, o.catalog, r.library, logger); err != nil {
		return nil, err
	}
	r.libraryTasks = append(r.libraryTasks, r.catalog.Run)
	if o.engine != "" {
		r.tasks = append(r.tasks, func(ctx context.Context) error {
			return runEngine(ctx, o.engine, c.Engine.Socket, logger)
		})
	}
	r.engine = engine.NewClient(engine.ClientOptions{
		Socket:   c.Engine.Socket,
		Slots:    c.Engine.Slots,
		Queue:    c.Engine.Queue,
		Deadline: time.Duration(c.Engine.Deadline),
	})
	if err := r.openMedia(); err != nil {
		return nil, err
	}
	r.libraryTasks = append(r.libraryTasks, r.sweep, r.reportCosts, r.keepBooks)
	r.libraryTasks = append(r.libraryTasks, r.background()...)
	r.libraryTasks = append(r.libraryTasks, r.settleBackup)
	if reporter, ok := r.catalog.(backup.Reporter); ok && r.backup != nil {
		r.libraryTasks = append(r.libraryTasks, func(ctx context.Context) error { return r.reportBackup(ctx, reporter) })
	}
	if reporter, ok := r.catalog.(usage.Reporter); ok {
		r.libraryTasks = append(r.libraryTasks, func(ctx context.Context) error { return r.reportUsage(ctx, reporter) })
	}
	return r, nil
}

// openStores makes the library and the bucket.
func (r *renderer) openStores(ctx context.Context) error {
	var err error
	if r.library, err = library.New(r.config.Database.Driver, r.dsn); err != nil {
		return fmt.Errorf("open the database: %w", err)
	}
	r.opening = newOpening(r.prepare, r.logger)
	if r.bucket, err = bucket.Open(ctx, r.config.Bucket); err != nil {
		return fmt.Errorf("open the bucket: %w", err)
	}
	if r.config.Backup == nil {
		return nil
	}
	if r.copies, err = bucket.Open(ctx, *r.config.Backup); err != nil {
		return fmt.Errorf("open the bucket of the backup: %w", err)
	}
	return nil
}

// prepare makes the library ready for use.
func (r *renderer) prepare(ctx context.Context) error {
	if r.config.Database.Driver == config.DatabaseSQLite {
		if err := r.lock.take(); err != nil {
			return err
		}
	}
	r.library.FindAgain(analysis.FindAgain)
	return r.library.Prepare(ctx)
}

// dsn is where the database is, as the configuration or the mounted Secret says now.
func (r *renderer) dsn() (string, error) {
	if r.config.Database.Driver != config.DatabasePostgres {
		return r.config.Database.Path, nil
	}
	secret, err := os.ReadFile(r.config.Database.DSNFile)
	if err != nil {
		return "", fmt.Errorf("read the database's connection string: %w", err)
	}
	return strings.TrimSpace(string(secret)), nil
}

// openMedia builds what answers requests.
func (r *renderer) openMedia() error {
	assets := delivery.NewSharedAssets(r.library, rememberedAssets)
	if r.config.Database.Driver == config.DatabaseSQLite {
		// Only here is this process the one writer.
		assets = delivery.NewAssets(r.library, rememberedAssets)
	}
	var err error
	r.meter, err = usage.New(usage.Options{Books: r.library, Catalog: r.catalog, Logger: r.logger, Metrics: r.registry})
	if err != nil {
		return fmt.Errorf("register the metrics of usage: %w", err)
	}
	rows := &invalidating{Library: r.library, assets: assets, meter: r.meter, backup: r.copies != nil}
	sources := remote.New(remote.Options{
		Catalog: r.catalog, Rows: assets, Library: rows, Bucket: r.bucket, Engine: r.engine, Logger: r.logger,
	})
	cache, err := derive.OpenCache(r.config.Cache.Path, r.config.Cache.MaxBytes)
	if err != nil {
		return fmt.Errorf("open the disk cache: %w", err)
	}
	deadline := time.Duration(r.config.Engine.Deadline)
	r.deriver, err = derive.New(derive.Options{
		Library: r.library,
		Bucket:  r.bucket,
		Engine:  r.engine,
		Cache:   cache,
		Remote:  sources,
		Meter:   r.meter,
		// A job may wait for a slot and for a child as long as it may then run; the rest is for the bucket.
		Deadline: 3*deadline + 30*time.Second,
		Logger:   r.logger,
		Metrics:  r.registry,
	})
	if err != nil {
		return err
	}
	media, err := delivery.New(delivery.Options{
		Catalog:        r.catalog,
		Assets:         assets,
		Originals:      r.bucket,
		Derive:         r.deriver,
		Remote:         sources,
		Lists:          r.library,
		Scripts:        r.engine,
		TokenKeys:      newTokenKeys(r.config.TokenKeysFile, r.logger),
		RenderDeadline: deadline,
		Logger:         r.logger,
		Metrics:        r.registry,
		Meter:          r.meter,
	})
	if err != nil {
		return err
	}
	wrapped, err := newAPIs(r.registry, r.logger)
	if err != nil {
		return err
	}
	uploads := upload.Options{Catalog: r.catalog, Library: rows, Bucket: r.bucket, Engine: r.engine, Deriver: eager{media}, Sources: sources, Meter: r.meter, Logger: r.logger}
	admins := admin.Options{Catalog: r.catalog, Objects: r.catalog, Library: rows, Bucket: r.bucket, Engine: r.engine, Settle: r.meter.Flush, Logger: r.logger}
	if r.copies != nil {
		r.backup = backup.New(backup.Options{Library: rows, Originals: r.bucket, Copies: r.copies, Logger: r.logger})
		uploads.Backup, admins.Backup = r.backup, r.backup
	}
	r.uploads = upload.New(uploads)
	media.ComposeBy(r.uploads)
	r.libraryTasks = append(r.libraryTasks, func(ctx context.Context) error { return r.storeSamples(ctx, r.uploads) })
	searches := &search.Handler{Catalog: r.catalog, Library: r.library, Logger: r.logger}
	r.hot = media
	r.media = dispatch(r.uploads.Handles, wrapped.wrap("upload", r.uploads), wrapped.wrap("admin", admin.New(admins)),
		dispatchSearch(searches, wrapped.wrap("search", searches), media))
	return nil
}

// reportCosts notes what the engine has spent.
func (r *renderer) reportCosts(ctx context.Context) error {
	ticker := time.NewTicker(costsEvery)
	defer ticker.Stop()
	return r.deriver.ReportCosts(ctx, r.library, ticker.C)
}

func (r *renderer) sweep(ctx context.Context) error {
	ticker := time.NewTicker(sweepEvery)
	defer ticker.Stop()
	return jobs.Sweep(ctx, jobs.SweepOptions{Garbage: r.library, Objects: r.bucket, Tick: ticker.C, Now: time.Now, Logger: r.logger})
}

// close releases what compose opened.
func (r *renderer) close() {
	var err error
	if r.library != nil {
		err = r.library.Close()
	}
	for _, opened := range []*bucket.Bucket{r.bucket, r.copies} {
		if opened != nil {
			err = errors.Join(err, opened.Close())
		}
	}
	err = errors.Join(err, r.lock.release())
	if err != nil {
		r.logger.Error("Closing the stores failed", "error", err)
	}
}
