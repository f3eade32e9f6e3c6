package library

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/uptrace/bun"

	"github.com/darkroom-media/darkroom/renderer/config"
	"github.com/darkroom-media/darkroom/renderer/problem"
)

// MaxMembers bounds the assets of one collection.
const MaxMembers = 10_000

// Collection is a list of assets in an order that people give them.
type Collection struct {
	// ID is 32 lower-case hex characters.
	ID string
	// Name is unique.
	Name, Description string
	// CreatedBy says who made it, as the caller did.
	CreatedBy string
	// Share is the token of a link to it, empty for none. ShareUntil is when that ends; the zero time is never.
	Share      string
	ShareUntil time.Time
	// Members is how many assets it has.
	Members              int64
	CreatedAt, UpdatedAt time.Time
}

// collectionRow is a Collection as it is stored.
type collectionRow struct {
	bun.BaseModel `bun:"table:collections,alias:l"`

	ID          string `bun:"id,pk"`
	Name        string `bun:"name"`
	Description string `bun:"description"`
	CreatedBy   string `bun:"created_by"`
	Share       string `bun:"share"`
	ShareUntil  int64  `bun:"share_until"`
	CreatedAt   int64  `bun:"created_at"`
	UpdatedAt   int64  `bun:"updated_at"`

	Members int64 `bun:"members,scanonly"`
}

// memberRow is an asset of a collection.
type memberRow struct {
	bun.BaseModel `bun:"table:collection_members,alias:m"`

	CollectionID string `bun:"collection_id,pk"`
	AssetID      string `bun:"asset_id,pk"`
	Position     int64  `bun:"position"`
}

func (row *collectionRow) collection() *Collection {
	c := &Collection{
		ID: row.ID, Name: row.Name, Description: row.Description, CreatedBy: row.CreatedBy, Share: row.Share, Members: row.Members,
		CreatedAt: fromMicros(row.CreatedAt), UpdatedAt: fromMicros(row.UpdatedAt),
	}
	if row.ShareUntil > 0 {
		c.ShareUntil = fromMicros(row.ShareUntil)
	}
	return c
}

// withMembers reads collections with the number of their assets.
func withMembers(query *bun.SelectQuery) *bun.SelectQuery {
	return query.ColumnExpr("l.*").ColumnExpr("(SELECT COUNT(*) FROM collection_members AS m WHERE m.collection_id = l.id) AS members")
}

// CreateCollection makes a collection and gives it an ID. The error is ErrExists when there is one of that name, or a 400 for
// text that cannot be stored.
func (l *Library) CreateCollection(ctx context.Context, collection *Collection) (*Collection, error) {
	for name, value := range map[string]string{"name": collection.Name, "description": collection.Description, "created_by": collection.CreatedBy} {
		if !storable(value) {
			return nil, unstorable(name)
		}
	}
	now := micros(l.now())
	row := &collectionRow{
		ID: newID(), Name: collection.Name, Description: collection.Description, CreatedBy: collection.CreatedBy, CreatedAt: now, UpdatedAt: now,
	}
	err := l.write(ctx, func(ctx context.Context, tx bun.Tx) error {
		_, err := tx.NewInsert().Model(row).Exec(ctx)
		return err
	})
	if isUniqueViolation(err) {
		err = errors.Join(ErrExists, err)
	}
	if err != nil {
		return nil, failed("making collection "+collection.Name, err)
	}
	return row.collection(), nil
}

// Collection reads a collection. The error is ErrNotFound when there is none.
func (l *Library) Collection(ctx context.Context, id string) (*Collection, error) {
	row := &collectionRow{}
	err := sql.ErrNoRows
	if storable(id) {
		err = withMembers(l.reader.NewSelect().Model(row)).Where("l.id = ?", id).Scan(ctx)
	}
	if err != nil {
		return nil, failed("reading collection "+id, err)
	}
	return row.collection(), nil
}

// SharedCollection reads the collection that a link leads to at now. The error is ErrNotFound when there is none, or the link
// has ended.
func (l *Library) SharedCollection(ctx context.Context, share string, now time.Time) (*Collection, error) {
	row := &collectionRow{}
	err := sql.ErrNoRows
	if share != "" && storable(share) {
		err = withMembers(l.reader.NewSelect().Model(row)).Where("l.share = ? AND l.share <> ''", share).
			Where("(l.share_until = 0 OR l.share_until > ?)", micros(now)).Scan(ctx)
	}
	if err != nil {
		return nil, failed("reading a shared collection", err)
	}
	return row.collection(), nil
}

// CollectionFilter selects collections.
type CollectionFilter struct {
	// Prefix is what their names begin with.
	Prefix string
	// AssetID is an asset that they have; empty for any.
	AssetID string
}

// Collections lists collections by name, at most max of them (as ListOptions.MaxResults). total counts all that the filter
// selects; next is the cursor of the next page, empty on the last one. A bad cursor is a *problem.Problem with status 400.
func (l *Library) Collections(ctx context.Context, filter CollectionFilter, max int, cursorText string) (collections []*Collection, total int64, next string, err error) {
	if !storable(filter.Prefix) || !storable(filter.AssetID) {
		return nil, 0, "", nil
	}
	query := fingerprint("collections", filter)
	position, err := parseCursor(cursorText, query)
	if err != nil {
		return nil, 0, "", err
	}
	narrow := func(q *bun.SelectQuery) *bun.SelectQuery {
		if filter.Prefix != "" {
			q = q.Where("l.name >= ?", filter.Prefix).Where("substr(l.name, 1, ?) = ?", len([]rune(filter.Prefix)), filter.Prefix)
		}
		if filter.AssetID != "" {
			q = q.Where("l.id IN (SELECT m.collection_id FROM collection_members AS m WHERE m.asset_id = ?)", filter.AssetID)
		}
		return q
	}
	count, err := narrow(l.reader.NewSelect().Model((*collectionRow)(nil))).Count(ctx)
	if err != nil {
		return nil, 0, "", failed("counting the collections", err)
	}
	limit := pageSize(max)
	var rows []collectionRow
	selection := narrow(withMembers(l.reader.NewSelect().Model(&rows))).Order("l.name").Limit(int64(limit) + 1)
	if position != nil {
		selection = selection.Where("l.name > ?", position.ID)
	}
	if err := selection.Scan(ctx); err != nil {
		return nil, 0, "", failed("listing the collections", err)
	}
	if len(rows) > limit {
		rows = rows[:limit]
		next = cursor{Query: query, ID: rows[limit-1].Name}.String()
	}
	for i := range rows {
		collections = append(collections, rows[i].collection())
	}
	return collections, count, next, nil
}

// UpdateCollection changes name, description and share of a collection. change may be called more than once. Errors are
// ErrNotFound, ErrExists for a name that is taken, that of change, or a 400 for text that cannot be stored.
func (l *Library) UpdateCollection(ctx context.Context, id string, change func(*Collection) error) (*Collection, error) {
	if !storable(id) {
		return nil, failed("changing a collection", ErrNotFound)
	}
	var updated *Collection
	err := l.write(ctx, func(ctx context.Context, tx bun.Tx) error {
		row := &collectionRow{}
		if err := l.locking(withMembers(tx.NewSelect().Model(row)).Where("l.id = ?", id), "l").Scan(ctx); err != nil {
			return err
		}
		updated = row.collection()
		if err := change(updated); err != nil {
			return err
		}
		if !storable(updated.Name) || !storable(updated.Description) {
			return unstorable("name")
		}
		row.Name, row.Description, row.Share, row.ShareUntil = updated.Name, updated.Description, updated.Share, 0
		if !updated.ShareUntil.IsZero() {
			row.ShareUntil = micros(updated.ShareUntil)
		}
		row.UpdatedAt = micros(l.now())
		updated.UpdatedAt = fromMicros(row.UpdatedAt)
		_, err := tx.NewUpdate().Model(row).Column("name", "description", "share", "share_until", "updated_at").WherePK().Exec(ctx)
		return err
	})
	if isUniqueViolation(err) {
		err = errors.Join(ErrExists, err)
	}
	if err != nil {
		return nil, failed("changing collection "+id, err)
	}
	return updated, nil
}

// DeleteCollection deletes a collection; its assets stay. The error is ErrNotFound when there is none.
func (l *Library) DeleteCollection(ctx context.Context, id string) error {
	if !storable(id) {
		return failed("deleting a collection", ErrNotFound)
	}
	err := l.write(ctx, func(ctx context.Context, tx bun.Tx) error {
		return changed(ctx, ErrNotFound, tx.NewDelete().Model((*collectionRow)(nil)).Where("id = ?", id))
	})
	if err != nil {
		return failed("deleting collection "+id, err)
	}
	return nil
}

// Members lists the assets of a collection in its order, at most max of them (as ListOptions.MaxResults). The second result is
// the cursor of the next page, empty on the last one. A bad cursor is a *problem.Problem with status 400.
func (l *Library) Members(ctx context.Context, id string, max int, cursorText string) ([]*Asset, string, error) {
	query := fingerprint("members", id)
	position, err := parseCursor(cursorText, query)
	if err != nil {
		return nil, "", err
	}
	limit := pageSize(max)
	var members []memberRow
	selection := l.reader.NewSelect().Model(&members).Where("m.collection_id = ?", id).Order("m.position", "m.asset_id").Limit(int64(limit) + 1)
	if position != nil {
		selection = selection.Where("(m.position, m.asset_id) > (?, ?)", position.CreatedAt, position.ID)
	}
	if err := selection.Scan(ctx); err != nil {
		return nil, "", failed("listing the assets of collection "+id, err)
	}
	next := ""
	if len(members) > limit {
		members = members[:limit]
		next = cursor{Query: query, CreatedAt: members[limit-1].Position, ID: members[limit-1].AssetID}.String()
	}
	if len(members) == 0 {
		return nil, next, nil
	}
	ids := make([]string, len(members))
	for i, member := range members {
		ids[i] = member.AssetID
	}
	assets, err := l.assetsByIDs(ctx, ids)
	if err != nil {
		return nil, "", failed("reading the assets of collection "+id, err)
	}
	return assets, next, nil
}

// Placement is what PlaceMembers did with assets, by their IDs, each in the order that was given.
type Placement struct {
	// Added were not in the collection, Moved were.
	Added, Moved []string
	// Missing do not exist.
	Missing []string
}

// PlaceMembers puts assets into a collection, one after the other, so that the first is at position, which counts from 0; a
// position beyond the end, or below 0, is the end. Those that are in the collection are moved. Errors are ErrNotFound without
// such a collection, and a 400 when it would have more than MaxMembers.
func (l *Library) PlaceMembers(ctx context.Context, id string, assetIDs []string, position int) (Placement, error) {
	var placement Placement
	if !storable(id) {
		return placement, failed("filling a collection", ErrNotFound)
	}
	err := l.write(ctx, func(ctx context.Context, tx bun.Tx) error {
		placement = Placement{}
		order, err := lockMembers(ctx, tx, id, l.now())
		if err != nil {
			return err
		}
		placed, err := placement.sort(ctx, tx, unique(assetIDs), order)
		if err != nil {
			return err
		}
		isPlaced := setOf(placed)
		rest := slices.DeleteFunc(slices.Clone(order), func(member string) bool { return isPlaced[member] })
		if len(rest)+len(placed) > MaxMembers {
			return problem.BadRequest("Too many assets. A collection has at most %d.", MaxMembers)
		}
		at := position
		if at < 0 || at > len(rest) {
			at = len(rest)
		}
		return writeMembers(ctx, tx, id, order, slices.Insert(rest, at, placed...))
	})
	if err != nil {
		return Placement{}, failed("filling collection "+id, err)
	}
	return placement, nil
}

// sort tells the assets that are to be placed from one another, and gives those that exist.
func (p *Placement) sort(ctx context.Context, tx bun.Tx, assetIDs, members []string) (placed []string, err error) {
	var found []string
	if len(assetIDs) > 0 {
		if err := tx.NewSelect().Model((*assetRow)(nil)).Column("asset_id").Where("asset_id IN (?)", bun.List(assetIDs)).Scan(ctx, &found); err != nil {
			return nil, err
		}
	}
	there, isMember := setOf(found), setOf(members)
	for _, id := range assetIDs {
		switch {
		case !there[id]:
			p.Missing = append(p.Missing, id)
			continue
		case isMember[id]:
			p.Moved = append(p.Moved, id)
		default:
			p.Added = append(p.Added, id)
		}
		placed = append(placed, id)
	}
	return placed, nil
}

// RemoveMembers takes assets out of a collection and gives those that were in it. The error is ErrNotFound without such a
// collection.
func (l *Library) RemoveMembers(ctx context.Context, id string, assetIDs []string) (removed []string, err error) {
	if !storable(id) {
		return nil, failed("emptying a collection", ErrNotFound)
	}
	err = l.write(ctx, func(ctx context.Context, tx bun.Tx) error {
		removed = nil
		order, err := lockMembers(ctx, tx, id, l.now())
		if err != nil {
			return err
		}
		isMember := setOf(order)
		for _, assetID := range unique(assetIDs) {
			if isMember[assetID] {
				removed = append(removed, assetID)
			}
		}
		if len(removed) == 0 {
			return nil
		}
		_, err = tx.NewDelete().Model((*memberRow)(nil)).Where("collection_id = ? AND asset_id IN (?)", id, bun.List(removed)).Exec(ctx)
		return err
	})
	if err != nil {
		return nil, failed("emptying collection "+id, err)
	}
	return removed, nil
}

// lockMembers notes that a collection is changed, which keeps others from doing so until the transaction ends, and gives its
// assets in order.
func lockMembers(ctx context.Context, tx bun.Tx, id string, now time.Time) ([]string, error) {
	err := changed(ctx, ErrNotFound, tx.NewUpdate().Model((*collectionRow)(nil)).Set("updated_at = ?", micros(now)).Where("id = ?", id))
	if err != nil {
		return nil, err
	}
	var order []string
	err = tx.NewSelect().Model((*memberRow)(nil)).Column("asset_id").Where("collection_id = ?", id).Order("position", "asset_id").Scan(ctx, &order)
	return order, err
}

// writeMembers gives the assets of a collection another order. Positions leave no gaps that matter: only those that differ are
// written.
func writeMembers(ctx context.Context, tx bun.Tx, id string, before, after []string) error {
	// A collection whose order stays but for what is added at its end, the common case, writes only that.
	same := 0
	for same < len(before) && same < len(after) && before[same] == after[same] {
		same++
	}
	first := int64(0)
	if same > 0 {
		var last memberRow
		err := tx.NewSelect().Model(&last).Where("collection_id = ? AND asset_id = ?", id, after[same-1]).Scan(ctx)
		if err != nil {
			return fmt.Errorf("position of member %s: %w", after[same-1], err)
		}
		first = last.Position + 1
	}
	rows := make([]memberRow, 0, len(after)-same)
	for i, assetID := range after[same:] {
		rows = append(rows, memberRow{CollectionID: id, AssetID: assetID, Position: first + int64(i)})
	}
	const atOnce = 500
	for len(rows) > 0 {
		batch := rows[:min(len(rows), atOnce)]
		rows = rows[len(batch):]
		if _, err := tx.NewInsert().Model(&batch).On("CONFLICT (collection_id, asset_id) DO UPDATE").Set("position = EXCLUDED.position").Exec(ctx); err != nil {
			return err
		}
	}
	return nil
}

// locking keeps others from changing the rows of a table that a query reads until the transaction ends. SQLite has one writer
// anyway.
func (l *Library) locking(query *bun.SelectQuery, table string) *bun.SelectQuery {
	if l.driver == config.DatabasePostgres {
		return query.For("UPDATE OF ?", bun.Ident(table))
	}
	return query
}

func setOf(ids []string) map[string]bool {
	set := make(map[string]bool, len(ids))
	for _, id := range ids {
		set[id] = true
	}
	return set
}
