package main

import (
	"context"
	"time"

	"github.com/darkroom-media/darkroom/renderer/backup"
)

// lookForBackupEvery is how soon something about the backup that failed is tried again.
const lookForBackupEvery = 15 * time.Second

// settleBackup has what was there before the backup entered in it, or, without a backup, what waits for one forgotten.
func (r *renderer) settleBackup(ctx context.Context) error {
	settle := r.library.DropPendingVersions
	if r.backup != nil {
		settle = r.library.BeginBackup
	}
	ticker := time.NewTicker(lookForBackupEvery)
	defer ticker.Stop()
	for {
		err := settle(ctx)
		if err == nil || ctx.Err() != nil {
			return nil
		}
		r.logger.Warn("the backup could not be settled, it is tried again", "error", err)
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
	}
}

// reportBackup tells the operator how far the backups have come.
func (r *renderer) reportBackup(ctx context.Context, reporter backup.Reporter) error {
	ticker := time.NewTicker(lookForBackupEvery)
	defer ticker.Stop()
	return r.backup.Report(ctx, reporter, ticker.C)
}
