package transform

import "strings"

// flagScope says what a flag acts on.
type flagScope int

const (
	flagUnknown flagScope = iota
	// flagStructure flags delimit layers.
	flagStructure
	// flagResize flags change how the sizes of the same component are read; without a resize they stay with the component.
	flagResize
	// flagLayer flags act on the layer that the component opens or closes.
	flagLayer
	// flagChain flags change how the component works.
	flagChain
	// flagOutput flags are about the delivered file.
	flagOutput
)

// flagRule describes a flag.
type flagRule struct {
	scope flagScope
	// values are the arguments that the flag takes; "*" takes any text. A flag may always stand alone.
	values string
}

// flagFor looks a flag up by its name; arguments after a colon do not matter.
func flagFor(flag string) flagRule {
	name, _, _ := strings.Cut(flag, ":")
	return flagRules[name]
}

// flagRules are the known flags; read only.
var flagRules = map[string]flagRule{
	"layer_apply": {flagStructure, ""},

	"relative":            {flagResize, ""},
	"region_relative":     {flagResize, ""},
	"ignore_aspect_ratio": {flagResize, ""},

	"cutter":                 {flagLayer, ""},
	"no_overflow":            {flagLayer, ""},
	"tiled":                  {flagLayer, ""},
	"text_no_trim":           {flagLayer, ""},
	"text_disallow_overflow": {flagLayer, ""},
	"replace_image":          {flagLayer, ""},
	"splice":                 {flagLayer, "*"},
	"alternate":              {flagLayer, "*"},

	"clip":                 {flagChain, ""},
	"clip_evenodd":         {flagChain, ""},
	"ignore_mask_channels": {flagChain, ""},
	"rasterize":            {flagChain, ""},
	"mono":                 {flagChain, ""},
	"truncate_ts":          {flagChain, ""},
	"keep_dar":             {flagChain, ""},
	"waveform":             {flagChain, ""},
	"flip":                 {flagChain, ""},
	"opposite":             {flagChain, ""},

	"attachment":            {flagOutput, "*"},
	"streaming_attachment":  {flagOutput, "*"},
	"progressive":           {flagOutput, "semi steep none"},
	"lossy":                 {flagOutput, ""},
	"preserve_transparency": {flagOutput, ""},
	"png8":                  {flagOutput, ""},
	"png24":                 {flagOutput, ""},
	"png32":                 {flagOutput, ""},
	"any_format":            {flagOutput, ""},
	"awebp":                 {flagOutput, ""},
	"apng":                  {flagOutput, ""},
	"animated":              {flagOutput, ""},
	"strip_profile":         {flagOutput, ""},
	"force_strip":           {flagOutput, ""},
	"keep_iptc":             {flagOutput, ""},
	"keep_attribution":      {flagOutput, ""},
	"force_icc":             {flagOutput, ""},
	"immutable_cache":       {flagOutput, ""},
	"getinfo":               {flagOutput, ""},
	"original":              {flagOutput, ""},
	"sanitize":              {flagOutput, ""},
	"tiff8_lzw":             {flagOutput, ""},
	"group4":                {flagOutput, ""},
	"sprite":                {flagOutput, ""},
	"no_stream":             {flagOutput, ""},
	"hlsv3":                 {flagOutput, ""},
}

// flagAddons are the flags that need what no deployment has by itself. A provenance manifest is worth what its signer's
// certificate is worth to those who verify it, and a deployment has none that they would know.
var flagAddons = map[string]string{"draco": "3D models", "c2pa": "content credentials (C2PA)"}

// readFlags reads the value of fl_, still escaped: flags joined by dots. Arguments are decoded twice, so that a dot
// or a colon in a file name can be written at all.
func readFlags(d *draft, raw string) error {
	for _, part := range splitOutside(raw, ".") {
		name, argument, hasArgument := strings.Cut(part, ":")
		name = unescape(name)
		if addon := flagAddons[name]; addon != "" {
			return unavailable("fl_"+name, addon)
		}
		rule := flagFor(name)
		argument = unescape(unescape(argument))
		switch {
		case rule.scope == flagUnknown, hasArgument && (argument == "" || !printable(argument)):
			return invalid("flag", part)
		case hasArgument && rule.values == "*":
			if strings.ContainsAny(argument, `/\"`) {
				return invalid("flag", part)
			}
		case hasArgument && !isWord(argument, rule.values):
			return invalid("flag", part)
		}
		flag := name
		if hasArgument {
			flag += ":" + argument
		}
		if rule.scope == flagOutput {
			d.output.addFlag(flag)
			continue
		}
		d.flags = append(d.flags, flag)
	}
	return nil
}

// isWord tells whether s is one of a space-separated list of words.
func isWord(s, words string) bool {
	for word := range strings.FieldsSeq(words) {
		if s == word {
			return true
		}
	}
	return false
}

// spellFlag is a flag as readFlags reads it.
func spellFlag(flag string) string {
	name, argument, ok := strings.Cut(flag, ":")
	if !ok {
		return "fl_" + name
	}
	return "fl_" + name + ":" + escape(argument, "-_~!()*=@;:", "%,/.")
}
