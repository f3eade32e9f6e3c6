package library

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"time"

	"github.com/uptrace/bun"

	"github.com/darkroom-media/darkroom/renderer/problem"
)

// Comment is what somebody says about an asset.
type Comment struct {
	// ID is 32 lower-case hex characters.
	ID, AssetID string
	// VersionID is the version of the asset that the comment was made on.
	VersionID string
	// ParentID is the comment that this one replies to, empty for none. Nobody replies to a reply.
	ParentID string
	// Author says who made it, as the caller did.
	Author, Text string
	// Place is what it is about; nil for the whole.
	Place *CommentPlace
	// Resolved says that it is settled, by ResolvedBy at ResolvedAt. Replies are settled with what they reply to.
	Resolved             bool
	ResolvedBy           string
	ResolvedAt           time.Time
	CreatedAt, UpdatedAt time.Time
	// Replies is how many there are to it.
	Replies int64
}

// CommentPlace is a point or a rectangle of a picture, in fractions of its width and height from the upper left corner, or a
// moment of a video.
type CommentPlace struct {
	X float64 `json:"x"`
	Y float64 `json:"y"`
	// Width and Height are 0 for a point.
	Width  float64 `json:"width,omitempty"`
	Height float64 `json:"height,omitempty"`
	// Page counts from 1; 0 is none.
	Page int `json:"page,omitempty"`
	// Time is in seconds; nil is none.
	Time *float64 `json:"time,omitempty"`
}

// commentRow is a Comment as it is stored.
type commentRow struct {
	bun.BaseModel `bun:"table:comments,alias:c"`

	ID         string  `bun:"id,pk"`
	AssetID    string  `bun:"asset_id"`
	VersionID  string  `bun:"version_id"`
	ParentID   string  `bun:"parent_id"`
	Author     string  `bun:"author"`
	Body       string  `bun:"body"`
	Place      *string `bun:"place"`
	Resolved   bool    `bun:"resolved"`
	ResolvedBy string  `bun:"resolved_by"`
	ResolvedAt int64   `bun:"resolved_at"`
	CreatedAt  int64   `bun:"created_at"`
	UpdatedAt  int64   `bun:"updated_at"`

	Replies int64 `bun:"replies,scanonly"`
}

func (row *commentRow) comment() (*Comment, error) {
	c := &Comment{
		ID: row.ID, AssetID: row.AssetID, VersionID: row.VersionID, ParentID: row.ParentID, Author: row.Author, Text: row.Body,
		Resolved: row.Resolved, ResolvedBy: row.ResolvedBy, CreatedAt: fromMicros(row.CreatedAt), UpdatedAt: fromMicros(row.UpdatedAt), Replies: row.Replies,
	}
	if row.Resolved {
		c.ResolvedAt = fromMicros(row.ResolvedAt)
	}
	if row.Place != nil {
		c.Place = &CommentPlace{}
		if err := json.Unmarshal([]byte(*row.Place), c.Place); err != nil {
			return nil, fmt.Errorf("comment %s has damaged JSON: %w", row.ID, err)
		}
	}
	return c, nil
}

// fill takes over what a comment says.
func (row *commentRow) fill(c *Comment) error {
	if !storable(c.Text) || !storable(c.Author) || !storable(c.ResolvedBy) {
		return unstorable("text")
	}
	row.Author, row.Body, row.Place = c.Author, c.Text, nil
	row.Resolved, row.ResolvedBy, row.ResolvedAt = c.Resolved, c.ResolvedBy, 0
	if c.Resolved {
		row.ResolvedAt = micros(c.ResolvedAt)
	}
	if c.Place != nil {
		place, err := json.Marshal(c.Place)
		if err != nil {
			return err
		}
		row.Place = new(string(place))
	}
	return nil
}

// withReplies reads comments with the number of replies to them.
func withReplies(query *bun.SelectQuery) *bun.SelectQuery {
	return query.ColumnExpr("c.*").ColumnExpr("(SELECT COUNT(*) FROM comments AS r WHERE r.asset_id = c.asset_id AND r.parent_id = c.id) AS replies")
}

// CreateComment stores a comment on an asset, or a reply to one. ID, version and times are assigned. Errors are ErrNotFound
// without such an asset, or such a comment of it to reply to, and a 400 for a reply to a reply or text that cannot be stored.
func (l *Library) CreateComment(ctx context.Context, comment *Comment) (*Comment, error) {
	if !storable(comment.AssetID) || !storable(comment.ParentID) {
		return nil, failed("storing a comment", ErrNotFound)
	}
	row := &commentRow{ID: newID(), AssetID: comment.AssetID, ParentID: comment.ParentID}
	if err := row.fill(comment); err != nil {
		return nil, err
	}
	err := l.write(ctx, func(ctx context.Context, tx bun.Tx) error {
		if err := tx.NewSelect().Model((*assetRow)(nil)).Column("version_id").Where("asset_id = ?", comment.AssetID).Scan(ctx, &row.VersionID); err != nil {
			return err
		}
		if comment.ParentID != "" {
			parent := &commentRow{}
			if err := tx.NewSelect().Model(parent).Where("id = ? AND asset_id = ?", comment.ParentID, comment.AssetID).Scan(ctx); err != nil {
				return err
			}
			if parent.ParentID != "" {
				return problem.BadRequest("Invalid parent_id %s: it is a reply itself", comment.ParentID)
			}
		}
		row.CreatedAt = micros(l.now())
		row.UpdatedAt = row.CreatedAt
		_, err := tx.NewInsert().Model(row).Exec(ctx)
		return err
	})
	if err != nil {
		return nil, failed("storing a comment on asset "+comment.AssetID, err)
	}
	return row.comment()
}

// Comment reads a comment. The error is ErrNotFound when there is none.
func (l *Library) Comment(ctx context.Context, id string) (*Comment, error) {
	row := &commentRow{}
	err := sql.ErrNoRows
	if storable(id) {
		err = withReplies(l.reader.NewSelect().Model(row)).Where("c.id = ?", id).Scan(ctx)
	}
	if err != nil {
		return nil, failed("reading comment "+id, err)
	}
	return row.comment()
}

// CommentFilter selects comments on an asset.
type CommentFilter struct {
	AssetID string
	// ParentID selects the replies to a comment; empty selects what replies to nothing.
	ParentID string
	// Resolved selects those that are settled, or those that are not; nil selects both.
	Resolved *bool
}

// Comments lists comments, the oldest first, at most max of them (as ListOptions.MaxResults). total counts all that the filter
// selects; next is the cursor of the next page, empty on the last one. A bad cursor is a *problem.Problem with status 400.
func (l *Library) Comments(ctx context.Context, filter CommentFilter, max int, cursorText string) (comments []*Comment, total int64, next string, err error) {
	if !storable(filter.AssetID) || !storable(filter.ParentID) {
		return nil, 0, "", nil
	}
	query := fingerprint("comments", filter)
	position, err := parseCursor(cursorText, query)
	if err != nil {
		return nil, 0, "", err
	}
	narrow := func(q *bun.SelectQuery) *bun.SelectQuery {
		q = q.Where("c.asset_id = ? AND c.parent_id = ?", filter.AssetID, filter.ParentID)
		if filter.Resolved != nil {
			q = q.Where("c.resolved = ?", *filter.Resolved)
		}
		return q
	}
	count, err := narrow(l.reader.NewSelect().Model((*commentRow)(nil))).Count(ctx)
	if err != nil {
		return nil, 0, "", failed("counting the comments on asset "+filter.AssetID, err)
	}
	limit := pageSize(max)
	var rows []commentRow
	selection := narrow(withReplies(l.reader.NewSelect().Model(&rows))).Limit(int64(limit) + 1)
	if err := position.after(selection, "c", "id", true).Scan(ctx); err != nil {
		return nil, 0, "", failed("listing the comments on asset "+filter.AssetID, err)
	}
	if len(rows) > limit {
		rows = rows[:limit]
		next = cursor{Query: query, CreatedAt: rows[limit-1].CreatedAt, ID: rows[limit-1].ID}.String()
	}
	for i := range rows {
		comment, err := rows[i].comment()
		if err != nil {
			return nil, 0, "", err
		}
		comments = append(comments, comment)
	}
	return comments, count, next, nil
}

// UpdateComment changes text, place and settlement of a comment. change may be called more than once. Errors are ErrNotFound,
// that of change, or a 400 for text that cannot be stored.
func (l *Library) UpdateComment(ctx context.Context, id string, change func(*Comment) error) (*Comment, error) {
	if !storable(id) {
		return nil, failed("changing a comment", ErrNotFound)
	}
	var updated *Comment
	err := l.write(ctx, func(ctx context.Context, tx bun.Tx) error {
		row := &commentRow{}
		err := l.locking(withReplies(tx.NewSelect().Model(row)).Where("c.id = ?", id), "c").Scan(ctx)
		if err != nil {
			return err
		}
		if updated, err = row.comment(); err != nil {
			return err
		}
		if err := change(updated); err != nil {
			return err
		}
		if err := row.fill(updated); err != nil {
			return err
		}
		row.UpdatedAt = micros(l.now())
		if _, err := tx.NewUpdate().Model(row).Column("body", "place", "resolved", "resolved_by", "resolved_at", "updated_at").WherePK().Exec(ctx); err != nil {
			return err
		}
		updated, err = row.comment()
		return err
	})
	if err != nil {
		return nil, failed("changing comment "+id, err)
	}
	return updated, nil
}

// DeleteComment deletes a comment with the replies to it, and says how many comments that were. The error is ErrNotFound when
// there is none.
func (l *Library) DeleteComment(ctx context.Context, id string) (deleted int64, err error) {
	if !storable(id) {
		return 0, failed("deleting a comment", ErrNotFound)
	}
	err = l.write(ctx, func(ctx context.Context, tx bun.Tx) error {
		row := &commentRow{}
		if err := tx.NewSelect().Model(row).Where("id = ?", id).Scan(ctx); err != nil {
			return err
		}
		result, err := tx.NewDelete().Model((*commentRow)(nil)).Where("asset_id = ? AND (id = ? OR parent_id = ?)", row.AssetID, id, id).Exec(ctx)
		if err != nil {
			return err
		}
		deleted, err = result.RowsAffected()
		return err
	})
	if err != nil {
		return 0, failed("deleting comment "+id, err)
	}
	return deleted, nil
}
