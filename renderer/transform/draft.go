package transform

import (
	"errors"
	"reflect"
	"slices"
	"strings"

	"github.com/darkroom-media/darkroom/renderer/problem"
)

// draft is one component as far as its pieces tell: what it means is decided when the whole chain is known.
type draft struct {
	// text is the component as written, for errors.
	text string
	// stored says that it comes from a named transformation, where values that a request decides have no effect.
	stored bool
	// pieces counts the pieces; a condition alone opens a block.
	pieces int

	// component collects what needs no further thought.
	component Component
	output    Output

	condition      *Condition
	otherwise, end bool // if_else, if_end

	mode          string
	width, height *Number
	widthAuto     string
	aspect, zoom  *Number
	flags         []string
	layer         *Layer
}

// flag tells whether the component has a flag, without arguments.
func (d *draft) flag(name string) bool { return slices.Contains(d.flags, name) }

// readDraft reads the pieces of one component.
func readDraft(text string, stored bool) (*draft, error) {
	d := &draft{text: text, stored: stored}
	for _, piece := range piecesOf(text) {
		d.pieces++
		if err := d.read(piece); err != nil {
			return nil, err
		}
	}
	var err error
	if d.component.Set, err = sortAssignments(d.component.Set); err != nil {
		return nil, err
	}
	slices.Sort(d.flags)
	d.flags = slices.Compact(d.flags)
	return d, nil
}

// read reads one piece. Where a key occurs twice, the last one counts.
func (d *draft) read(piece string) error {
	if strings.HasPrefix(piece, "$") {
		decoded := unescape(piece)
		if !printable(decoded) {
			return invalid("variable value", piece)
		}
		assignment, assigns, err := parseAssignment(decoded)
		if err != nil || !assigns {
			return err
		}
		d.component.Set = slices.DeleteFunc(d.component.Set, func(a Assignment) bool { return a.Name == assignment.Name })
		d.component.Set = append(d.component.Set, assignment)
		return nil
	}
	key, raw := splitPiece(piece)
	p, ok := parameters[key]
	if !ok {
		return invalid("transformation component", piece)
	}
	if p.addon != "" {
		return unavailable(piece, p.addon)
	}
	decoded := unescape(raw)
	if raw == "" || !printable(decoded) && !p.raw {
		return invalid(p.name, raw)
	}
	if p.number != nil {
		number, ok := parseNumber(decoded, p.self)
		if !ok || len(number.Expr) == 0 && !p.allows(number.Value) {
			return invalid(p.name, decoded)
		}
		p.number(d, number)
		return nil
	}
	value := decoded
	if p.raw {
		value = raw
	}
	err := p.read(d, value)
	if errors.Is(err, errValue) {
		return invalid(p.name, value)
	}
	return err
}

// regional tells whether the effect takes w_ and h_ as the size of a region, there being no crop mode.
func (d *draft) regional() bool {
	effect := d.component.Effect
	return effect != nil && d.mode == "" && (effect.Name == "blur_region" || effect.Name == "pixelate_region")
}

// resize makes the resize step, and hands w_ and h_ to the effect where they belong to that.
func (d *draft) resize() *Resize {
	if d.regional() {
		effect := *d.component.Effect
		effect.Width, effect.Height = d.width, d.height
		d.component.Effect = &effect
		return nil
	}
	if d.mode == "" && d.width == nil && d.height == nil && d.widthAuto == "" && d.aspect == nil {
		return nil
	}
	mode := d.mode
	if mode == "" {
		mode = ModeScale
	}
	return &Resize{
		Mode:           mode,
		Width:          d.width,
		Height:         d.height,
		WidthAuto:      d.widthAuto,
		Aspect:         d.aspect,
		Zoom:           d.zoom,
		IgnoreAspect:   d.flag("ignore_aspect_ratio"),
		Relative:       d.flag("relative"),
		RegionRelative: d.flag("region_relative"),
	}
}

// gravity is the name of the component's gravity; empty when it has none.
func (p Position) gravity() string {
	if p.Gravity == nil {
		return ""
	}
	return p.Gravity.Name
}

// checkResize refuses a mode and a gravity that exclude or need each other.
func checkResize(resize *Resize, position Position) error {
	if resize == nil {
		return nil
	}
	gravity := position.gravity()
	switch resize.Mode {
	case ModeScale, ModeFit, ModeLimit, ModeMinFit, ModePad, ModeLimPad, ModeMinPad:
		if gravity == gravityAuto {
			return problem.BadRequest("g_auto cannot be combined with c_%s", resize.Mode)
		}
	case ModeFillPad, ModeAutoPad:
		if gravity != gravityAuto {
			return problem.BadRequest("c_%s needs g_auto", resize.Mode)
		}
	case ModeAuto:
		if gravity == "" {
			return problem.BadRequest("c_auto needs a gravity")
		}
	}
	return nil
}

// finish turns the draft into a component, everything but layer, condition and text.
func (d *draft) finish() (Component, error) {
	resize := d.resize()
	if err := checkResize(resize, d.component.Position); err != nil {
		return Component{}, err
	}
	c := d.component
	c.Resize = resize
	for _, flag := range d.flags {
		if f := flagFor(flag); f.scope == flagChain || f.scope == flagResize && resize == nil {
			c.Flags = append(c.Flags, flag)
		}
	}
	return c, nil
}

// empty tells whether a component does nothing at all.
func (c *Component) empty() bool { return reflect.ValueOf(*c).IsZero() }

// empty tells whether nothing is said about the delivered file.
func (o *Output) empty() bool { return reflect.ValueOf(*o).IsZero() }

// add lets what a later component says go before what was said.
func (o *Output) add(later Output) {
	if later.Format != "" || later.Auto != "" {
		o.Format, o.Auto = later.Format, later.Auto
	}
	if later.Quality != (Quality{}) {
		o.Quality = later.Quality
	}
	if later.DPR != nil || later.DPRAuto {
		o.DPR, o.DPRAuto = later.DPR, later.DPRAuto
	}
	if later.Default != "" {
		o.Default = later.Default
	}
	if later.Delay != nil {
		o.Delay = later.Delay
	}
	if later.Sampling != "" {
		o.Sampling = later.Sampling
	}
	if later.FrameRate != "" {
		o.FrameRate = later.FrameRate
	}
	if later.ClassPrefix != "" {
		o.ClassPrefix = later.ClassPrefix
	}
	for _, flag := range later.Flags {
		o.addFlag(flag)
	}
}

// addFlag keeps flags sorted, and the last one where only the arguments differ.
func (o *Output) addFlag(flag string) {
	name, _, _ := strings.Cut(flag, ":")
	flags := slices.DeleteFunc(slices.Clone(o.Flags), func(other string) bool {
		otherName, _, _ := strings.Cut(other, ":")
		return otherName == name
	})
	flags = append(flags, flag)
	slices.Sort(flags)
	o.Flags = flags
}
