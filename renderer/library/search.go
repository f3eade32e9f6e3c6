package library

import (
	"context"
	"database/sql"
	"errors"
	"slices"
	"sync"

	"github.com/uptrace/bun"
	"golang.org/x/sync/errgroup"

	"github.com/darkroom-media/darkroom/renderer/config"
	"github.com/darkroom-media/darkroom/renderer/library/expression"
	"github.com/darkroom-media/darkroom/renderer/problem"
)

// Sizes of a page of a search.
const (
	DefaultSearchResults = 50
)

// SearchOptions are a search.
type SearchOptions struct {
	// Expression is in the language of package expression; empty matches everything.
	Expression string
	// Sort is the order; the newest come first without one.
	Sort []SortKey
	// MaxResults is the size of a page: at most MaxMaxResults, DefaultSearchResults when 0 or less.
	MaxResults int
	// Cursor is the NextCursor of the page before, of a search that differs in MaxResults at most; empty for the first.
	Cursor string
	// DynamicFolders says which folders the fields folder and asset_folder both mean.
	DynamicFolders bool
	// Aggregate counts what the search has found, on the first page and on every other one.
	Aggregate []Aggregate
}

// Found is one page of a search.
type Found struct {
	Assets []*Asset
	// Total counts what the search matches, on all pages.
	Total int64
	// NextCursor is empty on the last page.
	NextCursor string
	// Aggregations are the counts, in the order of Aggregate.
	Aggregations [][]Count
}

// Search finds assets. An expression that does not parse, a field that cannot be sorted by, and a cursor that is damaged
// or of another search, are a *problem.Problem with status 400.
func (l *Library) Search(ctx context.Context, options SearchOptions) (*Found, error) {
	node, err := parseExpression(options.Expression)
	if err != nil {
		return nil, err
	}
	matched := (&compiler{now: l.now(), dynamic: options.DynamicFolders}).compile(node)
	keys, joins, err := sortKeys(options.Sort, options.DynamicFolders, matched)
	if err != nil {
		return nil, err
	}
	query := fingerprint("search", []any{options.Expression, options.Sort, options.DynamicFolders})
	position, err := parseSearchCursor(options.Cursor, query, len(keys))
	if err != nil {
		return nil, err
	}
	if position != nil && !position.fits(keys) {
		return nil, problem.BadRequest("Invalid value for parameter next_cursor: it is damaged")
	}
	s, err := l.plan(ctx, matched)
	if err != nil {
		return nil, failed("searching assets", err)
	}
	limit := DefaultSearchResults
	if options.MaxResults > 0 {
		limit = pageSize(options.MaxResults)
	}
	found := &Found{}
	look, err := s.sample(ctx, keys)
	if err != nil {
		return nil, failed("searching assets", err)
	}
	more, moreCtx := errgroup.WithContext(ctx)
	count := func() (err error) {
		found.Total, err = s.count(moreCtx)
		return err
	}
	many := look != nil || s.many(limit)
	if many {
		more.Go(count)
	}
	rows, err := s.page(moreCtx, keys, joins, position, look, limit+1)
	if err != nil {
		return nil, failed("searching assets", errors.Join(more.Wait(), err))
	}
	switch {
	case many:
	case position != nil || len(rows) > limit:
		more.Go(count)
	default:
		found.Total = int64(len(rows))
	}
	if len(rows) > limit {
		rows = rows[:limit]
		found.NextCursor = searchCursor{Query: query, Values: rows[limit-1].values, ID: rows[limit-1].assetID}.String()
	}
	ids := make([]string, len(rows))
	for i, row := range rows {
		ids[i] = row.assetID
	}
	halves := [][]string{ids}
	if look != nil { // What was counted while the sample and the page were read has come to its end, or nearly so.
		halves = [][]string{ids[:len(ids)/2], ids[len(ids)/2:]}
	}
	read := make([][]*Asset, len(halves))
	for i, half := range halves {
		more.Go(func() (err error) {
			read[i], err = l.assetsByIDs(moreCtx, half)
			return err
		})
	}
	if err := more.Wait(); err != nil {
		return nil, failed("searching assets", err)
	}
	found.Assets = slices.Concat(read...)
	for _, aggregate := range options.Aggregate {
		counts, err := s.aggregate(ctx, aggregate)
		if err != nil {
			return nil, failed("counting what a search finds", err)
		}
		found.Aggregations = append(found.Aggregations, counts)
	}
	return found, nil
}

func parseExpression(text string) (expression.Node, error) {
	node, err := expression.Parse(text)
	if failure, ok := errors.AsType[*expression.Error](err); ok {
		return nil, problem.BadRequest("Invalid expression: %s, at position %d", failure.Message, failure.Position)
	}
	return node, err
}

// search is a planned search: the arms that together read all assets that it matches.
type search struct {
	library *Library
	arms    []arm
}

// arm reads some of the assets that a search matches, along one index.
type arm struct {
	from source
	// key is what of the source is read; nil for all assets.
	key predicate
	// rest must hold, too; constant(true) for nothing more.
	rest predicate
}

// repeats tells whether an arm may read an asset twice.
func (a *arm) repeats() bool {
	scan, ok := a.key.(*termScan)
	return ok && scan.prefix
}

// nothing tells whether no asset can match.
func (s *search) nothing() bool { return len(s.arms) == 0 }

// write writes what follows FROM in an arm.
func (a *arm) write(s *statement, joins []valueJoin) {
	s.add(a.from.table() + " AS d")
	for _, join := range joins {
		join.write(s)
	}
	var conditions []func()
	switch key := a.key.(type) {
	case *termScan:
		conditions = append(conditions, func() { s.term("d", key) })
	case *columnRange:
		conditions = append(conditions, func() { s.between("d."+key.column, key.low, key.high) })
	case *cellRange:
		conditions = append(conditions, func() { s.condition(a.from, key) })
	case *derivedBy:
		conditions = append(conditions, func() {
			s.add("d.asset_id IN (SELECT e.asset_id FROM derived AS e WHERE ")
			s.derived(key)
			s.add(")")
		})
	case *valueRange:
		conditions = append(conditions, func() {
			s.add("d.field = ? AND ", key.field)
			s.between("d.number", key.low, key.high)
		})
	}
	if _, always := a.rest.(constant); !always {
		conditions = append(conditions, func() { s.condition(a.from, a.rest) })
	}
	for i, write := range conditions {
		s.add([]string{" WHERE ", " AND "}[min(i, 1)])
		write()
	}
	if len(conditions) == 0 {
		s.add(" WHERE TRUE")
	}
}

func (s *search) statement() *statement { return &statement{driver: s.library.driver} }

// count counts the matches.
func (s *search) count(ctx context.Context) (total int64, err error) {
	if s.nothing() {
		return 0, nil
	}
	st := s.statement()
	switch {
	case len(s.arms) == 1 && s.arms[0].repeats():
		st.add("SELECT COUNT(DISTINCT d.asset_id) FROM ")
		s.arms[0].write(st, nil)
	case len(s.arms) == 1:
		st.add("SELECT COUNT(*) FROM ")
		s.arms[0].write(st, nil)
	default:
		st.add("SELECT COUNT(*) FROM (")
		s.union(st, "")
		st.add(") AS u")
	}
	err = s.library.reader.NewRaw(st.text.String(), st.args...).Scan(ctx, &total)
	return total, err
}

// many tells whether more is read along a term than a page has, as far as that is remembered, so that there may well be more matches:
// they are then counted while the page is read.
func (s *search) many(limit int) bool {
	if len(s.arms) != 1 {
		return false
	}
	scan, ok := s.arms[0].key.(*termScan)
	return ok && s.library.sizeOf(scan).rows > limit
}

// union writes a query of the IDs of all matches, each of them once, with more columns of assets.
func (s *search) union(st *statement, columns string) {
	for i := range s.arms {
		if i > 0 {
			st.add(" UNION ")
		}
		st.add("SELECT ")
		if s.arms[i].repeats() {
			st.add("DISTINCT ")
		}
		st.add("d.asset_id" + columns + " FROM ")
		s.arms[i].write(st, nil)
	}
}

// hit is a match, with the values that it was sorted by.
type hit struct {
	assetID string
	values  []any
}

// page reads up to limit matches after a position, with the help of a sample, if there is one.
func (s *search) page(ctx context.Context, keys []sortKey, joins []valueJoin, position *searchCursor, look *sample, limit int) ([]hit, error) {
	if s.nothing() {
		return nil, nil
	}
	read := func(ctx context.Context, among part) ([]hit, error) {
		return s.part(ctx, keys, joins, position, among, limit)
	}
	if look == nil {
		return read(ctx, part{})
	}
	least, err := look.threshold(ctx, position, limit)
	if err != nil {
		return nil, err
	}
	if least == nil {
		return read(ctx, part{})
	}
	found, err := look.page(ctx, least, read)
	if err == nil && len(found) < limit {
		// Some that were in the sample are gone since, or came twice.
		return read(ctx, part{})
	}
	return found[:min(len(found), limit)], err
}

// part is some of what an arm reads. Nil is no bound.
type part struct {
	// least is what the first sort key must reach.
	least any
	// after and upTo bound the time of creation.
	after, upTo any
}

// part reads up to limit matches after a position of a part of them.
func (s *search) part(ctx context.Context, keys []sortKey, joins []valueJoin, position *searchCursor, among part, limit int) ([]hit, error) {
	st := s.statement()
	one := len(s.arms) == 1
	if !one {
		st.add("SELECT * FROM (")
	}
	for i := range s.arms {
		a := &s.arms[i]
		if i > 0 {
			st.add(" UNION ")
		}
		if !one {
			st.add("SELECT * FROM (")
		}
		needed := neededJoins(a.from, keys, joins)
		st.add("SELECT ")
		if a.repeats() {
			st.add("DISTINCT ")
		}
		st.add("d.asset_id AS asset_id")
		for _, key := range keys {
			st.add(", ")
			key.write(st, a.from)
			st.add(" AS " + key.name)
		}
		st.add(" FROM ")
		a.write(st, needed)
		if position != nil {
			st.add(" AND ")
			after(st, keys, a.from, position)
		}
		if among.least != nil {
			// The sign keeps SQLite from reading along an index of the key instead of the arm's.
			st.add(" AND +d."+keys[0].column()+map[bool]string{true: " >= ?", false: " <= ?"}[keys[0].descending], among.least)
		}
		if among.after != nil {
			st.add(" AND d.created_at > ?", among.after)
		}
		if among.upTo != nil {
			st.add(" AND d.created_at <= ?", among.upTo)
		}
		sign := ""
		if _, terms := a.key.(*termScan); terms && s.library.driver == config.DatabaseSQLite && !s.inOrder(a, keys) {
			// It keeps SQLite from reading thousands of matches along an index of public IDs to find the few that the rest of a condition leaves.
			sign = "+"
		}
		order(st, keys, a.from, sign, limit)
		if !one {
			st.add(") AS a" + string(rune('a'+i)))
		}
	}
	if !one {
		st.add(") AS u")
		orderByName(st, keys, limit)
	}
	found := hits{hits: make([]hit, 0, limit), values: len(keys)}
	err := s.library.reader.NewRaw(st.text.String(), st.args...).Scan(ctx, &found)
	return found.hits, err
}

// hits reads the rows of a page, whose columns are the asset ID and the values, without a map for each.
type hits struct {
	hits   []hit
	values int
}

// Value is what the rows are read into.
func (h *hits) Value() any { return h }

// ScanRows reads all rows.
func (h *hits) ScanRows(_ context.Context, rows *sql.Rows) (n int, err error) {
	row, targets := make([]any, 1+h.values), make([]any, 1+h.values)
	for i := range row {
		targets[i] = &row[i]
	}
	for rows.Next() {
		if err := rows.Scan(targets...); err != nil {
			return n, err
		}
		next := hit{assetID: text(row[0]).(string), values: make([]any, h.values)}
		for i := range next.values {
			next.values[i] = text(row[1+i])
		}
		h.hits = append(h.hits, next)
		n++
	}
	return n, rows.Err()
}

// text is a value of a row, text as a string.
func text(value any) any {
	if b, ok := value.([]byte); ok {
		return string(b)
	}
	return value
}

// rowBuffers are slices of rows that are empty but for their capacity: a page of rows is large, and is garbage as soon as it is read.
var rowBuffers = sync.Pool{New: func() any { return new([]assetRow) }}

// assetsByIDs reads assets in the order of their IDs; those that are not there are left out.
func (l *Library) assetsByIDs(ctx context.Context, ids []string) ([]*Asset, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	buffer := rowBuffers.Get().(*[]assetRow)
	defer func() {
		clear((*buffer)[:cap(*buffer)])
		*buffer = (*buffer)[:0]
		rowBuffers.Put(buffer)
	}()
	*buffer = slices.Grow(*buffer, len(ids))
	query := l.reader.NewSelect().Model(buffer).Where("a.asset_id IN (?)", bun.List(ids))
	if err := query.Scan(ctx); err != nil {
		return nil, err
	}
	rows := *buffer
	assets := make([]*Asset, 0, len(rows))
	for i := range rows {
		asset, err := rows[i].asset()
		if err != nil {
			return nil, err
		}
		assets = append(assets, asset)
	}
	place := make(map[string]int, len(ids))
	for i, id := range ids {
		place[id] = i
	}
	slices.SortFunc(assets, func(a, b *Asset) int { return place[a.AssetID] - place[b.AssetID] })
	return assets, nil
}
