package delivery

import (
	"context"
	"encoding/json"
	"math"
	"strconv"
	"strings"

	"github.com/darkroom-media/darkroom/renderer/derive"
	"github.com/darkroom-media/darkroom/renderer/library"
	"github.com/darkroom-media/darkroom/renderer/problem"
	"github.com/darkroom-media/darkroom/renderer/transform"
)

// breakpointRule is w_auto:breakpoints[_<min>_<max>_<kB>_<count>][:<fallback>][:json].
type breakpointRule struct {
	// min and max bound the widths, in pixels.
	min, max int
	// step is by how many bytes the files of neighbouring widths should differ.
	step int64
	// count bounds how many there are.
	count int
	// fallback is the width for a client that tells none; 0 for the largest.
	fallback float64
	// list asks for the widths themselves.
	list bool
}

// isBreakpoints tells whether a w_auto chooses among breakpoints.
func isBreakpoints(written string) bool { return strings.HasPrefix(written, "auto:breakpoints") }

// breakpointsIn finds the w_auto of a chain that chooses among breakpoints.
func breakpointsIn(components []transform.Component) (written string, ok bool) {
	for _, c := range components {
		if c.Branch != nil {
			for _, side := range [][]transform.Component{c.Branch.Then, c.Branch.Else} {
				if written, ok := breakpointsIn(side); ok {
					return written, true
				}
			}
		}
		if c.Resize != nil && isBreakpoints(c.Resize.WidthAuto) {
			return c.Resize.WidthAuto, true
		}
	}
	return "", false
}

// parseBreakpoints reads what the grammar has accepted.
func parseBreakpoints(written string) breakpointRule {
	rule := breakpointRule{min: 50, max: 1000, step: 20 << 10, count: 20}
	arguments := strings.Split(written, ":")[1:]
	if limits := strings.Split(arguments[0], "_")[1:]; len(limits) == 4 {
		var numbers [4]int
		for i, limit := range limits {
			// A number too large for an int is as good as the largest that makes sense.
			number, err := strconv.Atoi(limit)
			if err != nil {
				number = math.MaxInt32
			}
			numbers[i] = min(number, math.MaxInt32)
		}
		rule.min, rule.max, rule.step, rule.count = numbers[0], numbers[1], int64(numbers[2])<<10, numbers[3]
	}
	for _, argument := range arguments[1:] {
		if argument == "json" {
			rule.list = true
		} else if width, err := strconv.ParseFloat(argument, 64); err == nil {
			rule.fallback = width
		}
	}
	return rule
}

// maxBreakpoints bounds the count that a URL may ask for.
const maxBreakpoints = 200

// breakpoints finds widths whose files differ by the rule's step. The size of the file is measured at the smallest and at
// the largest width and in the middle, and taken to grow by a power of the width between those. The measured files are
// derived files like others, so that this costs three renderings once.
func (h *Handler) breakpoints(ctx context.Context, route *route, asset *library.Asset, format string, rule breakpointRule, hints *clientHints) ([]int, error) {
	if rule.min > rule.max || rule.count > maxBreakpoints {
		return nil, problem.BadRequest("Invalid width - %d to %d in %d steps: the range is empty or has more than %d steps", rule.min, rule.max, rule.count, maxBreakpoints)
	}
	low, high := rule.min, rule.max
	if asset.Width > 0 {
		// Wider than the original there is nothing to gain.
		high = max(min(high, asset.Width), low)
	}
	if low == high || rule.count == 1 {
		return []int{high}, nil
	}
	var measured []derive.Sample
	for _, width := range derive.Probes(low, high) {
		at := *hints
		at.breakpoints = []int{width}
		plan, used, err := at.apply(route.plan)
		if err != nil {
			return nil, err
		}
		if wantsInfo(plan) {
			plan, used = withoutInfo(plan), used+";picture"
		}
		file, err := h.derive.Find(ctx, h.requestFor(route, asset, plan, format, used))
		if err != nil {
			return nil, err
		}
		if err := file.Content.Close(); err != nil {
			return nil, problem.Failed(err)
		}
		measured = append(measured, derive.Sample{Width: float64(width), Bytes: float64(file.Bytes)})
	}
	return derive.Breakpoints(measured, float64(rule.step), rule.count), nil
}

// listBreakpoints answers w_auto:breakpoints:json.
func listBreakpoints(route *route, found *found, widths []int) (*representation, error) {
	body, err := json.Marshal(map[string][]int{"breakpoints": widths})
	if err != nil {
		return nil, problem.Failed(err)
	}
	return data(body, metaOf(found.asset).CreatedAt, route.caching(found, false)), nil
}

// breakpoint is the smallest breakpoint that is wide enough, else the largest.
func (h *clientHints) breakpoint(fallback float64) (float64, error) {
	wanted := fallback
	if h.slot > 0 {
		wanted = h.slot
	}
	largest := float64(h.breakpoints[len(h.breakpoints)-1])
	if wanted == 0 {
		return largest, nil
	}
	for _, width := range h.breakpoints {
		if float64(width) >= wanted {
			return float64(width), nil
		}
	}
	return largest, nil
}
