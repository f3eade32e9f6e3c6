package delivery

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/darkroom-media/darkroom/renderer/bucket"
	"github.com/darkroom-media/darkroom/renderer/derive"
	"github.com/darkroom-media/darkroom/renderer/engine"
	"github.com/darkroom-media/darkroom/renderer/library"
	"github.com/darkroom-media/darkroom/renderer/problem"
	"github.com/darkroom-media/darkroom/renderer/transform"
)

// staleRetries is how often a request starts over because its asset was replaced under it.
const staleRetries = 3

// deliver answers a GET or HEAD, or returns why not; nothing is written then.
func (h *Handler) deliver(x *exchange) error {
	snapshot := h.catalog.Current()
	if snapshot == nil {
		return problem.Unavailable("The configuration", nil)
	}
	route, err := h.resolve(x.r, snapshot)
	if err != nil {
		return err
	}
	for range staleRetries {
		if err = h.answer(x, route); !errors.Is(err, derive.ErrStale) {
			return err
		}
	}
	return problem.Failed(fmt.Errorf("asset %q: %w", route.address.PublicID, err))
}

// answer finds the asset and serves its stored bytes or a derived file. It returns derive.ErrStale when the asset was
// replaced in the meantime.
func (h *Handler) answer(x *exchange, route *route) error {
	ctx := x.r.Context()
	found, err := h.find(ctx, route)
	if err != nil {
		return err
	}
	asset := found.asset
	var file *representation
	switch {
	case route.stored && (found.ext == "" || isFormat(found.ext, asset.Format)):
		x.kind = kindOriginal
		file, err = h.original(ctx, route, asset)
	case asset.ResourceType != library.Image:
		err = problem.BadRequest("Invalid transformation for %s - %s", asset.ResourceType, route.wish(found.ext))
	default:
		x.kind = kindDerived
		file, err = h.derived(x, route, found)
	}
	if errors.Is(err, derive.ErrStale) {
		h.assets.Invalidate(keyOf(asset))
	}
	if err != nil {
		return err
	}
	defer file.content.Close()
	h.serve(x, route, found, file)
	return nil
}

// wish is what a route asks for beyond the stored bytes, for messages.
func (r *route) wish(ext string) string {
	if r.address.Transformation != "" {
		return r.address.Transformation
	}
	return ext
}

func (h *Handler) original(ctx context.Context, route *route, asset *library.Asset) (*representation, error) {
	if err := route.mayHaveOriginal(); err != nil {
		return nil, err
	}
	content, err := h.originals.File(ctx, asset.ObjectKey)
	if errors.Is(err, bucket.ErrNotFound) {
		return nil, derive.ErrStale
	}
	if err != nil {
		return nil, fmt.Errorf("open original %s: %w", asset.ObjectKey, err)
	}
	return &representation{
		content:  content,
		bytes:    asset.Bytes,
		etag:     asset.ETag,
		format:   asset.Format,
		width:    asset.Width,
		height:   asset.Height,
		modified: createdAt(asset),
		from:     fromStored,
	}, nil
}

func (h *Handler) derived(x *exchange, route *route, found *found) (*representation, error) {
	ctx := x.r.Context()
	request, err := h.request(route, found, x.r.Header)
	if err != nil {
		return nil, err
	}
	if err := h.mayDerive(ctx, route, request); err != nil {
		return nil, err
	}
	file, err := h.derive.Find(ctx, request)
	if err != nil {
		return nil, err
	}
	return &representation{
		content:  file.Content,
		bytes:    file.Bytes,
		etag:     file.ETag,
		format:   file.Format,
		width:    file.Width,
		height:   file.Height,
		modified: file.CreatedAt,
		from:     file.From,
		render:   file.Render,
	}, nil
}

// request names the derived file that a route asks for, given the headers of a request.
func (h *Handler) request(route *route, found *found, header http.Header) (*derive.Request, error) {
	asset, environment := found.asset, &route.snapshot.Environment
	format, err := outputFormat(route.plan, found.ext, asset, header)
	if err != nil {
		return nil, err
	}
	plan, hints, err := applyHints(route.plan, asset, header)
	if err != nil {
		return nil, err
	}
	return &derive.Request{
		Asset:          asset,
		Plan:           plan,
		Key:            derive.NewKey(asset.VersionID, route.canonical, format, hints),
		Transformation: route.address.Transformation,
		Format:         format,
		DefaultQuality: environment.DefaultQuality,
		Limits: engine.Limits{
			MaxInputPixels:  environment.MaxImagePixels,
			MaxOutputPixels: environment.MaxOutputPixels,
			Deadline:        h.renderDeadline,
		},
	}, nil
}

// found is the asset that a request is about.
type found struct {
	asset *library.Asset
	// ext is the requested extension, "" when there is none or it turned out to be part of the public ID.
	ext string
	// missing is the public ID that was asked for when asset is only the placeholder of d_.
	missing string
}

// find looks the asset up: the readings of the public ID in order, then the placeholder.
func (h *Handler) find(ctx context.Context, route *route) (*found, error) {
	address := route.address
	names := derive.Names(address.PublicID, address.Ext, address.FullID())
	if address.AlternateID != "" {
		alternate := transform.Address{PublicID: address.AlternateID, Ext: address.Ext, Source: address.AlternateSource}
		names = append(names, derive.Names(alternate.PublicID, alternate.Ext, alternate.FullID())...)
	}
	for _, name := range names {
		asset, err := h.asset(ctx, library.Key{ResourceType: address.AssetType, Type: address.Type, PublicID: name.PublicID})
		if err != nil {
			return nil, err
		}
		if asset != nil {
			return &found{asset: asset, ext: name.Ext}, nil
		}
	}
	if route.misread != nil {
		return nil, route.misread
	}
	if placeholder := route.plan.Output.Default; placeholder != "" && address.AssetType == library.Image {
		id, ext := splitExt(placeholder)
		for _, name := range derive.Names(id, ext, placeholder) {
			asset, err := h.asset(ctx, library.Key{ResourceType: library.Image, Type: typeUpload, PublicID: name.PublicID})
			if err != nil {
				return nil, err
			}
			if asset != nil {
				return &found{asset: asset, ext: address.Ext, missing: names[0].PublicID}, nil
			}
		}
	}
	return nil, problem.NotFound("Resource not found - %s", names[0].PublicID)
}

// asset looks one key up; nil when there is no such asset.
func (h *Handler) asset(ctx context.Context, key library.Key) (*library.Asset, error) {
	asset, err := h.assets.Asset(ctx, key)
	switch {
	case errors.Is(err, library.ErrNotFound):
		return nil, nil
	case err == nil:
		return asset, nil
	}
	if _, ok := errors.AsType[*problem.Problem](err); ok || errors.Is(err, context.Canceled) {
		return nil, err
	}
	return nil, problem.Unavailable("The database", fmt.Errorf("look up asset %q: %w", key.PublicID, err))
}

func keyOf(asset *library.Asset) library.Key {
	return library.Key{ResourceType: asset.ResourceType, Type: asset.Type, PublicID: asset.PublicID}
}

// createdAt is when the stored bytes came.
func createdAt(asset *library.Asset) time.Time { return time.Unix(asset.Version, 0) }

// isFormat tells whether ext asks for format.
func isFormat(ext, format string) bool {
	wanted, _ := transform.CanonicalFormat(ext)
	stored, _ := transform.CanonicalFormat(format)
	return wanted == stored
}

// asksForStored tells whether a plan leaves the picture as it is: flags about the answer and the placeholder aside, it
// is empty.
func asksForStored(plan *transform.Plan) bool {
	rest := *plan
	rest.Output.Default = ""
	rest.Output.Flags = slices.DeleteFunc(slices.Clone(plan.Output.Flags), isAnswerFlag)
	return rest.IsIdentity()
}
