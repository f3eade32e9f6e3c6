package vips

import (
	"strings"

	"github.com/darkroom-media/darkroom/renderer/problem"
)

// profilePrefix begins a cs_ that names a profile.
const profilePrefix = "icc:"

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
	if strings.HasPrefix(s.component.ColorSpace, profilePrefix) {
		if s.frame.base == nil {
			s.job.colors = s.component.ColorSpace
		}
		return false, nil
	}
	return false, problem.BadRequest("Color space %s is not available in this deployment", s.component.ColorSpace)
}
