package backup

import (
	"context"
	"time"

	"github.com/darkroom-media/darkroom/renderer/catalog"
	"github.com/darkroom-media/darkroom/renderer/library"
)

// Reporter tells the operator how far the backups have come, counted at now.
type Reporter interface {
	ReportBackup(ctx context.Context, progress catalog.BackupProgress, now time.Time) error
}

const (
	// reportEvery is the time between two reports when nothing waits to be copied, reportBusyEvery while something does.
	reportEvery, reportBusyEvery = 5 * time.Minute, 30 * time.Second
)

// Report reports at once and then as often as is due, until ctx ends; then it returns nil. It looks with every tick, and tries
// again what failed.
func (b *Backup) Report(ctx context.Context, reporter Reporter, tick <-chan time.Time) error {
	var due time.Time
	for {
		if now := b.now(); !now.Before(due) {
			next, err := b.report(ctx, reporter, now)
			if err == nil {
				due = next
			} else if ctx.Err() == nil {
				b.logger.WarnContext(ctx, "the progress of the backup could not be reported, it is tried again", "error", err)
			}
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick:
		}
	}
}

// report reports once and says when the next report is due.
func (b *Backup) report(ctx context.Context, reporter Reporter, now time.Time) (time.Time, error) {
	progress, err := b.library.BackupProgress(ctx)
	if err != nil {
		return time.Time{}, err
	}
	every := reportEvery
	if progress.Initial || progress.Pending > 0 {
		every = reportBusyEvery
	}
	return now.Add(every), reporter.ReportBackup(ctx, told(progress), now)
}

func told(progress library.BackupProgress) catalog.BackupProgress {
	phase := catalog.BackupComplete
	switch {
	case progress.Initial:
		phase = catalog.BackupInitial
	case progress.Pending > 0:
		phase = catalog.BackupCopying
	}
	return catalog.BackupProgress{
		Phase: phase, Assets: progress.Assets, Copied: progress.Copied, Bytes: progress.Bytes, Pending: progress.Pending, LastError: progress.LastError,
	}
}
