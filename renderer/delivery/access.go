package delivery

import (
	"context"

	"github.com/darkroom-media/darkroom/renderer/catalog"
	"github.com/darkroom-media/darkroom/renderer/derive"
	"github.com/darkroom-media/darkroom/renderer/problem"
	"github.com/darkroom-media/darkroom/renderer/transform"
)

// Delivery types whose assets are stored in the library.
const (
	typeUpload        = "upload"
	typePrivate       = "private"
	typeAuthenticated = "authenticated"
)

// admitType refuses delivery types that are out of reach, before anything is looked up: who may not have an asset does
// not learn whether it exists.
func (r *route) admitType() error {
	switch r.address.Type {
	case typeUpload, typePrivate:
	case typeAuthenticated:
		if !r.signed {
			return problem.Unauthorized("Unsigned request for an authenticated asset")
		}
	default:
		return problem.Unauthorized("Delivery type %s is restricted", r.address.Type)
	}
	return nil
}

// admitLayers refuses plans with layers that are out of reach. One signature on the URL is enough for all of them.
func (r *route) admitLayers() error {
	var refused error
	r.plan.VisitLayers(func(layer *transform.Layer) {
		switch {
		case refused != nil:
		case layer.Kind == transform.LayerFetch:
			refused = problem.Unauthorized("Remote layers are restricted")
		case layer.Type != "" && layer.Type != typeUpload && !r.signed:
			refused = problem.Unauthorized("Unsigned request for a layer of type %s", layer.Type)
		}
	})
	return refused
}

// mayHaveOriginal tells whether the stored bytes may be delivered.
func (r *route) mayHaveOriginal() error {
	if r.address.Type == typePrivate && !r.signed {
		return problem.Unauthorized("Unsigned request for the original of a private asset")
	}
	return nil
}

// mayDerive applies strict mode: an unsigned request may have a derived file only when its transformation is allowed,
// or when the file was made before by somebody who was allowed to.
func (h *Handler) mayDerive(ctx context.Context, r *route, request *derive.Request) error {
	if !r.snapshot.Environment.StrictTransformations || r.signed || isAllowed(r.snapshot, r.address) {
		return nil
	}
	exists, err := h.derive.Exists(ctx, request)
	if err != nil {
		return err
	}
	if exists {
		return nil
	}
	written := r.address.Transformation
	if written == "" {
		written = request.Format
	}
	return problem.Unauthorized("Transformation %s is not allowed", written)
}

// isAllowed matches the transformation as written against those that are allowed: by name alone (t_name), or by the
// whole string, which may end in the extension ("c_fill,w_100/jpg").
func isAllowed(snapshot *catalog.Snapshot, address *transform.Address) bool {
	written := address.Transformation
	for name, allowed := range snapshot.Transformations {
		if !allowed.AllowedForStrict {
			continue
		}
		if written == "t_"+name || written != "" && (allowed.Transformation == written || allowed.Transformation == written+"/"+address.Ext) {
			return true
		}
	}
	return false
}
