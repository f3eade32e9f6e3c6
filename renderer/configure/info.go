package configure

import (
	"encoding/json"
	"strings"

	"github.com/darkroom-media/darkroom/renderer/wire"
)

// longNames spells the keys of transformations as the SDKs do.
var longNames = map[string]string{
	"a": "angle", "ac": "audio_codec", "af": "audio_frequency", "ar": "aspect_ratio", "b": "background", "bo": "border",
	"br": "bit_rate", "c": "crop", "co": "color", "cs": "color_space", "d": "default_image", "dl": "delay", "dn": "density",
	"dpr": "dpr", "du": "duration", "e": "effect", "eo": "end_offset", "f": "fetch_format", "fl": "flags", "fps": "fps",
	"g": "gravity", "h": "height", "if": "if", "ki": "keyframe_interval", "l": "overlay", "o": "opacity", "p": "prefix",
	"pg": "page", "q": "quality", "r": "radius", "so": "start_offset", "sp": "streaming_profile", "t": "transformation",
	"u": "underlay", "vc": "video_codec", "vs": "video_sampling", "w": "width", "x": "x", "y": "y", "z": "zoom",
}

// transformationInfo shows a transformation as a list of its components, each with the long names of its parameters;
// numbers are numbers. A slash at the end is the extension none, and a last piece without parameters is an extension.
func transformationInfo(text string) []wire.Object {
	info := []wire.Object{}
	components := strings.Split(text, "/")
	for i, component := range components {
		if last := i == len(components)-1; last && i > 0 && !strings.ContainsAny(component, "_,") {
			if component == "" {
				component = "none"
			}
			info = append(info, wire.Object{"extension": component})
			continue
		}
		shown := wire.Object{}
		variables := [][2]string{}
		for parameter := range strings.SplitSeq(component, ",") {
			key, value, ok := strings.Cut(parameter, "_")
			switch name, known := longNames[key]; {
			case strings.HasPrefix(key, "$"):
				variables = append(variables, [2]string{key, value})
			case ok && known:
				shown[name] = infoValue(value)
			case parameter != "":
				shown["raw_transformation"] = parameter
			}
		}
		if len(variables) > 0 {
			shown["variables"] = variables
		}
		info = append(info, shown)
	}
	return info
}

// infoValue is a number where the text is one.
func infoValue(text string) any {
	var number json.Number
	if json.Unmarshal([]byte(text), &number) == nil && !strings.HasPrefix(text, `"`) {
		return number
	}
	return text
}
