package library

import (
	"encoding/json"
	"math"
	"regexp"
	"strconv"
	"strings"

	"github.com/uptrace/bun"
)

// place is a point on the globe, in degrees: north and east are positive.
type place struct{ latitude, longitude float64 }

// valid says whether there is such a place.
func (p place) valid() bool { return math.Abs(p.latitude) <= 90 && math.Abs(p.longitude) <= 180 }

// placeRow is where an asset was made.
type placeRow struct {
	bun.BaseModel `bun:"table:asset_places,alias:p"`

	Cell      int64   `bun:"cell,pk"`
	CreatedAt int64   `bun:"created_at,pk"`
	AssetID   string  `bun:"asset_id,pk"`
	Latitude  float64 `bun:"latitude"`
	Longitude float64 `bun:"longitude"`
}

// cellBits is how many times the globe is halved in either direction: cells of 0.6 m at the equator.
const cellBits = 26

// cell numbers the cells of the globe so that those that make up a larger one follow each other: the bits of east and north take turns.
func (p place) cell() int64 {
	east, north := p.steps()
	return interleave(east, north)
}

// steps counts the cells to the place from the west and from the south.
func (p place) steps() (east, north int64) {
	const cells = 1 << cellBits
	step := func(degrees, of float64) int64 { return min(max(int64(math.Floor(degrees/of*cells)), 0), cells-1) }
	return step(p.longitude+180, 360), step(p.latitude+90, 180)
}

func interleave(east, north int64) (cell int64) {
	for bit := range cellBits {
		cell |= (east>>bit&1)<<(2*bit) | (north>>bit&1)<<(2*bit+1)
	}
	return cell
}

// madeAt is where an asset was made, by the EXIF of a picture or by what the header of a video says; ok is false when neither does.
func (a *Asset) madeAt() (p place, ok bool) {
	if len(a.Analysis) > 0 {
		var analysis struct {
			EXIF map[string]string `json:"exif"`
		}
		if json.Unmarshal(a.Analysis, &analysis) != nil {
			return place{}, false
		}
		var north, east bool
		p.latitude, north = degrees(analysis.EXIF["GPSLatitude"], analysis.EXIF["GPSLatitudeRef"], "N", "S")
		p.longitude, east = degrees(analysis.EXIF["GPSLongitude"], analysis.EXIF["GPSLongitudeRef"], "E", "W")
		return p, north && east && p.valid()
	}
	for _, name := range []string{"com.apple.quicktime.location.ISO6709", "location"} {
		if parts := iso6709.FindStringSubmatch(a.media().Tags[name]); parts != nil {
			p.latitude, _ = strconv.ParseFloat(parts[1], 64) // The expression takes nothing but numbers.
			p.longitude, _ = strconv.ParseFloat(parts[2], 64)
			return p, p.valid()
		}
	}
	return place{}, false
}

// iso6709 is a place as cameras write it into videos, in degrees: +48.8577+002.2950/, with a height or without.
var iso6709 = regexp.MustCompile(`^([+-]\d{1,2}(?:\.\d+)?)([+-]\d{1,3}(?:\.\d+)?)(?:[+\-/]|$)`)

// degrees reads a coordinate of EXIF, degrees, minutes and seconds as fractions ("48/1, 51/1, 2961/100") with the half of the globe.
func degrees(text, half, positive, negative string) (value float64, ok bool) {
	parts := strings.Split(text, ",")
	if len(parts) > 3 || half != positive && half != negative {
		return 0, false
	}
	unit := 1.0
	for _, part := range parts {
		above, below, isFraction := strings.Cut(strings.TrimSpace(part), "/")
		number, err := strconv.ParseFloat(above, 64)
		if err != nil {
			return 0, false
		}
		if isFraction {
			divisor, err := strconv.ParseFloat(below, 64)
			if err != nil || divisor == 0 {
				return 0, false
			}
			number /= divisor
		}
		value += number / unit
		unit *= 60
	}
	if half == negative {
		value = -value
	}
	return value, !math.IsNaN(value) && !math.IsInf(value, 0)
}
