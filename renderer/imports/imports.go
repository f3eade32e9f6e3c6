// Package imports brings assets and settings from elsewhere into the environment, as the AssetImports of the catalog ask for.
// Each is a run through a source that jobs work on, one after the other; how far it has come is a row, so that a job of any
// replica goes on where the last one was stopped or killed.
package imports

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/darkroom-media/darkroom/migration/source"
	"github.com/darkroom-media/darkroom/renderer/catalog"
	"github.com/darkroom-media/darkroom/renderer/configure"
	"github.com/darkroom-media/darkroom/renderer/fetch"
	"github.com/darkroom-media/darkroom/renderer/library"
	"github.com/darkroom-media/darkroom/renderer/upload"
)

// JobKind is the kind of the jobs that work on imports.
const JobKind = "import"

// Library keeps how far imports have come.
type Library interface {
	Imports(ctx context.Context) ([]*library.Import, error)
	Import(ctx context.Context, id string) (*library.Import, error)
	ImportFailures(ctx context.Context, id string, max int, after string) ([]library.ImportFailure, error)
	StartImport(ctx context.Context, id, name, run string, job func(epoch int64) library.NewJob) error
	SuspendImport(ctx context.Context, id string) error
	FailImport(ctx context.Context, id string, epoch int64, message string) error
	SaveImport(ctx context.Context, i *library.Import, failures []library.ImportFailure, jobs ...library.NewJob) error
	NoteImportReported(ctx context.Context, i *library.Import) error
	ForgetImport(ctx context.Context, id string) error
}

// Uploads stores assets.
type Uploads interface {
	Import(ctx context.Context, name string, asset *source.Asset, replace bool) (*upload.Imported, error)
}

// Cluster is what a catalog in a cluster can do beside.
type Cluster interface {
	// ImportCredentials reads the entries of a Secret.
	ImportCredentials(ctx context.Context, secret string) (map[string]string, error)
	// ReportImport keeps how far an import has come where people can see it.
	ReportImport(ctx context.Context, name string, report catalog.ImportReport) error
	// Live says that the catalog knows all there is, and not only what it knew before its start.
	Live() bool
}

// Options are the parts of a Runner. All are required but Cluster and Logger.
type Options struct {
	Catalog catalog.Catalog
	Library Library
	Uploads Uploads
	// Settings makes the settings of an account.
	Settings *configure.Editor
	// Cluster is nil outside Kubernetes: then credentials stand in the catalog, and nobody is reported to.
	Cluster Cluster
	// Now is the clock; nil means time.Now.
	Now func() time.Time
	// Logger gets what goes wrong beside the imports; nil discards it.
	Logger *slog.Logger
}

// Runner runs imports.
type Runner struct {
	Options
	fetcher fetch.Kept
}

// New makes a Runner.
func New(options Options) *Runner {
	r := &Runner{Options: options}
	if r.Now == nil {
		r.Now = time.Now
	}
	if r.Logger == nil {
		r.Logger = slog.New(slog.DiscardHandler)
	}
	return r
}

// Follow starts, halts and forgets imports as the catalog asks for, and reports on them, with every tick until ctx ends. Then
// it returns nil.
func (r *Runner) Follow(ctx context.Context, tick <-chan time.Time) error {
	for {
		if err := r.look(ctx); err != nil && ctx.Err() == nil {
			r.Logger.WarnContext(ctx, "Imports are not followed at the moment", "error", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick:
		}
	}
}

// look does once what Follow does.
func (r *Runner) look(ctx context.Context) error {
	snapshot := r.Catalog.Current()
	if snapshot == nil {
		return nil
	}
	known, err := r.Library.Imports(ctx)
	if err != nil {
		return err
	}
	rows := make(map[string]*library.Import, len(known))
	for _, row := range known {
		rows[row.ID] = row
	}
	var failures []error
	for _, wanted := range snapshot.Imports {
		failures = append(failures, r.steer(ctx, &wanted, rows[wanted.ID]))
	}
	if r.Cluster == nil || r.Cluster.Live() {
		for _, row := range known {
			if _, asked := snapshot.Import(row.ID); !asked {
				failures = append(failures, r.Library.ForgetImport(ctx, row.ID))
			}
		}
	}
	return errors.Join(append(failures, r.report(ctx))...)
}

// steer starts or halts an import; row is what is known of it, nil for nothing.
func (r *Runner) steer(ctx context.Context, wanted *catalog.Import, row *library.Import) error {
	fresh := row == nil || row.Run != wanted.Run
	switch {
	case wanted.Suspended && !fresh && row.State == library.ImportRunning:
		return r.Library.SuspendImport(ctx, wanted.ID)
	case wanted.Suspended:
		return nil
	case fresh || row.State == library.ImportSuspended:
		return r.Library.StartImport(ctx, wanted.ID, wanted.Name, wanted.Run, func(epoch int64) library.NewJob {
			return newJob(wanted.ID, epoch, 0)
		})
	}
	return nil
}

// reportedFailures is how many failures a report has.
const reportedFailures = 20

// report tells people of the imports that have come further.
func (r *Runner) report(ctx context.Context) error {
	if r.Cluster == nil {
		return nil
	}
	rows, err := r.Library.Imports(ctx)
	if err != nil {
		return err
	}
	var problems []error
	for _, row := range rows {
		if row.Reported {
			continue
		}
		report := catalog.ImportReport{
			Run: row.Run, State: row.State, Message: row.Message, Total: row.Total, Done: row.Done, Unchanged: row.Unchanged,
			Failed: row.Failed, Bytes: row.Bytes, StartedAt: row.StartedAt, FinishedAt: row.FinishedAt,
		}
		failures, err := r.Library.ImportFailures(ctx, row.ID, reportedFailures, "")
		for _, failure := range failures {
			report.Failures = append(report.Failures, [2]string{failure.Item, failure.Reason})
		}
		if err == nil {
			err = r.Cluster.ReportImport(ctx, row.Name, report)
		}
		if err == nil {
			err = r.Library.NoteImportReported(ctx, row)
		}
		problems = append(problems, err)
	}
	return errors.Join(problems...)
}

// source opens the source of an import.
func (r *Runner) source(ctx context.Context, wanted *catalog.Import, environment *catalog.Environment) (source.Source, error) {
	credentials := wanted.Credentials
	if r.Cluster != nil && wanted.Secret != "" {
		var err error
		if credentials, err = r.Cluster.ImportCredentials(ctx, wanted.Secret); err != nil {
			return nil, err
		}
	}
	entry := func(name string) (string, error) {
		if credentials[name] == "" {
			return "", &source.RefusedError{Reason: fmt.Sprintf("the Secret %s has no entry %s", wanted.Secret, name)}
		}
		return credentials[name], nil
	}
	fetcher, err := r.fetcher.Fetcher(fetch.Options{
		AllowedCIDRs: environment.FetchAllowedCIDRs, AllowedDomains: environment.FetchAllowedDomains,
		HostAliases: environment.FetchHostAliases, CABundle: environment.FetchCABundle,
	})
	if err != nil {
		return nil, err
	}
	client := fetcher.Client()
	switch {
	case wanted.Account != nil:
		key, keyErr := entry("api_key")
		secret, secretErr := entry("api_secret")
		return &source.Account{
			Client: client, BaseURL: wanted.Account.APIBaseURL, CloudName: wanted.Account.CloudName, APIKey: key, APISecret: secret,
			Types: wanted.Account.Types, Prefix: wanted.Account.Prefix, Configuration: wanted.Account.Configuration, Now: r.Now,
		}, errors.Join(keyErr, secretErr)
	case wanted.Bucket != nil:
		id, idErr := entry("access_key_id")
		secret, secretErr := entry("secret_access_key")
		return source.NewBucket(source.BucketOptions{
			Client: client, Endpoint: wanted.Bucket.Endpoint, Region: wanted.Bucket.Region, Name: wanted.Bucket.Name, PathStyle: wanted.Bucket.PathStyle,
			AccessKeyID: id, SecretAccessKey: secret, Session: credentials["session_token"], Prefix: wanted.Bucket.Prefix, Folder: wanted.Bucket.Folder,
		}), errors.Join(idErr, secretErr)
	case wanted.List != nil:
		return &source.List{Client: client, URL: wanted.List.URL, Content: wanted.List.Inline}, nil
	}
	return nil, &source.RefusedError{Reason: "the import has no source"}
}
