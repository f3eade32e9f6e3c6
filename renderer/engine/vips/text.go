package vips

import (
	"cmp"
	"fmt"
	"image"

	govips "github.com/davidbyttow/govips/v2/vips"

	"github.com/darkroom-media/darkroom/renderer/engine"
	"github.com/darkroom-media/darkroom/renderer/engine/typeset"
	"github.com/darkroom-media/darkroom/renderer/problem"
	"github.com/darkroom-media/darkroom/renderer/transform"
)

// boxPadding is the room between a text and the edge of its background, in font sizes.
const boxPadding = 0.2

// lettering is how the component beside l_text wants a text painted.
type lettering struct {
	fill    typeset.Color
	outline typeset.Outline
	// ground is the colour of the box behind the text, transparent without one; padding is how far the box reaches
	// beyond the text.
	ground  typeset.Color
	padding int
	// noTrim keeps the full height of the lines.
	noTrim bool
}

// edge is how much wider and higher the bitmap is than the letters, on each side.
func (l *lettering) edge() int { return l.padding + ceil(l.outline.Width) }

// setText sets and paints a text layer. It gives the components that are left to be applied to the bitmap: the one
// beside l_text is about setting the text as far as that takes it.
func (s *stage) setText(l *transform.Layer, f *frame) (*picture, []transform.Component, error) {
	style, err := s.job.textStyle(l)
	if style != nil && style.Font != nil {
		defer style.Font.Close()
	}
	if err != nil {
		return nil, nil, err
	}
	components := l.Components
	var beside transform.Component
	if l.Beside {
		beside, components = components[0], components[1:]
	}
	how, err := s.job.lettering(l, style, &beside)
	if err != nil {
		return nil, nil, err
	}
	text, clip, err := s.job.fitText(style, how, &beside, f)
	if err != nil {
		return nil, nil, err
	}
	defer text.Close()
	bitmap, err := s.job.paintText(text, how)
	if err != nil {
		return nil, nil, err
	}
	if clip > 0 && bitmap.Height > clip {
		bitmap = bitmap.Cut(image.Rect(0, 0, bitmap.Width, clip))
	}
	made, err := s.job.fromBitmap(bitmap)
	if err != nil {
		return nil, nil, err
	}
	s.job.trace = append(s.job.trace, engine.Step{Component: s.component.Text, Name: "text", Width: bitmap.Width, Height: bitmap.Height})
	if l.Beside {
		components = append([]transform.Component{beside}, components...)
	}
	return made, components, nil
}

// lettering reads colours, outline and box, and takes them off the component.
func (j *job) lettering(l *transform.Layer, style *setting, beside *transform.Component) (*lettering, error) {
	how := &lettering{fill: typeset.Color{0, 0, 0, 255}, noTrim: has(l, "text_no_trim")}
	err := j.storedColors(l, beside)
	if err != nil {
		return nil, err
	}
	if beside.Color != nil {
		if how.fill, err = j.paintColor(beside.Color); err != nil {
			return nil, err
		}
	}
	if b := beside.Background; b != nil {
		switch {
		case b.Transparent:
		case b.Color == nil:
			return nil, problem.BadRequest("Invalid background - b_%s: the background of a text layer is a color", b)
		default:
			if how.ground, err = j.paintColor(b.Color); err != nil {
				return nil, err
			}
			how.padding = round(boxPadding * style.Size)
		}
	}
	if b := cmp.Or(beside.Border, style.outline); b != nil && style.stroke {
		if how.outline.Width, err = j.length(&b.Width, round(style.Size)); err != nil {
			return nil, err
		}
		if how.outline.Width < 0 || how.outline.Width > maxFontSize {
			return nil, problem.BadRequest("Invalid border - %s", b)
		}
		if how.outline.Color, err = j.paintColor(&b.Color); err != nil {
			return nil, err
		}
		beside.Border = nil
	}
	// The color is that of the text, not that of an effect beside it.
	beside.Color, beside.Background = nil, nil
	return how, nil
}

// storedColors gives the component the colours of the text asset that the style is taken from, where it has none itself.
func (j *job) storedColors(l *transform.Layer, beside *transform.Component) error {
	stored := j.request.Styles[l.Style.Stored()]
	if stored.Color != "" && beside.Color == nil {
		color, err := transform.ParseColor(stored.Color)
		if err != nil {
			return err
		}
		beside.Color = &color
	}
	if stored.Background != "" && beside.Background == nil {
		color, err := transform.ParseColor(stored.Background)
		if err != nil {
			return err
		}
		beside.Background = &transform.Background{Color: &color}
	}
	return nil
}

func (j *job) paintColor(c *transform.Color) (typeset.Color, error) {
	resolved, err := c.Resolve(j.variables)
	return typeset.Color{resolved.R, resolved.G, resolved.B, resolved.A}, err
}

// fitText sets the text, in the width and the height of a c_fit, which is taken off the component. clip is the height
// to cut what is painted to, 0 for all of it.
func (j *job) fitText(style *setting, how *lettering, beside *transform.Component, f *frame) (text *typeset.Text, clip int, err error) {
	text, err = j.worker.setter.Set(style.Style)
	if err != nil {
		return nil, 0, problem.Failed(err)
	}
	r := beside.Resize
	if r == nil || r.Mode != transform.ModeFit || r.Width == nil {
		return text, 0, nil
	}
	beside.Resize = nil
	whole := size{text.Ink.Dx() + 2*how.edge(), text.Ink.Dy() + 2*how.edge()}
	text.Close()
	if r.Relative && f.base != nil {
		whole = *f.base
	}
	width, err := j.positive("width", r.Width, whole.w)
	if err != nil {
		return nil, 0, err
	}
	fitted := style.Style
	fitted.Wrap = clamp(width-2*how.edge(), 1, typeset.MaxSide)
	if r.Height != nil {
		if clip, err = j.positive("height", r.Height, whole.h); err != nil {
			return nil, 0, err
		}
		fitted.Height = clamp(clip-2*how.edge(), 1, typeset.MaxSide)
	}
	if text, err = j.worker.setter.Set(fitted); err != nil {
		return nil, 0, problem.Failed(err)
	}
	// Slanted letters and tails reach beyond the line that they are measured by.
	if beyond := text.Ink.Dx() - fitted.Wrap; beyond > 0 && beyond < fitted.Wrap {
		text.Close()
		fitted.Wrap -= beyond
		if text, err = j.worker.setter.Set(fitted); err != nil {
			return nil, 0, problem.Failed(err)
		}
	}
	return text, clip, nil
}

// paintText paints the text, without empty space around it unless it is to keep that of its lines, and its box.
func (j *job) paintText(text *typeset.Text, how *lettering) (*typeset.Bitmap, error) {
	outline := ceil(how.outline.Width)
	ink := text.Ink
	if ink.Empty() { // spaces
		ink = text.Lines
	} else {
		ink = ink.Inset(-outline)
	}
	if how.noTrim {
		ink = ink.Union(text.Lines)
	}
	if ink.Empty() {
		ink = image.Rect(0, 0, 1, 1)
	}
	padded := ink.Inset(-how.padding)
	if padded.Dx() > typeset.MaxSide || padded.Dy() > typeset.MaxSide {
		return nil, problem.BadRequest("Text layer is too large: %dx%d", padded.Dx(), padded.Dy())
	}
	if err := checkCanvas(size{padded.Dx(), padded.Dy()}, j.limits.MaxOutputPixels); err != nil {
		return nil, err
	}
	bitmap, err := text.Paint(ink, how.fill, how.outline)
	if err != nil {
		return nil, problem.Failed(err)
	}
	if !how.noTrim {
		bitmap = bitmap.Trimmed()
	}
	if how.ground[3] > 0 {
		bitmap = bitmap.Cut(image.Rect(0, 0, bitmap.Width, bitmap.Height).Inset(-how.padding))
		bitmap.Ground(how.ground)
	}
	return bitmap, nil
}

// fromBitmap makes a picture of painted text.
func (j *job) fromBitmap(b *typeset.Bitmap) (*picture, error) {
	image, err := govips.NewImageFromMemory(b.Pixels, b.Width, b.Height, 4, govips.BandFormatUchar, govips.InterpretationSRGB)
	if err != nil {
		return nil, fmt.Errorf("make a picture of text: %w", err)
	}
	p := &picture{image: image, orientation: 1, inMemory: true, track: tracked()}
	j.keep(p)
	return p, nil
}
