package delivery

import (
	"context"
	"fmt"
	"math"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/darkroom-media/darkroom/renderer/library"
	"github.com/darkroom-media/darkroom/renderer/problem"
	"github.com/darkroom-media/darkroom/renderer/transform"
)

const (
	// maxDPR bounds dpr_auto.
	maxDPR = 5
	// widthStep is the step of w_auto without an argument of its own, in pixels.
	widthStep = 100
)

// varyOf names the request headers that a plan's answer depends on, "" for none.
func varyOf(plan *transform.Plan) string {
	var names []string
	if plan.Output.Auto != "" {
		names = append(names, "Accept")
	}
	if plan.Output.Quality.Auto != "" {
		names = append(names, "Save-Data")
	}
	if plan.Output.DPRAuto || hasWidthAuto(plan.Components) {
		names = append(names, "Sec-CH-DPR", "DPR", "Sec-CH-Width", "Width", "Sec-CH-Viewport-Width", "Viewport-Width")
	}
	return strings.Join(names, ", ")
}

// clientHints is what a request says of its client, as far as a plan leaves something to it.
type clientHints struct {
	asset *library.Asset
	// dpr is the client's device pixel ratio as dpr_auto counts it.
	dpr float64
	// saveData says that the client wishes for small files.
	saveData bool
	// slot is the width of the place that the picture is for, in CSS pixels times dpr_auto's share; 0 when unknown.
	slot float64
	// breakpoints are the widths that w_auto:breakpoints chooses from, ascending.
	breakpoints []int
	// list says that these are the answer themselves.
	list bool
	// used is the text of those that took part, for the key of the derived file.
	used string
}

// readHints reads the headers of a request for a plan.
func readHints(plan *transform.Plan, asset *library.Asset, header http.Header) *clientHints {
	h := &clientHints{asset: asset, dpr: 1, saveData: strings.EqualFold(header.Get("Save-Data"), "on")}
	if hint := positive(header, "Sec-Ch-Dpr", "Dpr"); plan.Output.DPRAuto && hint > 0 {
		h.dpr = min(math.Ceil(hint), maxDPR)
	}
	// The Width hint counts device pixels and the viewport CSS pixels; the plan multiplies by dpr once more, so device
	// pixels are divided by it first.
	if hint := positive(header, "Sec-Ch-Width", "Width"); hint > 0 {
		h.slot = hint / h.dpr
	} else if hint := positive(header, "Sec-Ch-Viewport-Width", "Viewport-Width"); hint > 0 {
		h.slot = hint * max(positive(header, "Sec-Ch-Dpr", "Dpr"), 1) / h.dpr
	}
	return h
}

// hintsFor reads the hints of a request, with the breakpoints of the picture where the plan asks for them.
func (h *Handler) hintsFor(ctx context.Context, route *route, found *found, format string, header http.Header) (*clientHints, error) {
	hints := readHints(route.plan, found.asset, header)
	written, ok := breakpointsIn(route.plan.Components)
	if !ok {
		return hints, nil
	}
	rule := parseBreakpoints(written)
	hints.list = rule.list
	var err error
	hints.breakpoints, err = h.breakpoints(ctx, route, found.asset, format, rule, hints)
	return hints, err
}

// apply resolves what a plan leaves to the client's hints: dpr_auto, w_auto, and the quality level under Save-Data. It
// returns the plan itself when nothing was left to it, and a text for the key of the derived file.
func (h *clientHints) apply(plan *transform.Plan) (*transform.Plan, string, error) {
	var used []string
	resolved := *plan
	if plan.Output.DPRAuto {
		resolved.Output.DPRAuto, resolved.Output.DPR = false, &transform.Number{Value: h.dpr}
		used = append(used, fmt.Sprintf("dpr=%g", h.dpr))
	}
	if level := frugal(plan.Output.Quality.Auto); level != "" && h.saveData {
		resolved.Output.Quality.Auto = level
		used = append(used, "save-data")
	}
	if hasWidthAuto(plan.Components) {
		var err error
		resolved.Components, err = resolveWidths(plan.Components, func(written string) (float64, error) {
			width, err := h.width(written)
			used = append(used, fmt.Sprintf("w=%g", width))
			return width, err
		})
		if err != nil {
			return nil, "", err
		}
	}
	if used == nil {
		return plan, "", nil
	}
	return &resolved, strings.Join(used, ";"), nil
}

// frugal is the next lower level of q_auto, "" when there is none.
func frugal(level string) string {
	return map[string]string{"best": "good", "good": "eco", "eco": "low"}[level]
}

func hasWidthAuto(components []transform.Component) bool {
	return slices.ContainsFunc(components, func(c transform.Component) bool {
		if c.Branch != nil {
			return hasWidthAuto(c.Branch.Then) || hasWidthAuto(c.Branch.Else)
		}
		return c.Resize != nil && c.Resize.WidthAuto != ""
	})
}

// resolveWidths copies components with every w_auto replaced by a number.
func resolveWidths(components []transform.Component, width func(written string) (float64, error)) ([]transform.Component, error) {
	resolved := slices.Clone(components)
	for i, c := range resolved {
		switch {
		case c.Branch != nil:
			branch := *c.Branch
			var err error
			if branch.Then, err = resolveWidths(branch.Then, width); err != nil {
				return nil, err
			}
			if branch.Else, err = resolveWidths(branch.Else, width); err != nil {
				return nil, err
			}
			resolved[i].Branch = &branch
		case c.Resize != nil && c.Resize.WidthAuto != "":
			value, err := width(c.Resize.WidthAuto)
			if err != nil {
				return nil, err
			}
			resize := *c.Resize
			resize.WidthAuto, resize.Width = "", &transform.Number{Value: value}
			resolved[i].Resize = &resize
		}
	}
	return resolved, nil
}

// width resolves w_auto[:<step>[:<fallback>]]: the width of the slot that the client tells, else the fallback, rounded up
// to a step; else the width of the original. With breakpoints it is the smallest that is wide enough, else the largest.
func (h *clientHints) width(written string) (float64, error) {
	if isBreakpoints(written) {
		return h.breakpoint(parseBreakpoints(written).fallback)
	}
	arguments := strings.Split(written, ":")[1:]
	if len(arguments) > 2 {
		return 0, problem.BadRequest("Invalid width - %s", written)
	}
	numbers := [2]float64{widthStep, 0}
	for i, argument := range arguments {
		n, err := strconv.Atoi(argument)
		if err != nil || n <= 0 {
			return 0, problem.BadRequest("Invalid width - %s", written)
		}
		numbers[i] = float64(n)
	}
	step, wanted := numbers[0], numbers[1]
	if h.slot > 0 {
		wanted = h.slot
	}
	if wanted == 0 {
		return float64(h.asset.Width), nil
	}
	return math.Ceil(wanted/step) * step, nil
}

// positive reads the first of the named headers that holds a number above zero and not absurd; 0 when none does.
func positive(header http.Header, names ...string) float64 {
	for _, name := range names {
		if value, err := strconv.ParseFloat(header.Get(name), 64); err == nil && value > 0 && value <= 1e5 {
			return value
		}
	}
	return 0
}
