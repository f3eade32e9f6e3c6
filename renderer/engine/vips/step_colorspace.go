package vips

import "github.com/darkroom-media/darkroom/renderer/problem"

// convertColors handles cs_. Pictures are sRGB all the way, so that asking for it changes nothing.
func convertColors(s *stage) (bool, error) {
	switch s.component.ColorSpace {
	case "", "srgb", "srgb:truecolor", "tinysrgb", "no_cmyk", "copy":
		return false, nil
	}
	return false, problem.BadRequest("Color space %s is not available in this deployment", s.component.ColorSpace)
}
