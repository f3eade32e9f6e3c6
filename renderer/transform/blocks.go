package transform

import (
	"github.com/darkroom-media/darkroom/renderer/problem"
)

// readCondition reads if_.
func readCondition(d *draft, value string) error {
	d.condition, d.otherwise, d.end = nil, value == "else", value == "end"
	if d.otherwise || d.end {
		return nil
	}
	var err error
	d.condition, err = parseCondition(value)
	return err
}

// opensBlock tells whether the component is a condition alone, for everything up to its if_end.
func (d *draft) opensBlock() bool { return d.condition != nil && d.pieces == 1 }

// appliesLayer tells whether the component closes a layer that was opened before.
func (d *draft) appliesLayer() bool { return d.layer == nil && d.flag("layer_apply") }

// blocks says where the blocks of a chain end. All slices are by index of the component that opens; -1 is none.
type blocks struct {
	// layerEnd is the component that applies a layer; a layer without one is applied at once.
	layerEnd []int
	// ifElse and ifEnd are the if_else and if_end of a condition.
	ifElse, ifEnd []int
}

// matchBlocks pairs what opens and closes layers and conditions. An else-if may be closed by an if_end of its own or
// share that of the condition it belongs to; the second is tried when there are too few for the first.
func matchBlocks(drafts []*draft) (*blocks, error) {
	matched, err := pair(drafts, false)
	if err != nil {
		if shared, sharedErr := pair(drafts, true); sharedErr == nil {
			return shared, nil
		}
		return nil, err
	}
	return matched, nil
}

func pair(drafts []*draft, shareEnds bool) (*blocks, error) {
	b := &blocks{layerEnd: none(len(drafts)), ifElse: none(len(drafts)), ifEnd: none(len(drafts))}
	var open []int // components that opened a layer or a condition, innermost last
	// toCondition closes the shorthand layers above the innermost condition and gives that, or -1.
	toCondition := func() int {
		for len(open) > 0 {
			top := open[len(open)-1]
			if drafts[top].opensBlock() {
				return top
			}
			open = open[:len(open)-1]
		}
		return -1
	}
	for i, d := range drafts {
		switch {
		case d.end:
			if d.pieces > 1 {
				return nil, problem.BadRequest("Invalid transformation component - %s: if_end must be alone", shown(d.text))
			}
			for {
				top := toCondition()
				if top < 0 {
					return nil, problem.BadRequest("Invalid transformation component - if_end: no condition is open")
				}
				open = open[:len(open)-1]
				b.ifEnd[top] = i
				if elseIf := top > 0 && drafts[top-1].otherwise && drafts[top-1].pieces == 1; !shareEnds || !elseIf {
					break
				}
			}
		case d.otherwise:
			if d.elseOfComponent(drafts, i) {
				continue
			}
			top := toCondition()
			if top < 0 || b.ifElse[top] >= 0 {
				return nil, problem.BadRequest("Invalid transformation component - %s: no condition is open", shown(d.text))
			}
			b.ifElse[top] = i
		case d.appliesLayer():
			if len(open) == 0 || drafts[open[len(open)-1]].opensBlock() {
				return nil, problem.BadRequest("Invalid transformation component - %s: there is no layer to apply", shown(d.text))
			}
			b.layerEnd[open[len(open)-1]] = i
			open = open[:len(open)-1]
		case d.opensBlock(), d.layer != nil && !d.flag("layer_apply"):
			open = append(open, i)
		}
	}
	if top := toCondition(); top >= 0 {
		return nil, problem.BadRequest("Invalid transformation component - %s: if_end is missing", shown(drafts[top].text))
	}
	return b, nil
}

// elseOfComponent tells whether the component, at index i, is the else of a single component with a condition: "if_else,c_fill"
// right after "if_w_gt_200,c_crop".
func (d *draft) elseOfComponent(drafts []*draft, i int) bool {
	return d.pieces > 1 && i > 0 && drafts[i-1].condition != nil && drafts[i-1].pieces > 1
}

func none(n int) []int {
	s := make([]int, n)
	for i := range s {
		s[i] = -1
	}
	return s
}
