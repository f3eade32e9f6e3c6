package upload

import (
	"maps"
	"net/http"

	"github.com/darkroom-media/darkroom/renderer/catalog"
	"github.com/darkroom-media/darkroom/renderer/library"
	"github.com/darkroom-media/darkroom/renderer/problem"
	"github.com/darkroom-media/darkroom/renderer/wire"
)

// editContext adds pairs to the context of several assets, or removes all of it.
func (h *Handler) editContext(r *http.Request, route route, snapshot *catalog.Snapshot) (wire.Object, error) {
	c, err := h.signedCall(r, route, snapshot)
	if err != nil {
		return nil, err
	}
	given, err := wire.ParsePairs("context", c.params.Pairs("context"))
	if err != nil {
		return nil, err
	}
	keys, err := c.keys()
	if err != nil {
		return nil, err
	}
	switch command := c.params.String("command"); command {
	case "add":
		if len(given) == 0 {
			return nil, problem.BadRequest("Missing required parameter - context")
		}
		return h.edit(r, c, keys, func(asset *library.Asset) error {
			if asset.Context == nil {
				asset.Context = map[string]string{}
			}
			maps.Copy(asset.Context, given)
			return nil
		})
	case "remove_all":
		return h.edit(r, c, keys, func(asset *library.Asset) error {
			asset.Context = nil
			return nil
		})
	default:
		return nil, problem.BadRequest("Invalid command %q: it must be add or remove_all", printable(command))
	}
}
