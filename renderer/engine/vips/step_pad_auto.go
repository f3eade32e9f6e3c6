package vips

import (
	"fmt"
	"slices"
	"strings"

	govips "github.com/davidbyttow/govips/v2/vips"

	"github.com/darkroom-media/darkroom/renderer/problem"
	"github.com/darkroom-media/darkroom/renderer/transform"
)

// autoBackground is b_auto in parts.
type autoBackground struct {
	// border looks at the border pixels only, otherwise at the whole picture.
	border bool
	// contrast takes the colour that differs most from the predominant one.
	contrast bool
	// gradient runs through several colours.
	gradient  bool
	number    int
	direction string
	palette   []transform.Color
}

// parseAuto reads the arguments of b_auto.
func parseAuto(args []string) (autoBackground, error) {
	a := autoBackground{border: true, number: 2, direction: "horizontal"}
	for _, arg := range args {
		switch {
		case arg == "2" || arg == "4":
			a.number = int(arg[0] - '0')
		case slices.Contains([]string{"horizontal", "vertical", "diagonal_desc", "diagonal_asc"}, arg):
			a.direction = arg
		case strings.HasPrefix(arg, "palette_"):
			for name := range strings.SplitSeq(strings.TrimPrefix(arg, "palette_"), "_") {
				c, err := transform.ParseColor(name)
				if err != nil {
					return a, err
				}
				a.palette = append(a.palette, c)
			}
		default:
			mode, rest, _ := strings.Cut(arg, "_")
			if mode != "border" && mode != "predominant" {
				return a, problem.BadRequest("Invalid background - auto:%s", arg)
			}
			a.border = mode == "border"
			for _, word := range strings.FieldsFunc(rest, func(r rune) bool { return r == '_' }) {
				switch word {
				case "gradient":
					a.gradient = true
				case "contrast":
					a.contrast = true
				default:
					return a, problem.BadRequest("Invalid background - auto:%s", arg)
				}
			}
		}
	}
	return a, nil
}

// padAutomatic fills the canvas with colours of the picture.
func (s *stage) padAutomatic(g geometry) error {
	wanted, err := parseAuto(s.component.Background.Auto)
	if err != nil {
		return err
	}
	colors, err := s.ownColors(wanted)
	if err != nil {
		return err
	}
	if !wanted.gradient {
		return s.picture.extend(g.at.x, g.at.y, g.canvas, colors[0])
	}
	canvas, err := govips.NewImageFromMemory(gradient(g.canvas, colors, wanted.direction), g.canvas.w, g.canvas.h, 3,
		govips.BandFormatUchar, govips.InterpretationSRGB)
	if err != nil {
		return fmt.Errorf("make a gradient: %w", err)
	}
	s.job.keep(canvas)
	return s.onto(canvas, g.at)
}

// colorView is the longest side of the picture that colours are counted on.
const colorView = 100

// ownColors are the colours of the picture that b_auto asks for: one, or as many as the gradient has.
func (s *stage) ownColors(wanted autoBackground) ([]transform.Color, error) {
	h, err := s.colors(wanted.border)
	if err != nil {
		return nil, err
	}
	ranked := h.ranked()
	if wanted.contrast {
		ranked = farthestFirst(ranked)
	}
	count := 1
	if wanted.gradient {
		count = wanted.number
	}
	colors := distinct(ranked, count)
	for i, c := range colors {
		colors[i] = nearest(c, wanted.palette)
	}
	return colors, nil
}

// colors counts the colours of the picture, or of its border, on white.
func (s *stage) colors(borderOnly bool) (*histogram, error) {
	view, err := s.picture.preview(colorView)
	if err != nil {
		return nil, err
	}
	defer view.Close()
	if err := view.flatten(govips.Color{R: 255, G: 255, B: 255}); err != nil {
		return nil, err
	}
	pixels, err := view.image.ToBytes()
	if err != nil {
		return nil, fmt.Errorf("read colours: %w", err)
	}
	return countColors(pixels, view.size(), borderOnly), nil
}
