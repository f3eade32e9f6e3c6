package delivery

import (
	"cmp"
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
	if route.explain {
		return h.explain(x, route)
	}
	if err := h.admit(x, route); err != nil {
		return err
	}
	if route.address.Type == typeList {
		return h.list(x, route)
	}
	return h.answerCurrent(x, route)
}

// answerCurrent answers, and again when the asset was replaced in the meantime.
func (h *Handler) answerCurrent(x *exchange, route *route) (err error) {
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
	if h.answerAgain(x, route) {
		return nil
	}
	ctx := x.r.Context()
	found, err := h.find(ctx, route)
	if err != nil {
		return err
	}
	asset := found.asset
	if err := h.mayHave(x, route, asset, false); err != nil {
		return err
	}
	var file *representation
	switch {
	case asset.Type == typeSprite && (found.ext == "css" || found.ext == formatJSON):
		file, err = spriteSheet(route, found)
	case route.original(found):
		x.kind = kindOriginal
		file, err = h.original(x, route, found)
	case asset.ResourceType != library.Image && !route.still(found):
		err = problem.BadRequest("Invalid transformation for %s - %s", asset.ResourceType, route.wish(found.ext))
	default:
		x.kind = kindDerived
		file, err = h.derived(x, route, found)
	}
	if errors.Is(err, derive.ErrStale) {
		h.assets.Invalidate(library.Key{ResourceType: asset.ResourceType, Type: asset.Type, PublicID: asset.PublicID})
	}
	if err != nil {
		return err
	}
	h.serve(x, file)
	return nil
}

// original tells whether the answer is the stored bytes.
func (r *route) original(found *found) bool {
	return r.stored && (found.ext == "" || isFormat(found.ext, found.asset.Format))
}

// still tells whether the answer is a picture of a frame of a video.
func (r *route) still(found *found) bool {
	if found.asset.ResourceType != library.Video || r.plan.Output.Auto != "" {
		return false
	}
	format, _ := transform.CanonicalFormat(cmp.Or(r.plan.Output.Format, found.ext))
	return slices.Contains([]string{"jpg", "png", "webp", "avif", "jxl", "tif", "bmp"}, format)
}

// wish is what a route asks for beyond the stored bytes, for messages.
func (r *route) wish(ext string) string {
	if r.address.Transformation != "" {
		return r.address.Transformation
	}
	return ext
}

func (h *Handler) original(x *exchange, route *route, found *found) (*representation, error) {
	asset := found.asset
	if err := h.mayHave(x, route, asset, true); err != nil {
		return nil, err
	}
	content, err := h.originals.File(x.r.Context(), asset.ObjectKey)
	if errors.Is(err, bucket.ErrNotFound) {
		return nil, derive.ErrStale
	}
	if err != nil {
		return nil, problem.Unavailable("The bucket", fmt.Errorf("open original %s: %w", asset.ObjectKey, err))
	}
	return &representation{description: route.describe(found, metaOf(asset), true), content: derive.FileContent(content)}, nil
}

func (h *Handler) derived(x *exchange, route *route, found *found) (*representation, error) {
	ctx := x.r.Context()
	if err := h.mayShow(x, route); err != nil {
		return nil, err
	}
	if err := h.mayMeasure(ctx, x, route); err != nil {
		return nil, err
	}
	request, hints, err := h.request(ctx, route, found, x.r.Header)
	if err != nil {
		return nil, err
	}
	if err := h.mayDerive(ctx, x, route, request); err != nil {
		return nil, err
	}
	if hints.list {
		return listBreakpoints(route, found, hints.breakpoints)
	}
	file, err := h.derive.Find(ctx, request)
	if err != nil {
		return nil, err
	}
	if h.mayBeAVIF(x, route, found, request, file.Meta) {
		better := h.requestFor(route, found.asset, request.Plan, formatAVIF, hints.used)
		if file = h.preferAVIF(ctx, found, better, file); file.Format == formatAVIF {
			request = better
		}
	}
	described := route.describe(found, file.Meta, false)
	if !found.interim {
		route.remember(x.r.Header, found, request.Key, described)
	}
	return &representation{description: described, content: file.Content, render: file.Render}, nil
}

// request names the derived file that a route asks for, given the headers of a request.
func (h *Handler) request(ctx context.Context, route *route, found *found, header http.Header) (*derive.Request, *clientHints, error) {
	format, err := outputFormat(route.plan, found.ext, found.asset, header)
	if err != nil {
		return nil, nil, err
	}
	hints, err := h.hintsFor(ctx, route, found, format, header)
	if err != nil {
		return nil, nil, err
	}
	plan, used, err := hints.apply(route.plan)
	if err != nil {
		return nil, nil, err
	}
	hints.used = used
	return h.requestFor(route, found.asset, plan, format, used), hints, nil
}

// requestFor names the derived file of a plan that is fully resolved; used are the hints that took part.
func (h *Handler) requestFor(route *route, asset *library.Asset, plan *transform.Plan, format, used string) *derive.Request {
	environment := &route.snapshot.Environment
	plan = plan.OverrideAutoQuality(asset.QualityOverride)
	request := &derive.Request{
		Asset:          asset,
		Plan:           plan,
		Key:            derive.NewKey(asset.VersionID, route.canonical, format, used+factsOf(asset, route.canonical)),
		Transformation: route.address.Transformation,
		Format:         format,
		StrictFonts:    environment.StrictTransformations,
		Limits: engine.Limits{
			MaxInputPixels:  environment.MaxImagePixels,
			MaxOutputPixels: environment.MaxOutputPixels,
			Deadline:        h.renderDeadline,
		},
		Mezzanines: !environment.NoMezzanines && asset.ResourceType == library.Image,
	}
	if wantsInfo(plan) {
		request.Describe = describeRender
	}
	return request
}

// found is the asset that a request is about.
type found struct {
	asset *library.Asset
	// key is what the asset was found under.
	key library.Key
	// ext is the requested extension, "" when there is none or it turned out to be part of the public ID.
	ext string
	// first says that the first reading of the address led to the asset.
	first bool
	// interim says that a better answer is being made.
	interim bool
	// missing is the public ID that was asked for when asset is only the placeholder of d_.
	missing string
}

// find looks the asset up: the readings of the public ID in order, then the placeholder.
func (h *Handler) find(ctx context.Context, route *route) (*found, error) {
	for i, name := range route.names {
		result, err := h.look(ctx, name)
		if err != nil && route.remote && len(route.placeholders) > 0 && problem.From(err).Status == http.StatusNotFound {
			break // The picture is missing at its source: the placeholder stands in for it.
		}
		if err != nil || result != nil {
			if result != nil {
				result.first = i == 0
			}
			return result, err
		}
	}
	if route.misread != nil {
		return nil, route.misread
	}
	if mapped, err := h.download(ctx, route); mapped != nil || err != nil {
		return mapped, err
	}
	if composed, err := h.compose(ctx, route); composed != nil || err != nil {
		return composed, err
	}
	missing := route.names[0].key.PublicID
	for _, name := range route.placeholders {
		result, err := h.look(ctx, name)
		if err != nil {
			return nil, err
		}
		if result != nil {
			result.ext, result.missing = route.address.Ext, missing
			return result, nil
		}
	}
	return nil, problem.NotFound("Resource not found - %s", missing)
}

// download finds the asset in the place elsewhere that its folder is mapped to; nil when there is none.
func (h *Handler) download(ctx context.Context, route *route) (*found, error) {
	first := route.names[0]
	if len(route.snapshot.Mappings) == 0 || first.key.Type != typeUpload {
		return nil, nil
	}
	asset, err := h.remote.Missing(ctx, first.key, first.ext)
	if errors.Is(err, library.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return &found{asset: asset, key: first.key, ext: first.ext, first: true}, nil
}

// compose makes the file of type multi or sprite that nobody has made before; nil when it is none, or no image has the tag. A
// sheet of transformed pictures is a derived file, for which strict mode asks a signature.
func (h *Handler) compose(ctx context.Context, route *route) (*found, error) {
	ofSprite := route.address.Type == typeSprite
	if h.composer == nil || !ofSprite && route.address.Type != typeMulti {
		return nil, nil
	}
	transformation := ""
	if ofSprite {
		transformation = route.address.Transformation
		if transformation != "" && route.snapshot.Environment.StrictTransformations && !route.signed {
			return nil, nil
		}
	}
	if err := h.composer.Compose(ctx, route.address.Type, route.tag, transformation, route.address.Ext); err != nil {
		if problem.From(err).Status == http.StatusNotFound {
			return nil, nil
		}
		return nil, err
	}
	for _, name := range route.names {
		h.assets.Invalidate(name.key)
		if composed, err := h.look(ctx, name); composed != nil || err != nil {
			return composed, err
		}
	}
	return nil, nil
}

// look looks one name up; nil when there is no such asset.
func (h *Handler) look(ctx context.Context, name name) (*found, error) {
	asset, err := h.lookUp(ctx, name)
	switch {
	case errors.Is(err, library.ErrNotFound):
		return nil, nil
	case err == nil:
		return &found{asset: asset, key: name.key, ext: name.ext}, nil
	}
	if _, ok := errors.AsType[*problem.Problem](err); ok || errors.Is(err, context.Canceled) {
		return nil, err
	}
	return nil, problem.Unavailable("The database", fmt.Errorf("look up asset %q: %w", name.key.PublicID, err))
}

// lookUp finds the row of a name where it is to be found.
func (h *Handler) lookUp(ctx context.Context, name name) (*library.Asset, error) {
	switch {
	case name.remote:
		return h.remote.Asset(ctx, name.key)
	case name.key.Type == typeAsset:
		asset, err := h.assets.AssetByID(ctx, name.key.PublicID)
		if err == nil && asset.ResourceType != name.key.ResourceType {
			return nil, library.ErrNotFound
		}
		return asset, err
	}
	return h.assets.Asset(ctx, name.key)
}

// metaOf describes the stored bytes of an asset.
func metaOf(asset *library.Asset) *derive.Meta {
	return &derive.Meta{Bytes: asset.Bytes, ETag: asset.ETag, Format: asset.Format, Width: asset.Width, Height: asset.Height, CreatedAt: time.Unix(asset.Version, 0)}
}

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
