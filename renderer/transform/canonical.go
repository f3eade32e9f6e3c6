package transform

import (
	"slices"
	"strings"
)

// String is the canonical spelling of the plan: named transformations expanded, pieces sorted inside components, layers
// in their block form, and what is said about the delivered file in one last component. Two transformations that mean
// the same by the grammar alone have one canonical spelling, and Parse reads it back into an equal plan (unless, with
// everything expanded, it is longer than Parse takes).
func (p *Plan) String() string {
	segments := spellChain(p.Components)
	if pieces := p.Output.spell(); len(pieces) > 0 {
		slices.Sort(pieces)
		segments = append(segments, strings.Join(pieces, ","))
	}
	return strings.Join(segments, "/")
}

// IsIdentity tells whether the plan leaves the stored bytes as they are, so that they can be delivered when the format
// matches. What concerns only headers or a missing asset (attachment, immutable_cache, original, d_) leaves them so.
func (p *Plan) IsIdentity() bool {
	if len(p.Components) > 0 {
		return false
	}
	rest := p.Output
	rest.Default, rest.Flags = "", nil
	for _, flag := range p.Output.Flags {
		name, _, _ := strings.Cut(flag, ":")
		if !isWord(name, "attachment streaming_attachment immutable_cache original no_stream") {
			return false
		}
	}
	return rest.empty()
}

// SetDefaultQuality gives the plan a quality, as it follows q_, unless it has one. The empty text changes nothing. The
// error is a *problem.Problem 400.
func (p *Plan) SetDefaultQuality(text string) error {
	if text == "" || p.Output.Quality != (Quality{}) {
		return nil
	}
	d := &draft{}
	if err := readQuality(d, text); err != nil {
		return invalid("quality", text)
	}
	p.Output.Quality = d.output.Quality
	return nil
}

// OverrideAutoQuality is the plan with a quality, as it follows q_, in place of an automatic one; the plan itself where it has
// none, or for the empty text. The text must be valid.
func (p *Plan) OverrideAutoQuality(text string) *Plan {
	if text == "" || p.Output.Quality.Auto == "" {
		return p
	}
	overridden := *p
	overridden.Output.Quality = Quality{}
	if overridden.SetDefaultQuality(text) != nil {
		return p
	}
	return &overridden
}

// VisitLayers calls visit for every layer in chain order: those inside branches and layers, too, an outer one before
// the ones inside it. visit may change the layer.
func (p *Plan) VisitLayers(visit func(*Layer)) { visitLayers(p.Components, visit) }

func visitLayers(components []Component, visit func(*Layer)) {
	for i := range components {
		c := &components[i]
		if c.Branch != nil {
			visitLayers(c.Branch.Then, visit)
			visitLayers(c.Branch.Else, visit)
		}
		if c.Layer != nil {
			visit(c.Layer)
			visitLayers(c.Layer.Components, visit)
		}
	}
}

// spellChain gives the segments of a chain.
func spellChain(components []Component) []string {
	var segments []string
	for i := range components {
		c := &components[i]
		segments = append(segments, c.text())
		switch {
		case c.Branch != nil:
			segments = append(segments, spellChain(c.Branch.Then)...)
			if len(c.Branch.Else) > 0 {
				segments = append(segments, "if_else")
				segments = append(segments, spellChain(c.Branch.Else)...)
			}
			segments = append(segments, "if_end")
		case c.Layer != nil:
			rest := c.Layer.Components
			if c.Layer.Beside {
				rest = rest[1:]
			}
			segments = append(segments, spellChain(rest)...)
			segments = append(segments, c.spellApply())
		}
	}
	return segments
}

// text is the component in canonical spelling; of a block the segment that opens it.
func (c *Component) text() string {
	if c.Branch != nil {
		return "if_" + escapeValue(c.Branch.If.String())
	}
	pieces := c.pieces()
	slices.Sort(pieces)
	return strings.Join(pieces, ",")
}

// pieces spells everything that is written in the component itself.
func (c *Component) pieces() []string {
	var p pieces
	if c.If != nil {
		p.add("if", c.If.String())
	}
	for i := range c.Set {
		p = append(p, escapeValue(c.Set[i].String()))
	}
	p.add("pg", c.Page)
	p.number("dn", c.Density)
	p.add("a", c.spellAngles())
	if r := c.Resize; r != nil {
		p.add("c", r.Mode)
		p.number("w", r.Width)
		p.add("w", r.WidthAuto)
		p.number("h", r.Height)
		p.number("ar", r.Aspect)
		p.number("z", r.Zoom)
		p.flag("ignore_aspect_ratio", r.IgnoreAspect)
		p.flag("relative", r.Relative)
		p.flag("region_relative", r.RegionRelative)
	}
	if e := c.Effect; e != nil {
		p.add("e", spellEffect(e.Name, e.Args))
		p.number("w", e.Width)
		p.number("h", e.Height)
	}
	if c.Function != nil {
		p.add("fn", c.Function.String())
	}
	p.number("o", c.Opacity)
	if c.Radius != nil {
		p.add("r", c.Radius.String())
	}
	if c.Border != nil {
		p.add("bo", c.Border.String())
	}
	if c.Background != nil {
		p.add("b", c.Background.String())
	}
	p = append(p, c.Position.spell()...)
	if c.Color != nil {
		p.add("co", c.Color.String())
	}
	p.add("cs", c.ColorSpace)
	for _, flag := range c.Flags {
		p = append(p, spellFlag(flag))
	}
	for key, value := range c.Media {
		p.add(key, value)
	}
	if c.Output != nil && c.Layer == nil {
		p = append(p, c.Output.spell()...)
	}
	if c.Layer != nil {
		p = append(p, c.Layer.spell())
		if c.Layer.Beside {
			p = append(p, c.Layer.Components[0].pieces()...)
		}
	}
	return p
}

// spell gives the pieces of a position.
func (p Position) spell() []string {
	var out pieces
	if p.Gravity != nil {
		out.add("g", p.Gravity.String())
	}
	out.number("x", p.X)
	out.number("y", p.Y)
	return out
}

// spellApply is the segment that applies the layer.
func (c *Component) spellApply() string {
	l := c.Layer
	out := pieces{"fl_layer_apply"}
	out = append(out, l.Position.spell()...)
	if l.Blend != "" {
		out.add("e", spellEffect(l.Blend, l.BlendArgs))
	}
	for _, flag := range l.Flags {
		out = append(out, spellFlag(flag))
	}
	if c.Output != nil {
		out = append(out, c.Output.spell()...)
	}
	slices.Sort(out)
	return strings.Join(out, ",")
}

// spell gives the pieces about the delivered file.
func (o *Output) spell() []string {
	var p pieces
	p.add("f", o.Format)
	p.add("f", o.Auto)
	p.add("q", o.Quality.String())
	p.number("dpr", o.DPR)
	if o.DPRAuto {
		p.add("dpr", "auto")
	}
	if o.Default != "" {
		p.add("d", strings.ReplaceAll(o.Default, "/", ":"))
	}
	p.number("dl", o.Delay)
	p.add("vs", o.Sampling)
	p.add("fps", o.FrameRate)
	p.add("p", o.ClassPrefix)
	for _, flag := range o.Flags {
		p = append(p, spellFlag(flag))
	}
	return p
}

// pieces are spelled pieces of one component.
type pieces []string

// add spells a decoded value; an empty one is not written.
func (p *pieces) add(key, value string) {
	if value != "" {
		*p = append(*p, key+"_"+escapeValue(value))
	}
}

func (p *pieces) number(key string, n *Number) {
	if n != nil {
		p.add(key, n.String())
	}
}

func (p *pieces) flag(name string, set bool) {
	if set {
		*p = append(*p, "fl_"+name)
	}
}
