package admin

import (
	"errors"

	"github.com/darkroom-media/darkroom/renderer/library"
	"github.com/darkroom-media/darkroom/renderer/wire"
)

// deleteDerived answers DELETE /derived_resources.
func (h *Handler) deleteDerived(c *call) (wire.Object, error) {
	ids, err := c.someIDs("derived_resource_ids")
	if err != nil {
		return nil, err
	}
	if _, err := c.params.Bool("invalidate", false); err != nil {
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
