package vips

import "github.com/darkroom-media/darkroom/renderer/problem"

// convertColors handles cs_. Pictures are sRGB all the way: what the base chain asks for is done when it is written.
func convertColors(s *stage) (bool, error) {
	switch asked := s.component.ColorSpace; asked {
	case "":
		return false, nil
	case "srgb", "srgb:truecolor", "tinysrgb", "no_cmyk", "copy", "cmyk", "keep_cmyk":
		if s.frame.base == nil {
			s.job.colors = asked
		}
		return false, nil
	}
	return false, problem.BadRequest("Color space %s is not available in this deployment", s.component.ColorSpace)
}
