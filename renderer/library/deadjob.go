package library

import (
	"context"
	"database/sql"
	"errors"

	"github.com/uptrace/bun"
)

// JobList selects jobs of a kind.
type JobList struct {
	Kind string
	// Dead selects dead letters, otherwise the jobs that are to run still.
	Dead bool
	// Subject selects what is about that; empty is everything.
	Subject string
	// MaxResults is the size of a page, as in ListOptions; Cursor the next cursor of the page before.
	MaxResults int
	Cursor     string
}

// ListJobs lists jobs, the newest first. The second result is the cursor of the next page, empty on the last one. A bad cursor
// is a *problem.Problem with status 400.
func (l *Library) ListJobs(ctx context.Context, list JobList) ([]*Job, string, error) {
	query := fingerprint("jobs", []any{list.Kind, list.Dead, list.Subject})
	position, err := parseCursor(list.Cursor, query)
	if err != nil || !storable(list.Subject) {
		return nil, "", err
	}
	limit := pageSize(list.MaxResults)
	var rows []jobRow
	selection := l.reader.NewSelect().Model(&rows).Where("j.kind = ?", list.Kind).Where("j.dead = ?", list.Dead).Limit(int64(limit) + 1)
	if list.Subject != "" {
		selection = selection.Where("j.subject = ?", list.Subject)
	}
	if err := position.after(selection, "j", "id", false).Scan(ctx); err != nil {
		return nil, "", failed("listing jobs", err)
	}
	next := ""
	if len(rows) > limit {
		rows = rows[:limit]
		next = cursor{Query: query, CreatedAt: rows[limit-1].CreatedAt, ID: rows[limit-1].ID}.String()
	}
	return jobsOf(rows), next, nil
}

// CountDeadJobs counts the dead letters of a kind about a subject.
func (l *Library) CountDeadJobs(ctx context.Context, kind, subject string) (int64, error) {
	if !storable(subject) {
		return 0, nil
	}
	n, err := l.reader.NewSelect().Model((*jobRow)(nil)).Where("kind = ? AND subject = ? AND dead = ?", kind, subject, true).Count(ctx)
	if err != nil {
		return 0, failed("counting dead jobs", err)
	}
	return n, nil
}

// RevivedAtOnce bounds the dead letters that one ReviveJobs revives.
const RevivedAtOnce = 1000

// ReviveJobs makes dead letters of a kind due now, with all their attempts before them: those with one of the IDs, or, without
// IDs, those about a subject, or all when that is empty too, up to RevivedAtOnce. It returns them.
func (l *Library) ReviveJobs(ctx context.Context, kind string, ids []string, subject string) ([]*Job, error) {
	if !storable(subject) {
		return nil, nil
	}
	var wanted []string
	for _, id := range ids {
		if storable(id) {
			wanted = append(wanted, id)
		}
	}
	if len(ids) > 0 && len(wanted) == 0 {
		return nil, nil
	}
	var rows []jobRow
	err := l.write(ctx, func(ctx context.Context, tx bun.Tx) error {
		rows = nil
		dead := tx.NewSelect().Model((*jobRow)(nil)).Column("id").Where("kind = ? AND dead = ?", kind, true).Order("created_at", "id").Limit(RevivedAtOnce)
		if len(wanted) > 0 {
			dead = dead.Where("id IN (?)", bun.List(wanted))
		} else if subject != "" {
			dead = dead.Where("subject = ?", subject)
		}
		now := micros(l.now())
		err := tx.NewUpdate().Model((*jobRow)(nil)).Set("dead = ?", false).Set("attempts = 0").Set("run_at = ?", now).Set("updated_at = ?", now).
			Set("last_error = ''").Where("id IN (?) AND dead = ?", dead, true).Returning("*").Scan(ctx, &rows)
		if errors.Is(err, sql.ErrNoRows) {
			return nil
		}
		return err
	})
	if err != nil {
		return nil, failed("reviving dead jobs", err)
	}
	l.wake(len(rows))
	return jobsOf(rows), nil
}
