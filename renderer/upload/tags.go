package upload

import (
	"net/http"
	"slices"

	"github.com/darkroom-media/darkroom/renderer/catalog"
	"github.com/darkroom-media/darkroom/renderer/library"
	"github.com/darkroom-media/darkroom/renderer/problem"
	"github.com/darkroom-media/darkroom/renderer/wire"
)

// editTags adds, removes and replaces the tags of several assets.
func (h *Handler) editTags(r *http.Request, route route, snapshot *catalog.Snapshot) (wire.Object, error) {
	c, err := h.signedCall(r, route, snapshot)
	if err != nil {
		return nil, err
	}
	command := c.params.String("command")
	given := "tag"
	if !c.params.Has(given) {
		given = "tags" // as the tools for assistants call it
	}
	tags, err := wire.ParseTags(c.params.Rows(given))
	if err != nil {
		return nil, err
	}
	keys, err := c.keys()
	if err != nil {
		return nil, err
	}
	if len(tags) == 0 && command != "remove_all" {
		return nil, problem.BadRequest("Missing required parameter - tag")
	}
	add := func(asset *library.Asset) error {
		asset.Tags = append(asset.Tags, tags...)
		slices.Sort(asset.Tags)
		asset.Tags = slices.Compact(asset.Tags)
		return wire.CheckTags(asset.Tags)
	}
	remove := func(asset *library.Asset) error {
		asset.Tags = slices.DeleteFunc(asset.Tags, func(tag string) bool { return slices.Contains(tags, tag) })
		return nil
	}
	switch command {
	case "add":
		return h.edit(r, c, keys, add)
	case "remove":
		return h.edit(r, c, keys, remove)
	case "replace", "remove_all":
		if command == "remove_all" {
			tags = nil
		}
		return h.edit(r, c, keys, func(asset *library.Asset) error {
			asset.Tags = tags
			return nil
		})
	case "set_exclusive":
		answer, err := h.edit(r, c, keys, add)
		if err != nil {
			return nil, err
		}
		others, err := h.tagged(r, c, tags, keys)
		if err != nil {
			return nil, err
		}
		_, err = h.edit(r, c, others, remove)
		return answer, err
	}
	return nil, problem.BadRequest("Invalid command %q: it must be add, remove, replace, set_exclusive or remove_all", printable(command))
}

// tagged are the assets of the call's types that have one of tags, without those in except.
func (h *Handler) tagged(r *http.Request, c *call, tags []string, except []library.Key) ([]library.Key, error) {
	var found []library.Key
	for _, tag := range tags {
		options := library.ListOptions{ResourceType: c.route.resourceType, Type: c.deliveryType(), Tag: tag, MaxResults: library.MaxMaxResults}
		for more := true; more; more = options.Cursor != "" {
			page, err := h.library.List(r.Context(), options)
			if err != nil {
				return nil, wire.Unavailable("The database", err)
			}
			for _, asset := range page.Assets {
				key := library.Key{ResourceType: asset.ResourceType, Type: asset.Type, PublicID: asset.PublicID}
				if !slices.Contains(except, key) {
					found = append(found, key)
				}
			}
			options.Cursor = page.NextCursor
		}
	}
	return found, nil
}
