package upload

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/darkroom-media/darkroom/renderer/derive"
	"github.com/darkroom-media/darkroom/renderer/library"
	"github.com/darkroom-media/darkroom/renderer/problem"
	"github.com/darkroom-media/darkroom/renderer/transform"
	"github.com/darkroom-media/darkroom/renderer/wire"
)

// breakpointRequest is one entry of responsive_breakpoints: the widths of an image, or of what a transformation makes of it,
// that are worth having files of.
type breakpointRequest struct {
	// transformation comes before the scaling; empty for none.
	transformation string
	// format is the extension asked for, or empty for that of the original.
	format string
	// low and high bound the widths, in pixels; step is by how many bytes files of neighbouring widths should differ, count how
	// many there may be.
	low, high, step, count int
	// discard says that the files are not to be kept, unless they were there before.
	discard bool
}

const (
	// maxBreakpointRequests bounds the entries of one call, maxBreakpointImages the widths of an entry.
	maxBreakpointRequests = 10
	maxBreakpointImages   = 200
	maxBreakpointWidth    = 1 << 16
)

// parseBreakpoints reads a JSON list of objects, or one object.
func parseBreakpoints(rows []string, named transform.Named) ([]breakpointRequest, error) {
	var requests []breakpointRequest
	for _, row := range rows {
		if !strings.HasPrefix(strings.TrimSpace(row), "[") {
			row = "[" + row + "]"
		}
		var given []map[string]json.RawMessage
		if err := json.Unmarshal([]byte(row), &given); err != nil {
			return nil, problem.BadRequest("Invalid responsive_breakpoints: %q is not a list of objects", printable(row))
		}
		for _, one := range given {
			request, err := parseBreakpoint(one, named)
			if err != nil {
				return nil, err
			}
			requests = append(requests, request)
		}
	}
	if len(requests) > maxBreakpointRequests {
		return nil, problem.BadRequest("Too many responsive_breakpoints. Got %d. Maximum is %d.", len(requests), maxBreakpointRequests)
	}
	return requests, nil
}

func parseBreakpoint(given map[string]json.RawMessage, named transform.Named) (breakpointRequest, error) {
	params := wire.Params{}
	for name, raw := range given {
		if value, ok := wire.Scalar(raw); ok {
			params[name] = []string{value}
		}
	}
	request := breakpointRequest{transformation: params.String("transformation"), format: strings.ToLower(params.String("format"))}
	keep, err := params.Bool("create_derived", true)
	if err != nil {
		return request, err
	}
	request.discard = !keep
	for _, number := range []struct {
		name                string
		fallback, low, high int
		to                  *int
	}{
		{"min_width", 50, 1, maxBreakpointWidth, &request.low}, {"max_width", 1000, 1, maxBreakpointWidth, &request.high},
		{"bytes_step", 20000, 1, 1 << 30, &request.step}, {"max_images", 20, 1, maxBreakpointImages, &request.count},
	} {
		value, err := params.Int(number.name, number.fallback, number.low, number.high)
		if err != nil {
			return request, err
		}
		*number.to = value
	}
	if request.low > request.high {
		return request, problem.BadRequest("Invalid responsive_breakpoints: min_width %d is above max_width %d", request.low, request.high)
	}
	if request.format != "" && !extension.MatchString(request.format) {
		return request, problem.BadRequest("Invalid responsive_breakpoints: %q is no format", printable(request.format))
	}
	if request.transformation != "" {
		if _, err := transform.Parse(request.transformation, named); err != nil {
			return request, err
		}
	}
	return request, nil
}

// scaled is the transformation that gives a width.
func (r *breakpointRequest) scaled(width int) string {
	scale := fmt.Sprintf("c_scale,w_%d", width)
	if r.transformation == "" {
		return scale
	}
	return r.transformation + "/" + scale
}

// makeBreakpoints finds the widths of each request, and makes their files. One that fails does not undo the upload: its entry
// says why.
func (h *Handler) makeBreakpoints(ctx context.Context, asset *library.Asset, requests []breakpointRequest, links wire.Links) []wire.Object {
	entries := make([]wire.Object, len(requests))
	for i, request := range requests {
		entries[i] = wire.Object{}
		if request.transformation != "" {
			entries[i]["transformation"] = request.transformation
		}
		files, err := h.breakpoints(ctx, asset, &request, links)
		if err != nil {
			found := problem.From(err)
			if found.Status >= 500 {
				h.logger.WarnContext(ctx, "responsive breakpoints failed", "publicID", asset.PublicID, "transformation", request.transformation, "error", err)
			}
			entries[i]["status"], entries[i]["reason"], files = "failed", found.Message, []wire.Object{}
		}
		entries[i]["breakpoints"] = files
	}
	return entries
}

// breakpoints are the files of one request, the widest first.
func (h *Handler) breakpoints(ctx context.Context, asset *library.Asset, request *breakpointRequest, links wire.Links) ([]wire.Object, error) {
	if asset.ResourceType != library.Image {
		return nil, problem.BadRequest("Responsive breakpoints are for images")
	}
	var unwanted []string
	defer func() { h.discardDerived(ctx, asset, unwanted) }()
	// Files are told of as they are, so that they are made even where they are not to be kept.
	eager := func(transformation string) (*EagerFile, error) {
		found, err := h.deriver.Eager(ctx, asset, transformation, request.format)
		if err == nil && found.Made && request.discard {
			unwanted = append(unwanted, transformation)
		}
		return found, err
	}
	width := asset.Width
	if request.transformation != "" {
		whole, err := eager(request.transformation)
		if err != nil {
			return nil, err
		}
		width = whole.Width
	}
	// Wider than the picture there is nothing to gain.
	high := max(min(request.high, width), 1)
	low := min(request.low, high)
	made := map[int]*EagerFile{}
	file := func(width int) (*EagerFile, error) {
		if made[width] == nil {
			found, err := eager(request.scaled(width))
			if err != nil {
				return nil, err
			}
			made[width] = found
		}
		return made[width], nil
	}
	widths := []int{high}
	if low < high && request.count > 1 {
		var measured []derive.Sample
		for _, width := range derive.Probes(low, high) {
			found, err := file(width)
			if err != nil {
				return nil, err
			}
			measured = append(measured, derive.Sample{Width: float64(width), Bytes: float64(found.Bytes)})
		}
		widths = derive.Breakpoints(measured, float64(request.step), request.count)
	}
	var files []wire.Object
	for _, width := range slices.Backward(widths) {
		found, err := file(width)
		if err != nil {
			return nil, err
		}
		url, secureURL := links.Derived(asset, request.scaled(width), found.Format)
		files = append(files, wire.Object{"width": found.Width, "height": found.Height, "bytes": found.Bytes, "url": url, "secure_url": secureURL})
	}
	return files, nil
}

// discardDerived deletes files that were made to be measured. One that cannot be deleted is kept like any other.
func (h *Handler) discardDerived(ctx context.Context, asset *library.Asset, transformations []string) {
	if len(transformations) == 0 {
		return
	}
	if _, err := h.library.DeleteDerivedOf(context.WithoutCancel(ctx), keyOf(asset), transformations); err != nil && !errors.Is(err, library.ErrNotFound) {
		h.logger.WarnContext(ctx, "files that were made to find breakpoints could not be deleted", "publicID", asset.PublicID, "error", err)
	}
}
