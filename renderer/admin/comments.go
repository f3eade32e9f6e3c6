package admin

import (
	"encoding/json"
	"errors"
	"math"
	"net/http"
	"strings"

	"github.com/darkroom-media/darkroom/renderer/library"
	"github.com/darkroom-media/darkroom/renderer/problem"
	"github.com/darkroom-media/darkroom/renderer/wire"
)

// Bounds of a comment, in characters.
const (
	maxAuthor  = 255
	maxComment = 10_000
)

// routeComments finds what answers /comments..., which are endpoints of ours.
func (h *Handler) routeComments(method string, path []string) (handle, []string) {
	handlers := map[string]handle{}
	switch {
	case len(path) == 0:
		handlers = map[string]handle{http.MethodGet: h.comments, http.MethodPost: h.createComment}
	case len(path) == 1:
		handlers = map[string]handle{http.MethodGet: h.comment, http.MethodPut: h.updateComment, http.MethodDelete: h.deleteComment}
	case len(path) == 2 && path[1] == "replies":
		handlers = map[string]handle{http.MethodGet: h.replies}
	case len(path) == 2 && path[1] == "resolve":
		handlers = map[string]handle{http.MethodPost: h.settleComment(true)}
	case len(path) == 2 && path[1] == "reopen":
		handlers = map[string]handle{http.MethodPost: h.settleComment(false)}
	}
	return handlers[method], path
}

// comments answers GET /comments: those on an asset that reply to nothing, the oldest first. Parameters: asset_id, resolved
// (true or false; without it both), max_results, next_cursor.
func (h *Handler) comments(c *call) (wire.Object, error) {
	filter := library.CommentFilter{AssetID: c.params.String("asset_id")}
	if !assetID.MatchString(filter.AssetID) {
		return nil, missingOrInvalid("asset_id", filter.AssetID)
	}
	if c.params.Has("resolved") {
		resolved, err := c.params.Bool("resolved", false)
		if err != nil {
			return nil, err
		}
		filter.Resolved = &resolved
	}
	if _, err := h.library.AssetByID(c.context, filter.AssetID); errors.Is(err, library.ErrNotFound) {
		return nil, problem.NotFound("Resource not found - %s", filter.AssetID)
	} else if err != nil {
		return nil, wire.Unavailable("The database", err)
	}
	return h.listComments(c, filter)
}

// replies answers GET /comments/<id>/replies. Parameters: max_results, next_cursor.
func (h *Handler) replies(c *call) (wire.Object, error) {
	comment, err := h.library.Comment(c.context, c.path[0])
	if err != nil {
		return nil, commentProblem(c.path[0], err)
	}
	return h.listComments(c, library.CommentFilter{AssetID: comment.AssetID, ParentID: comment.ID})
}

func (h *Handler) listComments(c *call, filter library.CommentFilter) (wire.Object, error) {
	limit, err := c.params.Int("max_results", defaultResults, 1, maxResults)
	if err != nil {
		return nil, err
	}
	comments, total, next, err := h.library.Comments(c.context, filter, limit, c.params.String("next_cursor"))
	if err != nil {
		return nil, wire.Unavailable("The database", err)
	}
	list := make([]wire.Object, len(comments))
	for i, comment := range comments {
		list[i] = showComment(comment)
	}
	answer := wire.Object{"comments": list, "total_count": total}
	if next != "" {
		answer["next_cursor"] = next
	}
	return answer, nil
}

// createComment answers POST /comments. Parameters: asset_id, author, text, position, and parent_id for a reply.
func (h *Handler) createComment(c *call) (wire.Object, error) {
	comment := &library.Comment{AssetID: c.params.String("asset_id"), ParentID: c.params.String("parent_id"), Author: strings.TrimSpace(c.params.String("author"))}
	if !assetID.MatchString(comment.AssetID) {
		return nil, missingOrInvalid("asset_id", comment.AssetID)
	}
	for _, required := range []string{"author", "text"} {
		if !c.params.Has(required) {
			return nil, problem.BadRequest("Missing required parameter - %s", required)
		}
	}
	if err := checkText("author", comment.Author, maxAuthor); err != nil {
		return nil, err
	}
	if err := readComment(c, comment); err != nil {
		return nil, err
	}
	stored, err := h.library.CreateComment(c.context, comment)
	if errors.Is(err, library.ErrNotFound) {
		if comment.ParentID != "" {
			return nil, problem.NotFound("Can't find asset %s with comment %s", comment.AssetID, wire.Printable(comment.ParentID))
		}
		return nil, problem.NotFound("Resource not found - %s", comment.AssetID)
	}
	if err != nil {
		return nil, wire.Unavailable("The database", err)
	}
	return showComment(stored), nil
}

// comment answers GET /comments/<id>.
func (h *Handler) comment(c *call) (wire.Object, error) {
	comment, err := h.library.Comment(c.context, c.path[0])
	if err != nil {
		return nil, commentProblem(c.path[0], err)
	}
	return showComment(comment), nil
}

// updateComment answers PUT /comments/<id>. Parameters that are not given stay: text, position.
func (h *Handler) updateComment(c *call) (wire.Object, error) {
	comment, err := h.library.UpdateComment(c.context, c.path[0], func(comment *library.Comment) error { return readComment(c, comment) })
	if err != nil {
		return nil, commentProblem(c.path[0], err)
	}
	return showComment(comment), nil
}

// settleComment answers POST /comments/<id>/resolve and /reopen. Parameter of the former: author, who resolves it.
func (h *Handler) settleComment(resolved bool) handle {
	return func(c *call) (wire.Object, error) {
		author := strings.TrimSpace(c.params.String("author"))
		if resolved && author == "" {
			return nil, problem.BadRequest("Missing required parameter - author")
		}
		if err := checkText("author", author, maxAuthor); err != nil {
			return nil, err
		}
		comment, err := h.library.UpdateComment(c.context, c.path[0], func(comment *library.Comment) error {
			if comment.ParentID != "" {
				return problem.BadRequest("Comment %s is a reply: resolve what it replies to, %s", comment.ID, comment.ParentID)
			}
			if comment.Resolved == resolved {
				return nil
			}
			comment.Resolved, comment.ResolvedBy, comment.ResolvedAt = resolved, "", h.now()
			if resolved {
				comment.ResolvedBy = author
			}
			return nil
		})
		if err != nil {
			return nil, commentProblem(c.path[0], err)
		}
		return showComment(comment), nil
	}
}

// deleteComment answers DELETE /comments/<id>: the comment goes with the replies to it.
func (h *Handler) deleteComment(c *call) (wire.Object, error) {
	deleted, err := h.library.DeleteComment(c.context, c.path[0])
	if err != nil {
		return nil, commentProblem(c.path[0], err)
	}
	return wire.Object{"message": "deleted", "deleted_count": deleted}, nil
}

// readComment takes text and position, where they are given.
func readComment(c *call, comment *library.Comment) error {
	if c.params.Has("text") {
		comment.Text = strings.TrimSpace(c.params.String("text"))
		if comment.Text == "" {
			return problem.BadRequest("Invalid text: it is empty")
		}
	}
	if err := checkText("text", comment.Text, maxComment); err != nil {
		return err
	}
	if !c.params.Has("position") {
		return nil
	}
	place := &library.CommentPlace{}
	decoder := json.NewDecoder(strings.NewReader(c.params.String("position")))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(place); err != nil {
		return problem.BadRequest("Invalid position: it must be an object of x, y, width, height, page and time")
	}
	if err := checkPlace(place); err != nil {
		return err
	}
	comment.Place = place
	return nil
}

// checkPlace refuses what lies outside the picture.
func checkPlace(place *library.CommentPlace) error {
	for _, fraction := range []struct {
		name  string
		value float64
		most  float64
	}{
		{"x", place.X, 1}, {"y", place.Y, 1}, {"width", place.Width, 1 - place.X}, {"height", place.Height, 1 - place.Y},
	} {
		// What ends at the edge may be a rounding beyond it.
		if math.IsNaN(fraction.value) || fraction.value < 0 || fraction.value > fraction.most+1e-9 {
			return problem.BadRequest("Invalid position: %s is %g, and must be a fraction of the picture within it", fraction.name, fraction.value)
		}
	}
	if place.Page < 0 || place.Time != nil && *place.Time < 0 {
		return problem.BadRequest("Invalid position: page and time must not be negative")
	}
	return nil
}

func showComment(comment *library.Comment) wire.Object {
	object := wire.Object{
		"id": comment.ID, "asset_id": comment.AssetID, "version_id": comment.VersionID, "parent_id": nil, "author": comment.Author, "text": comment.Text,
		"position": nil, "resolved": comment.Resolved, "reply_count": comment.Replies,
		"created_at": wire.Time(comment.CreatedAt), "updated_at": wire.Time(comment.UpdatedAt),
	}
	if comment.ParentID != "" {
		object["parent_id"] = comment.ParentID
	}
	if comment.Place != nil {
		object["position"] = comment.Place
	}
	if comment.Resolved {
		object["resolved_by"], object["resolved_at"] = comment.ResolvedBy, wire.Time(comment.ResolvedAt)
	}
	return object
}

// missingOrInvalid refuses an asset ID.
func missingOrInvalid(name, value string) error {
	if value == "" {
		return problem.BadRequest("Missing required parameter - %s", name)
	}
	return problem.BadRequest("Invalid %s: %s is no asset ID", name, wire.Printable(value))
}

func commentProblem(id string, err error) error {
	if errors.Is(err, library.ErrNotFound) {
		return problem.NotFound("Can't find comment %s", wire.Printable(id))
	}
	return wire.Unavailable("The database", err)
}
