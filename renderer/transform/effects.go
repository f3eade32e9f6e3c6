package transform

import (
	"maps"
	"slices"
)

// argumentKind is the type of an effect's argument.
type argumentKind int

const (
	// argNumber is a number, an expression or a variable; literals are clamped to the range.
	argNumber argumentKind = iota
	// argWord is one of a few words.
	argWord
	// argColor is a colour.
	argColor
	// argGroup is a parenthesised group or free text, read by the engine.
	argGroup
)

// argument describes one argument of an effect. It may be written by position, or by name as <name>_<value>.
type argument struct {
	name string
	kind argumentKind
	// min and max bound a number.
	min, max float64
	// unit may follow a number ("dB").
	unit string
	// words are the values of a word, separated by spaces.
	words string
	// initial is the value when the argument is not written; empty when the engine decides.
	initial string
}

// effectRule describes an effect. Arguments are optional and keep their order, so that one left out can be told by
// the form of the next.
type effectRule struct {
	arguments []argument
	// required is how many of the arguments must be written.
	required int
	// repeated arguments may follow in any number, up to repeats.
	repeated []argument
	repeats  int
	// check, when set, looks at the arguments as a whole instead.
	check func(args []string) bool
	// blend effects say how a layer meets the base; they stand beside l_, u_ or fl_layer_apply.
	blend bool
}

func num(name string, low, high float64, initial string) argument {
	return argument{name: name, kind: argNumber, min: low, max: high, initial: initial}
}

func word(name, words, initial string) argument {
	return argument{name: name, kind: argWord, words: words, initial: initial}
}

func paint(name, initial string) argument {
	return argument{name: name, kind: argColor, initial: initial}
}

func takes(arguments ...argument) effectRule { return effectRule{arguments: arguments} }

func needs(required int, arguments ...argument) effectRule {
	return effectRule{arguments: arguments, required: required}
}

// effectRules is the table of the effects that a plan can hold, by name; read only. Whether the engine has a step
// for one is the engine's matter.
var effectRules = map[string]effectRule{
	// Colour and tone.
	"grayscale":      takes(),
	"negate":         takes(),
	"sepia":          takes(num("level", 1, 100, "80")),
	"blackwhite":     takes(num("threshold", 0, 100, "50")),
	"brightness":     takes(num("level", -99, 100, "80")),
	"brightness_hsb": takes(num("level", -99, 100, "80")),
	"contrast":       takes(num("level", -100, 200, "0"), word("type", "sigmoidal linear", "sigmoidal")),
	"saturation":     takes(num("level", -100, 100, "80")),
	"vibrance":       takes(num("level", -100, 100, "20")),
	"hue":            takes(num("level", -100, 100, "80")),
	"gamma":          takes(num("level", -50, 150, "0")),
	"red":            takes(num("level", -100, 100, "0")),
	"green":          takes(num("level", -100, 100, "0")),
	"blue":           takes(num("level", -100, 100, "0")),
	"colorize":       takes(num("level", 0, 100, "100")),
	"tint": {
		arguments: []argument{word("equalize", "equalize", ""), num("amount", 0, 100, "60")},
		repeated:  []argument{paint("color", "red"), {name: "position", kind: argNumber, min: 0, max: 100, unit: "p"}},
		repeats:   20,
	},
	"recolor":         {check: isColorMatrix},
	"replace_color":   needs(1, paint("to", ""), num("tolerance", 0, 100, "50"), paint("from", "")),
	"auto_brightness": takes(num("blend", 0, 100, "100")),
	"auto_color":      takes(num("blend", 0, 100, "100")),
	"auto_contrast":   takes(num("blend", 0, 100, "100")),
	"fill_light":      takes(num("blend", 0, 100, "100"), num("bias", -100, 100, "0")),
	"improve":         takes(word("mode", "outdoor indoor", "outdoor"), num("blend", 0, 100, "100")),
	"art": needs(1, word("filter", `al_dente athena audrey aurora daguerre eucalyptus fes frost hairspray hokusai
		incognito linen peacock primavera quartz red_rock refresh sizzle sonnet ukulele zorro`, "")),
	"theme":          needs(1, paint("color", ""), num("photosensitivity", 0, 200, "100")),
	"ordered_dither": takes(num("type", 0, 18, "0")),

	// Blur, sharpen, pixelate, artistic.
	"blur":            takes(num("strength", 1, 2000, "100")),
	"blur_region":     takes(num("strength", 1, 2000, "100")),
	"blur_faces":      takes(num("strength", 1, 2000, "500")),
	"pixelate":        takes(num("size", 1, 200, "")),
	"pixelate_region": takes(num("size", 1, 200, "")),
	"pixelate_faces":  takes(num("size", 1, 200, "")),
	"sharpen":         takes(num("strength", 1, 2000, "100")),
	"unsharp_mask":    takes(num("strength", 1, 2000, "100")),
	"oil_paint":       takes(num("level", 0, 100, "30")),
	"cartoonify":      takes(num("line", 0, 100, "50"), num("reduction", 0, 100, ""), word("style", "bw", "")),
	"vignette":        takes(num("level", 0, 100, "20")),
	"redeye":          takes(),
	"upscale":         takes(),
	"noise":           takes(num("level", 0, 100, "0")),
	"vectorize":       {check: isVectorize},
	"morphology": takes(word("method", "erode dilate convolve", "erode"), num("iterations", 1, 5, "1"),
		word("kernel", "disk octagon diamond square plus cross ring", "disk"), num("radius", 0, 100, "2.0")),

	// Shape, transparency, shadow.
	"trim":                takes(num("tolerance", 0, 100, "10"), paint("color", "")),
	"make_transparent":    takes(num("tolerance", 0, 100, "10")),
	"bgremoval":           takes(word("screen", "screen", ""), paint("color", "")),
	"opacity_threshold":   takes(num("level", 1, 100, "50")),
	"outline":             takes(word("mode", "inner inner_fill outer fill", ""), num("width", 1, 100, "5"), num("blur", 0, 2000, "0")),
	"shadow":              takes(num("blur", 0, 100, "40")),
	"dropshadow":          takes(num("azimuth", 0, 360, "215"), num("elevation", 0, 90, "45"), num("spread", 0, 100, "50")),
	"gradient_fade":       takes(word("type", "symmetric symmetric_pad", ""), num("strength", 0, 100, "20")),
	"distort":             {check: isDistortion},
	"embed_clipping_path": {check: isMaskVariable},
	"shear":               needs(2, num("x", -359, 359, ""), num("y", -359, 359, "")),

	// Animation, and pictures made into films.
	"zoompan": takes(word("mode", "ztc ztl ztr ofc ofl ofr plr prl", ""), num("maxzoom", 1.1, 8, "1.4"),
		num("du", 1, 30, "4"), num("fps", 5, 60, "25"), argument{name: "from", kind: argGroup}, argument{name: "to", kind: argGroup}),
	"fade":      takes(num("duration", -unbounded, unbounded, "1000")),
	"loop":      takes(num("count", 0, unbounded, "")),
	"boomerang": takes(),

	// Accessibility.
	"simulate_colorblind": takes(word("condition", `deuteranopia protanopia tritanopia deuteranomaly protanomaly tritanomaly
		cone_monochromacy rod_monochromacy`, "deuteranopia")),
	"assist_colorblind": takes(num("stripes", 1, 100, "10"), word("mode", "xray", "")),

	// Blends.
	"multiply":     {blend: true},
	"screen":       {blend: true},
	"overlay":      {blend: true},
	"mask":         {blend: true},
	"cut_out":      {blend: true},
	"displace":     {blend: true},
	"anti_removal": {arguments: []argument{num("level", 1, 100, "50")}, blend: true},

	// Video and audio.
	"accelerate": takes(num("percent", -50, 100, "0")),
	"reverse":    takes(),
	"volume": takes(argument{name: "level", kind: argNumber, min: -100, max: 400, unit: "dB", initial: "0"},
		word("mode", "mute auto", "")),
	"deshake":     takes(num("extent", 16, 64, "16")),
	"progressbar": takes(word("type", "bar frame", "bar"), paint("color", "red"), num("width", 1, 1000, "10")),
	"transition":  takes(),
}

// EffectNames are the names of all effects that a plan can hold, sorted.
func EffectNames() []string { return slices.Sorted(maps.Keys(effectRules)) }

// effectAddon names the add-on that an effect needs; empty when it needs none.
func effectAddon(name string) string { return effectAddons[name] }

// effectAddons are the effects that are known but need something no deployment has by itself; read only.
var effectAddons = map[string]string{
	"background_removal":     "background removal",
	"extract":                "generative extract",
	"gen_background_replace": "generative background replace",
	"gen_recolor":            "generative recolor",
	"gen_remove":             "generative remove",
	"gen_replace":            "generative replace",
	"gen_restore":            "generative restore",
	"enhance":                "automatic enhancement",
	"auto_enhance":           "automatic enhancement",
	"style_transfer":         "neural style transfer",
	"lightroom":              "Adobe Lightroom",
	"viesus_correct":         "VIESUS image enhancement",
	"adv_redeye":             "advanced facial attributes detection",
	"preview":                "video preview",
	"camera":                 "3D models",
	"light":                  "3D models",
	"swap_image":             "3D models",
}
