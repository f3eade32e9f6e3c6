package wire

import (
	"encoding/json"

	"github.com/darkroom-media/darkroom/renderer/problem"
)

// Bounds of named regions.
const (
	maxRegions = 100
	maxCorners = 100
)

// ParseRegions reads named regions, JSON like {"shoes":[[10,20],[110,220]]}: the corners of each polygon, in pixels, or two
// opposite ones of a rectangle. Nothing written is no regions.
func ParseRegions(text string) (map[string][][2]int, error) {
	if text == "" {
		return nil, nil
	}
	var given map[string][][]float64
	if err := json.Unmarshal([]byte(text), &given); err != nil {
		return nil, problem.BadRequest("Invalid regions: %q is not an object of lists of corners [x,y] by name", Printable(text))
	}
	if len(given) > maxRegions {
		return nil, problem.BadRequest("Invalid regions: %d of them, at most %d are allowed", len(given), maxRegions)
	}
	regions := make(map[string][][2]int, len(given))
	for name, corners := range given {
		if name == "" || len(corners) < 2 || len(corners) > maxCorners {
			return nil, problem.BadRequest("Invalid regions: %q needs a name and 2 to %d corners", Printable(name), maxCorners)
		}
		for _, corner := range corners {
			if len(corner) != 2 || corner[0] < 0 || corner[1] < 0 || max(corner[0], corner[1]) > 1<<20 {
				return nil, problem.BadRequest("Invalid regions: a corner of %q is not [x,y] in pixels", Printable(name))
			}
			regions[name] = append(regions[name], [2]int{int(corner[0]), int(corner[1])})
		}
	}
	return regions, nil
}
