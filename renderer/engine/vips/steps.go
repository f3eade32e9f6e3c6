package vips

import (
	"github.com/darkroom-media/darkroom/renderer/engine"
	"github.com/darkroom-media/darkroom/renderer/transform"
)

// step is one thing that a component may do. run tells whether the component asked for it.
type step struct {
	name string
	run  func(*stage) (bool, error)
}

// steps is the order inside one component, whatever the written order was.
func steps() []step {
	return []step{
		{"variables", assignVariables},
		{"output", sayOutput},
		{"orientation", orient},
		{"clip", clip},
		{"resize", resize},
		{"rotate", rotate},
		{"effect", applyEffect},
		{"function", callFunction},
		{"opacity", fade},
		{"radius", roundCorners},
		{"border", drawBorder},
		{"background", paintBackground},
		{"layer", placeLayer},
		{"colorspace", convertColors},
	}
}

// stage is what the steps of one component work on.
type stage struct {
	job       *job
	frame     *frame
	component *transform.Component
	picture   *picture
	// input is the size of the picture when the component began.
	input size
	// outline is the rounded shape that the radius step left, for the border of the same component.
	outline *outline
	// kept is the rectangle of the component's input that the resize step kept, when it cut something off.
	kept *rect
}

// frame is what a chain of components runs in: the base picture or a layer.
type frame struct {
	// source is what is known of the asset, and from is its file; nil for a text.
	source *engine.Source
	from   *source
	// base is the size of the picture that a layer is for; nil in the base chain.
	base *size
	// region is the size of the part of the base that the layer is put on, when that is less than all of it.
	region *size
	// depth is how many layers deep the chain is.
	depth int
}

// chain applies components in order.
func (j *job) chain(components []transform.Component, p *picture, f *frame) (*picture, error) {
	for i := range components {
		var err error
		if c := &components[i]; c.Branch != nil {
			p, err = j.branch(c.Branch, p, f)
		} else {
			p, err = j.component(c, p, f)
		}
		if err != nil {
			return nil, err
		}
	}
	return p, nil
}

// branch runs one side of a conditional block.
func (j *job) branch(b *transform.Branch, p *picture, f *frame) (*picture, error) {
	j.env.at(p)
	holds, err := b.If.Holds(j.variables)
	if err != nil {
		return nil, err
	}
	if holds {
		return j.chain(b.Then, p, f)
	}
	return j.chain(b.Else, p, f)
}

// component runs the steps of one component.
func (j *job) component(c *transform.Component, p *picture, f *frame) (*picture, error) {
	j.env.at(p)
	if c.If != nil {
		holds, err := c.If.Holds(j.variables)
		if err != nil || !holds {
			return p, err
		}
	}
	s := &stage{job: j, frame: f, component: c, picture: p, input: p.size()}
	for _, step := range steps() {
		done, err := step.run(s)
		if err != nil {
			return nil, err
		}
		if done {
			s.note(step.name)
		}
	}
	return s.picture, nil
}

// note adds a line to the explanation.
func (s *stage) note(name string) {
	now := s.picture.size()
	line := engine.Step{Component: s.component.Text, Name: name, Width: now.w, Height: now.h}
	if s.kept != nil {
		line.Crop = &[4]int{s.kept.x, s.kept.y, s.kept.w, s.kept.h}
		s.kept = nil
	}
	line.Mezzanine = s.job.startedFrom()
	s.job.trace = append(s.job.trace, line)
}
