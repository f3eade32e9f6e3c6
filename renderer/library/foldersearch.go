package library

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/uptrace/bun"

	"github.com/darkroom-media/darkroom/renderer/library/expression"
	"github.com/darkroom-media/darkroom/renderer/problem"
)

// FolderSearch is a search for folders.
type FolderSearch struct {
	Dynamic bool
	// Expression is in the language of package expression, with the fields name, path, created_at and external_id.
	Expression string
	// Sort is the order, by one of the fields; by path without one.
	Sort []SortKey
	// MaxResults and Cursor are as in SearchOptions.
	MaxResults int
	Cursor     string
}

// SearchFolders finds folders. It returns them with their number on all pages and the cursor of the next page, empty on
// the last one. What Search refuses is refused here, too.
func (l *Library) SearchFolders(ctx context.Context, options FolderSearch) (folders []*Folder, total int64, next string, err error) {
	node, err := parseExpression(options.Expression)
	if err != nil {
		return nil, 0, "", err
	}
	order, err := folderOrder(options.Sort)
	if err != nil {
		return nil, 0, "", err
	}
	query := fingerprint("folders", []any{options.Dynamic, options.Expression, options.Sort})
	last, err := parseFolderCursor(options.Cursor, query)
	if err != nil {
		return nil, 0, "", err
	}
	// There are few folders next to assets: an index narrows them down where it can, and the rest is decided here.
	var rows []folderRow
	selection := narrowFolders(l.reader.NewSelect().Model(&rows).Where("dynamic = ?", options.Dynamic), node)
	if err := selection.Order("path").Scan(ctx); err != nil {
		return nil, 0, "", failed("searching folders", err)
	}
	now := l.now()
	var all []*Folder
	for i := range rows {
		if folder := rows[i].folder(); folderMatches(node, folder, now) {
			all = append(all, folder)
		}
	}
	slices.SortStableFunc(all, order)
	limit := DefaultSearchResults
	if options.MaxResults > 0 {
		limit = pageSize(options.MaxResults)
	}
	total, rest := int64(len(all)), all
	if last != nil {
		// Behind the folder that the page before has ended with, or where it was.
		if i := slices.IndexFunc(all, func(f *Folder) bool { return order(f, last) > 0 }); i >= 0 {
			rest = all[i:]
		} else {
			rest = nil
		}
	}
	if len(rest) > limit {
		rest = rest[:limit]
		next = folderCursor(query, rest[limit-1])
	}
	return rest, total, next, nil
}

// folderCursor says where a page has ended: by everything that folders are sorted by, because the folder may be deleted.
func folderCursor(query string, last *Folder) string {
	return searchCursor{Query: query, Values: []any{last.Name, micros(last.CreatedAt), last.ID}, ID: last.Path}.String()
}

// parseFolderCursor is the folder that a page has ended with. Nil is the beginning.
func parseFolderCursor(opaque, query string) (*Folder, error) {
	position, err := parseSearchCursor(opaque, query, 3)
	if position == nil || err != nil {
		return nil, err
	}
	name, named := position.Values[0].(string)
	created, dated := position.Values[1].(int64)
	id, known := position.Values[2].(string)
	if !named || !dated || !known {
		return nil, problem.BadRequest("Invalid value for parameter next_cursor: it is damaged")
	}
	return &Folder{ID: id, Path: position.ID, Name: name, CreatedAt: fromMicros(created)}, nil
}

// narrowFolders selects by what an index knows and every match must have.
func narrowFolders(query *bun.SelectQuery, node expression.Node) *bun.SelectQuery {
	nodes := []expression.Node{node}
	if conjunction, ok := node.(expression.And); ok {
		nodes = conjunction.Nodes
	}
	for _, node := range nodes {
		c, ok := node.(expression.Comparison)
		if !ok || c.Operator != expression.Equals || c.Field != "name" && c.Field != "path" || !storable(c.Term.Text) {
			continue
		}
		column := bun.Ident(c.Field)
		if !c.Term.Prefix {
			query = query.Where("? = ?", column, c.Term.Text)
			continue
		}
		query = query.Where("? >= ?", column, c.Term.Text)
		if end, ok := afterPrefix(c.Term.Text); ok {
			query = query.Where("? < ?", column, end)
		}
	}
	return query
}

func folderOrder(keys []SortKey) (func(a, b *Folder) int, error) {
	compare := map[string]func(a, b *Folder) int{
		"name":        func(a, b *Folder) int { return strings.Compare(a.Name, b.Name) },
		"path":        func(a, b *Folder) int { return strings.Compare(a.Path, b.Path) },
		"created_at":  func(a, b *Folder) int { return a.CreatedAt.Compare(b.CreatedAt) },
		"external_id": func(a, b *Folder) int { return strings.Compare(a.ID, b.ID) },
	}
	for _, key := range keys {
		if compare[key.Field] == nil {
			return nil, problem.BadRequest("Invalid value for parameter sort_by: folders cannot be sorted by %q", key.Field)
		}
	}
	return func(a, b *Folder) int {
		for _, key := range keys {
			result := compare[key.Field](a, b)
			if !key.Ascending {
				result = -result
			}
			if result != 0 {
				return result
			}
		}
		return strings.Compare(a.Path, b.Path)
	}, nil
}

func folderMatches(node expression.Node, f *Folder, now time.Time) bool {
	switch node := node.(type) {
	case expression.And:
		return !slices.ContainsFunc(node.Nodes, func(n expression.Node) bool { return !folderMatches(n, f, now) })
	case expression.Or:
		return slices.ContainsFunc(node.Nodes, func(n expression.Node) bool { return folderMatches(n, f, now) })
	case expression.Not:
		return !folderMatches(node.Node, f, now)
	case expression.Comparison:
		return folderHas(node, f, now)
	case expression.Range:
		if node.Field != "created_at" {
			return false
		}
		low := expression.Comparison{Field: node.Field, Operator: expression.Greater, Term: node.Low.Term}
		high := expression.Comparison{Field: node.Field, Operator: expression.Less, Term: node.High.Term}
		if node.Low.Inclusive {
			low.Operator = expression.GreaterOrEqual
		}
		if node.High.Inclusive {
			high.Operator = expression.LessOrEqual
		}
		return (node.Low.Open || folderHas(low, f, now)) && (node.High.Open || folderHas(high, f, now))
	}
	return true
}

func folderHas(c expression.Comparison, f *Folder, now time.Time) bool {
	var value string
	switch c.Field {
	case "created_at":
		return createdIs(c, f, now)
	case "name", "":
		value = f.Name
	case "path", fieldFolder:
		value = f.Path
	case "external_id":
		value = f.ID
	default:
		return false
	}
	if c.Term.Prefix && (c.Term.Text == "" || strings.HasPrefix(value, c.Term.Text)) {
		return true
	}
	if c.Term.Prefix && strings.HasSuffix(c.Term.Text, "/") {
		return false // What is below a folder.
	}
	switch c.Operator {
	case expression.Equals:
		return !c.Term.Prefix && value == c.Term.Text
	case expression.Has, "":
		wanted, found := tokens(c.Term.Text), tokens(value)
		if len(wanted) == 0 {
			return false
		}
		prefix := c.Term.Prefix && strings.HasSuffix(strings.ToLower(c.Term.Text), wanted[len(wanted)-1])
		return strings.Contains(phrase("", found, false), phrase("", wanted, prefix))
	}
	return false
}

func createdIs(c expression.Comparison, f *Folder, now time.Time) bool {
	if c.Term.Prefix {
		return c.Term.Text == ""
	}
	value, ok := parseMicros(c.Term.Text, now)
	if !ok {
		return false
	}
	at := float64(micros(f.CreatedAt))
	isSpan := value.low != value.high
	switch c.Operator {
	case expression.Greater:
		return at > value.high || isSpan && at == value.high
	case expression.GreaterOrEqual:
		return at >= value.low
	case expression.Less:
		return at < value.low
	case expression.LessOrEqual:
		return at < value.high || !isSpan && at == value.high
	}
	return at >= value.low && (at < value.high || at == value.low)
}
