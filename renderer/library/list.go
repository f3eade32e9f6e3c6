package library

import (
	"context"
	"time"
	"unicode/utf8"

	"github.com/uptrace/bun"
)

// Sizes of a page.
const (
	DefaultMaxResults = 10
	MaxMaxResults     = 500
)

// ListOptions select assets. Empty fields select everything; all that are given must hold.
type ListOptions struct {
	ResourceType string
	Type         string
	// Prefix is how the public ID begins, in exactly these letters.
	Prefix string
	Tag    string
	// Folder is the folder that the assets are in themselves, in dynamic mode their asset folder; empty is the root, nil
	// any.
	Folder *string
	// DynamicFolders says which of the two folders of an asset Folder means.
	DynamicFolders bool
	// ContextKey selects the assets that have it, with ContextValue unless that is empty.
	ContextKey, ContextValue string
	// ModerationKind and ModerationStatus select the assets whose moderation of that kind has that status.
	ModerationKind, ModerationStatus string
	// StartAt leaves out what was created before, or after when it is not Ascending.
	StartAt time.Time
	// PublicIDs and AssetIDs select the assets with one of them.
	PublicIDs []string
	AssetIDs  []string
	// MaxResults is the size of a page: at most MaxMaxResults, DefaultMaxResults when 0 or less.
	MaxResults int
	// Cursor is the NextCursor of the page before, of a query that differs in MaxResults at most; empty for the first.
	Cursor string
	// Ascending gives the oldest first.
	Ascending bool
}

// Page is one page of a list.
type Page struct {
	Assets []*Asset
	// NextCursor is empty on the last page.
	NextCursor string
}

// List reads assets, the newest first, those of the same microsecond by AssetID. An asset that stays is seen exactly
// once, whatever is stored or deleted between two pages. A cursor that is damaged or of another query is a
// *problem.Problem with status 400.
func (l *Library) List(ctx context.Context, options ListOptions) (*Page, error) {
	fingerprint := options.fingerprint()
	position, err := parseCursor(options.Cursor, fingerprint)
	if err != nil {
		return nil, err
	}
	if !options.storable() {
		return &Page{}, nil
	}
	limit := pageSize(options.MaxResults)
	// First the page's IDs, along one index, then their rows: what is sorted stays narrow.
	var keys []pageKey
	query := l.reader.NewSelect().TableExpr("assets AS a").Limit(int64(limit) + 1)
	table := bun.Ident("a")
	switch term := options.term(); {
	case options.Tag != "":
		query = query.Join("JOIN asset_tags AS t ON t.asset_id = a.asset_id").Where("t.tag = ?", options.Tag)
		if options.ResourceType != "" {
			query = query.Where("t.resource_type = ?", options.ResourceType)
		}
		table = bun.Ident("t")
	case term != "":
		query = l.reader.NewSelect().TableExpr("asset_terms AS a").Where("a.term = ?", term).Limit(int64(limit) + 1)
	}
	query = query.ColumnExpr("a.asset_id, a.created_at")
	if !options.StartAt.IsZero() {
		comparison := bun.Safe("<=")
		if options.Ascending {
			comparison = ">="
		}
		query = query.Where("?.created_at ? ?", table, comparison, micros(options.StartAt))
	}
	query = position.after(options.filter(query), table, "asset_id", options.Ascending)
	if err := query.Scan(ctx, &keys); err != nil {
		return nil, failed("listing assets", err)
	}
	page := &Page{}
	if len(keys) > limit {
		keys = keys[:limit]
		last := keys[limit-1]
		page.NextCursor = cursor{Query: fingerprint, CreatedAt: last.CreatedAt, ID: last.AssetID}.String()
	}
	ids := make([]string, len(keys))
	for i, key := range keys {
		ids[i] = key.AssetID
	}
	if page.Assets, err = l.assetsByIDs(ctx, ids); err != nil {
		return nil, failed("listing assets", err)
	}
	return page, nil
}

// pageKey is where an asset is in a list.
type pageKey struct {
	AssetID   string
	CreatedAt int64
}

// term is that of the index which has what o selects, empty for none.
func (o *ListOptions) term() string {
	switch {
	case o.Folder != nil && o.DynamicFolders:
		return exactOf(fieldAssetFolder, *o.Folder)
	case o.Folder != nil:
		return exactOf(fieldFolder, *o.Folder)
	case o.ContextKey != "" && o.ContextValue != "":
		return exactOf(fieldContext+o.ContextKey, o.ContextValue)
	case o.ContextKey != "":
		return presenceOf(fieldContext + o.ContextKey)
	case o.ModerationKind != "":
		return exactOf(fieldModeration, o.ModerationKind+"/"+o.ModerationStatus)
	}
	return ""
}

func (o *ListOptions) filter(query *bun.SelectQuery) *bun.SelectQuery {
	resourceType, deliveryType := "a.resource_type = ?", "a.type = ?"
	if o.Prefix != "" {
		// Not along the index of names, which has no times: along assets_by_public_id, which has all that is asked for.
		resourceType, deliveryType = "a.resource_type || '' = ?", "a.type || '' = ?"
	}
	if o.ResourceType != "" {
		query = query.Where(resourceType, o.ResourceType)
	}
	if o.Type != "" {
		query = query.Where(deliveryType, o.Type)
	}
	if o.Prefix != "" {
		// A range instead of LIKE, which SQLite and PostgreSQL read differently.
		query = query.Where("a.public_id >= ?", o.Prefix)
		if end, ok := afterPrefix(o.Prefix); ok {
			query = query.Where("a.public_id < ?", end)
		}
	}
	if len(o.PublicIDs) > 0 {
		query = query.Where("a.public_id IN (?)", bun.List(o.PublicIDs))
	}
	if len(o.AssetIDs) > 0 {
		query = query.Where("a.asset_id IN (?)", bun.List(o.AssetIDs))
	}
	return query
}

// storable is false when a filter holds text that no asset can have. IDs of lists are filtered out one by one.
func (o *ListOptions) storable() bool {
	for _, list := range []*[]string{&o.PublicIDs, &o.AssetIDs} {
		given := *list
		*list = nil
		for _, id := range given {
			if storable(id) {
				*list = append(*list, id)
			}
		}
		if len(given) > 0 && len(*list) == 0 {
			return false
		}
	}
	return storable(o.ResourceType) && storable(o.Type) && storable(o.Prefix) && storable(o.Tag) &&
		storable(o.term())
}

// afterPrefix is the first string, in the order of bytes, after all strings with that prefix. ok is false when there is
// none. UTF-8 sorts by bytes as its runes do.
func afterPrefix(prefix string) (end string, ok bool) {
	for prefix != "" {
		last, size := utf8.DecodeLastRuneInString(prefix)
		prefix = prefix[:len(prefix)-size]
		switch {
		case last == utf8.MaxRune:
			continue
		case last == 0xd7ff: // The last one before the surrogates, which are no text.
			return prefix + "\ue000", true
		}
		return prefix + string(last+1), true
	}
	return "", false
}

func pageSize(wanted int) int {
	if wanted <= 0 {
		return DefaultMaxResults
	}
	return min(wanted, MaxMaxResults)
}
