package library

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"

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

// sample is a look at some of what an arm reads, for a search that is sorted by one column.
type sample struct {
	search *search
	keys   []sortKey
	// column is that of the key, and order what the arm's rows are read in the order of.
	column string
	order  []string
}

// sample is how to take one for a search that reads so much that it is worth it, else nil.
func (s *search) sample(ctx context.Context, keys []sortKey) (*sample, error) {
	if s.library.driver != config.DatabaseSQLite || len(s.arms) != 1 || len(keys) != 1 {
		return nil, nil
	}
	a := &s.arms[0]
	look := &sample{search: s, keys: keys, column: keys[0].column()}
	switch k := a.key.(type) {
	case *termScan:
		if k.prefix || look.column == "created_at" { // It comes in that order.
			return nil, nil
		}
		look.order = []string{"d.created_at", "d.asset_id"}
	case *columnRange:
		look.order = []string{"d." + k.column, "d.created_at", "d.asset_id"}
	default:
		return nil, nil
	}
	if look.column == "" || !a.from.has(look.column) || s.inOrder(a, keys) {
		return nil, nil
	}
	rows, err := s.library.frequency(ctx, a.key, sampleFrom)
	if err != nil || rows < sampleFrom {
		return nil, err
	}
	return look, nil
}

// inOrder says that an index gives what an arm reads in the order of the keys, and no more than a page of it has to be read.
func (s *search) inOrder(a *arm, keys []sortKey) bool {
	term, ok := a.key.(*termScan)
	_, always := a.rest.(constant)
	return ok && !term.prefix && always && s.library.driver == config.DatabaseSQLite && len(keys) == 1 && keys[0].column() == "public_id"
}

// threshold takes the sample: a sort key that at least limit matches after the position reach, and which therefore all matches of the
// page reach. It is nil when too few of the sample match.
func (l *sample) threshold(ctx context.Context, position *searchCursor, limit int) (least any, err error) {
	s, a, key := l.search, &l.search.arms[0], l.keys[0]
	columns := []string{l.column}
	if position != nil {
		columns = columnsOf(a.from, &columnRange{column: "asset_id"}, columns)
	}
	if _, always := a.rest.(constant); !always {
		columns = columnsOf(a.from, both{&columnRange{column: "asset_id"}, &columnRange{column: "created_at"}, a.rest}, columns)
	}
	st := s.statement()
	st.add("SELECT d." + l.column + " AS least FROM (")
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
		for n, column := range l.order {
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
		after(st, l.keys, a.from, position)
	}
	st.add(fmt.Sprintf(" ORDER BY d.%s %s LIMIT 1 OFFSET ?", l.column, map[bool]string{true: "DESC", false: "ASC"}[key.descending]), limit-1)
	err = s.library.reader.NewRaw(st.text.String(), st.args...).Scan(ctx, &least)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	return text(least), err
}

// page reads the matches that reach a threshold: the older and the newer half of what a term has at once, since going through thousands of
// rows is work for a processor, of which there may be two. read reads some, in their order.
func (l *sample) page(ctx context.Context, least any, read func(context.Context, part) ([]hit, error)) ([]hit, error) {
	term, ok := l.search.arms[0].key.(*termScan)
	if !ok {
		return read(ctx, part{least: least})
	}
	middle, err := l.search.library.middle(ctx, term)
	if err != nil {
		return nil, err
	}
	var older, newer []hit
	halves, halvesCtx := errgroup.WithContext(ctx)
	halves.Go(func() (err error) {
		older, err = read(halvesCtx, part{least: least, upTo: middle})
		return err
	})
	halves.Go(func() (err error) {
		newer, err = read(halvesCtx, part{least: least, after: middle})
		return err
	})
	if err := halves.Wait(); err != nil {
		return nil, err
	}
	found := append(older, newer...)
	slices.SortFunc(found, func(a, b hit) int {
		order := cmp.Or(compareValues(a.values[0], b.values[0]), strings.Compare(a.assetID, b.assetID))
		if l.keys[0].descending {
			return -order
		}
		return order
	})
	// One that was given another time of creation in the meantime may have come twice.
	return slices.CompactFunc(found, func(a, b hit) bool { return a.assetID == b.assetID }), nil
}

// compareValues compares two values of a column of terms as SQLite does: texts by their bytes, and integers.
func compareValues(a, b any) int {
	switch a := a.(type) {
	case string:
		return strings.Compare(a, b.(string))
	case int64:
		return cmp.Compare(a, b.(int64))
	}
	return 0
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
