package library

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/uptrace/bun"
)

// UsageDays is for how many days usage is kept, today included.
const UsageDays = 400

// Usage is what was used in a day or a month, over all replicas. Samples do not count.
type Usage struct {
	// Transformations is how many derived files were made, and CPU the processor time of the engine for them.
	Transformations int64
	CPU             time.Duration
	// Requests is how many requests delivery has answered, Bandwidth how many bytes it has sent.
	Requests, Bandwidth int64
}

// Level is what is stored. Samples do not count.
type Level struct {
	Assets, Derived int64
	// Bytes is the length of both, with what was added since they were counted.
	Bytes int64
	// CountedAt is when they were counted; the zero time when they never were.
	CountedAt time.Time
}

// Books is what is known of usage at a time.
type Books struct {
	// Day is the day that Today is about, at midnight in UTC; Month is its month so far.
	Day          time.Time
	Today, Month Usage
	Level        Level
}

// usageRow is a day as it is stored.
type usageRow struct {
	bun.BaseModel `bun:"table:usage_days,alias:u"`

	Day             int64 `bun:"day,pk"`
	Transformations int64 `bun:"transformations"`
	CPU             int64 `bun:"cpu_us"`
	Requests        int64 `bun:"requests"`
	Bandwidth       int64 `bun:"bandwidth"`
	Assets          int64 `bun:"assets"`
	Derived         int64 `bun:"derived"`
	StoredBytes     int64 `bun:"stored_bytes"`
	CountedAt       int64 `bun:"counted_at"`
}

func (row *usageRow) usage() Usage {
	return Usage{Transformations: row.Transformations, CPU: time.Duration(row.CPU) * time.Microsecond, Requests: row.Requests, Bandwidth: row.Bandwidth}
}

func (row *usageRow) level() Level {
	level := Level{Assets: row.Assets, Derived: row.Derived, Bytes: row.StoredBytes}
	if row.CountedAt > 0 {
		level.CountedAt = fromMicros(row.CountedAt)
	}
	return level
}

// AddUsage adds to what was used today, and storedBytes to what is stored, and gives the books. Days long gone are
// forgotten.
func (l *Library) AddUsage(ctx context.Context, used Usage, storedBytes int64) (*Books, error) {
	today := dayOf(l.now())
	err := l.write(ctx, func(ctx context.Context, tx bun.Tx) error {
		if err := openDay(ctx, tx, today); err != nil {
			return err
		}
		_, err := tx.NewUpdate().Model((*usageRow)(nil)).Where("day = ?", today).
			Set("transformations = transformations + ?", used.Transformations).Set("cpu_us = cpu_us + ?", used.CPU.Microseconds()).
			Set("requests = requests + ?", used.Requests).Set("bandwidth = bandwidth + ?", used.Bandwidth).
			Set("stored_bytes = stored_bytes + ?", storedBytes).Exec(ctx)
		return err
	})
	if err != nil {
		return nil, failed("adding to the usage", err)
	}
	return l.Books(ctx)
}

// openDay makes the row of a day, which begins with what was stored at the end of the last one, if it is not there.
func openDay(ctx context.Context, tx bun.Tx, day int64) error {
	exists, err := tx.NewSelect().Model((*usageRow)(nil)).Where("day = ?", day).Exists(ctx)
	if err != nil || exists {
		return err
	}
	last := &usageRow{}
	err = tx.NewSelect().Model(last).Where("day < ?", day).Order("day DESC").Limit(1).Scan(ctx)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return err
	}
	row := &usageRow{Day: day, Assets: last.Assets, Derived: last.Derived, StoredBytes: last.StoredBytes, CountedAt: last.CountedAt}
	if _, err := tx.NewInsert().Model(row).On("CONFLICT (day) DO NOTHING").Exec(ctx); err != nil {
		return err
	}
	_, err = tx.NewDelete().Model((*usageRow)(nil)).Where("day <= ?", day-UsageDays).Exec(ctx)
	return err
}

// CountLevel counts what is stored, which reads whole tables, and enters it in the books.
func (l *Library) CountLevel(ctx context.Context) error {
	totals, err := l.Totals(ctx)
	if err != nil {
		return err
	}
	now := l.now()
	err = l.write(ctx, func(ctx context.Context, tx bun.Tx) error {
		if err := openDay(ctx, tx, dayOf(now)); err != nil {
			return err
		}
		_, err := tx.NewUpdate().Model((*usageRow)(nil)).Where("day = ?", dayOf(now)).
			Set("assets = ?", totals.Assets).Set("derived = ?", totals.Derived).
			Set("stored_bytes = ?", totals.Bytes+totals.DerivedBytes).Set("counted_at = ?", micros(now)).Exec(ctx)
		return err
	})
	if err != nil {
		return failed("noting what is stored", err)
	}
	return nil
}

// Books gives what was used today and in its month, and what is stored.
func (l *Library) Books(ctx context.Context) (*Books, error) {
	now := l.now().UTC()
	books := &Books{Day: time.Date(now.Year(), now.Month(), now.Day(), 0, 0, 0, 0, time.UTC)}
	first := time.Date(now.Year(), now.Month(), 1, 0, 0, 0, 0, time.UTC)
	var rows []usageRow
	// The days of the month, and the one before them, for the level of a month in which nothing has happened yet.
	if err := l.reader.NewSelect().Model(&rows).Where("day <= ?", dayOf(now)).Order("day DESC").Limit(int64(now.Day()) + 1).Scan(ctx); err != nil {
		return nil, failed("reading the usage", err)
	}
	for i := range rows {
		row := &rows[i]
		if i == 0 {
			books.Level = row.level()
		}
		if row.Day == dayOf(now) {
			books.Today = row.usage()
		}
		if row.Day >= dayOf(first) {
			day := row.usage()
			books.Month.Transformations += day.Transformations
			books.Month.CPU += day.CPU
			books.Month.Requests += day.Requests
			books.Month.Bandwidth += day.Bandwidth
		}
	}
	return books, nil
}

// UsageOn gives what was used on a day in UTC, and what was stored at its end; the latter is nil where it was not counted.
// Nothing is known of days before the last UsageDays.
func (l *Library) UsageOn(ctx context.Context, day time.Time) (Usage, *Level, error) {
	var rows []usageRow
	if err := l.reader.NewSelect().Model(&rows).Where("day <= ?", dayOf(day)).Order("day DESC").Limit(1).Scan(ctx); err != nil {
		return Usage{}, nil, failed("reading the usage of a day", err)
	}
	if len(rows) == 0 {
		return Usage{}, nil, nil
	}
	var used Usage
	if rows[0].Day == dayOf(day) {
		used = rows[0].usage()
	}
	if level := rows[0].level(); !level.CountedAt.IsZero() {
		return used, &level, nil
	}
	return used, nil, nil
}
