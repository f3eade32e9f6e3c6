package analysis

import (
	"cmp"
	"encoding/hex"
	"maps"
	"math"
	"slices"

	"github.com/darkroom-media/darkroom/renderer/engine"
)

// named adds the colours up by a name for each: pairs of a name and a percentage, the most frequent first. What is seen through
// has no colour.
func named(found *engine.Analysis, name func(r, g, b float64) string) [][2]any {
	shares := map[string]float64{}
	for _, c := range found.Colors {
		value, err := hex.DecodeString(c.Color[1:])
		if err != nil || len(value) < 3 || len(value) == 4 && value[3] < 128 {
			continue
		}
		shares[name(float64(value[0]), float64(value[1]), float64(value[2]))] += c.Percent
	}
	list := make([][2]any, 0, len(shares))
	for _, name := range slices.SortedFunc(maps.Keys(shares), func(a, b string) int { return cmp.Or(cmp.Compare(shares[b], shares[a]), cmp.Compare(a, b)) }) {
		list = append(list, [2]any{name, math.Round(shares[name]*10) / 10})
	}
	return list
}

// Named is the percentage of each colour name, for searches.
func Named(found *engine.Analysis) map[string]float64 {
	shares := map[string]float64{}
	for _, pair := range named(found, googleName) {
		name, _ := pair[0].(string)
		share, _ := pair[1].(float64)
		shares[name] = share
	}
	return shares
}

// googleName is the name of a colour (0..255) among the twelve of Google's picture search, by hue, saturation and brightness.
func googleName(r, g, b float64) string {
	high, low := max(r, g, b), min(r, g, b)
	value, chroma := high/255, high-low
	saturation := 0.0
	if high > 0 {
		saturation = chroma / high
	}
	switch {
	case value < 0.15:
		return "black"
	case saturation < 0.12 && value > 0.88:
		return "white"
	case saturation < 0.15 || chroma < 18:
		return "gray"
	}
	hue := 0.0
	switch high {
	case r:
		hue = math.Mod((g-b)/chroma+6, 6) * 60
	case g:
		hue = ((b-r)/chroma + 2) * 60
	default:
		hue = ((r-g)/chroma + 4) * 60
	}
	switch {
	case hue < 15 || hue >= 345:
		if value > 0.75 && saturation < 0.55 {
			return "pink"
		}
		return "red"
	case hue < 45:
		if value < 0.65 {
			return "brown"
		}
		return "orange"
	case hue < 70:
		if value < 0.4 {
			return "brown"
		}
		return "yellow"
	case hue < 160:
		return "green"
	case hue < 195:
		return "teal"
	case hue < 255:
		return "blue"
	case hue < 295:
		return "purple"
	}
	return "pink"
}

// palette are the named colours that others are said to be near to: those of HTML 4 and the most used of CSS.
var palette = []struct {
	name    string
	r, g, b float64
}{
	{"aqua", 0, 255, 255}, {"beige", 245, 245, 220}, {"black", 0, 0, 0}, {"blue", 0, 0, 255}, {"brown", 139, 69, 19}, {"coral", 255, 127, 80},
	{"crimson", 220, 20, 60}, {"darkblue", 0, 0, 139}, {"darkgray", 105, 105, 105}, {"darkgreen", 0, 100, 0}, {"fuchsia", 255, 0, 255},
	{"gold", 255, 215, 0}, {"gray", 128, 128, 128}, {"green", 0, 128, 0}, {"indigo", 75, 0, 130}, {"khaki", 240, 230, 140},
	{"lavender", 230, 230, 250}, {"lightblue", 173, 216, 230}, {"lightgreen", 144, 238, 144}, {"lime", 0, 255, 0}, {"maroon", 128, 0, 0},
	{"navy", 0, 0, 128}, {"olive", 128, 128, 0}, {"orange", 255, 165, 0}, {"pink", 255, 192, 203}, {"purple", 128, 0, 128}, {"red", 255, 0, 0},
	{"salmon", 250, 128, 114}, {"silver", 192, 192, 192}, {"skyblue", 135, 206, 235}, {"steelblue", 70, 130, 180}, {"tan", 210, 180, 140},
	{"teal", 0, 128, 128}, {"turquoise", 64, 224, 208}, {"violet", 238, 130, 238}, {"white", 255, 255, 255}, {"yellow", 255, 255, 0},
}

// nearestName is the name of the nearest colour of the palette, by a distance that weighs channels as the eye does (Riemersma's
// "redmean").
func nearestName(r, g, b float64) string {
	best, at := math.Inf(1), ""
	for _, p := range palette {
		mean := (r + p.r) / 2
		dr, dg, db := r-p.r, g-p.g, b-p.b
		if d := (2+mean/256)*dr*dr + 4*dg*dg + (2+(255-mean)/256)*db*db; d < best {
			best, at = d, p.name
		}
	}
	return at
}
