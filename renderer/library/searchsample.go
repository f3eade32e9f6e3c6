package library

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"

	"github.com/darkroom-media/darkroom/renderer/config"
)

// SQLite sorts thousands of matches for the first page of a few by keeping the best so far, at a price for every row. A look at some
// matches beforehand tells how good a match must be at least, and leaves most rows with one comparison. PostgreSQL's heap needs no such
// help.

const (
	// sampleFrom is how many rows an arm must read for that to be worth it.
	sampleFrom = 2000
	// sampleEnd is how many rows are looked at from each end of what the arm reads: whatever it is sorted by may well go up or down
	// with it.
	sampleEnd = 500
)

// threshold is a sort key that at least limit matches after the position reach, and which therefore all matches of the page reach. It
// is nil when none is known.
func (s *search) threshold(ctx context.Context, keys []sortKey, position *searchCursor, limit int) (any, error) {
	if s.library.driver != config.DatabaseSQLite || len(s.arms) != 1 || len(keys) != 1 {
		return nil, nil
	}
	a, key := &s.arms[0], keys[0]
	var order []string
	switch k := a.key.(type) {
	case *termScan:
		if k.prefix || key.column() == "created_at" { // It comes in that order.
			return nil, nil
		}
		order = []string{"d.created_at", "d.asset_id"}
	case *columnRange:
		order = []string{"d." + k.column, "d.created_at", "d.asset_id"}
	default:
		return nil, nil
	}
	column := key.column()
	if column == "" || !a.from.has(column) {
		return nil, nil
	}
	rows, err := s.library.frequency(ctx, a.key, sampleFrom)
	if err != nil || rows < sampleFrom {
		return nil, err
	}
	columns := []string{"asset_id", "created_at"}
	if !slices.Contains(columns, column) {
		columns = append(columns, column)
	}
	columns = columnsOf(a.from, a.rest, columns)
	st := s.statement()
	st.add("SELECT d." + column + " AS least FROM (")
	for i, direction := range []string{" ASC", " DESC"} {
		if i > 0 {
			st.add(" UNION ALL ")
		}
		st.add("SELECT * FROM (SELECT ")
		for n, column := range columns {
			st.add([]string{"", ", "}[min(n, 1)] + "d." + column + " AS " + column)
		}
		st.add(" FROM ")
		(&arm{from: a.from, key: a.key, rest: constant(true)}).write(st, nil)
		for n, column := range order {
			st.add([]string{" ORDER BY ", ", "}[min(n, 1)] + column + direction)
		}
		st.add(" LIMIT ?)", sampleEnd)
	}
	st.add(") AS d WHERE TRUE")
	if _, always := a.rest.(constant); !always {
		st.add(" AND ")
		st.condition(a.from, a.rest)
	}
	if position != nil {
		st.add(" AND ")
		after(st, keys, a.from, position)
	}
	st.add(fmt.Sprintf(" ORDER BY d.%s %s LIMIT 1 OFFSET ?", column, map[bool]string{true: "DESC", false: "ASC"}[key.descending]), limit-1)
	var found []map[string]any
	if err := s.library.reader.NewRaw(st.text.String(), st.args...).Scan(ctx, &found); err != nil && !errors.Is(err, sql.ErrNoRows) {
		return nil, err
	}
	if len(found) == 0 {
		return nil, nil
	}
	return text(found[0]["least"]), nil
}

// columnsOf adds the columns that a condition reads of rows of a source.
func columnsOf(from source, p predicate, columns []string) []string {
	add := func(column string) {
		if column != "" && from.has(column) && !slices.Contains(columns, column) {
			columns = append(columns, column)
		}
	}
	switch p := p.(type) {
	case both:
		for _, q := range p {
			columns = columnsOf(from, q, columns)
		}
	case either:
		for _, q := range p {
			columns = columnsOf(from, q, columns)
		}
	case negated:
		columns = columnsOf(from, p.predicate, columns)
	case *termScan:
		add(p.column)
	case *columnRange:
		add(p.column)
	}
	return columns
}
