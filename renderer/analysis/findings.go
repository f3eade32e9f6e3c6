package analysis

import (
	"maps"
	"math"
	"slices"
	"strconv"
	"time"

	"github.com/darkroom-media/darkroom/renderer/engine"
	"github.com/darkroom-media/darkroom/renderer/library"
)

// findings are what searches find an asset by, of what was found out about its picture.
func findings(found *engine.Analysis) library.Findings {
	shares := searchedColors(found)
	f := library.Findings{
		Keywords: map[string][]string{"colors": slices.Sorted(maps.Keys(shares)), "grayscale": {strconv.FormatBool(found.Grayscale)}},
		Numbers: map[string]float64{
			"illustration_score": math.Round(found.Illustration), // As answers show it.
			"quality_score":      found.Quality.Score,
			"accessibility_analysis.colorblind_accessibility_score": found.Colorblind.Score,
		},
		Texts: map[string]string{},
		Faces: len(found.Faces),
	}
	for name, share := range shares {
		f.Numbers["colors."+name] = share
	}
	for part, value := range Quality(found) {
		if number, ok := value.(float64); ok {
			f.Numbers["quality_analysis."+part] = number
		}
	}
	for name, value := range found.Metadata {
		f.Texts["image_metadata."+name] = value
	}
	if at, ok := takenAt(found.EXIF); ok {
		f.Numbers["taken_at"] = float64(at.UnixMicro())
	}
	return f
}

// paletteNames are the colours of searches that Google's picture search does not know, by the colours of the palette that are called so.
var paletteNames = map[string]string{"aqua": "cyan", "turquoise": "cyan", "lightblue": "lightblue", "skyblue": "lightblue", "olive": "olive", "lime": "lime"}

// searchedColors are the shares of all colours that searches know: those by Named, of which some have another name, too.
func searchedColors(found *engine.Analysis) map[string]float64 {
	shares := Named(found)
	for _, pair := range named(found, nearestName) {
		name, _ := pair[0].(string)
		share, _ := pair[1].(float64)
		if name = paletteNames[name]; name != "" {
			shares[name] += share
		}
	}
	return shares
}

// takenAt is when a picture was taken, by its EXIF. Without an offset it is read as UTC, as everything in searches is.
func takenAt(exif map[string]string) (time.Time, bool) {
	at, err := time.Parse("2006:01:02 15:04:05-07:00", exif["DateTimeOriginal"]+exif["OffsetTimeOriginal"])
	if err != nil {
		at, err = time.Parse("2006:01:02 15:04:05", exif["DateTimeOriginal"])
	}
	return at, err == nil
}
