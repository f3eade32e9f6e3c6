package delivery

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/darkroom-media/darkroom/renderer/catalog"
	"github.com/darkroom-media/darkroom/renderer/derive"
	"github.com/darkroom-media/darkroom/renderer/library"
	"github.com/darkroom-media/darkroom/renderer/problem"
	"github.com/darkroom-media/darkroom/renderer/remote"
	"github.com/darkroom-media/darkroom/renderer/transform"
)

// Delivery types.
const (
	typeUpload        = "upload"
	typePrivate       = "private"
	typeAuthenticated = "authenticated"
	typeText          = "text"
	// typeAsset addresses an asset of any type by its asset ID.
	typeAsset = "asset"
	// typeList lists the assets with a tag.
	typeList = "list"
	// typeMulti is a file made of several images, typeSprite a sheet of them.
	typeMulti  = "multi"
	typeSprite = "sprite"
)

// checkType refuses delivery types that nothing can be delivered by.
func (r *route) checkType() error {
	switch deliveryType := r.address.Type; deliveryType {
	case typeUpload, typePrivate, typeAuthenticated, typeText, typeAsset, typeList, typeMulti, typeSprite:
		return nil
	}
	if _, ok := remote.URL(&r.snapshot.Environment, r.address.Type, r.address.PublicID); !ok {
		return problem.NotFound("Delivery type %s has no source", r.address.Type)
	}
	r.remote = true
	return nil
}

// demand is what is refused to a request that shows neither a signature nor a token, nil when nothing is. It is refused
// before anything is looked up: who may not have an asset does not learn whether it exists. One signature on the URL is
// enough for all of it.
func (r *route) demand() error {
	environment := &r.snapshot.Environment
	switch {
	case r.address.Type == typeAuthenticated:
		return problem.Unauthorized("Unsigned request for an authenticated asset")
	case environment.Restricts(r.address.Type):
		return problem.Unauthorized("Delivery type %s is restricted", r.address.Type)
	case environment.Restricts(catalog.RestrictedValues) && readsAssetValues(r.canonical):
		return problem.Unauthorized("Tags, context and metadata are restricted in URLs")
	case r.plan.CallsRemote():
		return problem.Unauthorized("Unsigned request for a remote function")
	}
	var refused error
	r.plan.VisitLayers(func(layer *transform.Layer) {
		switch {
		case refused != nil:
		case layer.Type == remote.TypeFetch && environment.Restricts(catalog.RestrictedLayers):
			refused = problem.Unauthorized("Remote layers are restricted")
		case layer.Type == typePrivate || layer.Type == typeAuthenticated:
			refused = problem.Unauthorized("Unsigned request for a layer of type %s", layer.Type)
		}
	})
	return refused
}

// admit lets a request through that asks for nothing special, or is authorised.
func (h *Handler) admit(x *exchange, r *route) error {
	if r.demands == nil || h.authorised(x, r) {
		return nil
	}
	return r.demands
}

// authorised tells whether the request shows that its maker was allowed to have what it asks for: by the signature of
// the URL, or by a token.
func (h *Handler) authorised(x *exchange, r *route) bool {
	return r.signed || h.hasToken(x)
}

// isRestricted tells whether an asset of any type is not for everybody at a time: it was uploaded with
// access_mode=authenticated, or has access rules of which none admits everybody then.
func isRestricted(asset *library.Asset, at time.Time) bool {
	if asset.AccessMode == typeAuthenticated {
		return true
	}
	return len(asset.AccessControl) > 0 && !slices.ContainsFunc(asset.AccessControl, func(rule library.AccessRule) bool {
		return rule.Type == library.AccessAnonymous && rule.Holds(at)
	})
}

// opensToTokens tells whether the access rules of an asset admit those who are authorised at a time. Without a rule for tokens
// a window for everybody is all that there is.
func opensToTokens(asset *library.Asset, at time.Time) bool {
	return len(asset.AccessControl) == 0 || slices.ContainsFunc(asset.AccessControl, func(rule library.AccessRule) bool { return rule.Holds(at) })
}

// mayHave tells whether an asset, or its stored bytes, may be delivered, however it was addressed.
func (h *Handler) mayHave(x *exchange, r *route, asset *library.Asset, original bool) error {
	now := h.now()
	switch {
	case isRestricted(asset, now) && (!h.authorised(x, r) || !opensToTokens(asset, now)):
		return problem.Unauthorized("Unsigned request for an asset with restricted access")
	case asset.Type == typeAuthenticated && r.address.Type != typeAuthenticated && !h.authorised(x, r):
		return problem.Unauthorized("Unsigned request for an authenticated asset")
	case original && asset.Type == typePrivate && !h.authorised(x, r):
		return problem.Unauthorized("Unsigned request for the original of a private asset")
	}
	return nil
}

// mayShow tells whether the assets that layers show may be shown, as mayHave tells of the base.
func (h *Handler) mayShow(x *exchange, r *route) error {
	now := h.now()
	for _, readings := range r.layers {
		for _, key := range readings {
			asset, err := h.assets.Asset(x.r.Context(), key)
			if errors.Is(err, library.ErrNotFound) {
				continue
			}
			if err != nil {
				return problem.Unavailable("The database", fmt.Errorf("look up layer %q: %w", key.PublicID, err))
			}
			if isRestricted(asset, now) && (!h.authorised(x, r) || !opensToTokens(asset, now)) {
				return problem.Unauthorized("Unsigned request for a layer with restricted access")
			}
			break
		}
	}
	return nil
}

// mayDerive applies strict mode: an unsigned request may have a derived file only when its transformation is allowed,
// or when the file was made before by somebody who was allowed to.
func (h *Handler) mayDerive(ctx context.Context, x *exchange, r *route, request *derive.Request) error {
	if !r.snapshot.Environment.StrictTransformations || h.authorised(x, r) || isAllowed(r.snapshot, r.address) {
		return nil
	}
	if allowed, err := h.isAllowedUnnamed(ctx, r.address); err != nil || allowed {
		return err
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

// mayMeasure applies strict mode to breakpoints, for which pictures are made before it is known which one is asked for.
func (h *Handler) mayMeasure(ctx context.Context, x *exchange, r *route) error {
	_, measures := breakpointsIn(r.plan.Components)
	if !measures || !r.snapshot.Environment.StrictTransformations || h.authorised(x, r) || isAllowed(r.snapshot, r.address) {
		return nil
	}
	if allowed, err := h.isAllowedUnnamed(ctx, r.address); err != nil || allowed {
		return err
	}
	return problem.Unauthorized("Transformation %s is not allowed", r.address.Transformation)
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

// isAllowedUnnamed matches the transformation as written, with the extension or without, against those that the Admin API
// has allowed without giving them a name.
func (h *Handler) isAllowedUnnamed(ctx context.Context, address *transform.Address) (bool, error) {
	if address.Transformation == "" {
		return false, nil
	}
	allowed, err := h.lists.AllowedTransformations(ctx, address.Transformation, address.Transformation+"/"+address.Ext)
	return len(allowed) > 0, err
}

// readsAssetValues tells whether a canonical plan may read tags, context or metadata.
func readsAssetValues(canonical string) bool {
	return slices.ContainsFunc([]string{"tags", "ctx:", "md:"}, func(name string) bool { return strings.Contains(canonical, name) })
}
