package vips

import (
	govips "github.com/davidbyttow/govips/v2/vips"

	"github.com/darkroom-media/darkroom/renderer/transform"
)

func white() transform.Color       { return transform.Color{R: 255, G: 255, B: 255, A: 255} }
func transparent() transform.Color { return transform.Color{} }

// opaque is the colour without its alpha.
func opaque(c transform.Color) govips.Color { return govips.Color{R: c.R, G: c.G, B: c.B} }
