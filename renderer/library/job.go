package library

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/uptrace/bun"

	"github.com/darkroom-media/darkroom/renderer/config"
)

// Job is work that must not be lost: it is kept until a worker has done it, or has failed at it for good.
type Job struct {
	// ID is 32 lower-case hex characters.
	ID   string
	Kind string
	// Lane is what the job shares with others that should not take all workers, such as the host it speaks to.
	Lane string
	// Subject is what the job is about, to find it by; may be empty.
	Subject string
	Payload json.RawMessage
	// RunAt is when the job is due, or due again.
	RunAt time.Time
	// Attempts counts the times that a worker took the job, MaxAttempts how often it may fail.
	Attempts, MaxAttempts int
	// LastError says why the latest attempt failed; empty before the first failure.
	LastError string
	// LockedUntil is when the lease of LockedBy ends.
	LockedUntil time.Time
	LockedBy    string
	// Dead says that the job has failed for good and will not run again.
	Dead                 bool
	CreatedAt, UpdatedAt time.Time
}

// NewJob is a job to be enqueued.
type NewJob struct {
	// ID may be given by whoever wants to speak of the job later, see NewJobID; empty means a new one.
	ID   string
	Kind string
	// Lane and Subject may be empty.
	Lane    string
	Subject string
	Payload json.RawMessage
	// After is how long the job waits before its first run.
	After time.Duration
	// MaxAttempts is how often the job may fail; 0 means once.
	MaxAttempts int
}

// ErrLeaseLost says that a job is not the worker's any more: its lease had ended and another worker took it, or it is gone.
var ErrLeaseLost = errors.New("the lease of the job has ended")

// maxJobError bounds LastError, in bytes.
const maxJobError = 2048

// jobRow is a job as it is stored.
type jobRow struct {
	bun.BaseModel `bun:"table:jobs,alias:j"`

	ID          string `bun:"id,pk"`
	Kind        string `bun:"kind"`
	Lane        string `bun:"lane"`
	Subject     string `bun:"subject"`
	Payload     string `bun:"payload"`
	RunAt       int64  `bun:"run_at"`
	Attempts    int    `bun:"attempts"`
	MaxAttempts int    `bun:"max_attempts"`
	LastError   string `bun:"last_error"`
	LockedUntil int64  `bun:"locked_until"`
	LockedBy    string `bun:"locked_by"`
	Dead        bool   `bun:"dead"`
	CreatedAt   int64  `bun:"created_at"`
	UpdatedAt   int64  `bun:"updated_at"`
}

func (row *jobRow) job() *Job {
	return &Job{
		ID: row.ID, Kind: row.Kind, Lane: row.Lane, Subject: row.Subject, Payload: json.RawMessage(row.Payload), RunAt: fromMicros(row.RunAt),
		Attempts: row.Attempts, MaxAttempts: row.MaxAttempts, LastError: row.LastError,
		LockedUntil: fromMicros(row.LockedUntil), LockedBy: row.LockedBy, Dead: row.Dead,
		CreatedAt: fromMicros(row.CreatedAt), UpdatedAt: fromMicros(row.UpdatedAt),
	}
}

func jobsOf(rows []jobRow) []*Job {
	jobs := make([]*Job, len(rows))
	for i := range rows {
		jobs[i] = rows[i].job()
	}
	return jobs
}

// NewJobID makes an ID for a NewJob.
func NewJobID() string { return newID() }

// EnqueueJobs enqueues jobs that no other change of the library causes.
func (l *Library) EnqueueJobs(ctx context.Context, jobs []NewJob) error {
	err := l.write(ctx, func(ctx context.Context, tx bun.Tx) error { return l.enqueue(ctx, tx, jobs) })
	if err != nil {
		return failed("enqueuing jobs", err)
	}
	l.wake(len(jobs))
	return nil
}

// enqueue makes jobs a part of a transaction. Whoever commits it calls wake afterwards.
func (l *Library) enqueue(ctx context.Context, tx bun.Tx, jobs []NewJob) error {
	if len(jobs) == 0 {
		return nil
	}
	now := l.now()
	rows := make([]jobRow, len(jobs))
	for i, job := range jobs {
		if job.Kind == "" || !storable(job.Kind) || !storable(job.Lane) || !storable(job.Subject) || !json.Valid(job.Payload) || !utf8.Valid(job.Payload) {
			return fmt.Errorf("a job of kind %q needs a kind, and a payload in JSON", job.Kind)
		}
		rows[i] = jobRow{
			ID: job.ID, Kind: job.Kind, Lane: job.Lane, Subject: job.Subject, Payload: string(job.Payload), RunAt: micros(now.Add(job.After)),
			MaxAttempts: max(job.MaxAttempts, 1), CreatedAt: micros(now), UpdatedAt: micros(now),
		}
		if rows[i].ID == "" {
			rows[i].ID = newID()
		}
	}
	if _, err := tx.NewInsert().Model(&rows).Exec(ctx); err != nil {
		return fmt.Errorf("enqueuing %d jobs: %w", len(jobs), err)
	}
	return nil
}

// JobsEnqueued has a value whenever this process has committed new jobs. It is for one listener; jobs of other processes
// are found by asking.
func (l *Library) JobsEnqueued() <-chan struct{} { return l.enqueued }

func (l *Library) wake(jobs int) {
	if jobs == 0 {
		return
	}
	select {
	case l.enqueued <- struct{}{}:
	default: // The listener has not even seen the last one.
	}
}

// JobClaim says which job a worker wants.
type JobClaim struct {
	// Kinds are those that the worker knows.
	Kinds []string
	// BusyLanes are left aside.
	BusyLanes []string
	// Worker names the holder of the lease.
	Worker string
	// Now is the worker's clock. The lease ends at Until.
	Now, Until time.Time
}

// ClaimJob leases the job that has been due for longest, and counts the attempt. It is nil when none is due. A job whose
// lease has ended is due again: its worker is taken for dead.
func (l *Library) ClaimJob(ctx context.Context, claim JobClaim) (*Job, error) {
	if len(claim.Kinds) == 0 {
		return nil, nil
	}
	// One statement, so that SQLite needs no second look; materialized, so that PostgreSQL locks the one row only.
	lock := ""
	if l.driver == config.DatabasePostgres {
		lock = "FOR UPDATE SKIP LOCKED"
	}
	// A list must not be empty, and the empty lane is never busy.
	busy := append([]string{""}, claim.BusyLanes...)
	var rows []jobRow
	err := l.write(ctx, func(ctx context.Context, tx bun.Tx) error {
		rows = nil
		return tx.NewRaw(`WITH due AS MATERIALIZED (
				SELECT id FROM jobs
				WHERE NOT dead AND run_at <= ? AND locked_until <= ? AND kind IN (?) AND (lane = '' OR lane NOT IN (?))
				ORDER BY run_at, id LIMIT 1 ?
			)
			UPDATE jobs SET locked_until = ?, locked_by = ?, attempts = attempts + 1, updated_at = ?
			WHERE id IN (SELECT id FROM due) RETURNING *`,
			micros(claim.Now), micros(claim.Now), bun.List(claim.Kinds), bun.List(busy), bun.Safe(lock),
			micros(claim.Until), claim.Worker, micros(claim.Now)).Scan(ctx, &rows)
	})
	if err != nil {
		return nil, failed("claiming a job", err)
	}
	if len(rows) == 0 {
		return nil, nil
	}
	return rows[0].job(), nil
}

// FinishJob deletes a job that is done. The error is ErrLeaseLost when it is not the worker's any more; the same holds
// for the other ends of a lease below.
func (l *Library) FinishJob(ctx context.Context, job *Job) error {
	return l.endLease(ctx, "finishing", job, func(tx bun.Tx) jobStatement {
		return tx.NewDelete().Model((*jobRow)(nil)).
			Where("id = ? AND locked_by = ? AND attempts = ?", job.ID, job.LockedBy, job.Attempts)
	})
}

// RetryJob notes why an attempt failed and makes the job due again at runAt.
func (l *Library) RetryJob(ctx context.Context, job *Job, runAt time.Time, reason string) error {
	return l.endLease(ctx, "putting off", job, func(tx bun.Tx) jobStatement {
		return l.release(tx, job).Set("run_at = ?", micros(runAt)).Set("last_error = ?", shortened(reason))
	})
}

// BuryJob notes why the last attempt failed and makes the job a dead letter.
func (l *Library) BuryJob(ctx context.Context, job *Job, reason string) error {
	return l.endLease(ctx, "burying", job, func(tx bun.Tx) jobStatement {
		return l.release(tx, job).Set("dead = ?", true).Set("last_error = ?", shortened(reason))
	})
}

// RenewJob makes the lease of a job end at until.
func (l *Library) RenewJob(ctx context.Context, job *Job, until time.Time) error {
	return l.endLease(ctx, "renewing the lease of", job, func(tx bun.Tx) jobStatement {
		return tx.NewUpdate().Model((*jobRow)(nil)).Set("locked_until = ?", micros(until)).
			Where("id = ? AND locked_by = ? AND attempts = ?", job.ID, job.LockedBy, job.Attempts)
	})
}

// ReturnJob gives a job back that was not tried after all: it is due as before, and the attempt does not count.
func (l *Library) ReturnJob(ctx context.Context, job *Job) error {
	return l.endLease(ctx, "returning", job, func(tx bun.Tx) jobStatement {
		return l.release(tx, job).Set("attempts = attempts - 1")
	})
}

func (l *Library) release(tx bun.Tx, job *Job) *bun.UpdateQuery {
	return tx.NewUpdate().Model((*jobRow)(nil)).
		Set("locked_until = 0").Set("locked_by = ''").Set("updated_at = ?", micros(l.now())).
		Where("id = ? AND locked_by = ? AND attempts = ?", job.ID, job.LockedBy, job.Attempts)
}

// ReleaseJob gives a job that has not run yet another payload, and makes it due now. The error is ErrNotFound when a
// worker has taken it meanwhile.
func (l *Library) ReleaseJob(ctx context.Context, jobID string, payload json.RawMessage) error {
	if !json.Valid(payload) || !utf8.Valid(payload) {
		return fmt.Errorf("releasing job %s: the payload is no JSON", jobID)
	}
	err := l.write(ctx, func(ctx context.Context, tx bun.Tx) error {
		now := micros(l.now())
		return changed(ctx, ErrNotFound, tx.NewUpdate().Model((*jobRow)(nil)).
			Set("payload = ?", string(payload)).Set("run_at = ?", now).Set("updated_at = ?", now).
			Where("id = ? AND attempts = 0 AND NOT dead", jobID))
	})
	if err != nil {
		return failed("releasing job "+jobID, err)
	}
	l.wake(1)
	return nil
}

// DeadJobs lists dead letters of a kind, the latest first.
func (l *Library) DeadJobs(ctx context.Context, kind string, limit int) ([]*Job, error) {
	var rows []jobRow
	err := l.reader.NewSelect().Model(&rows).Where("dead AND kind = ?", kind).Order("updated_at DESC", "id").Limit(int64(limit)).Scan(ctx)
	if err != nil {
		return nil, failed("listing dead jobs", err)
	}
	return jobsOf(rows), nil
}

// PendingJobs lists jobs of a kind that are to run still, those first that are due first.
func (l *Library) PendingJobs(ctx context.Context, kind string, limit int) ([]*Job, error) {
	var rows []jobRow
	err := l.reader.NewSelect().Model(&rows).Where("NOT dead AND kind = ?", kind).Order("run_at", "id").Limit(int64(limit)).Scan(ctx)
	if err != nil {
		return nil, failed("listing jobs", err)
	}
	return jobsOf(rows), nil
}

// ForgetDeadJobs deletes the dead letters that died before a time, and the messages of that age that nobody has polled.
func (l *Library) ForgetDeadJobs(ctx context.Context, before time.Time) error {
	err := l.write(ctx, func(ctx context.Context, tx bun.Tx) error {
		// Written as a comparison, without which SQLite reads along no index.
		if _, err := tx.NewDelete().Model((*jobRow)(nil)).Where("dead = TRUE AND updated_at < ?", micros(before)).Exec(ctx); err != nil {
			return err
		}
		_, err := tx.NewDelete().Model((*jobRow)(nil)).Where("kind = ? AND NOT dead AND created_at < ?", MessageKind, micros(before)).Exec(ctx)
		return err
	})
	if err != nil {
		return failed("forgetting dead jobs", err)
	}
	return nil
}

func (l *Library) endLease(ctx context.Context, doing string, job *Job, statement func(bun.Tx) jobStatement) error {
	err := l.write(ctx, func(ctx context.Context, tx bun.Tx) error {
		return changed(ctx, ErrLeaseLost, statement(tx))
	})
	if err != nil {
		return failed(doing+" job "+job.ID, err)
	}
	return nil
}

// jobStatement is an UPDATE or DELETE.
type jobStatement interface {
	Exec(ctx context.Context, dest ...any) (sql.Result, error)
}

// changed executes a statement; missing is the error when no row was concerned.
func changed(ctx context.Context, missing error, statement jobStatement) error {
	result, err := statement.Exec(ctx)
	if err != nil {
		return err
	}
	if n, err := result.RowsAffected(); err != nil || n > 0 {
		return err
	}
	return missing
}

// shortened makes a reason fit for the column.
func shortened(reason string) string {
	reason = strings.ReplaceAll(strings.ToValidUTF8(reason, "?"), "\x00", "?")
	if len(reason) > maxJobError {
		reason = strings.ToValidUTF8(reason[:maxJobError], "")
	}
	return reason
}
