package delivery

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/darkroom-media/darkroom/renderer/derive"
	"github.com/darkroom-media/darkroom/renderer/library"
	"github.com/darkroom-media/darkroom/renderer/problem"
	"github.com/darkroom-media/darkroom/renderer/transform"
)

// Make makes the derived file that a delivery URL with this transformation and extension gives, ahead of the first
// request. An empty ext means that the URL has the extension of the original. A URL that gives the stored bytes makes
// nothing, and they are described; made says that the file was not there before. The caller has been authorised: strict mode does not apply, and layers may be
// private.
func (h *Handler) Make(ctx context.Context, asset *library.Asset, transformation, ext string) (meta *derive.Meta, made bool, err error) {
	file, err := h.Open(ctx, asset, transformation, ext)
	if err != nil {
		return nil, false, err
	}
	if file == nil {
		return metaOf(asset), false, nil
	}
	if err := file.Content.Close(); err != nil {
		return nil, false, fmt.Errorf("close a derived file: %w", err)
	}
	return file.Meta, file.From == derive.FromEngine, nil
}

// Open is Make for those who want the bytes, too. It is nil where they are the stored ones.
func (h *Handler) Open(ctx context.Context, asset *library.Asset, transformation, ext string) (*derive.File, error) {
	snapshot := h.catalog.Current()
	if snapshot == nil {
		return nil, problem.Unavailable("The configuration", nil)
	}
	if ext == "" {
		ext = asset.Format
	}
	address := &transform.Address{AssetType: asset.ResourceType, Type: asset.Type, Transformation: transformation, PublicID: asset.PublicID, Ext: ext}
	route := &route{snapshot: snapshot, address: address, signed: true}
	if err := route.read(); err != nil {
		return nil, err
	}
	if route.stored && isFormat(ext, asset.Format) {
		return nil, nil
	}
	if asset.ResourceType != library.Image && !route.still(&found{asset: asset, ext: ext}) {
		return nil, problem.BadRequest("Invalid transformation for %s - %s", asset.ResourceType, route.wish(ext))
	}
	request, _, err := h.request(ctx, route, &found{asset: asset, ext: ext}, http.Header{})
	if err != nil {
		return nil, err
	}
	file, err := h.derive.Find(ctx, request)
	if errors.Is(err, derive.ErrStale) {
		return nil, problem.Conflict("Resource was replaced meanwhile - %s", asset.PublicID)
	}
	return file, err
}
