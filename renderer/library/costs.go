package library

import (
	"context"
	"time"

	"github.com/uptrace/bun"
)

const (
	// CostDays is for how many days costs are kept, today included.
	CostDays = 31
	// costShapes bounds the transformations of one day; the cheapest are summed up as OtherCosts.
	costShapes = 2000
)

// OtherCosts stands for the transformations that are too many to be told apart.
const OtherCosts = "(other)"

// Cost is what making derived files by one transformation has cost.
type Cost struct {
	// Transformation is its shape, or OtherCosts.
	Transformation string
	Renders        int64
	CPU            time.Duration
	// Bytes is the length of what was made.
	Bytes int64
	// LastAt is when it was made last.
	LastAt time.Time
}

// costRow is a Cost of one day as it is stored.
type costRow struct {
	bun.BaseModel `bun:"table:render_costs,alias:c"`

	Day            int64  `bun:"day,pk"`
	Transformation string `bun:"transformation,pk"`
	Renders        int64  `bun:"renders"`
	CPU            int64  `bun:"cpu_us"`
	Bytes          int64  `bun:"bytes"`
	LastAt         int64  `bun:"last_at"`
}

func dayOf(t time.Time) int64 { return t.Unix() / (24 * 60 * 60) }

// AddCosts adds to the costs of today, and forgets those of days long gone.
func (l *Library) AddCosts(ctx context.Context, costs []Cost) error {
	if len(costs) == 0 {
		return nil
	}
	today := dayOf(l.now())
	rows := make([]costRow, 0, len(costs))
	for _, cost := range costs {
		if !storable(cost.Transformation) {
			cost.Transformation = OtherCosts
		}
		rows = append(rows, costRow{Day: today, Transformation: cost.Transformation, Renders: cost.Renders, CPU: cost.CPU.Microseconds(), Bytes: cost.Bytes, LastAt: micros(cost.LastAt)})
	}
	err := l.write(ctx, func(ctx context.Context, tx bun.Tx) error {
		for i := range rows {
			if err := addCost(ctx, tx, &rows[i]); err != nil {
				return err
			}
		}
		if _, err := tx.NewDelete().Model((*costRow)(nil)).Where("day <= ?", today-CostDays).Exec(ctx); err != nil {
			return err
		}
		return sumCheapest(ctx, tx, today)
	})
	if err != nil {
		return failed("adding to the costs", err)
	}
	return nil
}

func addCost(ctx context.Context, tx bun.Tx, row *costRow) error {
	_, err := tx.NewInsert().Model(row).On("CONFLICT (day, transformation) DO UPDATE").
		Set("renders = c.renders + EXCLUDED.renders").Set("cpu_us = c.cpu_us + EXCLUDED.cpu_us").
		Set("bytes = c.bytes + EXCLUDED.bytes").Set("last_at = EXCLUDED.last_at").Exec(ctx)
	return err
}

// sumCheapest keeps the transformations of a day to a bounded number.
func sumCheapest(ctx context.Context, tx bun.Tx, day int64) error {
	var surplus []costRow
	err := tx.NewSelect().Model(&surplus).Where("day = ? AND transformation <> ?", day, OtherCosts).
		Order("cpu_us DESC", "transformation").Offset(costShapes).Limit(costShapes).Scan(ctx)
	if err != nil || len(surplus) == 0 {
		return err
	}
	other := costRow{Day: day, Transformation: OtherCosts}
	names := make([]string, len(surplus))
	for i, row := range surplus {
		names[i] = row.Transformation
		other.Renders, other.CPU, other.Bytes, other.LastAt = other.Renders+row.Renders, other.CPU+row.CPU, other.Bytes+row.Bytes, max(other.LastAt, row.LastAt)
	}
	if _, err := tx.NewDelete().Model((*costRow)(nil)).Where("day = ? AND transformation IN (?)", day, bun.List(names)).Exec(ctx); err != nil {
		return err
	}
	return addCost(ctx, tx, &other)
}

// Costs gives the dearest transformations of the last days, today included, at most max of them, and what all have cost
// together.
func (l *Library) Costs(ctx context.Context, days, max int) (dearest []Cost, total Cost, err error) {
	since := dayOf(l.now()) - int64(min(days, CostDays)) + 1
	sums := l.reader.NewSelect().Model((*costRow)(nil)).Where("day >= ?", since).
		ColumnExpr("CAST(COALESCE(SUM(renders), 0) AS BIGINT) AS renders").ColumnExpr("CAST(COALESCE(SUM(cpu_us), 0) AS BIGINT) AS cpu_us").
		ColumnExpr("CAST(COALESCE(SUM(bytes), 0) AS BIGINT) AS bytes").ColumnExpr("CAST(COALESCE(MAX(last_at), 0) AS BIGINT) AS last_at")
	var all costRow
	if err := sums.Scan(ctx, &all.Renders, &all.CPU, &all.Bytes, &all.LastAt); err != nil {
		return nil, Cost{}, failed("summing up the costs", err)
	}
	var rows []costRow
	err = l.reader.NewSelect().Model(&rows).Where("day >= ?", since).Column("transformation").
		ColumnExpr("CAST(SUM(renders) AS BIGINT) AS renders").ColumnExpr("CAST(SUM(cpu_us) AS BIGINT) AS cpu_us").
		ColumnExpr("CAST(SUM(bytes) AS BIGINT) AS bytes").ColumnExpr("MAX(last_at) AS last_at").
		Group("transformation").OrderExpr("SUM(cpu_us) DESC, transformation").Limit(int64(max)).Scan(ctx)
	if err != nil {
		return nil, Cost{}, failed("reading the costs", err)
	}
	for i := range rows {
		dearest = append(dearest, rows[i].cost())
	}
	return dearest, all.cost(), nil
}

func (row *costRow) cost() Cost {
	return Cost{
		Transformation: row.Transformation, Renders: row.Renders, CPU: time.Duration(row.CPU) * time.Microsecond,
		Bytes: row.Bytes, LastAt: fromMicros(row.LastAt),
	}
}
