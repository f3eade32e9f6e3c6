package catalog

import (
	"context"
	"fmt"
	"time"

	"k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/darkroom-media/darkroom/api/v1alpha1"
)

// Phases of a backup.
const (
	// BackupInitial is while what was there before the backup is being found.
	BackupInitial = "Initial"
	// BackupCopying is while versions wait to be copied.
	BackupCopying = "Copying"
	// BackupComplete is when none waits.
	BackupComplete = "Complete"
)

// BackupProgress is how far the backups of an environment have come.
type BackupProgress struct {
	// Phase is one of those above.
	Phase string
	// Assets are those to back up. Copied and Bytes are the versions in the backup, Pending those that wait.
	Assets, Copied, Bytes, Pending int64
	// LastError says why the latest copy failed that still waits.
	LastError string
}

// Least times between two reports, whichever replica writes them.
const (
	reportBackupEvery     = 5 * time.Minute
	reportBusyBackupEvery = 30 * time.Second
)

// ReportBackup writes how far the backups have come, counted at now, into the status of the environment. It writes nothing
// when that is what the status says, nor when the last report is too young: 30 seconds while versions wait or waited, else
// five minutes.
func (k *Kubernetes) ReportBackup(ctx context.Context, progress BackupProgress, now time.Time) error {
	environment := &v1alpha1.ProductEnvironment{}
	name := client.ObjectKey{Namespace: k.options.Namespace, Name: k.options.Environment}
	if err := k.client.Get(ctx, name, environment); err != nil {
		return fmt.Errorf("reading the product environment to report on the backup: %w", err)
	}
	next := &v1alpha1.BackupProgress{
		Phase: progress.Phase, Assets: progress.Assets, Copied: progress.Copied, Bytes: progress.Bytes, Pending: progress.Pending,
		LastError: shortFailure(progress.LastError), ObservedAt: metav1.NewTime(now.Truncate(time.Second)),
	}
	reported := environment.DeepCopy()
	if reported.Status.Backup == nil {
		reported.Status.Backup = &v1alpha1.BackupStatus{}
	}
	if last := reported.Status.Backup.Progress; last != nil {
		every := reportBackupEvery
		if last.Phase != BackupComplete || next.Phase != BackupComplete {
			every = reportBusyBackupEvery
		}
		same := next.DeepCopy()
		same.ObservedAt = last.ObservedAt
		if now.Sub(last.ObservedAt.Time) < every || equality.Semantic.DeepEqual(same, last) {
			return nil
		}
	}
	reported.Status.Backup.Progress = next
	if err := k.client.Status().Patch(ctx, reported, client.MergeFrom(environment)); err != nil {
		return fmt.Errorf("reporting on the backup: %w", err)
	}
	return nil
}
