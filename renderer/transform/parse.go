package transform

import (
	"slices"

	"github.com/darkroom-media/darkroom/renderer/problem"
)

// maxDepth bounds how deep layers and conditions nest.
const maxDepth = 16

// Parse reads a transformation as it stands in a URL: components joined by "/", percent-encoded. Named transformations
// are looked up by named, which may be nil when there are none. The empty string is the empty plan. The error is a
// *problem.Problem 400 that names the piece.
func Parse(raw string, named Named) (*Plan, error) {
	expanded := expansion{named: named}
	if err := expanded.add(raw, 0); err != nil {
		return nil, err
	}
	matched, err := matchBlocks(expanded.drafts)
	if err != nil {
		return nil, err
	}
	plan := &Plan{}
	b := builder{drafts: expanded.drafts, blocks: matched, output: &plan.Output}
	plan.Components, err = b.build(0, len(b.drafts), scope{})
	if err != nil {
		return nil, err
	}
	if err := checkFunctions(plan.Components); err != nil {
		return nil, err
	}
	return plan, nil
}

// ParseStored reads a transformation as it is stored, for eager, named and strict use: there an extension may follow
// as the last component ("c_pad,h_300/jpg"), which is the format unless the chain says otherwise.
func ParseStored(raw string, named Named) (*Plan, error) {
	chain, ext := splitStored(raw)
	plan, err := Parse(chain, named)
	if err != nil {
		return nil, err
	}
	if plan.Output.Format == "" && plan.Output.Auto == "" {
		plan.Output.Format, _ = CanonicalFormat(ext)
	}
	return plan, nil
}

// builder makes the tree of components out of the drafts.
type builder struct {
	drafts []*draft
	blocks *blocks
	output *Output
}

// scope says where in the tree a component stands.
type scope struct {
	layer       bool // inside a layer, where nothing is said about the delivered file
	conditional bool // under a condition
	depth       int
}

func (s scope) deeper() scope {
	s.depth++
	return s
}

// build makes the components of drafts[low:high].
func (b *builder) build(low, high int, s scope) ([]Component, error) {
	if s.depth > maxDepth {
		return nil, problem.BadRequest("Transformation is nested too deeply")
	}
	var components []Component
	for i := low; i < high; i++ {
		d := b.drafts[i]
		var c Component
		var err error
		end := i
		switch {
		case d.opensBlock():
			end = b.blocks.ifEnd[i]
			c, err = b.branch(i, s)
		case d.elseOfComponent(b.drafts, i) && d.otherwise:
			components, err = b.elseOf(components, d, i, s)
			if err != nil {
				return nil, err
			}
			end = max(end, b.blocks.layerEnd[i])
			i = end
			continue
		default:
			end = max(end, b.blocks.layerEnd[i])
			c, err = b.component(i, s)
		}
		if err != nil {
			return nil, err
		}
		i = end
		if !c.empty() {
			c.Text = c.text()
			components = append(components, c)
		}
	}
	return components, nil
}

// branch makes a conditional block.
func (b *builder) branch(i int, s scope) (Component, error) {
	s.conditional = true
	otherwise, end := b.blocks.ifElse[i], b.blocks.ifEnd[i]
	thenEnd := end
	if otherwise >= 0 {
		thenEnd = otherwise
	}
	branch := &Branch{If: *b.drafts[i].condition}
	var err error
	if branch.Then, err = b.build(i+1, thenEnd, s.deeper()); err != nil {
		return Component{}, err
	}
	if otherwise >= 0 {
		if b.drafts[otherwise].pieces == 1 {
			otherwise++
		}
		if branch.Else, err = b.build(otherwise, end, s.deeper()); err != nil {
			return Component{}, err
		}
	}
	return Component{Branch: branch}, nil
}

// elseOf makes a block of the last component, which has a condition of its own, and the draft that is its else.
func (b *builder) elseOf(components []Component, d *draft, i int, s scope) ([]Component, error) {
	n := len(components)
	if n == 0 || components[n-1].If == nil {
		return nil, problem.BadRequest("Invalid transformation component - %s: no condition is open", shown(d.text))
	}
	s.conditional = true
	other, err := b.component(i, s.deeper())
	if err != nil {
		return nil, err
	}
	then := components[n-1]
	branch := &Branch{If: *then.If}
	then.If = nil
	for _, side := range []struct {
		to *[]Component
		c  Component
	}{{&branch.Then, then}, {&branch.Else, other}} {
		side.c.Text = ""
		if !side.c.empty() {
			side.c.Text = side.c.text()
			*side.to = append(*side.to, side.c)
		}
	}
	c := Component{Branch: branch}
	c.Text = c.text()
	components[n-1] = c
	return components, nil
}

// component makes one component: a plain one, or a layer with everything up to where it is applied.
func (b *builder) component(i int, s scope) (Component, error) {
	d := b.drafts[i]
	s.conditional = s.conditional || d.condition != nil
	var c Component
	var err error
	if d.layer != nil {
		c, err = b.layer(i, s)
	} else {
		c, err = d.finish()
	}
	if err != nil {
		return Component{}, err
	}
	if c.Effect != nil && effectRules[c.Effect.Name].blend {
		return Component{}, problem.BadRequest("e_%s needs a layer", c.Effect.Name)
	}
	if output := d.output; d.layer == nil || b.blocks.layerEnd[i] < 0 {
		b.deliver(&c, output, s)
	}
	if !c.empty() && d.condition != nil {
		if c.If != nil {
			return Component{}, problem.BadRequest("A layer can have one condition - %s", shown(d.text))
		}
		c.If = d.condition
	}
	return c, nil
}

// deliver puts what a component says about the delivered file where it belongs.
func (b *builder) deliver(c *Component, output Output, s scope) {
	switch {
	case s.layer || output.empty():
	case s.conditional:
		if c.Output == nil {
			c.Output = &Output{}
		}
		c.Output.add(output)
	default:
		b.output.add(output)
	}
}

// layer makes the component that holds a layer. In the shorthand form position, blend and flags stand beside l_, in
// the block form in the component that applies the layer; the rest beside either transforms the layer.
func (b *builder) layer(i int, s scope) (Component, error) {
	d := b.drafts[i]
	layer := *d.layer
	c := Component{Set: d.component.Set, Layer: &layer}
	beside := *d
	beside.component.Set = nil
	end := b.blocks.layerEnd[i]
	if end < 0 {
		layer.Position = beside.component.Position
		beside.component.Position = Position{}
	}
	inner, err := beside.inLayer(&layer)
	if err != nil {
		return Component{}, err
	}
	if !inner.empty() {
		inner.Text = inner.text()
		layer.Components = append(layer.Components, inner)
		layer.Beside = true
	}
	if end >= 0 {
		within := s.deeper()
		within.layer = true
		components, err := b.build(i+1, end, within)
		if err != nil {
			return Component{}, err
		}
		layer.Components = append(layer.Components, components...)
		closing := *b.drafts[end]
		layer.Position = closing.component.Position
		closing.component.Position = Position{}
		inner, err := closing.inLayer(&layer)
		if err != nil {
			return Component{}, err
		}
		if !inner.empty() {
			inner.Text = inner.text()
			layer.Components = append(layer.Components, inner)
		}
		c.If = closing.condition
		s.conditional = s.conditional || c.If != nil
		b.deliver(&c, closing.output, s)
	}
	if layer.Position.gravity() == gravityAuto {
		return Component{}, problem.BadRequest("g_auto cannot place a layer")
	}
	slices.Sort(layer.Flags)
	layer.Flags = slices.Compact(layer.Flags)
	return c, nil
}

// inLayer makes the component that transforms a layer out of what is written beside l_ or fl_layer_apply, and gives
// the layer its blend and its flags.
func (d *draft) inLayer(layer *Layer) (Component, error) {
	c, err := d.finish()
	if err != nil {
		return Component{}, err
	}
	if c.Effect != nil && effectRules[c.Effect.Name].blend {
		layer.Blend, layer.BlendArgs = c.Effect.Name, c.Effect.Args
		c.Effect = nil
	}
	for _, flag := range d.flags {
		scope := flagFor(flag).scope
		if scope == flagLayer || scope == flagResize && slices.Contains(c.Flags, flag) {
			layer.Flags = append(layer.Flags, flag)
		}
	}
	c.Flags = slices.DeleteFunc(c.Flags, func(flag string) bool { return flagFor(flag).scope == flagResize })
	if len(c.Flags) == 0 {
		c.Flags = nil
	}
	return c, nil
}
