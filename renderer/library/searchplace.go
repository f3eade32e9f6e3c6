package library

import (
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// fieldLocation is where an asset was made. Its values are a circle ("48.8577,2.295 5km"), a box by its south-western and its
// north-eastern corner ("48.8,2.2 48.9,2.4"), or a polygon by three corners or more.
const fieldLocation = "location"

type (
	// cellRange holds for assets that were made in one of the cells from low to high.
	cellRange struct{ low, high int64 }
	// within holds for assets that were made in an area, all of which is in the cells.
	within struct {
		cells []*cellRange
		placeIn
	}
	// placeIn is within for what was found along the cells.
	placeIn struct{ area }

	// area is a part of the globe.
	area interface {
		// boxes are boxes that together hold the area; none of them crosses the 180th meridian.
		boxes() []box
		// write writes the condition that a place is in the area.
		write(s *statement, latitude, longitude string)
	}

	// box lies between two parallels and two meridians. One whose west is east of its east crosses the 180th meridian.
	box    struct{ south, west, north, east float64 }
	circle struct {
		center place
		// radius is in metres.
		radius float64
	}
	// polygon has its corners in order. Longitudes may be above 180: neighbours are never more than half the globe apart.
	polygon []place
)

// maxCorners bounds the corners of a polygon.
const maxCorners = 100

// earthRadius is the mean radius of the Earth in metres (IUGG).
const earthRadius = 6_371_008.8

// degree is the length of a degree of a meridian in metres.
const degree = earthRadius * math.Pi / 180

// withinArea holds for assets that were made in an area.
func withinArea(a area) predicate {
	w := &within{placeIn: placeIn{a}}
	for _, b := range a.boxes() {
		w.cells = append(w.cells, b.cells()...)
	}
	return w
}

// place writes that a place, under an alias, is within the area.
func (s *statement) place(alias string, p *within) {
	for i, cells := range p.cells {
		s.add([]string{"(", " OR "}[min(i, 1)]+alias+".cell BETWEEN ? AND ?", cells.low, cells.high)
	}
	s.add(") AND ")
	p.write(s, alias+".latitude", alias+".longitude")
}

// anywhere holds for assets of which it is known where they were made.
func anywhere() predicate { return &cellRange{low: 0, high: 1<<(2*cellBits) - 1} }

var (
	commaSpace = regexp.MustCompile(`,\s+`)
	distance   = regexp.MustCompile(`^(\d+(?:\.\d+)?)(m|km|mi)$`)
)

// metres are the lengths of units.
var metres = map[string]float64{"m": 1, "km": 1000, "mi": 1609.344}

// parseArea reads a value of the field location. ok is false for what is none.
func parseArea(text string) (_ area, ok bool) {
	words := strings.FieldsFunc(commaSpace.ReplaceAllString(strings.ToLower(text), ","), func(r rune) bool { return r == ' ' || r == ';' || r == '\t' || r == '\n' })
	if len(words) < 2 || len(words) > maxCorners {
		return nil, false
	}
	var corners []place
	for i, word := range words {
		if parts := distance.FindStringSubmatch(word); parts != nil && i == 1 && len(words) == 2 {
			radius, err := strconv.ParseFloat(parts[1], 64)
			return circle{corners[0], min(radius*metres[parts[2]], math.Pi*earthRadius)}, err == nil
		}
		corner, ok := parsePlace(word)
		if !ok {
			return nil, false
		}
		corners = append(corners, corner)
	}
	if len(corners) == 2 {
		return boxOf(corners[0], corners[1]), true
	}
	return polygonOf(corners), true
}

// parsePlace reads lat,lon.
func parsePlace(text string) (p place, ok bool) {
	latitude, longitude, _ := strings.Cut(text, ",")
	var err, failure error
	p.latitude, err = strconv.ParseFloat(latitude, 64)
	p.longitude, failure = strconv.ParseFloat(longitude, 64)
	return p, err == nil && failure == nil && p.valid()
}

// boxOf is the box from one corner eastwards to another.
func boxOf(a, b place) box {
	return box{south: min(a.latitude, b.latitude), west: a.longitude, north: max(a.latitude, b.latitude), east: b.longitude}
}

// polygonOf goes the short way from corner to corner.
func polygonOf(corners []place) polygon {
	p := slices.Clone(corners)
	west := p[0].longitude
	for i := 1; i < len(p); i++ {
		for p[i].longitude-p[i-1].longitude > 180 {
			p[i].longitude -= 360
		}
		for p[i].longitude-p[i-1].longitude < -180 {
			p[i].longitude += 360
		}
		west = min(west, p[i].longitude)
	}
	for i := range p {
		p[i].longitude += 360 * math.Ceil((-180-west)/360)
	}
	return p
}

func (b box) boxes() []box {
	if b.west <= b.east {
		return []box{b}
	}
	return []box{{b.south, b.west, b.north, 180}, {b.south, -180, b.north, b.east}}
}

func (b box) write(s *statement, latitude, longitude string) {
	s.add(latitude+" >= ? AND "+latitude+" <= ? AND (", b.south, b.north)
	s.add(longitude+" >= ? "+map[bool]string{true: "AND ", false: "OR "}[b.west <= b.east]+longitude+" <= ?)", b.west, b.east)
}

// maxCells bounds the cells that stand for a box: more of them read less beside it, but each is read for itself.
const maxCells = 8

// cells are the ranges of cells that hold the box.
func (b box) cells() []*cellRange {
	west, south := place{b.south, b.west}.steps()
	east, north := place{b.north, b.east}.steps()
	shift := 0
	for ((east>>shift)-(west>>shift)+1)*((north>>shift)-(south>>shift)+1) > maxCells {
		shift++
	}
	var first []int64
	for x := west >> shift; x <= east>>shift; x++ {
		for y := south >> shift; y <= north>>shift; y++ {
			first = append(first, interleave(x<<shift, y<<shift))
		}
	}
	slices.Sort(first)
	size := int64(1) << (2 * shift)
	var ranges []*cellRange
	for i, low := range first {
		if i > 0 && first[i-1]+size == low {
			ranges[len(ranges)-1].high = low + size - 1
			continue
		}
		ranges = append(ranges, &cellRange{low: low, high: low + size - 1})
	}
	return ranges
}

func (c circle) boxes() []box {
	high := c.radius / degree
	b := box{south: c.center.latitude - high, west: -180, north: c.center.latitude + high, east: 180}
	// How far it reaches to the east is by the spherical law of sines; a circle around a pole reaches everywhere.
	if b.south > -90 && b.north < 90 {
		if wide := math.Asin(math.Sin(c.radius/earthRadius)/math.Cos(c.center.latitude*math.Pi/180)) * 180 / math.Pi; wide < 180 {
			b.west, b.east = c.center.longitude-wide, c.center.longitude+wide
			if b.west < -180 {
				b.west += 360
			}
			if b.east > 180 {
				b.east -= 360
			}
		}
	}
	return b.boxes()
}

// write compares haversines, which grow with the distance.
func (c circle) write(s *statement, latitude, longitude string) {
	farthest := math.Sin(min(c.radius/earthRadius, math.Pi) / 2)
	s.add("POWER(SIN(RADIANS("+latitude+" - ?) / 2), 2) + COS(RADIANS("+latitude+")) * ? * POWER(SIN(RADIANS("+longitude+" - ?) / 2), 2) <= ?",
		c.center.latitude, math.Cos(c.center.latitude*math.Pi/180), c.center.longitude, farthest*farthest)
}

func (p polygon) boxes() []box {
	b := box{south: 90, west: math.Inf(1), north: -90, east: math.Inf(-1)}
	for _, corner := range p {
		b.south, b.north = min(b.south, corner.latitude), max(b.north, corner.latitude)
		b.west, b.east = min(b.west, corner.longitude), max(b.east, corner.longitude)
	}
	switch {
	case b.east-b.west >= 360:
		b.west, b.east = -180, 180
	case b.east > 180:
		b.east -= 360
	}
	return b.boxes()
}

// write counts the edges east of a place: an odd number surrounds it. Edges are straight on a map whose parallels and meridians are.
func (p polygon) write(s *statement, latitude, longitude string) {
	west := p[0].longitude
	for _, corner := range p {
		west = min(west, corner.longitude)
	}
	s.add("(0")
	for i, b := range p {
		a := p[(i+len(p)-1)%len(p)]
		if a.latitude > b.latitude {
			a, b = b, a
		}
		if a.latitude == b.latitude {
			continue
		}
		s.add(" + CASE WHEN "+latitude+" >= ? AND "+latitude+" < ? AND ", a.latitude, b.latitude)
		s.add("CASE WHEN "+longitude+" < ? THEN "+longitude+" + 360 ELSE "+longitude+" END", west)
		s.add(" < ? + ("+latitude+" - ?) * ? THEN 1 ELSE 0 END", a.longitude, a.latitude, (b.longitude-a.longitude)/(b.latitude-a.latitude))
	}
	s.add(") % 2 = 1")
}
