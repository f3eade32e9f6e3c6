package library

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/uptrace/bun"

	"github.com/darkroom-media/darkroom/renderer/config"
)

// MessageKind is the kind of jobs that are messages: nobody runs them, they are leased by those who poll. They are forgotten
// with the dead letters when nobody has.
const MessageKind = "message"

// LaneClaim says which jobs are leased.
type LaneClaim struct {
	Kind, Lane string
	// Max bounds how many.
	Max int
	// Worker, Now and Until are as in JobClaim.
	Worker     string
	Now, Until time.Time
}

// ClaimLane leases the jobs of a kind and lane that have been due for longest, in their order, and counts the attempt.
func (l *Library) ClaimLane(ctx context.Context, claim LaneClaim) ([]*Job, error) {
	if !storable(claim.Lane) {
		return nil, nil
	}
	lock := ""
	if l.driver == config.DatabasePostgres {
		lock = "FOR UPDATE SKIP LOCKED"
	}
	now := micros(claim.Now)
	var rows []jobRow
	err := l.write(ctx, func(ctx context.Context, tx bun.Tx) error {
		rows = nil
		return tx.NewRaw(`WITH due AS MATERIALIZED (
				SELECT id FROM jobs WHERE kind = ? AND lane = ? AND NOT dead AND run_at <= ? AND locked_until <= ? ORDER BY run_at, id LIMIT ? ?
			) UPDATE jobs SET locked_until = ?, locked_by = ?, attempts = attempts + 1, updated_at = ? WHERE id IN (SELECT id FROM due) RETURNING *`,
			claim.Kind, claim.Lane, now, now, claim.Max, bun.Safe(lock), micros(claim.Until), claim.Worker, now).Scan(ctx, &rows)
	})
	if err != nil {
		return nil, failed("leasing jobs of "+claim.Lane, err)
	}
	slices.SortFunc(rows, func(a, b jobRow) int { return cmp.Or(cmp.Compare(a.RunAt, b.RunAt), cmp.Compare(a.ID, b.ID)) })
	return jobsOf(rows), nil
}
