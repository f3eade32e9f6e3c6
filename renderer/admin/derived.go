package admin

import (
	"errors"

	"github.com/darkroom-media/darkroom/renderer/library"
	"github.com/darkroom-media/darkroom/renderer/problem"
	"github.com/darkroom-media/darkroom/renderer/wire"
)

// deleteDerived answers DELETE /derived_resources.
func (h *Handler) deleteDerived(c *call) (wire.Object, error) {
	ids := c.params.List("derived_resource_ids")
	if len(ids) == 0 {
		return nil, problem.BadRequest("Missing required parameter - derived_resource_ids")
	}
	if err := checkCount("derived_resource_ids", ids); err != nil {
		return nil, err
	}
	deleted := wire.Object{}
	for _, id := range ids {
		_, err := h.library.DeleteDerived(c.context, id)
		switch {
		case err == nil:
			deleted[id] = "deleted"
		case errors.Is(err, library.ErrNotFound):
			deleted[id] = "not_found"
		default:
			return nil, wire.Unavailable("The database", err)
		}
	}
	return wire.Object{"deleted": deleted}, nil
}
