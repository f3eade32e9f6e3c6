package library

import (
	"math"
	"math/rand/v2"
	"testing"
)

// TestCellsHoldTheirAreas holds the cells that are read to the areas that they stand for, at places all over the globe.
func TestCellsHoldTheirAreas(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	anywhere := func() place { return place{random.Float64()*180 - 90, random.Float64()*360 - 180} }
	inside := 0
	for range 3000 {
		center, other, third := anywhere(), anywhere(), anywhere()
		c := circle{center, math.Pow(10, random.Float64()*7)}
		areas := []area{c, boxOf(center, other), polygonOf([]place{center, other, third})}
		for range 20 {
			// Near the centre, or the areas are too small to be met.
			spread := c.radius / degree * 1.5
			p := place{center.latitude + (random.Float64()-0.5)*2*spread, center.longitude + (random.Float64()-0.5)*2*spread}
			if !p.valid() {
				p = anywhere()
			}
			for _, a := range areas {
				if !holds(a, p) {
					continue
				}
				inside++
				found := false
				for _, b := range a.boxes() {
					for _, r := range b.cells() {
						found = found || r.low <= p.cell() && p.cell() <= r.high
					}
				}
				if !found {
					t.Errorf("%+v is in %T %+v, but in none of its cells", p, a, a)
				}
			}
		}
	}
	if inside < 10_000 {
		t.Errorf("only %d places were in an area", inside)
	}
}

// holds tells whether a place is in an area, by other means than SQL.
func holds(a area, p place) bool {
	switch a := a.(type) {
	case box:
		east := a.west <= p.longitude && p.longitude <= a.east
		if a.west > a.east {
			east = a.west <= p.longitude || p.longitude <= a.east
		}
		return a.south <= p.latitude && p.latitude <= a.north && east
	case circle:
		vector := func(p place) (x, y, z float64) {
			latitude, longitude := p.latitude*math.Pi/180, p.longitude*math.Pi/180
			return math.Cos(latitude) * math.Cos(longitude), math.Cos(latitude) * math.Sin(longitude), math.Sin(latitude)
		}
		x, y, z := vector(a.center)
		u, v, w := vector(p)
		return 2*math.Asin(min(1, math.Sqrt((x-u)*(x-u)+(y-v)*(y-v)+(z-w)*(z-w))/2))*earthRadius <= a.radius
	case polygon:
		odd := false
		for _, longitude := range []float64{p.longitude, p.longitude + 360} {
			for i, b := range a {
				c := a[(i+1)%len(a)]
				if (b.latitude > p.latitude) != (c.latitude > p.latitude) && longitude < b.longitude+(p.latitude-b.latitude)*(c.longitude-b.longitude)/(c.latitude-b.latitude) {
					odd = !odd
				}
			}
			if odd {
				return true
			}
		}
		return false
	}
	return false
}

func TestCoordinatesOfEXIF(t *testing.T) {
	for _, test := range []struct {
		text, half string
		want       float64
		ok         bool
	}{
		{"48/1, 51/1, 2961/100", "N", 48.858225, true},
		{"48, 51, 29.61", "N", 48.858225, true},
		{"48/1, 51/1, 2961/100", "S", -48.858225, true},
		{"123456789/1000000", "N", 123.456789, true},
		{"48/1, 51/0, 0/1", "N", 0, false},
		{"48/1, x, 0/1", "N", 0, false},
		{"1, 2, 3, 4", "N", 0, false},
		{"NaN", "N", 0, false},
		{"48/1", "E", 0, false},
		{"48/1", "", 0, false},
		{"", "N", 0, false},
	} {
		if got, ok := degrees(test.text, test.half, "N", "S"); ok != test.ok || ok && math.Abs(got-test.want) > 1e-9 {
			t.Errorf("%s %s: %v, %v", test.text, test.half, got, ok)
		}
	}
}
