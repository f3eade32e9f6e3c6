package library

import (
	"context"
	"database/sql"
	"errors"
	"slices"

	"github.com/uptrace/bun"
	"golang.org/x/sync/errgroup"

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
	least, err := s.threshold(ctx, keys, position, limit+1)
	if err != nil {
		return nil, failed("searching assets", err)
	}
	many := least != nil || s.many(limit)
	more, moreCtx := errgroup.WithContext(ctx)
	count := func() (err error) {
		found.Total, err = s.count(moreCtx)
		return err
	}
	if many {
		more.Go(count)
	}
	rows, err := s.page(moreCtx, keys, joins, position, least, limit+1)
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
	more.Go(func() (err error) {
		found.Assets, err = l.assetsByIDs(moreCtx, ids)
		return err
	})
	if err := more.Wait(); err != nil {
		return nil, failed("searching assets", err)
	}
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

// page reads up to limit matches after a position. least is the threshold, nil for none.
func (s *search) page(ctx context.Context, keys []sortKey, joins []valueJoin, position *searchCursor, least any, limit int) ([]hit, error) {
	if s.nothing() {
		return nil, nil
	}
	hits, err := s.pageFrom(ctx, keys, joins, position, least, limit)
	if err == nil && least != nil && len(hits) < limit {
		// Some that were in the sample are gone since, or came twice.
		return s.pageFrom(ctx, keys, joins, position, nil, limit)
	}
	return hits, err
}

// pageFrom is page for matches that reach a threshold, nil for any.
func (s *search) pageFrom(ctx context.Context, keys []sortKey, joins []valueJoin, position *searchCursor, least any, limit int) ([]hit, error) {
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
		if least != nil {
			// The sign keeps SQLite from reading along an index of the key instead of the arm's.
			st.add(" AND +d."+keys[0].column()+map[bool]string{true: " >= ?", false: " <= ?"}[keys[0].descending], least)
		}
		order(st, keys, a.from, limit)
		if !one {
			st.add(") AS a" + string(rune('a'+i)))
		}
	}
	if !one {
		st.add(") AS u")
		orderByName(st, keys, limit)
	}
	var rows []map[string]any
	if err := s.library.reader.NewRaw(st.text.String(), st.args...).Scan(ctx, &rows); err != nil && !errors.Is(err, sql.ErrNoRows) {
		return nil, err
	}
	hits := make([]hit, len(rows))
	for i, row := range rows {
		hits[i] = hit{assetID: text(row["asset_id"]).(string), values: make([]any, len(keys))}
		for k, key := range keys {
			hits[i].values[k] = text(row[key.name])
		}
	}
	return hits, nil
}

// text is a value of a row, text as a string.
func text(value any) any {
	if b, ok := value.([]byte); ok {
		return string(b)
	}
	return value
}

// assetsByIDs reads assets in the order of their IDs; those that are not there are left out.
func (l *Library) assetsByIDs(ctx context.Context, ids []string) ([]*Asset, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	var rows []assetRow
	if err := l.reader.NewSelect().Model(&rows).Where("a.asset_id IN (?)", bun.List(ids)).Scan(ctx); err != nil {
		return nil, err
	}
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
