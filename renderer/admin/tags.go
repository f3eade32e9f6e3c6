package admin

import (
	"github.com/darkroom-media/darkroom/renderer/wire"
)

// tags answers GET /tags/<resource type>.
func (h *Handler) tags(c *call) (wire.Object, error) {
	limit, err := c.params.Int("max_results", defaultResults, 1, maxResults)
	if err != nil {
		return nil, err
	}
	tags, next, err := h.library.Tags(c.context, c.path[0], c.params.String("prefix"), limit, c.params.String("next_cursor"))
	if err != nil {
		return nil, wire.Unavailable("The database", err)
	}
	if tags == nil {
		tags = []string{}
	}
	answer := wire.Object{"tags": tags}
	if next != "" {
		answer["next_cursor"] = next
	}
	return answer, nil
}
