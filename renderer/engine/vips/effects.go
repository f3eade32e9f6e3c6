package vips

// effect changes the pixels of a settled picture.
type effect func(s *stage, args arguments) error

// effectNamed finds an effect; nil when there is none of that name.
func effectNamed(name string) effect {
	return map[string]effect{
		"grayscale":         grayscale,
		"sepia":             sepia,
		"saturation":        saturation,
		"hue":               hue,
		"blackwhite":        blackwhite,
		"negate":            tone(negated),
		"brightness":        leveledTone(brighter),
		"gamma":             leveledTone(gamma),
		"contrast":          contrast,
		"red":               channel(0),
		"green":             channel(1),
		"blue":              channel(2),
		"colorize":          colorize,
		"blur":              blur,
		"blur_region":       blurRegion,
		"blur_faces":        blurFaces,
		"sharpen":           sharpen,
		"unsharp_mask":      sharpen,
		"pixelate":          pixelate,
		"pixelate_region":   pixelateRegion,
		"pixelate_faces":    pixelateFaces,
		"vignette":          vignette,
		"opacity_threshold": opacityThreshold,
		"trim":              trim,
	}[name]
}
