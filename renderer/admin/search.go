package admin

import (
	"github.com/darkroom-media/darkroom/renderer/search"
	"github.com/darkroom-media/darkroom/renderer/wire"
)

// search answers POST and GET /resources/search.
func (h *Handler) search(c *call) (wire.Object, error) {
	return search.Assets(c.context, h.library, search.Call{Snapshot: c.snapshot, Links: c.links, Params: c.params})
}

// searchFolders answers POST and GET /folders/search.
func (h *Handler) searchFolders(c *call) (wire.Object, error) {
	return search.Folders(c.context, h.library, search.Call{Snapshot: c.snapshot, Links: c.links, Params: c.params})
}
