package delivery

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"time"

	"github.com/darkroom-media/darkroom/renderer/delivery/explanation"
	"github.com/darkroom-media/darkroom/renderer/library"
	"github.com/darkroom-media/darkroom/renderer/problem"
	"github.com/darkroom-media/darkroom/renderer/transform"
	"github.com/darkroom-media/darkroom/renderer/wire"
)

// cutExplain takes the explain out of /<asset type>/explain/<rest>. The rest is what follows the asset type in a delivery
// URL, or a whole delivery path in any of its forms.
func cutExplain(path string) (rest string, ok bool) {
	assetType, after, _ := strings.Cut(strings.TrimLeft(path, "/"), "/")
	after, ok = strings.CutPrefix(strings.TrimLeft(after, "/"), "explain/")
	if !ok || assetType != library.Image && assetType != library.Video && assetType != library.Raw {
		return path, false
	}
	after = "/" + strings.TrimLeft(after, "/")
	next, _, _ := strings.Cut(after[1:], "/")
	if transform.IsDeliveryType(assetType, next) {
		return "/" + assetType + after, true
	}
	return after, true
}

// explain answers how a URL is understood, to holders of an access key: basic authentication with api_key and api_secret.
func (h *Handler) explain(x *exchange, route *route) error {
	if wire.BasicKey(x.r, route.snapshot) == nil {
		x.w.Header().Set("WWW-Authenticate", `Basic realm="darkroom"`)
		return problem.Unauthorized("Explanations need the api_key and api_secret of the environment")
	}
	explained := h.explainRoute(x, route)
	body, err := json.MarshalIndent(explained, "", "  ")
	if err != nil {
		return problem.Failed(err)
	}
	x.kind = kindNone
	h.serve(x, data(append(body, '\n'), h.now(), privateCaching))
	return nil
}

func (h *Handler) explainRoute(x *exchange, route *route) *explanation.Explanation {
	address := route.address
	e := &explanation.Explanation{
		Address: explanation.Address{
			AssetType: address.AssetType, DeliveryType: address.Type, PublicID: address.PublicID, Extension: address.Ext,
			Version: address.Version, Suffix: address.Suffix, Written: address.Transformation, Signature: "none",
		},
		Transformation: route.canonical,
		Access:         h.explainAccess(x, route),
	}
	if route.signed {
		e.Address.Signature = "valid"
	}
	for _, component := range route.plan.Components {
		e.Components = append(e.Components, (&transform.Plan{Components: []transform.Component{component}}).String())
	}
	if err := h.explainAnswer(x, route, e); err != nil {
		p := problem.From(err)
		e.Answer = explanation.Answer{Kind: "error", Status: p.Status, Error: p.Message}
	}
	return e
}

// explainAccess says what the URL would be refused without a signature.
func (h *Handler) explainAccess(x *exchange, route *route) []string {
	var access []string
	if route.demands != nil {
		access = append(access, "needs a signature or token: "+problem.From(route.demands).Message)
	}
	if h.hasToken(x) {
		access = append(access, "the token is valid")
	}
	if route.snapshot.Environment.StrictTransformations {
		switch {
		case isAllowed(route.snapshot, route.address):
			access = append(access, "strict transformations: allowed by name")
		case route.signed:
			access = append(access, "strict transformations: signed")
		default:
			access = append(access, "strict transformations: only what was made before")
		}
	}
	return access
}

func (h *Handler) explainAnswer(x *exchange, route *route, e *explanation.Explanation) error {
	ctx := x.r.Context()
	if route.address.Type == typeList {
		e.Answer = explanation.Answer{Kind: "list", Status: http.StatusOK, Format: formatJSON, CacheControl: dataCaching}
		return nil
	}
	found, err := h.find(ctx, route)
	if err != nil {
		return err
	}
	asset := found.asset
	e.Asset = &explanation.Asset{
		AssetID: asset.AssetID, PublicID: asset.PublicID, Type: asset.Type, Version: asset.Version, Format: asset.Format,
		Width: asset.Width, Height: asset.Height, Bytes: asset.Bytes, Placeholder: found.missing != "",
	}
	answer := &e.Answer
	answer.Status, answer.Vary, answer.CacheControl = http.StatusOK, route.vary, route.caching(found, route.original(found))
	if route.original(found) {
		answer.Kind, answer.Format, answer.FormatBecause = kindNames[kindOriginal], asset.Format, "the stored bytes are delivered as they are"
		answer.Width, answer.Height, answer.Bytes = asset.Width, asset.Height, asset.Bytes
		return nil
	}
	if asset.ResourceType != library.Image {
		return problem.BadRequest("Invalid transformation for %s - %s", asset.ResourceType, route.wish(found.ext))
	}
	return h.explainDerived(ctx, x, route, found, e)
}

func (h *Handler) explainDerived(ctx context.Context, x *exchange, route *route, found *found, e *explanation.Explanation) error {
	request, _, err := h.request(ctx, route, found, x.r.Header)
	if err != nil {
		return err
	}
	e.Cache = &explanation.Cache{Key: request.Key.String()}
	if e.Cache.Found, err = h.derive.Where(ctx, request); err != nil {
		return err
	}
	trial, err := h.derive.Try(ctx, request)
	if err != nil {
		return err
	}
	for _, step := range trial.Trace {
		e.Steps = append(e.Steps, explanation.Step{Component: step.Component, Step: step.Name, Width: step.Width, Height: step.Height, Crop: step.Crop, Mezzanine: step.Mezzanine})
	}
	e.Cost = &explanation.Cost{CPUMilliseconds: milliseconds(trial.CPU), WallMilliseconds: milliseconds(trial.Wall)}
	answer := &e.Answer
	answer.Kind, answer.Format, answer.FormatBecause = kindNames[kindDerived], trial.Format, formatReason(route.plan, found.ext)
	answer.Width, answer.Height, answer.Bytes = trial.Width, trial.Height, trial.Bytes
	if request.Describe != nil {
		answer.Format, answer.FormatBecause = formatJSON, "fl_getinfo"
	}
	return nil
}

func milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

// formatReason says where the format of a derived picture comes from.
func formatReason(plan *transform.Plan, ext string) string {
	switch {
	case plan.Output.Auto != "":
		return "f_auto, by the Accept header of the request"
	case plan.Output.Format != "":
		return "f_" + plan.Output.Format
	case ext != "":
		return "the extension of the URL"
	}
	return "the format of the original"
}
