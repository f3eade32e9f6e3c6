package vips

// effect changes the pixels of a settled picture.
type effect func(s *stage, args arguments) error

// effects are all there are, by name; read only.
var effects = map[string]effect{
	// Colour and tone.
	"grayscale":       grayscale,
	"sepia":           sepia,
	"saturation":      saturation,
	"vibrance":        vibrance,
	"hue":             hue,
	"blackwhite":      blackwhite,
	"negate":          tone(negated),
	"brightness":      leveledTone(brighter),
	"brightness_hsb":  brightnessHSB,
	"gamma":           leveledTone(gamma),
	"contrast":        contrast,
	"red":             channel(0),
	"green":           channel(1),
	"blue":            channel(2),
	"colorize":        colorize,
	"tint":            tint,
	"recolor":         recolor,
	"replace_color":   replaceColor,
	"auto_brightness": autoBrightness,
	"auto_color":      autoColor,
	"auto_contrast":   autoContrast,
	"fill_light":      fillLight,
	"improve":         improve,
	"art":             art,
	"theme":           theme,
	"ordered_dither":  orderedDither,

	// Blur, sharpen, pixelate, artistic.
	"blur":            blur,
	"blur_region":     blurRegion,
	"blur_faces":      blurFaces,
	"sharpen":         sharpen,
	"unsharp_mask":    unsharpMask,
	"pixelate":        pixelate,
	"pixelate_region": pixelateRegion,
	"pixelate_faces":  pixelateFaces,
	"oil_paint":       oilPaint,
	"cartoonify":      cartoonify,
	"vignette":        vignette,
	"noise":           noise,
	"morphology":      morphology,
	"vectorize":       vectorize,
	"redeye":          redeye,
	"upscale":         upscale,

	// Shape, transparency, shadow.
	"trim":              trim,
	"make_transparent":  makeTransparent,
	"bgremoval":         bgRemoval,
	"opacity_threshold": opacityThreshold,
	"outline":           outlineShape,
	"shadow":            shadow,
	"dropshadow":        dropShadow,
	"gradient_fade":     gradientFade,
	"distort":           distort,
	"shear":             shear,

	// Animations.
	"loop":       onTimeline,
	"zoompan":    zoomPan,
	"fade":       onTimeline,
	"boomerang":  onTimeline,
	"reverse":    onTimeline,
	"accelerate": onTimeline,

	// Accessibility.
	"simulate_colorblind": simulateColorblind,
	"assist_colorblind":   assistColorblind,
}
